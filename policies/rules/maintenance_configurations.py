"""Rules on maintenance configurations: windows that Azure Update Manager refuses, judged by the core's own checks."""

from collections.abc import Callable, Mapping
from typing import Any

from patching.schedule import Schedule
from patching.settings.values import Refused
from patching.settings.vocabulary import local_time, recur_every, window_length, windows_zone
from policies.rules.rule import UNKNOWN, Rule

_TYPE = "azure-native:maintenance:MaintenanceConfiguration"
_LIMITS = "https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations"

_WINDOW: dict[str, Callable[[object], object]] = {
    "duration": window_length,
    "recurEvery": recur_every,
    "startDateTime": local_time,
    "timeZone": windows_zone,
}


def _window(props: Mapping[str, Any]) -> list[str]:
    if not _is_guest_patching(props):
        return []
    messages: list[str] = []
    values: dict[str, Any] = {}
    for key, read in _WINDOW.items():
        value = props.get(key)
        if value is UNKNOWN:
            continue
        if value is None:
            messages.append(f"{key} is not set, and Azure refuses a guest patching schedule without it: set it.")
            continue
        try:
            values[key] = read(value)
        except Refused as refused:
            messages.append(f"{key} is {value!r}, but Azure takes {refused.expected}: {refused.fix}.")
    return messages or _skipped_start(values)


def _skipped_start(values: Mapping[str, Any]) -> list[str]:
    if len(values) != len(_WINDOW):
        return []
    schedule = Schedule(
        values["recurEvery"].recurrence, values["startDateTime"], values["timeZone"], values["duration"]
    )
    if not schedule.start_is_skipped():
        return []
    start = f"startDateTime {schedule.start:%Y-%m-%d %H:%M}"
    why = f"daylight saving time skips it in {schedule.time_zone}"
    return [f"{start} does not exist, because {why}, and Azure refuses it: choose a time an hour later."]


def _patch_mode(props: Mapping[str, Any]) -> list[str]:
    properties: Any = props.get("extensionProperties") or {}
    if not _is_guest_patching(props) or properties is UNKNOWN:
        return []
    if properties.get("InGuestPatchMode") in {"User", "Platform", UNKNOWN}:
        return []
    missing = "extensionProperties has no InGuestPatchMode, without which Azure refuses scope InGuestPatch"
    return [f"{missing}: set InGuestPatchMode to User, for a schedule of your own."]


def _is_guest_patching(props: Mapping[str, Any]) -> bool:
    return props.get("maintenanceScope") == "InGuestPatch"


RULES = (
    Rule(
        "maintenance-window-accepted",
        "The window, start, time zone and recurrence of a guest patching schedule are ones that Azure accepts.",
        _TYPE,
        "critical",
        _LIMITS,
        _window,
    ),
    Rule(
        "guest-patch-mode-set",
        "A guest patching schedule says in its extension properties that it is the user's own.",
        _TYPE,
        "critical",
        _LIMITS,
        _patch_mode,
    ),
)
