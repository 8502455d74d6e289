"""What changes in a calendar: which runs move and by how much, which are no more, and which are new.

A run of one version is paired with the run of the other that took its place: of a schedule by the month, that of the
same month (the month of its nth weekday, wherever an offset puts the day); of any other, the nearest, less than one
interval away. Runs that are the same in both are paired with each other first, whatever else is near.

Runs are counted up to an instant. One that moves across it is still a move, and its other half is shown.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from itertools import takewhile

from patching.recurrence import Daily, Hourly, MonthlyDates, MonthlyWeekday, Recurrence, Weekly
from patching.schedule import Run, Schedule, year_after

_TWO_MONTHS = timedelta(days=62)
"""Further than two runs of one month, offsets included, are ever apart."""


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """A run, and the key of its schedule."""

    schedule: str
    run: Run


@dataclass(frozen=True, slots=True)
class MovedRun:
    """A run that takes place at another time, or for longer or shorter."""

    schedule: str
    before: Run
    after: Run

    @property
    def shift(self) -> timedelta:
        """How much later it starts, by the clock on the wall where both versions have one time zone."""
        by_the_wall = self.after.start - self.before.start
        return by_the_wall or self.after.start_utc - self.before.start_utc

    @property
    def lengthened(self) -> timedelta:
        """How much longer its window is."""
        return _length(self.after) - _length(self.before)


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """What became of the runs from `since` (None: from each schedule's start) until before `until`.

    `until` is None where neither version has a run. Each run is in one of the lists, or counted in `same`.
    """

    since: datetime | None
    until: datetime | None
    moved: tuple[MovedRun, ...] = ()
    vanished: tuple[ScheduleRun, ...] = ()
    new: tuple[ScheduleRun, ...] = ()
    same: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether every run is as it was."""
        return not (self.moved or self.vanished or self.new)


def compare_calendars(
    before: Mapping[str, Schedule],
    after: Mapping[str, Schedule],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> CalendarChange:
    """Compares the runs of two versions, schedule by schedule; instants are aware.

    Without `until`, the runs of twelve months count: from `since` on, or from the first run of all.
    """
    until = until or _twelve_months((*before.values(), *after.values()), since)
    if until is None:
        return CalendarChange(since, None)
    moved: list[MovedRun] = []
    vanished: list[ScheduleRun] = []
    new: list[ScheduleRun] = []
    same = 0
    for key in sorted({*before, *after}):
        found = _Pairing(before.get(key), after.get(key), since, until)
        same += found.same
        moved += [MovedRun(key, one, other) for one, other in found.moved]
        vanished += [ScheduleRun(key, run) for run in found.alone_before]
        new += [ScheduleRun(key, run) for run in found.alone_after]
    moved.sort(key=lambda one: (min(one.before.start_utc, one.after.start_utc), one.schedule))
    return CalendarChange(since, until, tuple(moved), _in_order(vanished), _in_order(new), same)


def _twelve_months(schedules: Iterable[Schedule], since: datetime | None) -> datetime | None:
    firsts = (run.start for schedule in schedules if (run := schedule.first_run()))
    first = since or min(firsts, default=None)
    return year_after(first) if first else None


def _in_order(runs: Iterable[ScheduleRun]) -> tuple[ScheduleRun, ...]:
    return tuple(sorted(runs, key=lambda one: (one.run.start_utc, one.schedule)))


class _Pairing:
    """The runs of one schedule in two versions, each with its other half, or alone."""

    def __init__(
        self, before: Schedule | None, after: Schedule | None, since: datetime | None, until: datetime
    ) -> None:
        near = _Near(before, after)
        end = _later(until, near.reach)
        ones, others = (list(_runs(one, since, end)) for one in (before, after))
        pairs = dict(_pairs(ones, others, near))
        taken = set(pairs.values())
        both = [(ones[index], others[other]) for index, other in pairs.items()]
        shown = [(one, other) for one, other in both if one.start < until or other.start < until]
        self.moved = [pair for pair in shown if not _is_same(*pair)]
        self.same = len(shown) - len(self.moved)
        self.alone_before = [run for index, run in enumerate(ones) if index not in pairs and run.start < until]
        self.alone_after = [run for index, run in enumerate(others) if index not in taken and run.start < until]


def _runs(schedule: Schedule | None, since: datetime | None, end: datetime) -> Iterator[Run]:
    return takewhile(lambda run: run.start < end, schedule.runs(since)) if schedule else iter(())


def _later(moment: datetime, span: timedelta) -> datetime:
    return moment + span if moment.year < MAXYEAR else moment


def _is_same(one: Run, other: Run) -> bool:
    return one.start_utc == other.start_utc and _length(one) == _length(other)


def _length(run: Run) -> timedelta:
    return run.end.astimezone(UTC) - run.start_utc


class _Near:
    """Which runs of two versions of a schedule can be each other's; `reach` is how far apart they can be."""

    def __init__(self, before: Schedule | None, after: Schedule | None) -> None:
        recurrences = [schedule.recurrence for schedule in (before, after) if schedule]
        self.by_month = any(isinstance(one, MonthlyDates | MonthlyWeekday) for one in recurrences)
        self.reach = _TWO_MONTHS if self.by_month else max(map(_interval, recurrences), default=timedelta())
        self._offsets = tuple(_offset(schedule.recurrence) if schedule else timedelta() for schedule in (before, after))

    def months(self, run: Run, version: int) -> Hashable:
        """The month that a run of the first version (0) or of the second (1) is for."""
        nominal = run.start.date() - self._offsets[version]
        return (nominal.year, nominal.month)


def _interval(recurrence: Recurrence) -> timedelta:
    match recurrence:
        case Hourly(interval):
            return timedelta(hours=interval)
        case Daily(interval):
            return timedelta(days=interval)
        case Weekly(interval, _):
            return timedelta(weeks=interval)
        case _:
            return _TWO_MONTHS


def _offset(recurrence: Recurrence) -> timedelta:
    return timedelta(days=recurrence.offset if isinstance(recurrence, MonthlyWeekday) else 0)


def _pairs(ones: Sequence[Run], others: Sequence[Run], near: _Near) -> Iterator[tuple[int, int]]:
    """The pairs, by index: those that start together first, then the nearest of what is left.

    Which of two pairs as near as each other comes first does not depend on which version is which.
    """
    starts = {run.start_utc: index for index, run in enumerate(others)}
    free_ones, free_others = set(range(len(ones))), set(range(len(others)))
    for index, run in enumerate(ones):
        other = starts.get(run.start_utc)
        if other is not None:
            free_ones.discard(index)
            free_others.discard(other)
            yield index, other
    possible = _by_month if near.by_month else _by_distance
    candidates = possible(ones, others, sorted(free_ones), sorted(free_others), near)
    for _, index, other in sorted((_order(ones[one], others[two]), one, two) for one, two in candidates):
        if index in free_ones and other in free_others:
            free_ones.discard(index)
            free_others.discard(other)
            yield index, other


def _order(one: Run, other: Run) -> tuple[timedelta, datetime, datetime]:
    earlier, later = sorted((one.start_utc, other.start_utc))
    return later - earlier, earlier, later


def _by_month(
    ones: Sequence[Run], others: Sequence[Run], free_ones: Sequence[int], free_others: Sequence[int], near: _Near
) -> Iterator[tuple[int, int]]:
    months: dict[Hashable, list[int]] = defaultdict(list)
    for other in free_others:
        months[near.months(others[other], 1)].append(other)
    for one in free_ones:
        for other in months.get(near.months(ones[one], 0), ()):
            yield one, other


def _by_distance(
    ones: Sequence[Run], others: Sequence[Run], free_ones: Sequence[int], free_others: Sequence[int], near: _Near
) -> Iterator[tuple[int, int]]:
    starts = [others[other].start_utc for other in free_others]
    for one in free_ones:
        moment = ones[one].start_utc
        for place in range(bisect_left(starts, moment - near.reach), len(starts)):
            if starts[place] - moment >= near.reach:
                break
            if moment - starts[place] < near.reach:
                yield one, free_others[place]
