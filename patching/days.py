"""The days on which a recurrence runs: plain dates, with no time of day and no time zone.

What the service does is followed where it is documented. Where it is not, a choice is made here and the day carries a
note:

- A day that a month does not have (day29 to day31) is taken as the month's last day: no run that may happen
  goes unseen.
- `Week` without weekdays means the weekday of the start.
- Weeks are counted from Monday; a note says where counting from Sunday would give another day.
- Intervals are counted from the start's own day, week or month; the first run is the first on or after the start. A
  note says where that week or month has no run left, so that another count is possible.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from patching.recurrence import LAST_DAY, Daily, MonthlyDates, MonthlyWeekday, Weekday, Weekly, WeekOfMonth

FIRST_YEAR, LAST_YEAR = 1990, 9998
"""Runs are worked out for these years; the service's own "never expires" is the last day of 9999."""

InDays = Daily | Weekly | MonthlyDates | MonthlyWeekday
"""The recurrences that are counted in days: all but hourly ones."""

Notes = tuple[str, ...]
Days = Iterator[tuple[date, Notes]]

_DAY = timedelta(days=1)
_WEEK = 7
_MONTHS = 12

_BARE_WEEK = ("recurEvery names no weekday: the start's is meant, which the service does not document",)
_COUNTED_FROM_MONDAY = ("weeks are counted from Monday, which the service does not document",)
_COUNTED_FROM_START = (
    "intervals are counted from the start's own week or month, which has no run left: the service does not document it",
)


def run_days(recurrence: InDays, start: date, earliest: date) -> Days:
    """The days on which a recurrence runs, from the earliest on, which is not before the start.

    Nothing is walked through to get to the earliest day.
    """
    days = _days(recurrence, start, earliest)
    counting = _counting_notes(recurrence, start)
    return ((day, counting + notes) for day, notes in days) if counting else days


def _counting_notes(recurrence: InDays, start: date) -> Notes:
    """What to say of every run where the start's own week or month has none left, so that another count is possible."""
    if isinstance(recurrence, Daily) or recurrence.interval == 1:
        return ()
    first, _ = next(_days(recurrence, start, start), (None, ()))
    possible, _ = next(_days(replace(recurrence, interval=1), start, start), (None, ()))
    return () if first == possible else _COUNTED_FROM_START


def _days(recurrence: InDays, start: date, earliest: date) -> Days:
    match recurrence:
        case Daily(interval):
            return _daily(start, interval, earliest)
        case Weekly(interval, weekdays):
            return _weekly(start, interval, weekdays, earliest)
        case MonthlyDates(interval, days):
            return _monthly_dates(start, interval, days, earliest)
        case MonthlyWeekday():
            return _monthly_weekday(start, recurrence, earliest)


def _daily(start: date, interval: int, earliest: date) -> Days:
    ordinal = start.toordinal() + -(-(earliest - start).days // interval) * interval
    for day in range(ordinal, date.max.toordinal(), interval):
        yield date.fromordinal(day), ()


def _weekly(start: date, interval: int, weekdays: tuple[Weekday, ...], earliest: date) -> Days:
    monday = start.toordinal() - start.weekday()
    step = _WEEK * interval
    first_week = monday + (earliest.toordinal() - monday) // step * step
    days = [
        (weekday, (() if weekdays else _BARE_WEEK) + _first_day_notes(start, interval, weekday))
        for weekday in weekdays or (Weekday(start.weekday()),)
    ]
    for week in range(first_week, date.max.toordinal() - _WEEK, step):
        for weekday, notes in days:
            day = date.fromordinal(week + weekday)
            if day >= earliest:
                yield day, notes


def _first_day_notes(start: date, interval: int, weekday: Weekday) -> Notes:
    """What to say where it matters whether a week begins on Monday or on Sunday."""
    counted_alike = interval == 1 or (weekday == Weekday.SUNDAY) == (start.weekday() == Weekday.SUNDAY)
    return () if counted_alike else _COUNTED_FROM_MONDAY


def _monthly_dates(start: date, interval: int, days: tuple[int, ...], earliest: date) -> Days:
    for year, month in _months(_month_index(start), interval, _month_index(earliest)):
        _, length = monthrange(year, month)
        missing = [day for day in days if day > length]
        found = {length: _missing_day(missing[0])} if missing else {}
        found.update((length if day == LAST_DAY else day, ()) for day in days if day <= length)
        for day in sorted(found):
            if (on := date(year, month, day)) >= earliest:
                yield on, found[day]


def _missing_day(day: int) -> Notes:
    return (f"the month has no day {day}: its last day is shown, the service does not document it",)


def _monthly_weekday(start: date, recurrence: MonthlyWeekday, earliest: date) -> Days:
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
    first_weekday, length = monthrange(year, month)
    day = 1 + (recurrence.weekday - first_weekday) % _WEEK
    weeks = (length - day) // _WEEK if recurrence.week is WeekOfMonth.LAST else recurrence.week - 1
    return date(year, month, day + _WEEK * weeks) + recurrence.offset * _DAY


def _month_index(day: date) -> int:
    return day.year * _MONTHS + day.month - 1


def _months(anchor: int, interval: int, earliest: int) -> Iterator[tuple[int, int]]:
    first = anchor + (earliest - anchor) // interval * interval
    for index in range(first, (LAST_YEAR + 1) * _MONTHS, interval):
        year, month = divmod(index, _MONTHS)
        yield year, month + 1
