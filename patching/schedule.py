"""A schedule: a recurrence with its start, expiry, time zone and window, and its runs as aware instants.

What the service does is followed where it is documented. Where it is not, a choice is made here and the run carries a
note:

- A day that a month does not have (day29 to day31) is taken as the month's last day: no run that may happen
  goes unseen.
- `Week` without weekdays means the weekday of the start.
- Weeks are counted from Monday; a note says where counting from Sunday would give another day.
- A run in the hour that daylight saving time skips starts as much later; of an hour that comes twice, the first is
  meant.
- Hours are counted on the wall clock, as days are: a window stays at its local time all year.
- A recurrence's intervals are counted from the start's own day, week or month; the first run is the first on or after
  the start.
- The schedule ends with the last run that starts before the expiry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from zoneinfo import ZoneInfo

from patching.recurrence import (
    LAST_DAY,
    Daily,
    Hourly,
    MonthlyDates,
    MonthlyWeekday,
    Recurrence,
    Weekday,
    Weekly,
    WeekOfMonth,
    days_in_month,
    in_words,
)
from patching.zones import zone_of

FIRST_YEAR, LAST_YEAR = 1990, 9998
"""Runs are worked out for these years; the service's own "never expires" is the last day of 9999."""

_DAY = timedelta(days=1)
_WEEK = 7
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its window's start and end, aware, in the schedule's zone, and what is to be said of it."""

    start: datetime
    end: datetime
    notes: tuple[str, ...] = ()

    @property
    def start_utc(self) -> datetime:
        """The start in UTC."""
        return self.start.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A run before the time zone is applied: wall-clock time and notes."""

    local: datetime
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """When a maintenance window opens, and how long it is open.

    `start` and `expires` are wall-clock times in `time_zone`, a Windows time-zone id, and so are naive; `duration` is
    real time.

    Raises:
        UnknownTimeZoneError: from `zone` and all that needs it, for an unknown id.
    """

    recurrence: Recurrence
    start: datetime
    time_zone: str
    duration: timedelta
    expires: datetime | None = None

    @cached_property
    def zone(self) -> ZoneInfo:
        """The rules of the schedule's time zone."""
        return zone_of(self.time_zone)

    def runs(self, after: datetime | None = None) -> Iterator[Run]:
        """The runs in order, from the start on, or those that start at or after an aware instant, until the expiry.

        Nothing is walked through to get to `after`, and nothing is kept: the runs of a thousand years cost no memory.
        """
        after = after.astimezone(UTC) if after else None
        earliest = _wall_clock_before(after, self.zone) if after else self.start
        for occurrence in self._occurrences(max(earliest, self.start)):
            if occurrence.local.year > LAST_YEAR or (self.expires and occurrence.local >= self.expires):
                return
            run = self._run(occurrence)
            if after is None or run.start >= after:
                yield run

    def next_run(self, after: datetime) -> Run | None:
        """The first run that starts at or after an aware instant, or None when the schedule has ended by then."""
        return next(self.runs(after), None)

    def first_run(self) -> Run | None:
        """The first run, or None when there is none before the expiry."""
        return next(self.runs(), None)

    def starts_with_a_run(self) -> bool:
        """Whether the start itself is a run, rather than the earliest time of one."""
        first = next(self._occurrences(self.start), None)
        return first is not None and first.local == self.start

    def start_is_skipped(self) -> bool:
        """Whether the start is a time that daylight saving time skips, which the service refuses."""
        return _is_skipped(self.start, self.zone)

    def summary(self) -> str:
        """The schedule in words, as the portal's schedule summary has it."""
        expiry = f" until {_day_in_words(self.expires.date())} {self.expires:%H:%M}" if self.expires else ""
        when = in_words(self.recurrence)
        at = f"from {self.start:%H:%M}" if isinstance(self.recurrence, Hourly) else f"at {self.start:%H:%M}"
        return (
            f"{when[0].upper()}{when[1:]}, {at} ({self.time_zone}), for {duration_in_words(self.duration)}, "
            f"starting {_day_in_words(self.start.date())}{expiry}"
        )

    def _run(self, occurrence: _Occurrence) -> Run:
        start, note = _instant(occurrence.local, self.zone)
        end = (start.astimezone(UTC) + self.duration).astimezone(self.zone)
        return Run(start, end, (*occurrence.notes, note) if note else occurrence.notes)

    def _occurrences(self, earliest: datetime) -> Iterator[_Occurrence]:
        """Occurrences on or after a wall-clock time that is not before the start."""
        if isinstance(self.recurrence, Hourly):
            yield from self._every_hours(self.recurrence.interval, earliest)
            return
        at = self.start.time()
        for day, notes in self._days(self.recurrence, earliest.date()):
            local = datetime.combine(day, at)
            if local >= earliest:
                yield _Occurrence(local, notes)

    def _every_hours(self, interval: int, earliest: datetime) -> Iterator[_Occurrence]:
        step = timedelta(hours=interval)
        for index in count(-((self.start - earliest) // step)):
            local = _plus(self.start, step * index)
            if local is None:
                return
            if local >= earliest:
                yield _Occurrence(local)

    def _days(self, recurrence: Recurrence, earliest: date) -> Iterator[tuple[date, tuple[str, ...]]]:
        match recurrence:
            case Daily(interval):
                return _daily(self.start.date(), interval, earliest)
            case Weekly(interval, weekdays):
                return _weekly(self.start.date(), interval, weekdays, earliest)
            case MonthlyDates(interval, days):
                return _monthly_dates(self.start.date(), interval, days, earliest)
            case MonthlyWeekday():
                return _monthly_weekday(self.start.date(), recurrence, earliest)
            case Hourly():
                raise AssertionError("hours are not counted in days")


def _daily(start: date, interval: int, earliest: date) -> Iterator[tuple[date, tuple[str, ...]]]:
    ordinal = start.toordinal() + -(-(earliest - start).days // interval) * interval
    for day in range(ordinal, date.max.toordinal(), interval):
        yield date.fromordinal(day), ()


def _weekly(
    start: date, interval: int, weekdays: tuple[Weekday, ...], earliest: date
) -> Iterator[tuple[date, tuple[str, ...]]]:
    monday = start.toordinal() - start.weekday()
    step = _WEEK * interval
    first_week = monday + (earliest.toordinal() - monday) // step * step
    bare = (
        () if weekdays else ("recurEvery names no weekday: the start's is meant, which the service does not document",)
    )
    for week in range(first_week, date.max.toordinal() - _WEEK, step):
        for weekday in weekdays or (Weekday(start.weekday()),):
            day = date.fromordinal(week + weekday)
            if day >= earliest:
                sunday_matters = interval > 1 and (day.weekday() == Weekday.SUNDAY) != (
                    start.weekday() == Weekday.SUNDAY
                )
                counting = (
                    ("weeks are counted from Monday, which the service does not document",) if sunday_matters else ()
                )
                yield day, bare + counting


def _monthly_dates(
    start: date, interval: int, days: tuple[int, ...], earliest: date
) -> Iterator[tuple[date, tuple[str, ...]]]:
    for year, month in _months(_month_index(start), interval, _month_index(earliest)):
        length = days_in_month(year, month)
        notes: dict[int, tuple[str, ...]] = {}
        for day in days:
            exists = day == LAST_DAY or day <= length
            note = (
                ()
                if exists
                else (f"the month has no day {day}: its last day is shown, the service does not document it",)
            )
            actual = length if day == LAST_DAY else min(day, length)
            notes[actual] = () if exists else notes.get(actual, note)
        for day in sorted(notes):
            found = date(year, month, day)
            if found >= earliest:
                yield found, notes[day]


def _monthly_weekday(start: date, recurrence: MonthlyWeekday, earliest: date) -> Iterator[tuple[date, tuple[str, ...]]]:
    anchor = _anchor_month(start, recurrence)
    for year, month in _months(anchor, recurrence.interval, _month_index(earliest) - 1):
        day = _nth_weekday(year, month, recurrence)
        if day >= earliest:
            yield day, ()


def _anchor_month(start: date, recurrence: MonthlyWeekday) -> int:
    """The month from which intervals are counted: the start's, or the one whose run an offset moved to the start."""
    index = _month_index(start)
    for candidate in (index, index - 1, index + 1):
        year, month = divmod(candidate, _MONTHS)
        if _nth_weekday(year, month + 1, recurrence) == start:
            return candidate
    return index


def _nth_weekday(year: int, month: int, recurrence: MonthlyWeekday) -> date:
    if recurrence.week is WeekOfMonth.LAST:
        last = date(year, month, days_in_month(year, month))
        day = last - timedelta(days=(last.weekday() - recurrence.weekday) % _WEEK)
    else:
        first = date(year, month, 1)
        to_weekday = (recurrence.weekday - first.weekday()) % _WEEK
        day = first + timedelta(days=to_weekday + _WEEK * (recurrence.week - 1))
    return day + recurrence.offset * _DAY


def _month_index(day: date) -> int:
    return day.year * _MONTHS + day.month - 1


def _months(anchor: int, interval: int, earliest: int) -> Iterator[tuple[int, int]]:
    first = anchor + (earliest - anchor) // interval * interval
    for index in range(first, (LAST_YEAR + 1) * _MONTHS, interval):
        year, month = divmod(index, _MONTHS)
        yield year, month + 1


def _plus(local: datetime, delta: timedelta) -> datetime | None:
    try:
        return local + delta
    except OverflowError:
        return None


def _wall_clock_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time that is surely before an instant: a day earlier, whatever the zone does with its clocks."""
    if instant.year <= FIRST_YEAR:
        return datetime.min  # noqa: DTZ901 (the wall clock)
    if instant.year > LAST_YEAR:
        return datetime.max  # noqa: DTZ901 (the wall clock)
    return instant.astimezone(zone).replace(tzinfo=None) - _DAY


def _instant(local: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """The instant a wall-clock time means, and a note where daylight saving time skips or repeats that time."""
    aware = local.replace(tzinfo=zone)
    later_fold = aware.replace(fold=1)
    if aware.utcoffset() == later_fold.utcoffset():
        return aware, None
    if _is_skipped(local, zone):
        moved = aware.astimezone(UTC).astimezone(zone)
        return moved, f"{local:%H:%M} is skipped by daylight saving time on that day: {moved:%H:%M} is shown"
    return aware, f"{local:%H:%M} comes twice on that day: the first is shown, at UTC{_offset_text(aware)}"


def _is_skipped(local: datetime, zone: ZoneInfo) -> bool:
    aware = local.replace(tzinfo=zone)
    return aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local


def _offset_text(aware: datetime) -> str:
    text = f"{aware:%z}"
    return f"{text[:3]}:{text[3:5]}"


def _day_in_words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def duration_in_words(duration: timedelta) -> str:
    """A duration in words: "3 hours", "1 hour 30 minutes"."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    parts = [
        f"{number} {unit}{'' if number == 1 else 's'}"
        for number, unit in ((hours, "hour"), (minutes, "minute"))
        if number
    ]
    return " ".join(parts) or "no time"


def window_text(duration: timedelta) -> str:
    """A duration as the service takes it, `HH:mm`."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def local_text(local: datetime) -> str:
    """A wall-clock time as the service takes it, `YYYY-MM-DD HH:mm`."""
    return f"{local.year:04}-{local:%m-%d %H:%M}"
