"""The month grids of the calendar page as plain values: which day has which runs, freezes and notes."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from patching.freezes import FrozenPeriod
from patching.report.planned import PlannedRun

_DAY = timedelta(days=1)
_MONTHS = 12
_FARTHEST = 2 * _DAY
"""How far a run's day in one time zone can be from its day in another: zones are up to 26 hours apart."""


@dataclass(frozen=True, slots=True)
class RingLook:
    """How a schedule is told from the others: its place in the list, letters, colour, and how loudly it is drawn."""

    index: int
    code: str
    hue: int
    quiet: bool


@dataclass(frozen=True, slots=True)
class RunView:
    """A run to show; times are in its schedule's own zone. `notes` are numbers of the page's notes, from 1."""

    key: str
    look: RingLook
    start: datetime
    end: datetime
    notes: tuple[int, ...]
    is_frozen: bool

    @property
    def ends(self) -> str:
        """The time of the end, with its weekday where that is another day."""
        return f"{self.end:%H:%M}" if self.end.date() == self.start.date() else f"{self.end:%H:%M %a}"

    @property
    def offset(self) -> str:
        """The offset from UTC at the start."""
        return offset_text(self.start)


@dataclass(frozen=True, slots=True)
class FreezeView:
    """A period of a freeze, and the days it covers where it was written; `stops` says that a run in it is a fault."""

    index: int
    key: str
    reason: str
    start: datetime
    end: datetime
    first_day: date
    last_day: date
    stops: bool

    @property
    def is_whole_days(self) -> bool:
        """Whether it begins and ends at midnight."""
        return f"{self.start:%H:%M}{self.end:%H:%M}" == "00:0000:00"

    @property
    def is_floating(self) -> bool:
        """Whether its days are those of wherever a run is."""
        return self.start.tzinfo is None


@dataclass(frozen=True, slots=True)
class FrozenDay:
    """A freeze on one day; `leads` where its name is written: on its first day, and on each month's and week's."""

    freeze: FreezeView
    leads: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the grid; `is_outside` says that the calendar does not cover it."""

    date: date
    runs: tuple[RunView, ...]
    freezes: tuple[FrozenDay, ...]
    is_outside: bool


@dataclass(frozen=True, slots=True)
class WeekView:
    """A week by its ISO number, from Monday; a day of another month is None."""

    number: int
    days: tuple[DayView | None, ...]


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month with its grid. `is_outside` says that it is there only for runs that another time zone moves into it."""

    first: date
    count: int
    weeks: tuple[WeekView, ...]
    notes: tuple[int, ...]
    freezes: tuple[FreezeView, ...]
    is_outside: bool


@dataclass(frozen=True, slots=True)
class GapView:
    """Months in a row in which nothing runs in any time zone: no grid is drawn for them."""

    first: date
    last: date


def run_views(planned: Iterable[PlannedRun], looks: Mapping[str, RingLook]) -> tuple[list[RunView], list[str]]:
    """The runs in the same order, and the page's notes: each text once, however many runs it is said of."""
    numbers: dict[str, int] = {}
    runs = [
        RunView(
            one.schedule,
            looks[one.schedule],
            one.run.start,
            one.run.end,
            tuple(numbers.setdefault(note, len(numbers) + 1) for note in one.notes),
            one.is_frozen,
        )
        for one in planned
    ]
    return runs, list(numbers)


def freeze_view(index: int, key: str, period: FrozenPeriod, *, stops: bool) -> FreezeView:
    """A period as it is written: a moment at midnight ends the day before."""
    last = max(period.start.replace(tzinfo=None), period.end.replace(tzinfo=None) - timedelta(microseconds=1))
    return FreezeView(index, key, period.reason, period.start, period.end, period.start.date(), last.date(), stops)


def month_views(
    runs: Sequence[RunView], freezes: Sequence[FreezeView], first: date, last: date
) -> list[MonthView | GapView]:
    """The months from a day to another, in order; runs are on the day that they start on in their own zone."""
    by_day: dict[date, list[RunView]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.start.replace(tzinfo=None), run.look.index)):
        by_day[run.start.date()].append(run)
    covered = (min([first, *by_day]), max([last, *by_day]))
    shown = range(_index(covered[0]), _index(covered[1]) + 1)
    drawn = {_index(day + shift) for day in by_day for shift in (-_FARTHEST, timedelta(), _FARTHEST)}
    months: list[MonthView | GapView] = []
    for index in sorted({*shown, *drawn}):
        if index in drawn:
            months.append(_month(index, by_day, freezes, covered, is_outside=index not in shown))
        elif months and isinstance(before := months[-1], GapView):
            months[-1] = GapView(before.first, _first(index))
        else:
            months.append(GapView(_first(index), _first(index)))
    return months


def offset_text(moment: datetime) -> str:
    """An aware moment's offset from UTC: "+01:00"."""
    return moment.isoformat()[-6:]


def _month(
    index: int,
    by_day: Mapping[date, Sequence[RunView]],
    freezes: Sequence[FreezeView],
    covered: tuple[date, date],
    *,
    is_outside: bool,
) -> MonthView:
    first = _first(index)
    last = _first(index + 1) - _DAY
    here = [freeze for freeze in freezes if freeze.first_day <= last and first <= freeze.last_day]
    runs = [run for day in _days(first, last) for run in by_day.get(day, ())]
    weeks = [
        WeekView(
            week[0].isocalendar().week,
            tuple(_day(day, by_day, here, covered) if day.month == first.month else None for day in week),
        )
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    notes = sorted({note for run in runs for note in run.notes})
    return MonthView(first, len(runs), tuple(weeks), tuple(notes), tuple(here), is_outside)


def _day(
    day: date, by_day: Mapping[date, Sequence[RunView]], freezes: Iterable[FreezeView], covered: tuple[date, date]
) -> DayView:
    frozen = tuple(
        FrozenDay(freeze, leads=day == freeze.first_day or day.day == 1 or day.weekday() == calendar.MONDAY)
        for freeze in freezes
        if freeze.first_day <= day <= freeze.last_day
    )
    return DayView(day, tuple(by_day.get(day, ())), frozen, not covered[0] <= day <= covered[1])


def _days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _index(day: date) -> int:
    return day.year * _MONTHS + day.month - 1


def _first(index: int) -> date:
    year, month = divmod(index, _MONTHS)
    return date(year, month + 1, 1)
