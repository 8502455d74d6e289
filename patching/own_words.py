"""What is adopted keeps its own words: where Azure has a value that means what the file says, Azure's spelling is sent.

The service keeps what it was sent, and there are many ways to say one thing: `1Week Sunday`, a KB number with its
prefix, a filter without types. Sent in this project's one spelling, an import would be followed by an update that
changes nothing. A value that means something else is the file's: then the preview shows the difference.

Values are those of azure-native's arguments, by its names. Pure: `components.adopting` asks Azure.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from patching.plain_data import as_list, as_map
from patching.recurrence_grammar import RecurrenceError, parse
from patching.scopes import RESOURCE_TYPES, TagOperator, location_key

Values = Mapping[str, Any]
_Meaning = Callable[[Any], object]

_EVER = "9999"
"""The year of the service's own "never expires", `9999-12-31 23:59:59`."""


def configuration_as_there(sent: Values, there: Values | None) -> dict[str, Any]:
    """The arguments of a maintenance configuration, each as it is `there` where that means the same.

    `there` is None where there is nothing.
    """
    return _as_there(sent, there, _CONFIGURATION)


def assignment_as_there(sent: Values, there: Values | None) -> dict[str, Any]:
    """The arguments of a configuration assignment, each as it is `there` where that means the same.

    One without a location keeps it so: azure-native would fill one in, and the service lets nobody change it.
    """
    chosen = _as_there(sent, there, _ASSIGNMENT)
    if there is not None and not there.get("location"):
        chosen["location"] = ""
    return chosen


def subscription_assignment_as_there(sent: Values, there: Values | None) -> dict[str, Any]:
    """The arguments of an assignment at a subscription: its location says nothing, and stays whatever it is."""
    chosen = assignment_as_there(sent, there)
    return chosen if there is None else {**chosen, "location": there.get("location") or ""}


def _as_there(sent: Values, there: Values | None, meanings: Mapping[str, _Meaning]) -> dict[str, Any]:
    chosen = dict(sent)
    for name, meaning in meanings.items():
        if there is None:
            break
        own = without_empty(there.get(name))
        if meaning(own) == meaning(sent.get(name)):
            chosen[name] = own
    return {name: value for name, value in chosen.items() if value is not None}


def without_empty(value: Any) -> Any:
    """A value without nulls, empty lists and empty maps in it, as azure-native imports it; None where nothing is left.

    Source: pulumi-azure-native, `ResponseToSdkInputs`.
    """
    if (entries := as_map(value)) is not None:
        members = ((str(key), without_empty(item)) for key, item in entries.items())
        return {key: item for key, item in members if item is not None} or None
    if (items := as_list(value)) is not None:
        return [kept for item in items if (kept := without_empty(item)) is not None] or None
    return value


def never_ends(expiry: str | None) -> bool:
    """Whether an expiry, as the service has it, is none."""
    return not expiry or expiry.startswith(f"{_EVER}-12-31 23:59")


def _expiry(value: Any) -> object:
    return None if never_ends(value) else _moment(value)


def _moment(value: Any) -> object:
    """A wall-clock time to the minute, however it is separated and whether or not seconds follow."""
    return str(value).replace("T", " ")[:16] if value else None


def _duration(value: Any) -> object:
    return str(value).rjust(5, "0") if value else None


def _recurrence(value: Any) -> object:
    try:
        return str(parse(str(value)))
    except RecurrenceError:
        return value


def _location(value: Any) -> object:
    return location_key(str(value or ""))


def _word(value: Any) -> object:
    return str(value).lower() if value else None


def _visibility(value: Any) -> object:
    return _word(value or "Custom")


def _map_of_words(value: Any) -> object:
    return {str(key).lower(): str(item).lower() for key, item in _map(value).items()}


def _words(value: Any) -> frozenset[str]:
    return frozenset(str(item).lower() for item in as_list(value) or ())


def _masks(value: Any) -> frozenset[str]:
    return frozenset(str(item) for item in as_list(value) or ())


def _kb_numbers(value: Any) -> frozenset[str]:
    return frozenset(re.sub(r"(?i)^kb\s*", "", str(item)) for item in as_list(value) or ())


def _updates(value: Any) -> object:
    updates = _map(value)
    return (
        reboot_word(updates.get("rebootSetting")),
        _windows(_map(updates.get("windowsParameters"))),
        _linux(_map(updates.get("linuxParameters"))),
    )


def reboot_word(setting: str | None) -> str:
    """A reboot setting in lower case, as it is sent: the service answers `Never` with `NeverReboot`."""
    return (setting or "IfRequired").lower().removesuffix("reboot")


def _windows(block: Values) -> object:
    installed = (_words(block.get("classificationsToInclude")), _kb_numbers(block.get("kbNumbersToInclude")))
    left_out = (_kb_numbers(block.get("kbNumbersToExclude")), bool(block.get("excludeKbsRequiringReboot")))
    return (installed, left_out) if any(installed) else None


def _linux(block: Values) -> object:
    installed = (_words(block.get("classificationsToInclude")), _masks(block.get("packageNameMasksToInclude")))
    return (installed, _masks(block.get("packageNameMasksToExclude"))) if any(installed) else None


_EITHER_TYPE = frozenset(one.lower() for one in RESOURCE_TYPES)


def _filter(value: Any) -> object:
    fields = _map(value)
    settings = _map(fields.get("tagSettings"))
    tags = {name: _masks(values) for name, values in _map(settings.get("tags")).items()}
    return (
        _words(fields.get("resourceTypes")) or _EITHER_TYPE,
        _words(fields.get("resourceGroups")),
        _words(fields.get("osTypes")),
        frozenset(location_key(str(one)) for one in as_list(fields.get("locations")) or ()),
        tags,
        _word(settings.get("filterOperator") or TagOperator.ANY) if tags else None,
    )


def _map(value: Any) -> Values:
    return cast("Values", as_map(value) or {})


_CONFIGURATION: Mapping[str, _Meaning] = {
    "location": _location,
    "tags": _map,
    "visibility": _visibility,
    "maintenanceScope": _word,
    "extensionProperties": _map_of_words,
    "startDateTime": _moment,
    "expirationDateTime": _expiry,
    "duration": _duration,
    "timeZone": _word,
    "recurEvery": _recurrence,
    "installPatches": _updates,
}
_ASSIGNMENT: Mapping[str, _Meaning] = {
    "location": _location,
    "maintenanceConfigurationId": _word,
    "filter": _filter,
}
