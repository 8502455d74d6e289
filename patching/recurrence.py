"""The service's `recurEvery` grammar: read leniently, printed in one canonical form, said in words.

Source: the REST specification of Microsoft.Maintenance (`recurEvery`), and for hours and `day-1` Microsoft's own
migration script from Automation Update Management. `Month` alone, which the specification shows, is answered with 400
and is refused here.

One extension: `[N]Month PatchTuesday [Offset k]`, k days from the second Tuesday, is read as the plain form for the
same day.

Nothing here knows a time of day, a time zone, or when a recurrence starts: see `patching.schedule`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

PATCH_TUESDAY_OFFSETS = range(-7, 21)
"""How far from Patch Tuesday the extension reaches: every such day has a plain form that the service takes."""

LAST_OFFSET_WITHIN_MONTH = 14
"""Patch Tuesday is the 14th at the latest, so that up to here its run never leaves a month of 28 days."""

LAST_DAY = -1
"""`day-1`, the last day of the month."""

EXAMPLES = ("Day", "Week Saturday,Sunday", "Month Second Tuesday Offset4", "Month day1,day-1", "6Hours")


class Weekday(IntEnum):
    """Days of the week, numbered as `datetime.date.weekday` does."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    def __str__(self) -> str:
        return self.name.capitalize()


class WeekOfMonth(IntEnum):
    """Which of a month's weekdays: the first to the fourth, or the last."""

    FIRST = 1
    SECOND = 2
    THIRD = 3
    FOURTH = 4
    LAST = -1

    def __str__(self) -> str:
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class Hourly:
    """Every `interval` hours, 6 to 35. The portal has no such choice; the API does."""

    interval: int

    def __str__(self) -> str:
        return f"{self.interval}Hours"


@dataclass(frozen=True, slots=True)
class Daily:
    """Every `interval` days."""

    interval: int

    def __str__(self) -> str:
        return counted_unit(self.interval, "Day")


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every `interval` weeks on `weekdays`, in order from Monday; on none, the weekday of the start is meant."""

    interval: int
    weekdays: tuple[Weekday, ...]

    def __str__(self) -> str:
        return " ".join(
            [counted_unit(self.interval, "Week"), *([",".join(map(str, self.weekdays))] if self.weekdays else [])]
        )


@dataclass(frozen=True, slots=True)
class MonthlyDates:
    """Every `interval` months on `days`: 1 to 31 in order, then `LAST_DAY`."""

    interval: int
    days: tuple[int, ...]

    def __str__(self) -> str:
        return f"{counted_unit(self.interval, 'Month')} {','.join(f'day{day}' for day in self.days)}"


@dataclass(frozen=True, slots=True)
class MonthlyWeekday:
    """Every `interval` months, `offset` days after the nth weekday; a negative offset is before it."""

    interval: int
    week: WeekOfMonth
    weekday: Weekday
    offset: int

    def __str__(self) -> str:
        offset = f" Offset{self.offset}" if self.offset else ""
        return f"{counted_unit(self.interval, 'Month')} {self.week} {self.weekday}{offset}"


Recurrence = Hourly | Daily | Weekly | MonthlyDates | MonthlyWeekday


@dataclass(frozen=True, slots=True)
class PatchTuesday:
    """Where a recurrence came from the `PatchTuesday` extension: the days between Patch Tuesday and the run."""

    offset: int

    @property
    def can_leave_month(self) -> bool:
        """Whether a run can fall into the month before or after its Patch Tuesday's."""
        return self.offset > LAST_OFFSET_WITHIN_MONTH


def patch_tuesday(interval: int, offset: int) -> MonthlyWeekday:
    """The plain recurrence for `offset` days after the second Tuesday.

    Weeks move the nth weekday and the rest is the offset, because a month's nth weekdays are seven days apart. Before
    the second Tuesday that is the first Tuesday, 1 to 7 days earlier; the fourth Tuesday is the last step that exists
    in every month.

    Raises:
        ValueError: the offset is outside -7 to 20.
    """
    if offset not in PATCH_TUESDAY_OFFSETS:
        raise ValueError(f"Patch Tuesday's offset is {span(PATCH_TUESDAY_OFFSETS)}, not {offset}")
    weeks, days = divmod(offset, 7)
    return MonthlyWeekday(interval, WeekOfMonth(WeekOfMonth.SECOND + weeks), Weekday.TUESDAY, days)


def counted_unit(interval: int, unit: str) -> str:
    """An interval as the grammar has it: `Month`, `2Months`."""
    return unit if interval == 1 else f"{interval}{unit}s"


def span(numbers: range) -> str:
    """A range in words, both ends included."""
    return f"{numbers.start} to {numbers.stop - 1}"


def in_words(recurrence: Recurrence) -> str:  # noqa: PLR0911 (a case each)
    """A recurrence in words, as in the portal's summary: "every month on the second Tuesday plus 4 days"."""
    match recurrence:
        case Hourly(interval):
            return f"every {interval} hours"
        case Daily(interval):
            return _every(interval, "day")
        case Weekly(interval, ()):
            return f"{_every(interval, 'week')} on the weekday of the start"
        case Weekly(interval, weekdays):
            return f"{_every(interval, 'week')} on {_and([str(day) for day in weekdays])}"
        case MonthlyDates(interval, days):
            return f"{_every(interval, 'month')} on the {_and([_ordinal_day(day) for day in days])}"
        case MonthlyWeekday(interval, week, weekday, offset):
            plain = f"{_every(interval, 'month')} on the {str(week).lower()} {weekday}"
            if not offset:
                return plain
            days = "1 day" if abs(offset) == 1 else f"{abs(offset)} days"
            return f"{plain} {'plus' if offset > 0 else 'minus'} {days}"


def _every(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ordinal_day(day: int) -> str:
    if day == LAST_DAY:
        return "last day"
    suffix = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"
