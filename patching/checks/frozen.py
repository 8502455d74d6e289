"""Checks of runs that fall into a change freeze."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from patching.checks import JUDGED_FOR
from patching.faults import NOTHING, Findings
from patching.freezes import CalendarError, FrozenPeriod, OnRun, frozen_runs
from patching.schedule import Schedule, local_text

if TYPE_CHECKING:
    from patching.settings.model import FreezeSettings, ScheduleSettings

_MOST_SHOWN = 10
_LIVE_WITH_IT = {
    OnRun.WARN: "cancel or move that run, or live with it",
    OnRun.FAIL: "cancel or move that run, or set onRun: warn and live with it",
}


def check_freezes(schedules: "Mapping[str, ScheduleSettings]", freezes: "Mapping[str, FreezeSettings]") -> Findings:
    """Names each run inside a freeze, at the freeze; a warning or a fault, as the freeze has it.

    An emergency's run is always a warning: what it is for does not wait.
    """
    findings = Findings()
    windows = {key: one.schedule for key, one in schedules.items()}
    for freeze in freezes.values():
        try:
            periods = _periods(freeze, windows)
        except CalendarError as error:
            findings.fault(
                f"freezes.{freeze.key}.calendar", NOTHING, f"an iCalendar file; {error}", "correct the event"
            )
            continue
        for key, schedule in windows.items():
            _check(freeze, key, schedule, periods, findings, is_emergency=schedules[key].emergency is not None)
    return findings


def _periods(freeze: "FreezeSettings", windows: Mapping[str, Schedule]) -> Sequence[FrozenPeriod]:
    firsts = [run.start_utc for schedule in windows.values() if (run := schedule.first_run())]
    if not firsts:
        return ()
    end = max(max(firsts) + JUDGED_FOR, freeze.freeze.last_end)
    return list(freeze.freeze.periods(min(firsts), end))


def _check(
    freeze: "FreezeSettings",
    key: str,
    schedule: Schedule,
    periods: Sequence[FrozenPeriod],
    findings: Findings,
    *,
    is_emergency: bool,
) -> None:
    on_run = OnRun.WARN if is_emergency else freeze.on_run
    report = findings.fault if on_run is OnRun.FAIL else findings.warn
    fix = "see that whoever declared the freeze agrees" if is_emergency else _LIVE_WITH_IT[on_run]
    inside = frozen_runs(schedule, periods)
    for frozen in islice(inside, _MOST_SHOWN):
        local = local_text(frozen.run.start.replace(tzinfo=None))
        reason = f" ({frozen.period.reason})" if frozen.period.reason else ""
        expected = f"no run inside the freeze{reason}; the schedule {key} runs {local} {schedule.time_zone}"
        report(
            f"freezes.{freeze.key}",
            f"{key} {local}",
            expected,
            fix,
        )
    more = sum(1 for _ in inside)
    if more:
        report(
            f"freezes.{freeze.key}",
            f"{key}, {more} more runs",
            "no run inside the freeze",
            "give the schedule an expiry, or move its start",
        )
