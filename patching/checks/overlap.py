"""Checks of windows that overlap on one machine: one run waits for the other, and loses its window."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from patching.checks import JUDGED_FOR
from patching.checks.shared_machines import Pair, reached_by_both
from patching.faults import Findings, Found
from patching.limits import ScheduleLimits
from patching.schedule import Run, Schedule, local_text

if TYPE_CHECKING:
    from patching.settings.model import ScheduleSettings, VirtualMachineSettings

_LONGEST_WINDOW = timedelta(hours=4)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two runs whose windows overlap."""

    one: Run
    other: Run

    @property
    def same_start(self) -> bool:
        """Whether both start at the same instant, so that only one of them runs."""
        return self.one.start_utc == self.other.start_utc


def check_overlap(
    schedules: "Mapping[str, ScheduleSettings]",
    virtual_machines: "Mapping[str, VirtualMachineSettings]",
    limits: ScheduleLimits,
) -> Findings:
    """Judges every two schedules for two years from the later start.

    A machine that both name is a fault; one that both may reach through a dynamic scope is a warning.
    """
    findings = Findings()
    ordered = list(schedules.values())
    named = _named_by_both(ordered)
    possible = reached_by_both(ordered, virtual_machines, limits)
    windows = Windows()
    for pair in sorted(named.keys() | possible.keys()):
        one, other = (ordered[index] for index in pair)
        overlap = windows.first_overlap(one.schedule, other.schedule)
        if overlap is None:
            continue
        if pair in named:
            findings.fault(
                f"schedules.{other.key}.machines",
                Found(_shown(named[pair])),
                _expected(one, other, overlap),
                "move one of the two, or take the machine out of one",
            )
        else:
            findings.warn(
                f"schedules.{other.key}.{possible[pair]}",
                other.key,
                f"{_expected(one, other, overlap)} (a machine may be in both)",
                "move one of the two, or make the filters exclude each other",
            )
    return findings


def _expected(one: "ScheduleSettings", other: "ScheduleSettings", overlap: Overlap) -> str:
    runs = f"{one.key} runs {span(overlap.one, one.schedule)}, {other.key} {span(overlap.other, other.schedule)}"
    if overlap.same_start:
        return f"schedules that do not start together on one machine, because only one of them would run: {runs}"
    return f"windows that do not overlap on one machine: {runs}"


def span(run: Run, schedule: Schedule) -> str:
    """A run's window in local time, for a finding: `2027-01-16 22:00 to 01:00 UTC`."""
    return f"{local_text(run.start.replace(tzinfo=None))} to {run.end:%H:%M} {schedule.time_zone}"


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def _named_by_both(schedules: "Sequence[ScheduleSettings]") -> "dict[Pair, list[str]]":
    """The names of the machines that two schedules name, by the two."""
    naming: dict[str, list[int]] = defaultdict(list)
    named: dict[Pair, list[str]] = defaultdict(list)
    for index, schedule in enumerate(schedules):
        for machine in schedule.machines:
            others = naming[machine.resource_id.lower()]
            for other in others:
                named[other, index].append(machine.name)
            others.append(index)
    return named


class Windows:
    """The starts of schedules' runs in minutes, worked out once for each year: many pairs are judged in little time."""

    def __init__(self) -> None:
        self._years: dict[tuple[Schedule, int], list[int]] = {}

    def first_overlap(self, one: Schedule, other: Schedule) -> Overlap | None:
        """The first two runs that overlap within two years of the later start."""
        begin = max(one.start.replace(tzinfo=one.zone).astimezone(UTC), other.start.replace(tzinfo=other.zone))
        year, end = begin.astimezone(UTC).year, _minutes(begin + JUDGED_FOR)
        ours, theirs = self._starts(one, year), self._starts(other, year)
        length, other_length = _length(one), _length(other)
        for start in ours:
            if start >= end:
                return None
            index = bisect_right(theirs, start - other_length)
            if index < len(theirs) and theirs[index] < min(start + length, end):
                return Overlap(_run_at(one, start), _run_at(other, theirs[index]))
        return None

    def _starts(self, schedule: Schedule, year: int) -> list[int]:
        """The starts in three years, from a window before the first, so that two years from any day of it are there."""
        if (schedule, year) not in self._years:
            first = datetime(max(year, 2), 1, 1, tzinfo=UTC) - _LONGEST_WINDOW
            last = first + timedelta(days=3 * 366 + 1)
            runs = takewhile(lambda run: run.start < last, schedule.runs(after=first))
            self._years[schedule, year] = [_minutes(run.start) for run in runs]
        return self._years[schedule, year]


_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _minutes(moment: datetime) -> int:
    """An instant as a number: times in one zone would be compared by the wall clock, which comes twice in autumn."""
    return (moment - _EPOCH) // _MINUTE


def _length(schedule: Schedule) -> int:
    return schedule.duration // _MINUTE


def _run_at(schedule: Schedule, minutes: int) -> Run:
    return next(schedule.runs(after=_EPOCH + minutes * _MINUTE))
