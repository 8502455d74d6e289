"""The filter of a dynamic scope: its rules, and which machines it matches.

Sources: the published REST specification; "Dynamic scope overview" and "Maintenance configurations" for the limits;
"Troubleshoot maintenance configurations" for the locations of a scope on a resource group.
"""

from typing import Any

from sandbox.arm.bodies import Shape, list_at, mapping_at
from sandbox.arm.ids import MACHINE_TYPES, VIRTUAL_MACHINE
from sandbox.arm.providers.compute.machine_body import operating_system
from sandbox.arm.providers.maintenance.refusals import refused
from sandbox.arm.regions import normalised
from sandbox.arm.store import Resource

FILTER: Shape = {
    "resourceTypes": [str],
    "resourceGroups": [str],
    "osTypes": [str],
    "locations": [str],
    "tagSettings": {"tags": {str: [str]}, "filterOperator": str},
}
FIELDS = ("resourceTypes", "resourceGroups", "osTypes", "locations", "tagSettings")
_MOST_TAGS = 50
_MOST_GROUPS = 50


def check_filter(given: dict[str, Any], *, on_group: bool) -> None:
    """Check the filter of a dynamic scope; `on_group` is set for one on a resource group.

    Raises ArmError (400 BadRequest).
    """
    _check_values(given, "resourceTypes", MACHINE_TYPES)
    _check_values(given, "osTypes", ("Windows", "Linux"))
    settings: dict[str, Any] = mapping_at(given, "tagSettings")
    _check_values({"filterOperator": [settings.get("filterOperator") or "Any"]}, "filterOperator", ("All", "Any"))
    if len(mapping_at(settings, "tags")) > _MOST_TAGS:
        raise refused(f"A dynamic scope takes at most {_MOST_TAGS} tag filters.")
    if len(list_at(given, "resourceGroups")) > _MOST_GROUPS:
        raise refused(f"A dynamic scope takes at most {_MOST_GROUPS} resource group filters.")
    if on_group and not given.get("locations"):
        raise refused("The locations of the filter are not set: a dynamic scope on a resource group needs them.")


def _check_values(given: dict[str, Any], key: str, allowed: tuple[str, ...]) -> None:
    for value in list_at(given, key):
        if value.lower() not in {one.lower() for one in allowed}:
            raise refused(f"The value '{value}' of {key} is not valid. Allowed are {', '.join(allowed)}.")


def matches(machine: Resource, given: dict[str, Any]) -> bool:
    """Tell whether a filter matches a machine; what it does not name, it does not ask for."""
    group = (machine.id.resource_group or "").lower()
    location = normalised(str(machine.document.get("location") or ""))
    return (
        _among(machine.id.type.lower(), given, "resourceTypes")
        and _among(group, given, "resourceGroups")
        and _among(_system(machine).lower(), given, "osTypes")
        and location in [normalised(one) for one in given.get("locations") or [location]]
        and _tags_match(mapping_at(machine.document, "tags"), mapping_at(given, "tagSettings"))
    )


def _among(value: str, given: dict[str, Any], key: str) -> bool:
    wanted = list_at(given, key)
    return not wanted or value in [one.lower() for one in wanted]


def _system(machine: Resource) -> str:
    if machine.id.is_type(VIRTUAL_MACHINE):
        return operating_system(machine.properties)
    return str(machine.properties.get("osType") or machine.properties.get("osName") or "")


def _tags_match(tags: dict[str, str], settings: dict[str, Any]) -> bool:
    """Compare tags: names without regard to case, values exactly; Any of the names, or All of them."""
    wanted = mapping_at(settings, "tags")
    if not wanted:
        return True
    own = {name.lower(): value for name, value in tags.items()}
    hits = [own.get(name.lower()) in values for name, values in wanted.items()]
    return all(hits) if str(settings.get("filterOperator") or "Any").lower() == "all" else any(hits)
