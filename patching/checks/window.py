"""Checks of one schedule's window: what the service refuses, and what it accepts and one regrets on patch night."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from patching.faults import Fault, Findings, found
from patching.limits import LATE_EVENING_TRAP_MINUTES, LEAD_TIME_MINUTES
from patching.recurrence import Hourly, PatchTuesday
from patching.schedule import Schedule, local_text

_SOON_OVER = timedelta(days=60)


def check_window(
    path: str, schedule: Schedule, patch_tuesday: PatchTuesday | None = None, as_of: datetime | None = None
) -> Findings:
    """Judges a schedule whose values are right each by itself.

    `path` is the schedule's key, such as `schedules.linux`, and empty for a schedule by itself. `patch_tuesday` says
    that its recurrence was written with that extension. Only with `as_of`, an aware instant, is anything judged by the
    time it is.
    """
    prefix = f"{path}." if path else ""
    findings = Findings(faults=list(_faults(prefix, schedule)))
    if findings.faults:
        return findings
    findings.warnings.extend(_warnings(prefix, schedule, patch_tuesday))
    if as_of is not None:
        findings.faults.extend(_faults_as_of(prefix, schedule, as_of))
        findings.warnings.extend(_warnings_as_of(prefix, schedule, as_of))
    return findings


def _faults(prefix: str, schedule: Schedule) -> Iterator[Fault]:
    start, expires = schedule.start, schedule.expires
    if schedule.start_is_skipped():
        later = schedule.start_that_exists()
        yield Fault(
            f"{prefix}start",
            found(local_text(start)),
            f"a time that exists: daylight saving time skips this one in {schedule.time_zone}, so that it is refused",
            local_text(later),
            f'write "{local_text(later)}", or another time',
        )
    if expires is None:
        return
    if expires <= start:
        yield Fault(
            f"{prefix}expires",
            found(local_text(expires)),
            f"a time after the start, {local_text(start)}",
            local_text(start + timedelta(days=365)),
            "move it behind the start, or remove it for no end",
        )
    elif schedule.first_run() is None:
        unending = Schedule(schedule.recurrence, start, schedule.time_zone, schedule.duration)
        first = unending.first_run()
        when = f"the first would be {local_text(first.start.replace(tzinfo=None))}" if first else "there would be none"
        yield Fault(
            f"{prefix}expires",
            found(local_text(expires)),
            f"a time that leaves room for a run; {when}",
            local_text(first.start.replace(tzinfo=None) + timedelta(days=365)) if first else "",
            "move it behind the first run, or remove it for no end",
        )


def _warnings(prefix: str, schedule: Schedule, patch_tuesday: PatchTuesday | None) -> Iterator[Fault]:
    first = schedule.first_run()
    if first and not schedule.starts_with_a_run():
        real = local_text(first.start.replace(tzinfo=None))
        yield Fault(
            f"{prefix}start",
            found(local_text(schedule.start)),
            f"a start that is itself a run of {schedule.recurrence}: the first run will be {real}",
            real,
            f'write "{real}", so that the file says when it begins',
        )
    if any(_in_trap(moment) for moment in _times_of_day(schedule)):
        yield Fault(
            f"{prefix}start",
            found(local_text(schedule.start)),
            "a run that does not begin between 23:45 and 00:00, where the service can miss it",
            local_text(schedule.start.replace(hour=23, minute=30)),
            "begin at 23:30 or earlier, or after midnight",
        )
    if patch_tuesday and patch_tuesday.can_leave_month:
        yield Fault(
            f"{prefix}recurEvery",
            found(str(schedule.recurrence)),
            f"runs in the month of their Patch Tuesday; {patch_tuesday.offset} days later may be the next",
            "Month PatchTuesday Offset14",
            "an offset of at most 14, or know that some runs are in the next month",
        )


def _times_of_day(schedule: Schedule) -> Iterator[datetime]:
    if not isinstance(schedule.recurrence, Hourly):
        yield schedule.start
        return
    step = timedelta(hours=schedule.recurrence.interval)
    yield from (schedule.start + step * index for index in range(24))


def _in_trap(moment: datetime) -> bool:
    midnight = timedelta(days=1)
    return midnight - timedelta(hours=moment.hour, minutes=moment.minute) <= timedelta(
        minutes=LATE_EVENING_TRAP_MINUTES
    )


def _faults_as_of(prefix: str, schedule: Schedule, as_of: datetime) -> Iterator[Fault]:
    if schedule.expires and schedule.next_run(as_of) is None:
        yield Fault(
            f"{prefix}expires",
            found(local_text(schedule.expires)),
            f"a schedule that still runs: as of {as_of.isoformat()} it has run for the last time",
            "",
            "move the expiry, or remove the schedule",
        )


def _warnings_as_of(prefix: str, schedule: Schedule, as_of: datetime) -> Iterator[Fault]:
    start = schedule.start.replace(tzinfo=schedule.zone)
    if start < as_of:
        following = schedule.next_run(as_of)
        example = local_text(following.start.replace(tzinfo=None)) if following else ""
        yield Fault(
            f"{prefix}start",
            found(local_text(schedule.start)),
            f"a start that is not past as of {as_of.isoformat()}, for a schedule that is yet to be made",
            example,
            "leave it where the schedule is there already, because another start would change it; otherwise move it",
        )
    elif start < as_of + timedelta(minutes=LEAD_TIME_MINUTES):
        yield Fault(
            f"{prefix}start",
            found(local_text(schedule.start)),
            f"a start at least {LEAD_TIME_MINUTES} minutes after {as_of.isoformat()}, for the first run to happen",
            "",
            "move the start",
        )
    if schedule.expires and schedule.next_run(as_of):
        remaining = list(takewhile(lambda run: run.start < as_of + _SOON_OVER, schedule.runs(as_of)))
        if schedule.next_run(as_of + _SOON_OVER) is None:
            last = local_text(remaining[-1].start.replace(tzinfo=None))
            yield Fault(
                f"{prefix}expires",
                found(local_text(schedule.expires)),
                f"a schedule that goes on for {_SOON_OVER.days} days after {as_of.isoformat()}: its last run is {last}",
                "",
                "move the expiry in time, or let it end",
            )
