"""Single entries of the stack file, from what was found: a schedule, a machine, a dynamic scope."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from patching.machines import OperatingSystem
from patching.own_words import never_ends, reboot_word, without_empty
from patching.plain_data import as_list, as_map
from patching.scopes import RESOURCE_TYPES, TagOperator
from patching.settings.model import Reboot
from patching.settings.vocabulary import LINUX_CLASSIFICATIONS, WINDOWS_CLASSIFICATIONS
from patching.takeover.found import FoundAssignment, FoundConfiguration
from patching.takeover.rows import by_lower_key

_GUEST = "inguestpatch"
_PATCH_MODE = {"InGuestPatchMode": "User"}
_SECONDS = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}):00(?:\.0+)?Z?", re.ASCII)
_FILTER_FIELDS = {"resourcetypes", "resourcegroups", "ostypes", "locations", "tagsettings"}
_TAG_FIELDS = {"tags", "filteroperator"}
_UPDATE_FIELDS = {"rebootsetting", "windowsparameters", "linuxparameters"}
_BLOCKS = {
    "windows": {
        "classificationstoinclude": "classifications",
        "kbnumberstoinclude": "kbNumbersToInclude",
        "kbnumberstoexclude": "kbNumbersToExclude",
        "excludekbsrequiringreboot": "excludeKbsRequiringReboot",
    },
    "linux": {
        "classificationstoinclude": "classifications",
        "packagenamemaskstoinclude": "packageNameMasksToInclude",
        "packagenamemaskstoexclude": "packageNameMasksToExclude",
    },
}
_INCLUDED = ("classifications", "kbNumbersToInclude", "packageNameMasksToInclude")


def unsayable(found: FoundConfiguration) -> str:
    """Why no stack file can describe a configuration; empty where one can."""
    properties = found.properties
    scope = properties.get("maintenanceScope")
    if str(scope).lower() != _GUEST:
        shown = f"its maintenance scope is {scope}" if scope else "no row says its maintenance scope"
        return f"{shown}, and schedules are of InGuestPatch"
    if str(properties.get("visibility") or "Custom").lower() != "custom":
        return f"its visibility is {properties['visibility']}: Azure's own, which nobody else can change"
    extension = _texts(properties.get("extensionProperties"))
    if extension and _lowered(extension) != _lowered(_PATCH_MODE):
        shown = ", ".join(f"{name}: {value}" for name, value in sorted(extension.items()))
        return f"its extension properties are {{{shown}}}, and a schedule's are {{InGuestPatchMode: User}}"
    updates = by_lower_key(properties.get("installPatches"))
    known = {f"{system}parameters": set(fields) for system, fields in _BLOCKS.items()}
    more = _unknown(updates, _UPDATE_FIELDS)
    for block, fields in known.items():
        more.extend(f"{block}.{name}" for name in _unknown(by_lower_key(updates.get(block)), fields))
    return f"its installPatches have {', '.join(more)}, which a schedule cannot have" if more else ""


def unsayable_filter(written: Mapping[str, Any] | None) -> str:
    """Why no stack file can describe a dynamic scope's filter; empty where one can."""
    fields = by_lower_key(written)
    more = _unknown(fields, _FILTER_FIELDS)
    more.extend(f"tagSettings.{name}" for name in _unknown(by_lower_key(fields.get("tagsettings")), _TAG_FIELDS))
    return f"its filter has {', '.join(more)}, which a dynamic scope cannot have" if more else ""


def _unknown(fields: Mapping[str, Any], known: set[str]) -> list[str]:
    return sorted(name for name, value in fields.items() if name not in known and without_empty(value) is not None)


def schedule_entry(
    found: FoundConfiguration,
    *,
    name: str | None,
    subscription: str,
    resource_group: str | None,
    location: str | None,
    machines: Sequence[Mapping[str, Any]],
    scopes: Mapping[str, Any],
) -> dict[str, Any]:
    """A schedule; what is None, like the stack's own, is not written."""
    window = found.window
    expiry = window.get("expirationDateTime")
    return _set(
        {
            "adopt": True,
            "name": name,
            "subscription": subscription,
            "resourceGroup": resource_group,
            "location": location,
            "start": _moment(window.get("startDateTime")),
            "expires": None if never_ends(expiry) else _moment(expiry),
            "timeZone": window.get("timeZone"),
            "duration": window.get("duration"),
            "recurEvery": window.get("recurEvery"),
            "tags": dict(sorted(found.tags.items())),
            "updates": _updates(by_lower_key(found.properties.get("installPatches"))),
            "machines": list(machines),
            "scopes": dict(scopes),
        }
    )


def machine_entry(found: FoundAssignment, location: str | None) -> dict[str, Any]:
    """A machine with a static assignment."""
    return _set({"id": found.scope_id, "location": location, "assignmentName": found.name})


def scope_entry(found: FoundAssignment, *, resource_group: str | None, location: str | None) -> dict[str, Any]:
    """A dynamic scope, without its subscriptions."""
    fields = by_lower_key(found.filter)
    settings = by_lower_key(fields.get("tagsettings"))
    types = _known(fields.get("resourcetypes"), RESOURCE_TYPES)
    tags = {str(name): _once(as_list(values) or ()) for name, values in (as_map(settings.get("tags")) or {}).items()}
    operator = _known([settings.get("filteroperator") or TagOperator.ANY.value], [one.value for one in TagOperator])[0]
    return _set(
        {
            "assignmentName": found.name,
            "resourceGroup": resource_group,
            "location": location,
            "resourceTypes": None if set(types) == set(RESOURCE_TYPES) else types,
            "resourceGroups": _once(as_list(fields.get("resourcegroups")) or ()),
            "osTypes": _known(fields.get("ostypes"), [one.value for one in OperatingSystem]),
            "locations": _once(as_list(fields.get("locations")) or ()),
            "tags": dict(sorted(tags.items())),
            "tagOperator": operator if tags and operator != TagOperator.ANY.value else None,
        }
    )


def _updates(installed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is installed; a system's block that installs nothing is one that is not there."""
    if not installed:
        return None
    blocks = {
        system: _block(by_lower_key(installed.get(f"{system}parameters")), fields) for system, fields in _BLOCKS.items()
    }
    there = {system: block for system, block in blocks.items() if any(block.get(name) for name in _INCLUDED)}
    reboot = str(installed.get("rebootsetting") or Reboot.IF_REQUIRED.value)
    words = {one.value.lower(): one.value for one in Reboot}
    return {"reboot": words.get(reboot_word(reboot), reboot), **there}


def _block(found: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for there, key in fields.items():
        value = found.get(there)
        if key == "classifications":
            known = WINDOWS_CLASSIFICATIONS if "kbnumberstoinclude" in fields else LINUX_CLASSIFICATIONS
            block[key] = _known(value, known)
        elif as_list(value) is not None:
            block[key] = _once(as_list(value) or ())
        elif value:
            block[key] = value
    return _set(block)


def _known(value: object, words: Iterable[str]) -> list[Any]:
    """Words in their own case, where Azure has another; one that is not known stays as it is."""
    by_case = {word.lower(): word for word in words}
    return _once(by_case.get(str(item).lower(), item) for item in as_list(value) or ())


def _once(values: Iterable[object]) -> list[Any]:
    """Values without a second of any, and without nulls."""
    return list(dict.fromkeys(value for value in values if value is not None))


def _moment(value: Any) -> Any:
    """A wall-clock time without seconds where they are none; anything else stays as it is."""
    match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]} {match[2]}" if match else value


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(item) for name, item in (as_map(value) or {}).items() if item is not None}


def _lowered(texts: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value.lower() for name, value in texts.items()}


def _set(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None and value not in ([], {})}
