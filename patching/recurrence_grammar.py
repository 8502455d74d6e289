"""Reading the `recurEvery` grammar: leniently, with errors that point at the place and name the nearest right form."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from patching.limits import HOURLY_INTERVALS, OTHER_INTERVALS, WEEKDAY_OFFSETS
from patching.recurrence import (
    EXAMPLES,
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
    counted_unit,
    patch_tuesday,
    span,
)


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
_LONGEST_TEXT = 500
_MOST_REPAIRS = 8


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
    reader = _Reader(text)
    try:
        return _Reading(reader.recurrence(), reader.patch_tuesday)
    except RecurrenceError as error:
        raise RecurrenceError(str(error), error.position, _mended(error.nearest)) from None


def _mended(text: str | None) -> str | None:
    """The canonical form of a text that was mended in one place, or None.

    Where there is more to mend it is mended on, a few times.
    """
    for _ in range(_MOST_REPAIRS):
        if text is None:
            return None
        try:
            return str(_Reader(text).recurrence())
        except RecurrenceError as error:
            text = error.nearest
    return None


class _Reader:
    """A cursor over a text's words, numbers and commas.

    Its errors carry, as `nearest`, the text mended in the one place it failed at.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [_Token(match.group(), match.start()) for match in _TOKEN.finditer(text[:_LONGEST_TEXT])]
        self.index = 0
        self.patch_tuesday: PatchTuesday | None = None

    def recurrence(self) -> Recurrence:
        if len(self.text) > _LONGEST_TEXT:
            raise RecurrenceError(f"it is longer than {_LONGEST_TEXT} characters", _LONGEST_TEXT)
        interval_token = self.peek()
        interval = self.interval()
        unit_token = self.peek()
        unit = self.unit()
        allowed = HOURLY_INTERVALS if unit == "Hour" else OTHER_INTERVALS
        if interval not in allowed:
            at = interval_token.position if interval_token else 0
            nearest = min(max(interval, allowed.start), allowed.stop - 1)
            rest = self.text[unit_token.position :] if unit_token else unit
            raise RecurrenceError(
                f"the interval of {unit.lower()}s is {span(allowed)}, not {interval}", at, f"{nearest}{rest}"
            )
        result = self.rest(unit, interval)
        if token := self.peek():
            raise RecurrenceError(f'"{token.text}" is too much', token.position, str(result))
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

    def fail(self, message: str, nearest: str | None = None) -> RecurrenceError:
        token = self.peek()
        return RecurrenceError(message, token.position if token else len(self.text), nearest)

    def interval(self) -> int:
        token = self.peek()
        if token is None:
            raise self.fail("it is empty", EXAMPLES[2])
        if not any(char.isdigit() for char in token.text):
            return 1
        number = token.number
        if number is None:
            raise self.fail(f'"{token.text[:20]}" is no interval')
        self.index += 1
        return number

    def unit(self) -> str:
        token = self.peek()
        if token is None:
            raise self.fail("the unit is missing: Hours, Days, Weeks or Month")
        word = token.text.lower()
        if unit := _UNITS.get(word.removesuffix("s")):
            self.index += 1
            return unit
        guess = difflib.get_close_matches(word, [*_UNITS, *(f"{unit}s" for unit in _UNITS)], n=1)
        if guess:
            raise self.fail(f'"{token.text}" is no unit', self.replaced(token, guess[0].capitalize()))
        raise self.fail(f'"{token.text}" is no unit: Hours, Days, Weeks or Month')

    def weekdays(self) -> tuple[Weekday, ...]:
        if self.peek() is None:
            return ()
        days = {self.weekday()}
        while self.comma():
            days.add(self.weekday())
        return tuple(sorted(days))

    def comma(self) -> bool:
        if self.word() == ",":
            self.index += 1
            return True
        return False

    def weekday(self) -> Weekday:
        token = self.peek()
        if token is None:
            raise self.fail("a weekday is missing, Monday to Sunday")
        day = _WEEKDAYS.get(token.text.lower())
        if day is None:
            raise self.fail(f'"{token.text}" is no weekday', self.nearest(token, _WEEKDAYS))
        self.index += 1
        return day

    def monthly(self, interval: int) -> Recurrence:
        token = self.peek()
        if token is None:
            raise self.fail(
                "the service refuses a month without its day or its week", f"{counted_unit(interval, 'Month')} day1"
            )
        word = token.text.lower()
        if word == "day":
            return MonthlyDates(interval, self.dates())
        if word == "patchtuesday" or (word == "patch" and self.following() == "tuesday"):
            self.index += 1 if word == "patchtuesday" else 2
            return self.after_patch_tuesday(interval)
        week = _WEEKS.get(word)
        if week is None:
            if word in _WEEKDAYS:
                nearest = self.replaced(token, f"First {token.text}")
                raise self.fail(f"which {token.text} of the month is missing", nearest)
            nearest = self.nearest(token, {**_WEEKS, "patchtuesday": None, "day1": None})
            raise self.fail(
                f'"{token.text}" is no day or week of the month: {_list_weeks()}, day1 to day31, day-1 or PatchTuesday',
                nearest,
            )
        self.index += 1
        weekday = self.weekday()
        position = self.peek()
        offset = self.offset()
        if offset not in WEEKDAY_OFFSETS:
            nearest = min(max(offset, WEEKDAY_OFFSETS.start), WEEKDAY_OFFSETS.stop - 1)
            if week is WeekOfMonth.SECOND and weekday is Weekday.TUESDAY and offset in PATCH_TUESDAY_OFFSETS:
                form = str(patch_tuesday(interval, offset))
            else:
                form = str(MonthlyWeekday(interval, week, weekday, nearest))
            at = position.position if position else len(self.text)
            raise RecurrenceError(f"an offset is {span(WEEKDAY_OFFSETS)} days, not {offset}", at, form)
        return MonthlyWeekday(interval, week, weekday, offset)

    def following(self) -> str:
        return self.tokens[self.index + 1].text.lower() if self.index + 1 < len(self.tokens) else ""

    def after_patch_tuesday(self, interval: int) -> MonthlyWeekday:
        position = self.peek()
        offset = self.offset()
        if offset not in PATCH_TUESDAY_OFFSETS:
            nearest = min(max(offset, PATCH_TUESDAY_OFFSETS.start), PATCH_TUESDAY_OFFSETS.stop - 1)
            raise RecurrenceError(
                f"Patch Tuesday's offset is {span(PATCH_TUESDAY_OFFSETS)} days, not {offset}",
                position.position if position else len(self.text),
                f"{counted_unit(interval, 'Month')} PatchTuesday Offset{nearest}",
            )
        self.patch_tuesday = PatchTuesday(offset)
        return patch_tuesday(interval, offset)

    def offset(self) -> int:
        if self.word() != "offset":
            return 0
        self.index += 1
        sign = 1
        if self.word() in ("+", "-"):
            sign = -1 if self.word() == "-" else 1
            self.index += 1
        token = self.peek()
        number = token.number if token else None
        if number is None:
            raise self.fail("the number of days after Offset is missing")
        self.index += 1
        return sign * number

    def dates(self) -> tuple[int, ...]:
        days = {self.date()}
        while self.comma():
            days.add(self.date())
        return tuple(sorted(days - {LAST_DAY})) + ((LAST_DAY,) if LAST_DAY in days else ())

    def date(self) -> int:
        token = self.peek()
        if token is None or token.text.lower() != "day":
            shown = f'"{token.text}" is no day of the month' if token else "a day of the month is missing"
            nearest = None
            if token and token.number is not None and 1 <= token.number <= 31:  # noqa: PLR2004 (days of a month)
                nearest = self.replaced(token, f"day{token.number}")
            raise self.fail(f"{shown}: day1 to day31, or day-1 for the last", nearest)
        self.index += 1
        token = self.peek()
        number = token.number if token else None
        if number is None:
            raise self.fail("the number after day is missing: day1 to day31, or day-1 for the last")
        if number != LAST_DAY and not 1 <= number <= 31:  # noqa: PLR2004
            form = "day-1" if number > 31 or number < 0 else "day1"  # noqa: PLR2004
            nearest = f"{self.text[: self.tokens[self.index - 1].position]}{form}{self.after_current()}"
            raise self.fail(f"day{number} is no day of a month: day1 to day31, or day-1 for the last", nearest)
        self.index += 1
        return number

    def after_current(self) -> str:
        token = self.tokens[self.index]
        return self.text[token.position + len(token.text) :]

    def replaced(self, token: _Token, word: str) -> str:
        return f"{self.text[: token.position]}{word}{self.text[token.position + len(token.text) :]}"

    def nearest(self, token: _Token, words: Iterable[str]) -> str | None:
        word = token.text.lower()
        guesses = difflib.get_close_matches(word, list(words), n=1) or [
            known
            for known in words
            if len(word) >= 2 and known.startswith(word)  # noqa: PLR2004 (an abbreviation)
        ]
        return self.replaced(token, guesses[0]) if guesses else None


def _list_weeks() -> str:
    return ", ".join(str(week) for week in WeekOfMonth)
