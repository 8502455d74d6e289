"""Expressions, compiled for the columns they are to be evaluated on: types are checked once, rows run through."""

from collections.abc import Sequence
from typing import Any, cast

from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.arithmetic import computed, negative
from sandbox.arm.resource_graph.comparisons import among, between, compared
from sandbox.arm.resource_graph.compiled import Compiled, Row, Scope, constant, derived, required
from sandbox.arm.resource_graph.errors import UNKNOWN_FUNCTION, Place, QueryError, refused
from sandbox.arm.resource_graph.functions import FUNCTIONS
from sandbox.arm.resource_graph.naming import AGGREGATES
from sandbox.arm.resource_graph.syntax import Expression

_ARITHMETIC = frozenset("+-*/%")
_NOWHERE = Place(1, 0, "")


def compiled(expression: Expression, scope: Scope) -> Compiled:  # noqa: C901, PLR0911 (a case for each kind)
    """Compile an expression.

    Raises QueryError: a name that nothing has, a function that is not there, operands of the wrong types.
    """
    match expression:
        case syntax.Constant(kind, value):
            return constant(kind, value)
        case syntax.Name():
            return _column(expression, scope)
        case syntax.Member():
            return _member(expression, scope)
        case syntax.Call():
            return _call(expression, scope)
        case syntax.Negative(value, place):
            return negative(compiled(value, scope), place)
        case syntax.Binary(name, left, right, place):
            one, other = compiled(left, scope), compiled(right, scope)
            return computed(name, one, other, place) if name in _ARITHMETIC else compared(name, one, other, place)
        case syntax.Among(name, value, items, place):
            return among(name, compiled(value, scope), [compiled(item, scope) for item in items], place)
        case syntax.Between(negate, value, low, high, place):
            one, first, last = (compiled(part, scope) for part in (value, low, high))
            return between(one, first, last, place, negate=negate)
        case syntax.AllOf(terms):
            return _combined(terms, scope, "and", stop=False)
        case syntax.AnyOf(terms):
            return _combined(terms, scope, "or", stop=True)
        case syntax.Star(place):
            raise refused("'*' stands for all columns only in arg_max, arg_min and take_any.", place)


def condition(expression: Expression, scope: Scope, place: Place) -> Compiled:
    """Compile what must be true or false."""
    return required(compiled(expression, scope), "bool", place)


def place_of(expression: Expression) -> Place:
    """Return where an expression is in the text of its query; its beginning, where that is not known."""
    while isinstance(expression, syntax.Member):
        expression = expression.base
    if isinstance(expression, syntax.AllOf | syntax.AnyOf):
        return place_of(expression.terms[0])
    return _NOWHERE if isinstance(expression, syntax.Constant) else expression.place


def _column(name: syntax.Name, scope: Scope) -> Compiled:
    for at, column in enumerate(scope.columns):
        if column.name == name.text:
            return Compiled(column.type, lambda row, at=at: row[at])
    if name.text in scope.context.lets:
        return scope.context.lets[name.text]
    there = ", ".join(column.name for column in scope.columns) or "none"
    raise refused(f"There is no column '{name.text}' here. The columns are: {there}.", name.place)


def _member(member: syntax.Member, scope: Scope) -> Compiled:
    base, key = compiled(member.base, scope), compiled(member.key, scope)
    place = place_of(member)
    if base.type != "dynamic":
        raise refused(f"There is nothing inside of a {base.type}: only a dynamic value has members.", place)
    if key.type not in ("string", "long"):
        raise refused(f"A member is named by a text or a number, not by a {key.type}.", place)
    inside, which = base.run, key.run
    if key.constant:
        fixed = which(())
        return derived("dynamic", lambda row: _inside(inside(row), fixed), base)
    return Compiled("dynamic", lambda row: _inside(inside(row), which(row)))


def _inside(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(key) if isinstance(key, str) else None
    if isinstance(value, list) and isinstance(key, int):
        items = cast("list[Any]", value)
        return items[key] if -len(items) <= key < len(items) else None
    return None


def _combined(terms: Sequence[Expression], scope: Scope, word: str, *, stop: bool) -> Compiled:
    """Compile `and` (which stops at false) or `or` (which stops at true); what is null is neither."""
    parts = [required(compiled(term, scope), "bool", Place(*_at(term), word)) for term in terms]
    runs = [part.run for part in parts]

    def run(row: Row) -> bool | None:
        found: bool | None = not stop
        for one in runs:
            value = one(row)
            if value is stop:
                return stop
            if value is None:
                found = None
        return found

    return derived("bool", run, *parts)


def _at(expression: Expression) -> tuple[int, int]:
    place = place_of(expression)
    return place.line, place.column


def _call(call: syntax.Call, scope: Scope) -> Compiled:
    function = FUNCTIONS.get(call.name)
    if call.name in AGGREGATES:
        raise refused(
            f"'{call.name}' is computed of many rows: it stands in summarize, and outermost there. An aggregate inside "
            "of another expression is not modelled: name it, and compute with its name in an extend.",
            call.place,
        )
    if function is None:
        message = f"Unknown function: '{call.name}'. The local Azure has: {', '.join(sorted(FUNCTIONS))}."
        raise QueryError(UNKNOWN_FUNCTION, message, call.place)
    given = len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        most = "or more" if function.most is None else f"to {function.most}"
        raise refused(f"'{call.name}' takes {function.least} {most} arguments; here it is given {given}.", call.place)
    arguments = [compiled(one.value, scope) for one in call.arguments]
    return function.make(arguments, call.place, scope.context)
