"""The scalar functions of the query language that the local Azure has.

Source: each function's page of the Kusto documentation. Where an argument that must have a value is null, the result is
null, or the empty text where it is a text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from sandbox.arm.resource_graph import date_functions as dates
from sandbox.arm.resource_graph import text_functions as texts
from sandbox.arm.resource_graph.arithmetic import computed, floored
from sandbox.arm.resource_graph.compiled import (
    NUMBERS,
    Compiled,
    Context,
    Row,
    common_type,
    constant,
    converted,
    derived,
    number,
    required,
    text,
)
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.syntax import Type
from sandbox.arm.resource_graph.values import as_json, identity_key, negated, nothing

_Make = Callable[[Sequence[Compiled], Place, Context], Compiled]
_FROM: dict[Type, frozenset[str]] = {
    "string": frozenset({"string", "long", "real", "bool", "datetime", "timespan", "dynamic"}),
    "long": frozenset({"string", "long", "real", "bool", "dynamic"}),
    "real": frozenset({"string", "long", "real", "bool", "dynamic"}),
    "bool": frozenset({"string", "long", "real", "bool", "dynamic"}),
    "datetime": frozenset({"string", "datetime", "dynamic"}),
    "timespan": frozenset({"string", "timespan", "dynamic"}),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many arguments it takes (None is any number), and how a call of it is compiled."""

    least: int
    most: int | None
    make: _Make


def _simple(kinds: str, result: Type, compute: Callable[..., Any], least: int | None = None) -> Function:
    """Return a function whose arguments are of fixed kinds; the last of them may be left out down to `least`."""
    names = kinds.split()

    def make(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
        parts = [_argument(one, kind, place) for one, kind in zip(arguments, names, strict=False)]
        runs = [part.run for part in parts]

        def run(row: Row) -> Any:
            values = [one(row) for one in runs]
            return nothing(result) if None in values else compute(*values)

        return derived(result, run, *parts)

    return Function(len(names) if least is None else least, len(names), make)


def _argument(value: Compiled, kind: str, place: Place) -> Compiled:
    if kind == "any":
        return value
    if kind == "text":
        return text(value, place)
    if kind == "number":
        return value if value.type in NUMBERS else required(value, "real", place)
    return required(value, cast("Type", kind), place)


def _conversion(kind: Type) -> _Make:
    def make(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
        (value,) = arguments
        if value.type not in _FROM[kind]:
            raise refused(f"'{place.token}' of a {value.type} is not modelled.", place)
        return converted(value, kind)

    return make


def _is_null(arguments: Sequence[Compiled], _place: Place, _context: Context) -> Compiled:
    run = arguments[0].run
    return derived("bool", lambda row: run(row) is None, *arguments)


def _is_empty(arguments: Sequence[Compiled], _place: Place, _context: Context) -> Compiled:
    run = arguments[0].run
    return derived("bool", lambda row: run(row) in (None, ""), *arguments)


def _not(arguments: Sequence[Compiled], place: Place, _context: Context) -> Compiled:
    run = required(arguments[0], "bool", place).run
    return derived("bool", lambda row: negated(run(row)), *arguments)


def _contrary(make: _Make) -> _Make:
    return lambda arguments, place, context: _not([make(arguments, place, context)], place, context)


def _case(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `iff` and `case`: conditions and values in turn, and a last value for where no condition is true."""
    if len(arguments) % 2 == 0:
        raise refused(f"'{place.token}' takes conditions and values in turn, and one more value at the end.", place)
    conditions = [required(one, "bool", place).run for one in arguments[:-1:2]]
    kind = common_type([*arguments[1::2], arguments[-1]], place)
    values = [one.run for one in arguments[1::2]]
    otherwise = arguments[-1].run

    def run(row: Row) -> Any:
        for test, value in zip(conditions, values, strict=True):
            if test(row):
                return value(row)
        return otherwise(row)

    return _of_kind(derived(kind, run, *arguments))


def _coalesce(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    kind = common_type(arguments, place)
    runs = [one.run for one in arguments]
    empty = nothing(kind)

    def run(row: Row) -> Any:
        return next((found for one in runs if (found := one(row)) != empty), empty)

    return _of_kind(derived(kind, run, *arguments))


def _of_kind(value: Compiled) -> Compiled:
    """Return a value of mixed branches as one of its type: whole numbers as fractions, instants as dynamic texts."""
    run = value.run
    if value.type == "real":
        return derived("real", lambda row: None if (found := run(row)) is None else float(found), value)
    if value.type == "dynamic":
        return derived("dynamic", lambda row: as_json(run(row)), value)
    return value


def _now(arguments: Sequence[Compiled], place: Place, context: Context) -> Compiled:
    now = constant("datetime", context.now)
    return computed("+", now, required(arguments[0], "timespan", place), place) if arguments else now


def _ago(arguments: Sequence[Compiled], place: Place, context: Context) -> Compiled:
    return computed("-", constant("datetime", context.now), required(arguments[0], "timespan", place), place)


def _bin(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    value, size = arguments
    wanted = "timespan" if value.type in ("datetime", "timespan") else "number"
    if value.type not in ("datetime", "timespan", *NUMBERS):
        raise refused(f"'{place.token}' takes numbers and instants, not a {value.type}. Convert it first.", place)
    step = _argument(size, wanted, place)
    one, other = value.run, step.run
    kind = "real" if "real" in (value.type, step.type) else value.type
    return derived(kind, lambda row: floored(one(row), other(row)), value, step)


def _parse_json(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    (value,) = arguments
    if value.type == "dynamic":
        return value
    run = text(value, place).run
    return derived("dynamic", lambda row: texts.parsed_json(run(row)), value)


def _strcat(arguments: Sequence[Compiled], _place: Place, _context: Context) -> Compiled:
    runs = [converted(one, "string").run for one in arguments]
    return derived("string", lambda row: "".join(run(row) for run in runs), *arguments)


def _pack(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    if len(arguments) % 2:
        raise refused(f"'{place.token}' takes keys and values in turn.", place)
    keys = [text(one, place).run for one in arguments[::2]]
    values = [one.run for one in arguments[1::2]]
    pairs = list(zip(keys, values, strict=True))
    return derived("dynamic", lambda row: {key(row): as_json(value(row)) for key, value in pairs}, *arguments)


def _pack_array(arguments: Sequence[Compiled], _place: Place, _context: Context) -> Compiled:
    runs = [one.run for one in arguments]
    return derived("dynamic", lambda row: [as_json(run(row)) for run in runs], *arguments)


def _array_length(value: Any) -> int | None:
    return len(cast("list[Any]", value)) if isinstance(value, list) else None


def _bag_keys(value: Any) -> list[str] | None:
    return list(cast("dict[str, Any]", value)) if isinstance(value, dict) else None


def _has_element(items: Any, wanted: Any) -> bool | None:
    if not isinstance(items, list):
        return None
    key = identity_key("dynamic", as_json(wanted))
    return any(identity_key("dynamic", one) == key for one in cast("list[Any]", items))


def _start_of(period: str) -> Function:
    return _simple("datetime long", "datetime", partial(dates.start, period), least=1)


def _gettype(arguments: Sequence[Compiled], _place: Place, _context: Context) -> Compiled:
    (value,) = arguments
    run = value.run
    if value.type != "dynamic":
        return derived("string", lambda _: value.type, value)
    return derived("string", lambda row: _DYNAMIC_TYPES[type(run(row))], value)


_DYNAMIC_TYPES = {
    type(None): "null",
    str: "string",
    bool: "bool",
    int: "int",
    float: "real",
    list: "array",
    dict: "dictionary",
}


def _round(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    value = number(_argument(arguments[0], "number", place))
    digits = required(arguments[1], "long", place) if len(arguments) > 1 else constant("long", 0)
    one, other = value.run, digits.run

    def run(row: Row) -> float | None:
        found, places = one(row), other(row)
        return None if found is None or places is None else float(round(found, max(-_DIGITS, min(places, _DIGITS))))

    return derived("real", run, value, digits)


_DIGITS = 15
FUNCTIONS: dict[str, Function] = {
    **{name: Function(1, 1, _conversion("long")) for name in ("toint", "tolong")},
    **{name: Function(1, 1, _conversion("real")) for name in ("todouble", "toreal")},
    "tostring": Function(1, 1, _conversion("string")),
    "tobool": Function(1, 1, _conversion("bool")),
    "todatetime": Function(1, 1, _conversion("datetime")),
    "totimespan": Function(1, 1, _conversion("timespan")),
    **{name: Function(1, 1, _parse_json) for name in ("todynamic", "parse_json", "parsejson")},
    "isnull": Function(1, 1, _is_null),
    "isnotnull": Function(1, 1, _contrary(_is_null)),
    "isempty": Function(1, 1, _is_empty),
    "isnotempty": Function(1, 1, _contrary(_is_empty)),
    "not": Function(1, 1, _not),
    "gettype": Function(1, 1, _gettype),
    **{name: Function(3, 3, _case) for name in ("iff", "iif")},
    "case": Function(3, None, _case),
    "coalesce": Function(2, None, _coalesce),
    "now": Function(0, 1, _now),
    "ago": Function(1, 1, _ago),
    **{name: Function(2, 2, _bin) for name in ("bin", "floor")},
    **{f"startof{one}": _start_of(one) for one in ("day", "week", "month", "year")},
    "datetime_add": Function(3, 3, dates.datetime_add),
    "datetime_diff": Function(3, 3, dates.datetime_diff),
    "format_datetime": Function(2, 2, dates.formatted),
    "dayofweek": _simple("datetime", "timespan", dates.since_sunday),
    **{name: _simple("datetime", "long", find) for name, find in dates.PARTS.items()},
    "round": Function(1, 2, _round),
    "strcat": Function(1, None, _strcat),
    "tolower": _simple("text", "string", str.lower),
    "toupper": _simple("text", "string", str.upper),
    "strlen": _simple("text", "long", len),
    "substring": _simple("text long long", "string", texts.substring, least=2),
    "split": Function(2, 3, texts.split),
    "extract": Function(3, 3, texts.extract),
    "indexof": _simple("text text", "long", str.find),
    "replace_string": _simple("text text text", "string", texts.replaced),
    "replace_regex": Function(3, 3, texts.replaced_by_expression),
    "trim": Function(2, 2, texts.trim),
    "trim_start": Function(2, 2, texts.trim_start),
    "trim_end": Function(2, 2, texts.trim_end),
    "strcat_array": _simple("dynamic text", "string", texts.joined),
    "array_length": _simple("dynamic", "long", _array_length),
    "bag_keys": _simple("dynamic", "dynamic", _bag_keys),
    "set_has_element": _simple("dynamic any", "bool", _has_element),
    **{name: Function(2, None, _pack) for name in ("pack", "bag_pack")},
    "pack_array": Function(1, None, _pack_array),
}
"""The functions, by their names."""
