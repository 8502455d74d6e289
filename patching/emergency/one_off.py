"""From what was asked for to the schedule that runs once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from patching.emergency.targets import Ring, machines_of, scopes_of
from patching.emergency.updates import named_updates, reboot_of, shared_updates, systems_of, updates_entry
from patching.faults import Findings
from patching.plain_data import as_map
from patching.recurrence import Daily
from patching.schedule import Schedule, local_text, window_text
from patching.settings.model import Reboot, ScheduleSettings, Settings, Updates
from patching.settings.values import Refused, choice, nearest
from patching.settings.vocabulary import (
    emergency_reason,
    kb_number,
    local_time,
    package_mask,
    window_length,
    windows_zone,
)

_AFTER_THE_WINDOW = timedelta(hours=1)
"""How long after its window the schedule expires: before its next run, and as Microsoft's own script does it.

Source: Microsoft's migration script from Automation Update Management, for schedules that run once.
"""
_MOST_NAMED = 5
_AN_INSTANT = "2027-01-05T21:00:00Z"
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as text of the command line; `rings` are schedules, none of them for all.

    What is None is the rings' own, or made from the rest.
    """

    start: str
    rings: tuple[str, ...] = ()
    time_zone: str | None = None
    duration: str | None = None
    expires: str | None = None
    kbs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    reboot: str | None = None
    reason: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OneOff:
    """A schedule that runs once: its key, its entry in the stack file's words, its window, and whose targets it has."""

    key: str
    entry: Mapping[str, Any]
    schedule: Schedule
    rings: tuple[ScheduleSettings, ...]


def one_off(asked: Asked, settings: Settings, written: Mapping[object, object], findings: Findings) -> OneOff | None:
    """The emergency that was asked for, unless there is a fault, which is at the option that it is about.

    `written` are the stack file's schedules as they are written, of which `settings` were read. What time it is is
    judged by `judge_timing`, and the entry itself by the checks of the stack file that has it.
    """
    rings = _rings(asked, settings, written, findings)
    updates = _updates(asked, rings, findings)
    rings = [replace(ring, systems=ring.usual & systems_of(updates)) for ring in rings]
    rings = rings if findings.faults else _with_something_to_install(asked, rings, findings)
    window = _window(asked, rings, findings) if rings else None
    reason = _judged("--reason", asked.reason or _reason(rings), emergency_reason, findings)
    if window is None or reason is None or findings.faults:
        return None
    first = rings[0].written
    machines, scopes = machines_of(rings, settings.virtual_machines), scopes_of(rings)
    if not machines and not scopes:
        _without_targets(rings, findings)
        return None
    _warn_of_what_is_not_copied(rings, settings, findings)
    entry = {
        "emergency": reason,
        **{name: first[name] for name in ("subscription", "resourceGroup", "location") if name in first},
        "start": local_text(window.start),
        "expires": local_text(window.expires or window.start),
        "timeZone": window.time_zone,
        "duration": window_text(window.duration),
        "recurEvery": str(window.recurrence),
        "updates": updates_entry(updates),
        "machines": machines,
        "scopes": scopes,
        "tags": _shared_tags(rings),
        "protect": False,
    }
    key = asked.name or f"emergency-{window.start.year:04}{window.start:%m%d-%H%M}"
    made = {name: value for name, value in entry.items() if value not in ([], {})}
    return OneOff(key, made, window, tuple(ring.settings for ring in rings))


def _rings(asked: Asked, settings: Settings, written: Mapping[object, object], findings: Findings) -> list[Ring]:
    keys = asked.rings or tuple(key for key, one in settings.schedules.items() if one.emergency is None)
    rings: list[Ring] = []
    for key in dict.fromkeys(keys):
        schedule = settings.schedules.get(key)
        if schedule is None:
            guess = nearest(key, list(settings.schedules))
            known = ", ".join(settings.schedules) or "there is none"
            fix = f"write {guess}" if guess else "name one of them"
            findings.fault("--ring", key, f"a key of schedules: {known}", fix, guess or "")
            continue
        systems = systems_of(schedule.updates)
        rings.append(Ring(schedule, as_map(written.get(key)) or {}, systems, systems))
    if not keys:
        findings.fault("--all", None, "a schedule to take the targets of: there is none", "add a schedule first")
    return rings


def _updates(asked: Asked, rings: Sequence[Ring], findings: Findings) -> Updates:
    own = [ring.settings.updates for ring in rings]
    reboot = _judged("--reboot", asked.reboot, choice(Reboot), findings) if asked.reboot else None
    if asked.kbs or asked.packages:
        kbs = [_judged("--kb", one, kb_number, findings) for one in asked.kbs]
        packages = [_judged("--package", one, package_mask, findings) for one in asked.packages]
        usual = reboot_of(own) if own else Reboot.IF_REQUIRED
        return named_updates([one for one in kbs if one], [one for one in packages if one], reboot or usual)
    shared = shared_updates(own) if own else Updates(Reboot.IF_REQUIRED, None, None)
    _check_shared(shared, ", ".join(ring.key for ring in rings), findings)
    return replace(shared, reboot=reboot) if reboot else shared


def _check_shared(updates: Updates, rings: str, findings: Findings) -> None:
    windows, linux = updates.windows, updates.linux
    for option, what, installs in (
        ("--kb", "Windows", windows is None or windows.classifications or windows.kb_numbers_to_include),
        ("--package", "Linux", linux is None or linux.classifications or linux.package_name_masks_to_include),
    ):
        if not installs:
            findings.fault(
                "--ring",
                rings,
                f"schedules that install something in common on {what}: only what all of them install is installed",
                f"say what to install with {option}, or make an emergency for each",
            )


def _with_something_to_install(asked: Asked, rings: Sequence[Ring], findings: Findings) -> list[Ring]:
    """The rings of which something is patched: where all were meant, the others are left out."""
    option, what = ("--kb", "Windows") if asked.kbs else ("--package", "Linux")
    idle = [ring.key for ring in rings if not ring.systems]
    if idle and (asked.rings or len(idle) == len(rings)):
        expected = f"schedules that patch {what}, for which {option} is"
        findings.fault("--ring", ", ".join(idle), expected, "name others, or say what to install there")
    return [ring for ring in rings if ring.systems]


def _window(asked: Asked, rings: Sequence[Ring], findings: Findings) -> Schedule | None:
    zone = _zone(asked, rings, findings)
    duration = (
        _judged("--duration", asked.duration, window_length, findings)
        if asked.duration
        else max(ring.settings.schedule.duration for ring in rings)
    )
    if zone is None or duration is None:
        return None
    instant = _instant(asked.start)
    unzoned = Schedule(Daily(1), datetime(2000, 1, 1), zone, duration)  # noqa: DTZ001 (a wall-clock time has no zone)
    start = (
        instant.astimezone(unzoned.zone).replace(tzinfo=None, second=0, microsecond=0)
        if instant
        else _judged("--start", asked.start, local_time, findings)
    )
    if start is None:
        return None
    schedule = replace(unzoned, start=start)
    if schedule.start_is_skipped():
        later = local_text(schedule.start_that_exists())
        expected = f"a time that exists: daylight saving time skips this one in {zone}"
        findings.fault("--start", asked.start, expected, f'write "{later}"', later)
        return None
    run, *more = islice(schedule.runs(), 2)
    if not more:
        findings.fault("--start", asked.start, "a day after which there is another", "correct the year")
        return None
    if instant and run.start_utc != instant.astimezone(UTC):
        expected = f"an instant on a full minute, and not the second of a time that comes twice in {zone}"
        findings.fault("--start", asked.start, expected, "begin earlier or later", run.start_utc.isoformat())
        return None
    expires = (run.end.astimezone(UTC) + _AFTER_THE_WINDOW).astimezone(schedule.zone).replace(tzinfo=None)
    if asked.expires:
        expires = _judged("--expires", asked.expires, local_time, findings)
    return _ending(schedule, expires, findings) if expires else None


def _ending(schedule: Schedule, expires: datetime, findings: Findings) -> Schedule | None:
    """The schedule with its expiry, which is behind its window and not behind its next run."""
    runs = schedule.runs()
    end, following = next(runs).end.replace(tzinfo=None), next(runs).start.replace(tzinfo=None)
    if end <= expires <= following:
        return replace(schedule, expires=expires)
    expected = f"from {local_text(end)}, when the window ends, to {local_text(following)}, when it would open again"
    findings.fault("--expires", local_text(expires), expected, "leave it out, or move it", local_text(following))
    return None


def _zone(asked: Asked, rings: Sequence[Ring], findings: Findings) -> str | None:
    if asked.time_zone:
        return _judged("--time-zone", asked.time_zone, windows_zone, findings)
    zones = list(dict.fromkeys(ring.settings.schedule.time_zone for ring in rings))
    if len(zones) > 1 and _instant(asked.start) is None:
        expected = f"an instant, because the schedules have several time zones: {', '.join(zones)}"
        findings.fault("--start", asked.start, expected, "write an instant, or name a --time-zone", _AN_INSTANT)
        return None
    return zones[0]


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _judged(option: str, text: str, judge: Callable[[object], _Value], findings: Findings) -> _Value | None:
    try:
        return judge(text)
    except Refused as refused:
        findings.fault(option, text, refused.expected, refused.fix, refused.example or "")
        return None


def _reason(rings: Sequence[Ring]) -> str:
    keys = [ring.key for ring in rings]
    shown = ", ".join(keys) if len(keys) <= _MOST_NAMED else f"{len(keys)} schedules"
    return f"One run of {shown}, out of turn"


def _shared_tags(rings: Sequence[Ring]) -> dict[str, Any]:
    """The tags that all the rings have of their own: what is agreed on for tags holds for this schedule, too."""
    written = [{str(name): tag for name, tag in (as_map(ring.written.get("tags")) or {}).items()} for ring in rings]
    return {name: tag for name, tag in written[0].items() if all(one.get(name) == tag for one in written)}


def _without_targets(rings: Sequence[Ring], findings: Findings) -> None:
    names = ", ".join(ring.key for ring in rings)
    findings.fault(
        "--ring",
        names,
        "schedules that name machines or have scopes for what is to be installed; what policies attach is Azure's",
        "give one of them machines or scopes, or add a schedule with them by hand",
    )


def _warn_of_what_is_not_copied(rings: Sequence[Ring], settings: Settings, findings: Findings) -> None:
    for ring in rings:
        if ring.written.get("events"):
            expected = f"a schedule whose events nobody waits for: what {ring.key} starts before a run, and stops "
            expected += "after it, the emergency does not"
            findings.warn(f"schedules.{ring.key}.events", ring.key, expected, "see that its machines are on in time")
    keys = {ring.key for ring in rings}
    for policy in settings.azure_policies.values():
        if policy.schedule_key in keys:
            expected = "machines that the stack file names, or finds by a scope: those that the policy attaches to "
            expected += f"{policy.schedule_key} are not in the emergency"
            findings.warn(f"azurePolicies.{policy.key}.schedule", policy.schedule_key, expected, "add a scope for them")
