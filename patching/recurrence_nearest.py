"""What was probably meant by a text that is no recurrence: the nearest form that the service takes.

The text is first said over in few words: what people write in the place of the grammar's own words ("weekly", "2nd",
"Tue", "+4"), and misspellings of both, become one spelling each, and the rest is left out. What these words say, in
nearly any order, is then taken together. It is a suggestion in an error, never what is sent.
"""

import difflib
import re
from collections.abc import Iterator, Sequence

from patching.limits import HOURLY_INTERVALS, OTHER_INTERVALS, WEEKDAY_OFFSETS
from patching.recurrence import (
    LAST_DAY,
    PATCH_TUESDAY_OFFSETS,
    Daily,
    Hourly,
    MonthlyDates,
    MonthlyWeekday,
    Recurrence,
    Weekday,
    Weekly,
    WeekOfMonth,
    patch_tuesday,
)

_WRITTEN_FOR = {
    "hour": "hour hours hourly h hr hrs",
    "day": "day days daily",
    "week": "week weeks weekly",
    "month": "month months monthly",
    "2 week": "biweekly fortnight fortnightly",
    "3 month": "quarter quarterly",
    "12 month": "year years yearly annually",
    **{str(day).lower(): f"{day} {day}s {str(day)[:3]}".lower() for day in Weekday},
    "tuesday": "tuesday tuesdays tue tues",
    "thursday": "thursday thursdays thu thur thurs",
    "monday - friday": "weekday weekdays workday workdays",
    "saturday sunday": "weekend weekends",
    "1th": "first",
    "2th": "second",
    "3th": "third",
    "4th": "fourth",
    "5th": "fifth",
    "last": "last final",
    **{str(number): word for number, word in enumerate(("one", "two other", "three", "four", "five", "six"), 1)},
    "patch": "patch",
    "offset": "offset plus after +",
    "offset -": "minus before",
    "-": "- to through until",
    "": "every each the and",
}
_SPELLINGS = {written: word for word, ways in _WRITTEN_FOR.items() for written in ways.split()}
_LONGEST_FIRST = sorted((word for word in _SPELLINGS if word.isalpha()), key=len, reverse=True)
_GUESSED_FROM = 4
"""A shorter word is like too many others to guess at."""
_SHORTEST_RUN_TOGETHER = 3
_LONGEST_WORD = 60
_LONGEST_MONTH = 31

_TOKEN = re.compile(r"\d{1,2}:\d\d|\d{1,4}(?:st|nd|rd|th)\b|\d{1,4}|[a-z]+|[+-]")
_WEEKDAY = "|".join(str(day).lower() for day in Weekday)
_INTERVAL = re.compile(r"\b(\d+)(?:th)? (hour|day|week|month)\b")
_MONTHS = re.compile(r"\b(\d+)(?:th)? month\b")
_ONLY_MONTHLY = re.compile(r"month|patch|last|th (?!hour|day|week)|th$")
_NTH = re.compile(rf"\b(?:(\d)(?:th)?|last)(?: \dth| last)* ({_WEEKDAY})\b")
_OFFSET = re.compile(rf"\b(?:{_WEEKDAY})(?: offset)?(?P<minus> -)? (?P<days>\d+)\b")
_OFFSET_BEFORE = re.compile(r"\b(?P<days>\d+) day offset(?P<minus> -)?")
_DAY_RANGE = re.compile(rf"({_WEEKDAY}) - ({_WEEKDAY})")
_DATE = re.compile(r"(?P<minus>- )?(?P<day>\d+)(?:th)?(?: - (?P<to>\d+))?|(?P<last>last)")


def nearest_form(text: str) -> str | None:
    """The canonical form of what a text probably means, or None where nothing in it says."""
    recurrence = _recurrence(" ".join(_said_over(text)))
    return None if recurrence is None else str(recurrence)


def _said_over(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text.lower()):
        if token[0].isdigit():
            if ":" not in token:
                yield re.sub("(st|nd|rd|th)$", "th", token)
        elif words := _words_in(token[:_LONGEST_WORD]):
            yield from (_SPELLINGS[word] for word in words if _SPELLINGS[word])


def _words_in(token: str) -> Sequence[str]:
    """The known words that a word is, is run together from, or is like."""
    if token in _SPELLINGS:
        return [token]
    if len(token) < _GUESSED_FROM:
        return []
    return _split(token) or difflib.get_close_matches(token, _SPELLINGS, n=1, cutoff=0.75)


def _split(token: str) -> list[str]:
    for word in _LONGEST_FIRST:
        if token == word:
            return [word]
        if len(word) >= _SHORTEST_RUN_TOGETHER and token.startswith(word) and (rest := _split(token[len(word) :])):
            return [word, *rest]
    return []


def _recurrence(said: str) -> Recurrence | None:
    weekdays = _weekdays(said)
    interval = _INTERVAL.search(said)
    number = int(interval[1]) if interval else 1
    if _ONLY_MONTHLY.search(said):
        return _monthly(said, weekdays)
    if "hour" in said:
        return Hourly(_within(HOURLY_INTERVALS, number))
    if "week" in said or weekdays:
        return Weekly(_within(OTHER_INTERVALS, number), weekdays)
    return Daily(_within(OTHER_INTERVALS, number)) if re.search(r"\bday\b", said) else None


def _monthly(said: str, weekdays: tuple[Weekday, ...]) -> Recurrence | None:
    months = _MONTHS.search(said)
    interval = _within(OTHER_INTERVALS, int(months[1]) if months else 1)
    moved = _OFFSET.search(said) or _OFFSET_BEFORE.search(said)
    offset = int(moved["days"]) * (-1 if moved["minus"] else 1) if moved else 0
    nth = _NTH.search(said)
    if "patch" in said or (nth and nth[0] == "2th tuesday" and offset not in WEEKDAY_OFFSETS):
        return patch_tuesday(interval, _within(PATCH_TUESDAY_OFFSETS, offset))
    offset = _within(WEEKDAY_OFFSETS, offset)
    if weekdays and _DAY_RANGE.search(said):
        return None
    if nth:
        week = WeekOfMonth(max(int(nth[1]), 1)) if nth[1] and int(nth[1]) <= WeekOfMonth.FOURTH else WeekOfMonth.LAST
        return MonthlyWeekday(interval, week, Weekday[nth[2].upper()], offset)
    if weekdays:
        return MonthlyWeekday(interval, WeekOfMonth.FIRST, weekdays[0], offset)
    return MonthlyDates(interval, _dates(_MONTHS.sub("", said)) or (1,))


def _weekdays(said: str) -> tuple[Weekday, ...]:
    days = {Weekday[name.upper()] for name in re.findall(_WEEKDAY, said)}
    for first, last in _DAY_RANGE.findall(said):
        begin, end = Weekday[first.upper()], Weekday[last.upper()]
        days |= {Weekday((begin + step) % len(Weekday)) for step in range((end - begin) % len(Weekday))}
    return tuple(sorted(days))


def _dates(said: str) -> tuple[int, ...]:
    days: set[int] = set()
    for found in _DATE.finditer(said):
        if found["last"] or found["minus"]:
            days.add(LAST_DAY)
        else:
            first = int(found["day"])
            days.update(range(first, min(int(found["to"] or first), _LONGEST_MONTH) + 1) or (first,))
    fitting = {LAST_DAY if day > _LONGEST_MONTH else day or 1 for day in days}
    return tuple(sorted(fitting - {LAST_DAY})) + ((LAST_DAY,) if LAST_DAY in fitting else ())


def _within(allowed: range, number: int) -> int:
    return min(max(number, allowed.start), allowed.stop - 1)
