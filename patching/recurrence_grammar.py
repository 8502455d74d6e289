"""Reading the `recurEvery` grammar: leniently, with errors that point at the place and name the nearest right form."""

import re
from dataclasses import dataclass

from patching.limits import HOURLY_INTERVALS, OTHER_INTERVALS, WEEKDAY_OFFSETS
from patching.recurrence import (
    LAST_DAY,
    PATCH_TUESDAY_OFFSETS,
    Daily,
    Hourly,
    MonthlyDates,
    MonthlyWeekday,
    PatchTuesday,
    Recurrence,
    Weekday,
    Weekly,
    WeekOfMonth,
    patch_tuesday,
    span,
)
from patching.recurrence_nearest import nearest_form


class RecurrenceError(ValueError):
    """A text that is no recurrence.

    `position` is where in the text it stops making sense, counted from 0; `nearest` is the nearest right form of the
    whole text, or None.
    """

    def __init__(self, message: str, position: int, nearest: str | None = None) -> None:
        super().__init__(message)
        self.position = position
        self.nearest = nearest


_TOKEN = re.compile(r"[A-Za-z]+|[+-]?\d+|,|\S")
_UNITS = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
_WEEKDAYS = {str(day).lower(): day for day in Weekday}
_WEEKS = {str(week).lower(): week for week in WeekOfMonth}
_DATES = "day1 to day31, or day-1 for the last"
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    position: int

    @property
    def number(self) -> int | None:
        digits = self.text.lstrip("+-")
        return int(self.text) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None  # noqa: PLR2004 (a bound on work)


def parse(text: str) -> Recurrence:
    """Reads a recurrence without regard to case, extra spaces, singular or plural, or an explicit 1.

    Raises:
        RecurrenceError: it is none; says where, why, and what is nearest.
    """
    return _read(text).recurrence


def patch_tuesday_of(text: str) -> PatchTuesday | None:
    """Whether a right recurrence was written with the `PatchTuesday` extension, and how far from it.

    Raises:
        RecurrenceError: as `parse`.
    """
    return _read(text).patch_tuesday


@dataclass(frozen=True, slots=True)
class _Reading:
    recurrence: Recurrence
    patch_tuesday: PatchTuesday | None


def _read(text: str) -> _Reading:
    if len(text) > _LONGEST_TEXT:
        raise RecurrenceError(f"it is longer than {_LONGEST_TEXT} characters", _LONGEST_TEXT)
    reader = _Reader(text)
    try:
        return _Reading(reader.recurrence(), reader.patch_tuesday)
    except RecurrenceError as error:
        raise RecurrenceError(str(error), error.position, nearest_form(text)) from None


class _Reader:
    """A cursor over a text's words, numbers and commas."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [_Token(match.group(), match.start()) for match in _TOKEN.finditer(text)]
        self.index = 0
        self.patch_tuesday: PatchTuesday | None = None

    def recurrence(self) -> Recurrence:
        at = self.here()
        interval = self.interval()
        unit = self.unit()
        allowed = HOURLY_INTERVALS if unit == "Hour" else OTHER_INTERVALS
        if interval not in allowed:
            raise RecurrenceError(f"the interval of {unit.lower()}s is {span(allowed)}, not {interval}", at)
        result = self.rest(unit, interval)
        if self.peek():
            raise self.fail(f'"{self.shown()}" is too much')
        return result

    def rest(self, unit: str, interval: int) -> Recurrence:
        match unit:
            case "Hour":
                return Hourly(interval)
            case "Day":
                return Daily(interval)
            case "Week":
                return Weekly(interval, self.weekdays())
            case _:
                return self.monthly(interval)

    def peek(self) -> _Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def word(self) -> str:
        token = self.peek()
        return token.text.lower() if token else ""

    def taken(self, *words: str) -> bool:
        """Whether these words come next; if so, goes past them."""
        following = [token.text.lower() for token in self.tokens[self.index : self.index + len(words)]]
        if following != list(words):
            return False
        self.index += len(words)
        return True

    def here(self) -> int:
        token = self.peek()
        return token.position if token else len(self.text)

    def shown(self) -> str:
        """What is written here up to the next space or comma, for a message."""
        return re.split(r"(?<=.)[\s,]", self.text[self.here() :], maxsplit=1)[0]

    def fail(self, message: str) -> RecurrenceError:
        return RecurrenceError(message, self.here())

    def number(self) -> int | None:
        """The number that comes next, which is gone past, or None."""
        token = self.peek()
        number = token.number if token else None
        self.index += number is not None
        return number

    def interval(self) -> int:
        if self.peek() is None:
            raise self.fail("it is empty")
        if not any(char.isdigit() for char in self.word()):
            return 1
        number = self.number()
        if number is None:
            raise self.fail(f'"{self.shown()[:20]}" is no interval')
        return number

    def unit(self) -> str:
        if self.peek() is None:
            raise self.fail("the unit is missing: Hours, Days, Weeks or Month")
        unit = _UNITS.get(self.word().removesuffix("s"))
        if unit is None:
            raise self.fail(f'"{self.shown()}" is no unit: Hours, Days, Weeks or Month')
        self.index += 1
        return unit

    def weekdays(self) -> tuple[Weekday, ...]:
        if self.peek() is None:
            return ()
        days = {self.weekday()}
        while self.taken(","):
            days.add(self.weekday())
        return tuple(sorted(days))

    def weekday(self) -> Weekday:
        if self.peek() is None:
            raise self.fail("a weekday is missing, Monday to Sunday")
        day = _WEEKDAYS.get(self.word())
        if day is None:
            raise self.fail(f'"{self.shown()}" is no weekday, Monday to Sunday')
        self.index += 1
        return day

    def monthly(self, interval: int) -> Recurrence:
        if self.peek() is None:
            raise self.fail("the service refuses a month without its day or its week")
        if self.word() == "day":
            return MonthlyDates(interval, self.dates())
        if self.taken("patchtuesday") or self.taken("patch", "tuesday"):
            return self.after_patch_tuesday(interval)
        if self.word() in _WEEKDAYS:
            raise self.fail(f"which {self.shown()} of the month is missing: {_list_weeks()}")
        week = _WEEKS.get(self.word())
        if week is None:
            allowed = f"{_list_weeks()}, day1 to day31, day-1 or PatchTuesday"
            raise self.fail(f'"{self.shown()}" is no day or week of the month: {allowed}')
        self.index += 1
        weekday = self.weekday()
        at = self.here()
        offset = self.offset()
        if offset not in WEEKDAY_OFFSETS:
            raise RecurrenceError(f"an offset is {span(WEEKDAY_OFFSETS)} days, not {offset}", at)
        return MonthlyWeekday(interval, week, weekday, offset)

    def after_patch_tuesday(self, interval: int) -> MonthlyWeekday:
        at = self.here()
        offset = self.offset()
        if offset not in PATCH_TUESDAY_OFFSETS:
            raise RecurrenceError(f"Patch Tuesday's offset is {span(PATCH_TUESDAY_OFFSETS)} days, not {offset}", at)
        self.patch_tuesday = PatchTuesday(offset)
        return patch_tuesday(interval, offset)

    def offset(self) -> int:
        if not self.taken("offset"):
            return 0
        minus = self.taken("-")
        signed = minus or self.taken("+")
        at = self.here()
        number = self.number()
        if number is None:
            raise self.fail("the number of days after Offset is missing")
        if signed and not self.text[at].isdigit():
            raise RecurrenceError("the number of days after Offset has two signs", at)
        return -number if minus else number

    def dates(self) -> tuple[int, ...]:
        days = {self.date()}
        while self.taken(","):
            days.add(self.date())
        return tuple(sorted(days - {LAST_DAY})) + ((LAST_DAY,) if LAST_DAY in days else ())

    def date(self) -> int:
        if not self.taken("day"):
            shown = f'"{self.shown()}" is no day of the month' if self.peek() else "a day of the month is missing"
            raise self.fail(f"{shown}: {_DATES}")
        at = self.here()
        number = self.number()
        if number is None:
            raise self.fail(f"the number after day is missing: {_DATES}")
        if number != LAST_DAY and not 1 <= number <= 31:  # noqa: PLR2004 (days of a month)
            raise RecurrenceError(f"day{number} is no day of a month: {_DATES}", at)
        return number


def _list_weeks() -> str:
    return ", ".join(str(week) for week in WeekOfMonth)
