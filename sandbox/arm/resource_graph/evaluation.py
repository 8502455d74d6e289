"""Evaluates a query: its `let` statements, then its operators one after another."""

from sandbox.arm.resource_graph import extraction, joins, operators, syntax
from sandbox.arm.resource_graph.compiled import Context, Scope, Table
from sandbox.arm.resource_graph.errors import UNKNOWN_TABLE, QueryError, refused
from sandbox.arm.resource_graph.expressions import compiled, place_of

_DEFAULT_TABLE = "resources"


def evaluate(query: syntax.Query, context: Context) -> Table:
    """Return the rows that a query answers.

    Raises QueryError.
    """
    try:
        for name, value in query.lets:
            found = compiled(value, Scope((), context))
            if not found.constant:
                raise refused(f"'let {name}' names a constant; anything else is not modelled.", place_of(value))
            context.lets[name] = found
        return _pipeline(query.pipeline, context)
    except RecursionError as error:
        raise refused("The query is too deeply nested.") from error


def _source(source: syntax.Source, context: Context) -> Table:
    if isinstance(source, syntax.Pipeline):
        return _pipeline(source, context)
    found = context.table(source.text.lower())
    if found is None:
        message = f"Table {source.text} is invalid, unsupported or disallowed."
        raise QueryError(UNKNOWN_TABLE, message, source.place)
    return found


def _pipeline(pipeline: syntax.Pipeline, context: Context) -> Table:
    rest = list(pipeline.operators)
    if pipeline.source is not None:
        table = _source(pipeline.source, context)
    elif isinstance(rest[0], syntax.Union):
        # A query that begins with a union is of its legs alone.
        table = joins.union(rest.pop(0), None, context, lambda leg: _source(leg, context))  # pyright: ignore[reportArgumentType]
    else:
        table = _source(syntax.Name(_DEFAULT_TABLE, place=operators.Place(1, 0, "")), context)
    for operator in rest:
        table = _applied(operator, table, context)
    return table


def _applied(operator: syntax.Operator, table: Table, context: Context) -> Table:  # noqa: C901, PLR0911, PLR0912
    match operator:
        case syntax.Where():
            return operators.where(operator, table, context)
        case syntax.Project():
            return operators.project(operator, table, context)
        case syntax.Extend():
            return operators.extend(operator, table, context)
        case syntax.Select():
            return operators.select(operator, table, context)
        case syntax.Rename():
            return operators.rename(operator, table, context)
        case syntax.Summarize():
            return operators.summarize(operator, table, context)
        case syntax.Distinct():
            return operators.distinct(operator, table, context)
        case syntax.Order(keys):
            return operators.order(keys, table, context)
        case syntax.Take():
            return operators.take(operator, table, context)
        case syntax.Count():
            return operators.count(operator, table, context)
        case syntax.Parse():
            return extraction.parse(operator, table, context)
        case syntax.Expand():
            return joins.expand(operator, table, context)
        case syntax.Join():
            return joins.join(operator, table, context, lambda source: _source(source, context))
        case syntax.Union():
            return joins.union(operator, table, context, lambda source: _source(source, context))
