"""The aggregates of `summarize`, each computed of the rows of a group.

Source: "Aggregation functions" and "summarize operator" of the Kusto documentation, its default values included: of no
rows, counts and sums are nought, lists empty, an average is no number, and everything else is null.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sandbox.arm.resource_graph.compiled import NUMBERS, Column, Compiled, Row, Scope, required
from sandbox.arm.resource_graph.errors import UNKNOWN_FUNCTION, Place, QueryError, refused
from sandbox.arm.resource_graph.expressions import compiled, condition, place_of
from sandbox.arm.resource_graph.naming import AGGREGATES, inferred, unique
from sandbox.arm.resource_graph.syntax import Call, Expression, Name, Named, Star, Type
from sandbox.arm.resource_graph.values import as_json, identity_key, nothing, wrapped

_Compute = Callable[[list[Row]], Any]
_LONGEST_LIST = 1_048_576


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Columns that are computed of the rows of a group, all at once."""

    columns: tuple[Column, ...]
    compute: Callable[[list[Row]], Sequence[Any]]


def aggregate(item: Named, scope: Scope, taken: set[str]) -> Aggregate:
    """Compile one item of a `summarize`; the names of its columns are added to those that are taken.

    Raises QueryError where it is no aggregate, or its arguments are not what it takes.
    """
    call = item.value
    if not isinstance(call, Call):
        raise refused("Only aggregates, such as count(), stand before 'by' in a summarize.", place_of(call))
    if call.name not in AGGREGATES:
        message = f"'{call.name}' is no aggregate of the local Azure. It has: {', '.join(AGGREGATES)}."
        raise QueryError(UNKNOWN_FUNCTION, message, call.place)
    if call.name in ("arg_max", "arg_min"):
        return _arg(item, call, scope, taken)
    if call.name in ("take_any", "any"):
        return _take_any(item, call, scope, taken)
    call = replace(call, name=_OLD_NAMES.get(call.name, call.name))
    kind, compute = _conditional(call, scope) if call.name in _CONDITIONAL else _single(call, scope)
    said = inferred(call.arguments[0]) if call.arguments and call.name != "countif" else ""
    name = item.name or unique(AGGREGATES[call.name] + (said or ""), taken)
    return Aggregate((_column(name, kind, taken, item, call.place),), lambda rows: (compute(rows),))


_OLD_NAMES = {"makelist": "make_list", "makeset": "make_set"}
_CONDITIONAL = {
    "sumif": "sum",
    "avgif": "avg",
    "minif": "min",
    "maxif": "max",
    "dcountif": "dcount",
    "make_list_if": "make_list",
    "make_set_if": "make_set",
    "make_bag_if": "make_bag",
}


def _conditional(call: Call, scope: Scope) -> tuple[Type, _Compute]:
    """Compile an aggregate of the rows for which its second argument is true."""
    _check_arguments(call, 2, 3 if call.name in ("dcountif", "make_list_if", "make_set_if", "make_bag_if") else 2)
    value, test, *rest = call.arguments
    fulfilled = condition(test.value, scope, call.place).run
    kind, compute = _single(replace(call, name=_CONDITIONAL[call.name], arguments=(value, *rest)), scope)
    return kind, lambda rows: compute([row for row in rows if fulfilled(row)])


def _column(name: str, kind: Type, taken: set[str], item: Named, place: Place) -> Column:
    if item.name and name in taken:
        raise refused(f"There are two columns of the name '{name}'.", place)
    taken.add(name)
    return Column(name, kind)


def _single(call: Call, scope: Scope) -> tuple[Type, _Compute]:
    if call.name == "count":
        _check_arguments(call, 0, 0)
        return "long", len
    most = {"dcount": 2, "make_list": 2, "make_set": 2, "make_bag": 2}.get(call.name, 1)
    _check_arguments(call, 1, most)
    value = compiled(call.arguments[0].value, scope)
    if call.name == "countif":
        test = required(value, "bool", call.place).run
        return "long", lambda rows: sum(1 for row in rows if test(row))
    if call.name == "dcount":
        return "long", lambda rows: len({identity_key(value.type, one) for one in _values(value, rows)})
    if call.name in ("make_list", "make_set"):
        return "dynamic", _list(call, value, scope)
    if call.name == "make_bag":
        return "dynamic", _bag(call, required(value, "dynamic", call.place), scope)
    return _number(call, value)


def _number(call: Call, value: Compiled) -> tuple[Type, _Compute]:
    """Compile `sum`, `avg`, `min` and `max`."""
    if value.type in ("dynamic", "bool") or (value.type == "string" and call.name in ("sum", "avg")):
        raise refused(f"'{call.name}' of a {value.type} is not modelled. Convert it first, with tolong(…).", call.place)
    if call.name in ("min", "max"):
        choose = min if call.name == "min" else max
        return value.type, lambda rows: choose(_values(value, rows), default=nothing(value.type))
    if value.type not in NUMBERS:
        raise refused(f"'{call.name}' of a {value.type} is not modelled.", call.place)
    if call.name == "sum" and value.type == "long":
        return "long", lambda rows: wrapped(sum(_values(value, rows)))
    if call.name == "sum":
        return "real", lambda rows: float(sum(_values(value, rows)))
    return "real", lambda rows: sum(found) / len(found) if (found := _values(value, rows)) else math.nan


def _most(call: Call, scope: Scope) -> int:
    """Return how many elements a list, set or bag has at most: its second argument."""
    if len(call.arguments) == 1:
        return _LONGEST_LIST
    size = compiled(call.arguments[1].value, scope)
    if not size.constant or size.type != "long":
        raise refused(f"The size of '{call.name}' is a number.", call.place)
    return max(size.run(()) or 0, 0)


def _bag(call: Call, value: Compiled, scope: Scope) -> _Compute:
    """Compile `make_bag`: the keys of all bags in one; of a key that several have, the first value."""
    most = _most(call, scope)

    def compute(rows: list[Row]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for bag in _values(value, rows):
            if isinstance(bag, dict):
                whole = {**cast("dict[str, Any]", bag), **whole}
        return dict(list(whole.items())[:most])

    return compute


def _list(call: Call, value: Compiled, scope: Scope) -> _Compute:
    most = _most(call, scope)
    if call.name == "make_list":
        return lambda rows: [as_json(one) for one in _values(value, rows)[:most]]
    return lambda rows: [
        as_json(one)
        for one in list({identity_key(value.type, one): one for one in _values(value, rows)}.values())[:most]
    ]


def _values(value: Compiled, rows: list[Row]) -> list[Any]:
    return [found for row in rows if (found := value.run(row)) is not None]


def _arg(item: Named, call: Call, scope: Scope, taken: set[str]) -> Aggregate:
    """Compile `arg_max` and `arg_min`: of the row with the largest or the smallest value, that and other columns."""
    _check_arguments(call, 2, None)
    by = compiled(call.arguments[0].value, scope)
    if by.type in ("dynamic", "bool"):
        raise refused(f"'{call.name}' by a {by.type} is not modelled. Convert it first.", call.place)
    others = _several(call.arguments[1:], scope, taken)
    own = item.name or inferred(call.arguments[0])
    name = own or unique(f"{call.name.removeprefix('arg_')}_", taken)
    first = _column(name if item.name else unique(name, taken), by.type, taken, item, call.place)
    others = [(one, value) for one, value in others if one != inferred(call.arguments[0]) or one != first.name]
    columns = (first, *(Column(_taken(one, taken), value.type) for one, value in others))
    choose = max if call.name == "arg_max" else min

    def compute(rows: list[Row]) -> Sequence[Any]:
        found = [(value, row) for row in rows if (value := by.run(row)) is not None]
        if not found:
            return [nothing(column.type) for column in columns]
        best, row = choose(found, key=lambda pair: pair[0])
        return [best, *(value.run(row) for _, value in others)]

    return Aggregate(columns, compute)


def _take_any(item: Named, call: Call, scope: Scope, taken: set[str]) -> Aggregate:
    """Compile `take_any`: of each argument a value of any row, the first that is not null; of `*`, the first row."""
    _check_arguments(call, 1, None)
    whole = isinstance(call.arguments[0].value, Star)
    parts = _several(call.arguments, scope, taken)
    prefix = "" if whole else AGGREGATES[call.name]
    if item.name and len(parts) > 1:
        raise refused(f"One name for the several columns of '{call.name}' is not modelled.", call.place)
    names = [item.name or prefix + name for name, _ in parts]
    columns = tuple(Column(_taken(name, taken), part.type) for name, (_, part) in zip(names, parts, strict=True))

    def compute(rows: list[Row]) -> Sequence[Any]:
        if whole:
            return [part.run(rows[0]) if rows else nothing(part.type) for _, part in parts]
        return [next(iter(_values(part, rows)), nothing(part.type)) for _, part in parts]

    return Aggregate(columns, compute)


def _several(items: Sequence[Named], scope: Scope, taken: set[str]) -> list[tuple[str, Compiled]]:
    """Return what arguments stand for, by name; `*` is every column that is no group key."""
    found: list[tuple[str, Compiled]] = []
    for item in items:
        if isinstance(item.value, Star):
            names = [Name(column.name, item.value.place) for column in scope.columns if column.name not in taken]
            found += [(name.text, compiled(name, scope)) for name in names]
        else:
            found.append((inferred(item) or "Column1", compiled(item.value, scope)))
    return found


def _taken(name: str, taken: set[str]) -> str:
    own = unique(name, taken)
    taken.add(own)
    return own


def _check_arguments(call: Call, least: int, most: int | None) -> None:
    given = len(call.arguments)
    stars = [one for one in call.arguments if _is_star(one.value)]
    if given < least or (most is not None and given > most):
        words = f"{least} or more" if most is None else f"{least} to {most}"
        raise refused(f"'{call.name}' takes {words} arguments; here it is given {given}.", call.place)
    if stars and call.name not in ("arg_max", "arg_min", "take_any", "any"):
        raise refused(f"'{call.name}' does not take '*'.", call.place)


def _is_star(value: Expression) -> bool:
    return isinstance(value, Star)
