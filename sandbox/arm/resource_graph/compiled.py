"""What queries are evaluated on: tables of rows, and expressions that have become functions of a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, get_args

from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.syntax import Type
from sandbox.arm.resource_graph.values import CONVERSIONS, bool_text, to_long, to_real, to_text

Row: TypeAlias = Sequence[Any]
NUMBERS = ("long", "real")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with a value for each column."""

    columns: tuple[Column, ...]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression that can be evaluated on a row; a constant is so on any, also on one without columns."""

    type: Type
    run: Callable[[Row], Any]
    constant: bool = False


@dataclass(slots=True)
class Context:
    """What a query is evaluated in: the time, the tables by their lower-cased names, and what `let` has named.

    `operations` counts what Resource Graph limits in a query.
    """

    now: datetime
    table: Callable[[str], Table | None]
    lets: dict[str, Compiled] = field(default_factory=dict[str, Compiled])
    operations: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of an expression may refer to."""

    columns: tuple[Column, ...]
    context: Context


def constant(kind: Type, value: Any) -> Compiled:
    """Return a literal."""
    return Compiled(kind, lambda _: value, constant=True)


def derived(kind: Type, run: Callable[[Row], Any], *parts: Compiled) -> Compiled:
    """Return what is computed of other expressions: a constant where they are, and then computed once."""
    if all(part.constant for part in parts):
        return constant(kind, run(()))
    return Compiled(kind, run)


def text(value: Compiled, place: Place) -> Compiled:
    """Return an expression as a text: a text, or a dynamic value, which is converted.

    Raises QueryError for any other type.
    """
    if value.type == "string":
        return value
    if value.type != "dynamic":
        raise refused(f"'{place.token}' takes texts; here it is given a {value.type}. Write tostring(…).", place)
    run = value.run
    return derived("string", lambda row: to_text(run(row)), value)


def converted(value: Compiled, kind: Type) -> Compiled:
    """Return an expression as one of another type, by the conversion function of that type."""
    if value.type == kind:
        return value
    run = value.run
    if kind == "string" and value.type == "bool":
        return derived("string", lambda row: bool_text(run(row)), value)
    convert = CONVERSIONS[kind]
    return derived(kind, lambda row: convert(run(row)), value)


def number(value: Compiled) -> Compiled:
    """Return a dynamic value as a number, whole or not; numbers stay as they are."""
    if value.type in NUMBERS:
        return value
    run = value.run

    def as_number(row: Row) -> Any:
        found = run(row)
        whole = None if isinstance(found, float) else to_long(found)
        return to_real(found) if whole is None else whole

    return derived("real", as_number, value)


def required(value: Compiled, kind: Type, place: Place) -> Compiled:
    """Return an expression that must be of a type; a long is taken for a real, nothing else is converted.

    Raises QueryError.
    """
    if value.type == kind or (kind == "real" and value.type == "long"):
        return value
    hint = "" if value.type != "dynamic" else f" Convert it first, for example with {_CONVERTERS.get(kind, 'to…')}(…)."
    raise refused(f"'{place.token}' takes a {kind}; here it is given a {value.type}.{hint}", place)


_CONVERTERS = {
    "bool": "tobool",
    "long": "tolong",
    "real": "todouble",
    "datetime": "todatetime",
    "timespan": "totimespan",
    "string": "tostring",
}


_TYPE_NAMES: dict[str, Type] = {
    **{one: one for one in get_args(Type)},
    "int": "long",
    "double": "real",
    "boolean": "bool",
    "date": "datetime",
    "time": "timespan",
}


def type_named(name: str, place: Place) -> Type:
    """Return a type by its name in a query, which may be its other one.

    Raises QueryError.
    """
    if name not in _TYPE_NAMES:
        raise refused(f"There is no type '{name}'. There are: {', '.join(_TYPE_NAMES)}.", place)
    return _TYPE_NAMES[name]


def common_type(values: Sequence[Compiled], place: Place) -> Type:
    """Return the type that values have together: of `iff`, `case`, `coalesce`.

    Raises QueryError where they have none.
    """
    kinds = {value.type for value in values}
    if len(kinds) == 1:
        return values[0].type
    if "dynamic" in kinds:
        return "dynamic"
    if kinds == set(NUMBERS):
        return "real"
    raise refused(f"The values of '{place.token}' are of different types: {', '.join(sorted(kinds))}.", place)
