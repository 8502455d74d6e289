"""Sums, differences, products and quotients of numbers, instants and lengths of time.

Source: "Numerical operators" and "Datetime / timespan arithmetic" of the Kusto documentation. A result that has no
value, such as a whole number divided by nought, is null.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.arm.resource_graph.compiled import NUMBERS, Compiled, Row, derived
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.syntax import Type
from sandbox.arm.resource_graph.values import wrapped

_Compute = Callable[[Any, Any], Any]


def computed(name: str, left: Compiled, right: Compiled, place: Place) -> Compiled:
    """Compile an arithmetic operator.

    Raises QueryError where it does not take operands of these types.
    """
    if left.type in NUMBERS and right.type in NUMBERS:
        kind: Type = "long" if left.type == right.type == "long" else "real"
        compute = _WHOLE[name] if kind == "long" else _REAL[name]
    else:
        found = _TIMES.get((left.type, name, right.type))
        if found is None:
            hint = " Join texts with strcat(…)." if "string" in (left.type, right.type) else ""
            hint = " Convert it first, for example with todouble(…)." if "dynamic" in (left.type, right.type) else hint
            raise refused(f"'{name}' takes no {left.type} and {right.type}.{hint}", place)
        kind, compute = found
    one, other = left.run, right.run

    def run(row: Row) -> Any:
        a, b = one(row), other(row)
        if a is None or b is None:
            return None
        try:
            return compute(a, b)
        except (OverflowError, ZeroDivisionError, ValueError):
            return None

    return derived(kind, run, left, right)


def negative(value: Compiled, place: Place) -> Compiled:
    """Compile a minus sign.

    Raises QueryError before anything but a number or a length of time.
    """
    if value.type not in (*NUMBERS, "timespan"):
        raise refused(f"'-' takes a number or a length of time, not a {value.type}.", place)
    run = value.run

    def minus(row: Row) -> Any:
        found = run(row)
        if found is None:
            return None
        return wrapped(-found) if isinstance(found, int) else -found

    return derived(value.type, minus, value)


def floored(value: Any, size: Any) -> Any:
    """Return a value rounded down to a multiple of a size, what `bin` does; None where the size is not positive."""
    if value is None or size is None or not size > type(size)(0):
        return None
    try:
        if isinstance(value, datetime):
            start = datetime.min.replace(tzinfo=value.tzinfo)
            return start + (value - start) // size * size
        return value // size * size
    except OverflowError:
        return None


def _divided(a: int, b: int) -> int:
    return wrapped(-(-a // b) if (a < 0) != (b < 0) else a // b)


def _quotient(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


_WHOLE: dict[str, _Compute] = {
    "+": lambda a, b: wrapped(a + b),
    "-": lambda a, b: wrapped(a - b),
    "*": lambda a, b: wrapped(a * b),
    "/": _divided,
    "%": lambda a, b: a - _divided(a, b) * b,
}
_REAL: dict[str, _Compute] = {
    "+": lambda a, b: float(a) + b,
    "-": lambda a, b: float(a) - b,
    "*": lambda a, b: float(a) * b,
    "/": _quotient,
    "%": math.fmod,
}
_TIMES: dict[tuple[str, str, str], tuple[Type, _Compute]] = {
    ("datetime", "-", "datetime"): ("timespan", lambda a, b: a - b),
    ("datetime", "+", "timespan"): ("datetime", lambda a, b: a + b),
    ("datetime", "-", "timespan"): ("datetime", lambda a, b: a - b),
    ("timespan", "+", "datetime"): ("datetime", lambda a, b: b + a),
    ("timespan", "+", "timespan"): ("timespan", lambda a, b: a + b),
    ("timespan", "-", "timespan"): ("timespan", lambda a, b: a - b),
    ("timespan", "/", "timespan"): ("real", lambda a, b: _quotient(a / timedelta(seconds=1), b / timedelta(seconds=1))),
    ("timespan", "*", "long"): ("timespan", lambda a, b: a * b),
    ("timespan", "*", "real"): ("timespan", lambda a, b: a * b),
    ("long", "*", "timespan"): ("timespan", lambda a, b: b * a),
    ("real", "*", "timespan"): ("timespan", lambda a, b: b * a),
    ("timespan", "/", "long"): ("timespan", lambda a, b: a / b),
    ("timespan", "/", "real"): ("timespan", lambda a, b: a / b),
}
