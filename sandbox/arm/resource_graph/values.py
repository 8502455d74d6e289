"""Values and their types, as Kusto has them: conversions, comparisons with null, and the search for terms in a text.

A value is a `str`, `int`, `float`, `bool`, aware `datetime`, `timedelta`, or, of the type dynamic, any JSON. None is
null; a string is never null. Source: "Null values" and "The dynamic data type" of the Kusto documentation.
"""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.arm.resource_graph.syntax import Type

_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_HEX = re.compile(r"\s*0[xX][0-9a-fA-F]+\s*", re.ASCII)
_FRACTION = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_SPAN = re.compile(r"\s*(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?\s*", re.ASCII)
_LONG = 2**63
_LONGEST_NUMBER = 400


def to_text(value: Any) -> str:
    """Return what `tostring` makes of a value: JSON of a dynamic array or bag, the empty text of null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"
    if isinstance(value, timedelta):
        return _span_text(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def bool_text(value: bool | None) -> str:
    """Return what `tostring` makes of a bool column, which is not what it makes of a bool in a dynamic value."""
    return "" if value is None else str(value)


def _span_text(value: timedelta) -> str:
    ticks = abs(value)
    days = f"{ticks.days}." if ticks.days else ""
    minutes, seconds = divmod(ticks.seconds, 60)
    fraction = f".{ticks.microseconds:06}0" if ticks.microseconds else ""
    return f"{'-' if value < timedelta() else ''}{days}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{fraction}"


def to_long(value: Any) -> int | None:
    """Return a whole number, cutting off a fraction; None for what is none, or has more than 64 bits."""
    number: int | None = None
    if isinstance(value, bool | int):
        number = int(value)
    elif isinstance(value, float):
        number = int(value) if math.isfinite(value) else None
    elif isinstance(value, str) and len(value) < _LONGEST_NUMBER:
        if _WHOLE.fullmatch(value):
            number = int(value)
        elif _HEX.fullmatch(value):
            number = int(value, 16)
    return number if number is not None and -_LONG <= number < _LONG else None


def wrapped(number: int) -> int:
    """Return what is left of a result that has more than 64 bits."""
    return (number + _LONG) % (2 * _LONG) - _LONG


def to_real(value: Any) -> float | None:
    """Return a number with a fraction; None for what is none."""
    if isinstance(value, bool | int | float):
        return float(value) if abs(value) < 2 * _LONG or isinstance(value, float) else None
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return float(value)
    return None


def to_bool(value: Any) -> bool | None:
    """Return a truth value: of `true` and `false` in any case, and of numbers."""
    if isinstance(value, bool | int | float):
        return bool(value)
    if isinstance(value, str):
        text = value.strip().lower()
        return {"true": True, "false": False, "1": True, "0": False}.get(text)
    return None


def to_datetime(value: Any) -> datetime | None:
    """Return an instant; a text is ISO 8601, and in UTC where it names no zone."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_timespan(value: Any) -> timedelta | None:
    """Return a length of time; a text is `[-][days.]hours:minutes[:seconds[.fraction]]`, or whole days."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        return None
    try:
        if _WHOLE.fullmatch(value):
            return timedelta(days=int(value))
        found = _SPAN.fullmatch(value)
        if found is None:
            return None
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:5])
        fraction = int((found[6] or "").ljust(7, "0")[:6] or 0)
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)
    except (OverflowError, ValueError):
        return None
    return -span if found[1] else span


CONVERSIONS = {
    "string": to_text,
    "long": to_long,
    "real": to_real,
    "bool": to_bool,
    "datetime": to_datetime,
    "timespan": to_timespan,
}
"""How a dynamic value, or a text, becomes one of another type."""


def nothing(kind: Type) -> Any:
    """Return what stands where there is no value: the empty text, or null."""
    return "" if kind == "string" else None


def equal(left: Any, right: Any) -> bool | None:
    """Compare for equality: null with null is null, null with anything else is false."""
    if left is None or right is None:
        return None if left is right else False
    return bool(left == right)


def negated(value: bool | None) -> bool | None:
    """Return the contrary; of null, null."""
    return None if value is None else not value


def has_term(text: str, term: str, *, at_start: bool = True, at_end: bool = True) -> bool:
    """Tell whether a text has a term: one that no letter or digit touches, on the sides that count."""
    if not term:
        return True
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        touched_before = at > 0 and text[at - 1].isalnum() and term[0].isalnum()
        touched_after = end < len(text) and text[end].isalnum() and term[-1].isalnum()
        if not (at_start and touched_before) and not (at_end and touched_after):
            return True
        at = text.find(term, at + 1)
    return False


def as_json(value: Any) -> Any:
    """Return a value of a result as the answer has it."""
    if isinstance(value, datetime | timedelta):
        return to_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def identity_key(kind: Type, value: Any) -> Any:
    """Return what tells values of a type apart, and can be a key of a mapping."""
    return json.dumps(value, sort_keys=True) if kind == "dynamic" else value
