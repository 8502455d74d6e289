"""The operators of a pipeline that make several rows of one, or bring tables together: mv-expand, join, union.

Source: their pages of the Kusto documentation, and "Understanding the Azure Resource Graph query language" for what
Resource Graph has of them: four flavours of join, three joins and unions together, three mv-expand.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, cast

from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.compiled import (
    NUMBERS,
    Column,
    Compiled,
    Context,
    Row,
    Scope,
    Table,
    constant,
    converted,
    required,
    type_named,
)
from sandbox.arm.resource_graph.errors import UNSUPPORTED_JOIN, Place, QueryError, refused
from sandbox.arm.resource_graph.expressions import compiled, place_of
from sandbox.arm.resource_graph.naming import all_named, unique
from sandbox.arm.resource_graph.syntax import Expression, Type
from sandbox.arm.resource_graph.values import nothing

Evaluate = Callable[[syntax.Source], Table]
_FLAVOURS = ("innerunique", "inner", "leftouter", "fullouter")
_MOST = {"join or union": 3, "mv-expand": 3}
_DEFAULT_EXPANSION = 128
_MOST_EXPANSION = 2000
_MOST_ROWS = 1_000_000


def count_operation(context: Context, what: str, place: Place) -> None:
    """Count an operator that Resource Graph has only so many of in one query.

    Raises QueryError for one too many.
    """
    context.operations[what] = context.operations.get(what, 0) + 1
    if context.operations[what] > _MOST[what]:
        raise refused(f"A query has at most {_MOST[what]} {what} operators.", place)


def join(operator: syntax.Join, table: Table, context: Context, evaluate: Evaluate) -> Table:
    """Put rows of two tables side by side where their keys agree; a null agrees with nothing."""
    count_operation(context, "join or union", operator.place)
    if operator.kind not in _FLAVOURS:
        message = f"The join kind '{operator.kind}' is not supported. There are: {', '.join(_FLAVOURS)}."
        raise QueryError(UNSUPPORTED_JOIN, message, operator.place)
    right = evaluate(operator.right)
    pairs = [pair for key in operator.keys for pair in _keys(key, table, right, context)]
    lefts, rights = [one.run for one, _ in pairs], [other.run for _, other in pairs]
    found: dict[Row, list[Row]] = defaultdict(list)
    for row in right.rows:
        found[_key(rights, row)].append(row)
    rows = _joined(operator, table, right, lambda row: found.get(_key(lefts, row), []), lefts)
    if operator.kind == "fullouter":
        there = {_key(lefts, row) for row in table.rows}
        blank = [nothing(column.type) for column in table.columns]
        rows += [(*blank, *row) for row in right.rows if None in _key(rights, row) or _key(rights, row) not in there]
    return Table(_side_by_side(table.columns, right.columns), rows)


def _joined(
    operator: syntax.Join,
    left: Table,
    right: Table,
    matches: Callable[[Row], list[Row]],
    keys: Sequence[Callable[[Row], Any]],
) -> list[Row]:
    rows: list[Row] = []
    seen: set[Row] = set()
    blank = [nothing(column.type) for column in right.columns]
    for row in left.rows:
        key = _key(keys, row)
        if operator.kind == "innerunique" and key in seen:
            continue
        seen.add(key)
        others = [] if None in key else matches(row)
        rows += [(*row, *other) for other in others]
        if not others and operator.kind in ("leftouter", "fullouter"):
            rows.append((*row, *blank))
        if len(rows) > _MOST_ROWS:
            raise refused(f"The join makes more than {_MOST_ROWS:,} rows.", operator.place)
    return rows


def _key(runs: Sequence[Callable[[Row], Any]], row: Row) -> Row:
    return tuple(run(row) for run in runs)


def _side_by_side(left: Sequence[Column], right: Sequence[Column]) -> tuple[Column, ...]:
    columns = list(left)
    for column in right:
        columns.append(Column(unique(column.name, {one.name for one in columns}), column.type))
    return tuple(columns)


def _keys(key: Expression, left: Table, right: Table, context: Context) -> list[tuple[Compiled, Compiled]]:
    """Read one key of a join: a column of both tables, or `$left.a == $right.b`; several may be joined by `and`."""
    match key:
        case syntax.AllOf(terms):
            return [pair for term in terms for pair in _keys(term, left, right, context)]
        case syntax.Name():
            pair = compiled(key, Scope(left.columns, context)), compiled(key, Scope(right.columns, context))
        case syntax.Binary("==", one, other):
            sides = dict([_side(one), _side(other)])
            if len(sides) == 1:
                raise refused("A key of a join compares $left with $right.", key.place)
            first, second = Scope(left.columns, context), Scope(right.columns, context)
            pair = compiled(sides["$left"], first), compiled(sides["$right"], second)
        case _:
            raise refused("A key of a join is a column of both, or $left.a == $right.b.", place_of(key))
    for part in pair:
        if part.type == "dynamic":
            raise refused(
                "A key of a join is no dynamic value. Extend both sides with tostring(…) of it.", place_of(key)
            )
    if pair[0].type != pair[1].type and not {pair[0].type, pair[1].type} <= set(NUMBERS):
        raise refused(f"The keys are of different types: {pair[0].type} and {pair[1].type}.", place_of(key))
    return [pair]


def _side(value: Expression) -> tuple[str, syntax.Name]:
    if isinstance(value, syntax.Member) and isinstance(value.base, syntax.Name):
        key = value.key
        if value.base.text in ("$left", "$right") and isinstance(key, syntax.Constant) and key.type == "string":
            return value.base.text, syntax.Name(key.value, value.base.place)
    raise refused("A key of a join compares a column of $left with one of $right.", place_of(value))


def union(operator: syntax.Union, table: Table | None, context: Context, evaluate: Evaluate) -> Table:
    """Put the rows of tables one after another; `inner` keeps the columns of all, `outer` those of any."""
    count_operation(context, "join or union", operator.place)
    if operator.kind not in ("inner", "outer"):
        raise refused(f"The union kind '{operator.kind}' is not supported. There are: inner, outer.", operator.place)
    tables = [*([table] if table else []), *(evaluate(leg) for leg in operator.legs)]
    kinds: dict[str, Type] = {}
    for one in tables:
        for column in one.columns:
            if kinds.setdefault(column.name, column.type) != column.type:
                raise refused(f"A union of columns '{column.name}' of different types is not modelled.", operator.place)
    if operator.kind == "inner":
        everywhere = [{column.name for column in one.columns} for one in tables]
        kinds = {name: kind for name, kind in kinds.items() if all(name in names for names in everywhere)}
    rows: list[Row] = []
    for one in tables:
        places = {column.name: at for at, column in enumerate(one.columns)}
        rows += [
            tuple(row[places[name]] if name in places else nothing(kind) for name, kind in kinds.items())
            for row in one.rows
        ]
    return Table(tuple(Column(name, kind) for name, kind in kinds.items()), rows)


def expand(operator: syntax.Expand, table: Table, context: Context) -> Table:
    """Make a row of each element of dynamic arrays, or of each pair of bags; of an empty one, a row with null."""
    count_operation(context, "mv-expand", operator.place)
    limit = _DEFAULT_EXPANSION if operator.limit is None else operator.limit
    if not 0 < limit <= _MOST_EXPANSION:
        raise refused(f"The limit of mv-expand is at most {_MOST_EXPANSION}.", operator.place)
    if operator.kind not in ("bag", "array"):
        raise refused(f"The kind of mv-expand is bag or array, not '{operator.kind}'.", operator.place)
    scope = Scope(table.columns, context)
    parts = [required(compiled(item.value, scope), "dynamic", operator.place) for item, _ in operator.items]
    names = all_named([item for item, _ in operator.items])
    kinds: list[Type] = ["dynamic" if to is None else type_named(to, operator.place) for _, to in operator.items]
    columns = {column.name: column for column in table.columns}
    columns |= {name: Column(name, kind) for name, kind in zip(names, kinds, strict=True)}
    places = [list(columns).index(name) for name in names]
    blank = [None] * (len(columns) - len(table.columns))
    rows: list[Row] = []
    for row in table.rows:
        lists = [_elements(part.run(row), operator.kind) for part in parts]
        for number in range(min(max(map(len, lists)), limit)):
            values = [*row, *blank]
            for kind, place, elements in zip(kinds, places, lists, strict=True):
                element = elements[number] if number < len(elements) else None
                values[place] = converted(constant("dynamic", element), kind).run(())
            rows.append(tuple(values))
    return Table(tuple(columns.values()), rows)


def _elements(value: Any, kind: str) -> list[Any]:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return [[key, one] if kind == "array" else {key: one} for key, one in pairs] or [None]
    return cast("list[Any]", value) or [None] if isinstance(value, list) else [value]
