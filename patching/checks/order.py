"""Checks of ring order: a schedule that follows another runs after it, and far enough after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from patching.checks import JUDGED_FOR
from patching.faults import Findings
from patching.schedule import Run, Schedule, local_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patching.settings.model import ScheduleSettings


def check_order(schedules: "Mapping[str, ScheduleSettings]") -> Findings:
    """Judges every `follows` for two years from the later start, and shows the first two runs that break it."""
    findings = Findings()
    for key, one in schedules.items():
        leader = schedules.get(one.follows.schedule_key) if one.follows else None
        if one.follows is None or leader is None or leader.key == key:
            continue
        if broken := first_breach(one.schedule, leader.schedule, one.follows.days):
            got = f"{key} {_local(broken.run, one.schedule)}"
            expected = _expected(broken, leader, one.follows.days)
            fix = f"move {key} or {leader.key}, or change days"
            findings.fault(f"schedules.{key}.follows", got, expected, fix)
    return findings


@dataclass(frozen=True, slots=True)
class Breach:
    """A run that breaks the order, and the run that shows it.

    That is the leader's run that is too near, or, where the leader has not run in between, this schedule's own run
    before.
    """

    run: Run
    leader: Run | None
    previous: Run | None


def first_breach(follower: Schedule, leader: Schedule, days: int) -> Breach | None:
    """The first run that breaks the order, or None.

    Before each run of `follower`, `leader` must have run since the one before, and not within the last `days` days.
    Days are counted by the follower's wall clock, so that daylight saving time makes no week shorter.
    """
    zone = follower.zone
    starts = (follower.start.replace(tzinfo=zone), leader.start.replace(tzinfo=leader.zone))
    until = max(starts) + JUDGED_FOR
    leading = leader.runs()
    next_leading = next(leading, None)
    latest: Run | None = None
    previous: Run | None = None
    for run in takewhile(lambda run: run.start < until, follower.runs()):
        since: Run | None = None
        while next_leading is not None and next_leading.start_utc <= run.start_utc:
            latest = since = next_leading
            next_leading = next(leading, None)
        if since is None:
            return Breach(run, None, previous)
        if latest is not None and _is_too_near(latest, run, follower, days):
            return Breach(run, latest, previous)
        previous = run
    return None


def _is_too_near(leader: Run, run: Run, follower: Schedule, days: int) -> bool:
    apart = _wall(run, follower) - _wall(leader, follower)
    return apart < timedelta(days=days) or leader.start_utc == run.start_utc


def _wall(run: Run, schedule: Schedule) -> datetime:
    return run.start.astimezone(schedule.zone).replace(tzinfo=None)


def _local(run: Run, schedule: Schedule) -> str:
    return local_text(_wall(run, schedule))


def _expected(broken: Breach, leader: "ScheduleSettings", days: int) -> str:
    if broken.leader is not None:
        return f"no run of {leader.key} within the {days} days before; it runs {_local(broken.leader, leader.schedule)}"
    if broken.previous is not None:
        since = _local(broken.previous, leader.schedule)
        return f"a run of {leader.key} since the run before, {since}; there is none"
    first = leader.schedule.first_run()
    when = f"its first is {_local(first, leader.schedule)}" if first else "it never runs"
    return f"a run of {leader.key} before the first run; {when}"
