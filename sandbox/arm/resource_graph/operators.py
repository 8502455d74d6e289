"""The operators of a pipeline that work on one table: where, project, summarize, order and the like."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.aggregates import aggregate
from sandbox.arm.resource_graph.compiled import Column, Compiled, Context, Row, Scope, Table
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.expressions import compiled, condition, place_of
from sandbox.arm.resource_graph.naming import all_named
from sandbox.arm.resource_graph.syntax import Named, SortKey


def where(operator: syntax.Where, table: Table, context: Context) -> Table:
    """Keep the rows for which a condition is true; where it is null they go."""
    test = condition(operator.condition, Scope(table.columns, context), operator.place).run
    return Table(table.columns, [row for row in table.rows if test(row)])


def project(operator: syntax.Project, table: Table, context: Context) -> Table:
    """Make a table of the columns that are named or computed."""
    columns, run = _computed(operator.items, table, context, ())
    return Table(columns, [run(row) for row in table.rows])


def extend(operator: syntax.Extend, table: Table, context: Context) -> Table:
    """Add columns; one that is given the name of another takes its place."""
    columns, run = _computed(operator.items, table, context, [column.name for column in table.columns])
    return extended(table, columns, run)


def extended(table: Table, columns: Sequence[Column], run: Callable[[Row], Row]) -> Table:
    """Return a table with more columns, whose values a function finds for each row.

    One that is given the name of another takes its place.
    """
    there = [column.name for column in table.columns]
    places = [there.index(column.name) if column.name in there else None for column in columns]
    result = list(table.columns)
    for column, place in zip(columns, places, strict=True):
        if place is None:
            result.append(column)
        else:
            result[place] = column
    if not any(place is not None for place in places):
        return Table(tuple(result), [(*row, *run(row)) for row in table.rows])

    def with_replaced(row: Row) -> Row:
        values, added = list(row), list[Any]()
        for value, place in zip(run(row), places, strict=True):
            if place is None:
                added.append(value)
            else:
                values[place] = value
        return (*values, *added)

    return Table(tuple(result), [with_replaced(row) for row in table.rows])


def _computed(
    items: Sequence[Named], table: Table, context: Context, taken: Sequence[str]
) -> tuple[tuple[Column, ...], Callable[[Row], Row]]:
    """Compile items: the columns they make, and the function from a row to their values."""
    scope = Scope(table.columns, context)
    own = [item.name for item in items if item.name]
    doubled = next((name for name in own if own.count(name) > 1), None)
    if doubled:
        raise refused(f"There are two columns of the name '{doubled}'.", place_of(items[0].value))
    parts = [compiled(item.value, scope) for item in items]
    names = all_named(items, taken)
    runs = [part.run for part in parts]
    columns = tuple(Column(name, part.type) for name, part in zip(names, parts, strict=True))
    return columns, lambda row: tuple(run(row) for run in runs)


def select(operator: syntax.Select, table: Table, _: Context) -> Table:
    """Keep, or take away, the columns that patterns name; each must name one."""
    tests = [re.compile(re.escape(one).replace(r"\*", ".*"), re.DOTALL) for one in operator.patterns]
    for pattern, test in zip(operator.patterns, tests, strict=True):
        if "*" not in pattern and not any(test.fullmatch(column.name) for column in table.columns):
            there = ", ".join(column.name for column in table.columns)
            raise refused(f"There is no column '{pattern}' here. The columns are: {there}.")
    named = [any(test.fullmatch(column.name) for test in tests) for column in table.columns]
    return _with_columns(table, [at for at, is_named in enumerate(named) if is_named is operator.keep])


def _with_columns(table: Table, places: Sequence[int]) -> Table:
    columns = tuple(table.columns[at] for at in places)
    return Table(columns, [tuple(row[at] for at in places) for row in table.rows])


def rename(operator: syntax.Rename, table: Table, _: Context) -> Table:
    """Give columns other names."""
    names = [column.name for column in table.columns]
    for new, old in operator.names:
        if old.text not in names:
            raise refused(f"There is no column '{old.text}' here. The columns are: {', '.join(names)}.", old.place)
        if new in names and new != old.text:
            raise refused(f"There is a column '{new}' already.", old.place)
        names[names.index(old.text)] = new
    columns = tuple(Column(name, column.type) for name, column in zip(names, table.columns, strict=True))
    return Table(columns, table.rows)


def summarize(operator: syntax.Summarize, table: Table, context: Context) -> Table:
    """Make one row of each group of rows; without `by`, one of all of them, also where there are none."""
    if not operator.aggregates and not operator.by:
        raise refused("A summarize needs an aggregate, or a 'by'.", operator.place)
    keys, run = _computed(operator.by, table, context, ())
    for item, column in zip(operator.by, keys, strict=True):
        _check_key(column, "summarize by", place_of(item.value))
    groups: dict[Row, list[Row]] = {}
    for row in table.rows:
        groups.setdefault(run(row), []).append(row)
    if not operator.by:
        groups.setdefault((), [])
    taken = {column.name for column in keys}
    scope = Scope(table.columns, context)
    aggregates = [aggregate(item, scope, taken) for item in operator.aggregates]
    columns = (*keys, *(column for one in aggregates for column in one.columns))
    rows: list[Row] = [
        (*key, *(value for one in aggregates for value in one.compute(group))) for key, group in groups.items()
    ]
    return Table(columns, rows)


def _check_key(column: Column, what: str, place: Place) -> None:
    if column.type == "dynamic":
        raise refused(
            f"'{what}' takes no dynamic value, and '{column.name}' is one. Convert it first, with tostring(…).", place
        )


def distinct(operator: syntax.Distinct, table: Table, context: Context) -> Table:
    """Keep each combination of values once."""
    shown = project(syntax.Project(operator.items), table, context) if operator.items else table
    for column in shown.columns:
        _check_key(column, "distinct", place_of(operator.items[0].value) if operator.items else Place(1, 0, "distinct"))
    return Table(shown.columns, list(dict.fromkeys(tuple(row) for row in shown.rows)))


def order(keys: Sequence[SortKey], table: Table, context: Context) -> Table:
    """Order rows; those that are equal stay as they were."""
    scope = Scope(table.columns, context)
    parts = [compiled(key.value, scope) for key in keys]
    for key, part in zip(keys, parts, strict=True):
        _check_key(Column(place_of(key.value).token, part.type), "order by", place_of(key.value))
    rows = table.rows
    for key, part in reversed(list(zip(keys, parts, strict=True))):
        rows = _ordered(rows, part, key)
    return Table(table.columns, rows)


def _ordered(rows: Sequence[Row], part: Compiled, key: SortKey) -> list[Row]:
    found = [(part.run(row), row) for row in rows]
    nulls = [row for value, row in found if value is None or value != value]  # noqa: PLR0124 (what is no number)
    there = [(value, row) for value, row in found if not (value is None or value != value)]  # noqa: PLR0124
    there.sort(key=lambda pair: pair[0], reverse=key.descending)
    values = [row for _, row in there]
    return [*nulls, *values] if key.nulls_first else [*values, *nulls]


def take(operator: syntax.Take, table: Table, context: Context) -> Table:
    """Keep the first rows; with keys, of the table in their order."""
    number = compiled(operator.number, Scope((), context))
    if number.type != "long" or not number.constant or (number.run(()) or 0) < 0:
        raise refused(f"'{operator.place.token}' takes a number of rows.", operator.place)
    rows = order(operator.keys, table, context).rows if operator.keys else table.rows
    return Table(table.columns, rows[: number.run(()) or 0])


def count(_: syntax.Count, table: Table, __: Context) -> Table:
    """Make one row that says how many there are."""
    return Table((Column("Count", "long"),), [(len(table.rows),)])
