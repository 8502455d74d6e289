"""Rules on one maintenance configuration: what Azure Update Manager refuses, and what surprises on patch night.

All are judged by the core's own checks. Configurations of other scopes than InGuestPatch are left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from patching.checks.updates import check_updates
from patching.checks.window import check_window
from patching.own_words import never_ends
from patching.recurrence_grammar import RecurrenceError, parse, patch_tuesday_of
from patching.schedule import Schedule
from patching.settings.entries import LinuxUpdatesEntry, UpdatesEntry, WindowsUpdatesEntry
from patching.settings.model import EMERGENCY_TAG
from patching.settings.values import Refused
from patching.settings.vocabulary import (
    linux_classification,
    local_time,
    recur_every,
    window_length,
    windows_classification,
    windows_zone,
)
from policies.rules.rule import UNKNOWN, Path, Plain, Resource, Rule, a_map, at, has_unknown, said, words

CONFIGURATION = "maintenance:MaintenanceConfiguration"
_LIMITS = "https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations"
_SCHEDULES = "https://learn.microsoft.com/azure/update-manager/scheduled-patching"

_NAMES = {"start": "startDateTime", "expires": "expirationDateTime", "recurEvery": "recurEvery"}
_DISPUTED_LENGTH = re.compile(r"03:5[6-9]|04:00")
"""Longer than Microsoft's newest page allows, but not than its other pages do: nothing to stop an update for."""


def is_guest_patching(props: Plain) -> bool:
    """Whether a configuration patches guests; one whose scope is not known does not."""
    scope = props.get("maintenanceScope")
    return isinstance(scope, str) and scope.lower() == "inguestpatch"


def _length(value: object) -> timedelta:
    if isinstance(value, str) and _DISPUTED_LENGTH.fullmatch(value):
        return timedelta(hours=int(value[:2]), minutes=int(value[3:]))
    return window_length(value)


def _moment(value: object) -> datetime:
    """A time as the service answers it, with seconds, is one that it takes."""
    with_seconds = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value, re.ASCII)
    return local_time(value[:16] if isinstance(value, str) and with_seconds else value)


def _sent_recurrence(value: object) -> object:
    """A recurrence that Azure takes; Patch Tuesday is this project's own word, which only its components rewrite."""
    read = recur_every(value)
    if read.patch_tuesday is None:
        return read
    raise Refused("the second Tuesday and an offset: it does not know Patch Tuesday", f'write "{read.recurrence}"')


_WINDOW: Mapping[str, Callable[[object], object]] = {
    "duration": _length,
    "recurEvery": _sent_recurrence,
    "startDateTime": _moment,
    "timeZone": windows_zone,
}


def schedule_of(props: Plain) -> Schedule | None:
    """The schedule of a configuration; None where a value of it is not known, or not one that Azure takes."""
    written = [props.get(key) for key in _WINDOW]
    expires = props.get("expirationDateTime")
    if not all(isinstance(one, str) for one in written) or not isinstance(expires, str | None):
        return None
    return _schedule(tuple(map(str, written)), None if never_ends(expires) else expires)


@lru_cache(maxsize=1024)
def _schedule(written: tuple[str, ...], expires: str | None) -> Schedule | None:
    """The schedule of a window's texts, in the order of `_WINDOW`: several rules ask for each."""
    try:
        values: dict[str, Any] = {key: read(text) for (key, read), text in zip(_WINDOW.items(), written, strict=True)}
        end = None if expires is None else _moment(expires)
    except Refused:
        return None
    recurrence = values["recurEvery"].recurrence
    return Schedule(recurrence, values["startDateTime"], values["timeZone"], values["duration"], end)


def emergency_of(props: Plain) -> str | None:
    """Why a configuration runs once and out of turn: the value of its tag; None where it is no emergency.

    What runs more than once is none, whatever its tags say: for an emergency, freezes and agreed windows do not hold.
    """
    tags = {name.lower(): value for name, value in a_map(props.get("tags")).items()}
    reason = tags.get(EMERGENCY_TAG)
    schedule = schedule_of(props) if isinstance(reason, str) else None
    return reason if schedule and len(list(islice(schedule.runs(), 2))) == 1 else None


def _window(resource: Resource, _: Plain) -> list[str]:
    props = resource.props
    if not is_guest_patching(props):
        return []
    messages: list[str] = []
    for key, read in (*_WINDOW.items(), ("expirationDateTime", _moment)):
        value = props.get(key)
        if has_unknown(value) or (key == "expirationDateTime" and isinstance(value, str | None) and never_ends(value)):
            continue
        if value is None:
            messages.append(f"{key} is not set, and Azure refuses a guest patching schedule without it: set {key}.")
            continue
        try:
            read(value)
        except Refused as refused:
            messages.append(f"{key} is {value!r}, but Azure takes {refused.expected}: {refused.fix}.")
    schedule = None if messages else schedule_of({**props, "expirationDateTime": _known_expiry(props)})
    if schedule is None:
        return messages
    return [f"{said(fault, _NAMES)} Azure refuses it." for fault in check_window("", schedule).faults]


def _known_expiry(props: Plain) -> Any:
    """What is right whatever the expiry will be can be judged without it."""
    value = props.get("expirationDateTime")
    return None if value is UNKNOWN else value


def _surprises(resource: Resource, _: Plain) -> Iterator[str]:
    schedule = schedule_of(resource.props) if is_guest_patching(resource.props) else None
    if schedule is None:
        return
    for warning in check_window("", schedule).warnings:
        yield said(warning, _NAMES)
    length = resource.props["duration"]
    if _DISPUTED_LENGTH.fullmatch(length):
        yield f"duration is {length}, and Microsoft's pages disagree on more than 03:55: write 03:55 or shorter."


def _patch_mode(resource: Resource, _: Plain) -> list[str]:
    mode = at(resource.props, "extensionProperties", "InGuestPatchMode")
    known = isinstance(mode, str) and mode.lower() in {"user", "platform"}
    if not is_guest_patching(resource.props) or has_unknown(mode) or known:
        return []
    found = "has no InGuestPatchMode" if mode is None else f"has the InGuestPatchMode {mode!r}"
    refused = "and Azure refuses the scope InGuestPatch without User or Platform there"
    mend = 'set extensionProperties to {"InGuestPatchMode": "User"}, for a schedule of your own'
    return [f"extensionProperties {found}, {refused}: {mend}."]


def _installs(resource: Resource, _: Plain) -> Iterator[str]:
    given = resource.props.get("installPatches")
    if not is_guest_patching(resource.props) or given is UNKNOWN:
        return
    windows, linux = (
        at({"given": given}, "given", "windowsParameters"),
        at({"given": given}, "given", "linuxParameters"),
    )
    yield from _classes("windowsParameters", windows, windows_classification)
    yield from _classes("linuxParameters", linux, linux_classification)
    if has_unknown(windows) or has_unknown(linux):
        return
    updates = UpdatesEntry.model_construct(
        windows=None
        if windows is None
        else WindowsUpdatesEntry.model_construct(
            classifications=words(at(windows, "classificationsToInclude")),
            kb_numbers_to_include=words(at(windows, "kbNumbersToInclude")),
        ),
        linux=None
        if linux is None
        else LinuxUpdatesEntry.model_construct(
            classifications=words(at(linux, "classificationsToInclude")),
            package_name_masks_to_include=words(at(linux, "packageNameMasksToInclude")),
        ),
    )
    for fault in check_updates("", updates):
        block, more = _BLOCKS.get(fault.path, _NO_BLOCK)
        yield (
            f"{block} says nothing to install, and Azure refuses that: set classificationsToInclude, such as "
            f'["Critical", "Security"]{more}.'
        )


_BLOCKS = {
    ".windows": ("installPatches.windowsParameters", ", or kbNumbersToInclude, or remove windowsParameters"),
    ".linux": ("installPatches.linuxParameters", ", or packageNameMasksToInclude, or remove linuxParameters"),
}
_NO_BLOCK = ("installPatches", ", in windowsParameters, linuxParameters, or both")


def _classes(block: str, given: Any, read: Callable[[object], str]) -> Iterator[str]:
    for one in words(at({"given": given}, "given", "classificationsToInclude")):
        try:
            read(one)
        except Refused as refused:
            place = f"installPatches.{block}.classificationsToInclude"
            yield f'{place} has "{one}", but Azure takes {refused.expected}: {refused.fix}.'


def _canonical(value: Any) -> str | None:
    try:
        return str(parse(value)) if isinstance(value, str) else None
    except RecurrenceError:
        return None


def _spelling(resource: Resource, _: Plain) -> list[str]:
    written = resource.props.get("recurEvery")
    canonical = _canonical(written)
    right = canonical is None or canonical == written or patch_tuesday_of(str(written)) is not None
    if right or not is_guest_patching(resource.props):
        return []
    risk = "which is not Azure's own spelling, and may be refused, or come back as a difference in each preview"
    return [f'recurEvery is "{written}", {risk}: write "{canonical}".']


def _mend_spelling(props: Plain) -> Mapping[Path, Any]:
    written = props.get("recurEvery")
    canonical = _canonical(written)
    wrong = is_guest_patching(props) and canonical is not None and canonical != written
    return {("recurEvery",): canonical} if wrong else {}


RULES = (
    Rule(
        name="maintenance-window-accepted",
        description="Azure accepts the window, start, expiry, time zone and recurrence of a guest patching schedule.",
        severity="critical",
        url=_LIMITS,
        refused=True,
        kinds=(CONFIGURATION,),
        judge=_window,
    ),
    Rule(
        name="guest-patch-mode-set",
        description="A guest patching schedule says in its extension properties that it is the user's own.",
        severity="critical",
        url=_LIMITS,
        refused=True,
        kinds=(CONFIGURATION,),
        judge=_patch_mode,
    ),
    Rule(
        name="schedule-installs-something",
        description="A guest patching schedule says what it installs, in words that Azure knows.",
        severity="critical",
        url=_SCHEDULES,
        refused=True,
        kinds=(CONFIGURATION,),
        judge=_installs,
    ),
    Rule(
        name="schedule-runs-as-written",
        description="A guest patching schedule starts with a run, and none of its runs begins when Azure can miss it.",
        severity="medium",
        url=_LIMITS,
        kinds=(CONFIGURATION,),
        judge=_surprises,
    ),
    Rule(
        name="recurrence-canonical",
        description="A recurrence is spelled as Azure spells it.",
        severity="low",
        url="https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations/create-or-update",
        kinds=(CONFIGURATION,),
        judge=_spelling,
        mend=_mend_spelling,
    ),
)
