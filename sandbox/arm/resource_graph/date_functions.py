"""The functions of the query language that compute with instants and calendar periods.

Source: each function's page of the Kusto documentation. A week begins on Sunday; all is in UTC.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from sandbox.arm.resource_graph.compiled import Compiled, Context, Row, derived, required
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.syntax import Type

_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_LENGTHS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "millisecond": timedelta(milliseconds=1),
    "microsecond": timedelta(microseconds=1),
}
_FIRST_SUNDAY = datetime(1, 1, 7, tzinfo=UTC)
_DELIMITERS = " /-:,._[]"
_ELEMENTS = re.compile(r"([A-Za-z])\1*|.", re.DOTALL)


def added(period: str, number: int, instant: datetime) -> datetime | None:
    """Return an instant some periods later, on the last day of a month that is too short; None where there is none."""
    try:
        if period in _MONTHS:
            return instant + relativedelta(months=number * _MONTHS[period])
        return instant + number * _LENGTHS[period]
    except (OverflowError, ValueError):
        return None


def difference(period: str, one: datetime, other: datetime) -> int:
    """Return how many periods begin between two instants: less than nought where the first is the earlier."""
    return _index(period, one) - _index(period, other)


def _index(period: str, instant: datetime) -> int:
    """Return the number of the period that an instant is in."""
    if period in _MONTHS:
        return (instant.year * 12 + instant.month - 1) // _MONTHS[period]
    return (instant - _FIRST_SUNDAY) // _LENGTHS[period]


def start(period: str, instant: datetime, offset: int = 0) -> datetime | None:
    """Return the start of the period that an instant is in, or of one before or after it; None where there is none."""
    if period in _MONTHS:
        month = 1 if period == "year" else instant.month
        return added(period, offset, datetime(instant.year, month, 1, tzinfo=UTC))
    try:
        return _FIRST_SUNDAY + (_index(period, instant) + offset) * _LENGTHS[period]
    except OverflowError:
        return None


def since_sunday(instant: datetime) -> timedelta:
    """Return the whole days since the Sunday before."""
    return timedelta(days=_index("day", instant) % 7)


def datetime_add(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `datetime_add`: a period, how many of it, and the instant they are added to."""
    return _of_period(arguments, ("long", "datetime"), "datetime", added, place)


def datetime_diff(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `datetime_diff`: a period, and the two instants between which it is counted."""
    return _of_period(arguments, ("datetime", "datetime"), "long", difference, place)


def _of_period(
    arguments: Sequence[Compiled], kinds: tuple[Type, Type], result: Type, compute: Callable[..., Any], place: Place
) -> Compiled:
    named = required(arguments[0], "string", place)
    period = str(named.run(())).lower() if named.constant else ""
    if period not in _MONTHS and period not in _LENGTHS:
        raise refused(f"'{place.token}' takes one of {', '.join((*_MONTHS, *_LENGTHS))}, as a constant.", place)
    parts = [required(one, kind, place) for one, kind in zip(arguments[1:], kinds, strict=True)]
    runs = [part.run for part in parts]

    def run(row: Row) -> Any:
        values = [one(row) for one in runs]
        return None if None in values else compute(period, *values)

    return derived(result, run, *parts)


def formatted(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `format_datetime`: an instant as a constant format says."""
    instant, form = required(arguments[0], "datetime", place), required(arguments[1], "string", place)
    if not form.constant:
        raise refused("A format that is not a constant text is not modelled.", place)
    elements = [found[0] for found in _ELEMENTS.finditer(form.run(()))]
    unknown = next((one for one in elements if one not in _FORMATS and one not in _DELIMITERS), None)
    if unknown is not None:
        raise refused(
            f"'{unknown[:20]}' is no element of a format. There are: {' '.join(_FORMATS)}, and any of '{_DELIMITERS}'.",
            place,
        )
    run = instant.run

    def shown(row: Row) -> str:
        found = run(row)
        return "" if found is None else "".join(_FORMATS[one](found) if one in _FORMATS else one for one in elements)

    return derived("string", shown, instant)


def _padded(find: Callable[[datetime], int]) -> Callable[[datetime], str]:
    return lambda instant: f"{find(instant):02}"


def _plain(find: Callable[[datetime], int]) -> Callable[[datetime], str]:
    return lambda instant: str(find(instant))


def _fraction(digits: int, *, kept: bool) -> Callable[[datetime], str]:
    def shown(instant: datetime) -> str:
        found = f"{instant.microsecond:06}0"[:digits]
        return found if kept else found.rstrip("0")

    return shown


PARTS: dict[str, Callable[[datetime], int]] = {
    "dayofmonth": lambda instant: instant.day,
    "dayofyear": lambda instant: instant.timetuple().tm_yday,
    "getmonth": lambda instant: instant.month,
    "getyear": lambda instant: instant.year,
    "hourofday": lambda instant: instant.hour,
    "monthofyear": lambda instant: instant.month,
}
"""The functions of an instant that say a part of its date or time as a number."""

_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "d": lambda instant: instant.day,
    "h": lambda instant: (instant.hour - 1) % 12 + 1,
    "H": lambda instant: instant.hour,
    "m": lambda instant: instant.minute,
    "M": lambda instant: instant.month,
    "s": lambda instant: instant.second,
    "y": lambda instant: instant.year % 100,
}
_FORMATS: dict[str, Callable[[datetime], str]] = {
    **{letter: _plain(find) for letter, find in _NUMBERS.items()},
    **{letter * 2: _padded(find) for letter, find in _NUMBERS.items()},
    "yyyy": lambda instant: f"{instant.year:04}",
    "tt": lambda instant: "AM" if instant.hour < 12 else "PM",  # noqa: PLR2004 (noon)
    **{"f" * digits: _fraction(digits, kept=True) for digits in range(1, 8)},
    **{"F" * digits: _fraction(digits, kept=False) for digits in range(1, 8)},
}
