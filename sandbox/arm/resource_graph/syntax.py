"""What a query says, as data: its expressions, its operators, and the pipelines they make."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sandbox.arm.resource_graph.errors import Place

Type: TypeAlias = Literal["string", "long", "real", "bool", "datetime", "timespan", "dynamic"]
"""Kusto's scalar types; an `int` is a `long` here."""


@dataclass(frozen=True, slots=True)
class Name:
    """A column, a `let`, or `$left` and `$right` in the keys of a join."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    type: Type
    value: Any


@dataclass(frozen=True, slots=True)
class Member:
    """What is inside of a dynamic value: `base.key` or `base[key]`."""

    base: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A function, scalar or aggregate, and its arguments. An argument may have a name, which names the column made."""

    name: str
    arguments: "tuple[Named, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with a minus sign before it."""

    value: "Expression"
    place: Place


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what is between them: a comparison, a text operator, arithmetic."""

    operator: str
    left: "Expression"
    right: "Expression"
    place: Place


@dataclass(frozen=True, slots=True)
class AllOf:
    """Terms joined by `and`."""

    terms: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Terms joined by `or`."""

    terms: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Among:
    """A value and a list: `in`, `!in`, `in~`, `!in~`, `has_any`, `has_all`."""

    operator: str
    value: "Expression"
    items: "tuple[Expression, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Between:
    """A value between two others, both included."""

    negated: bool
    value: "Expression"
    low: "Expression"
    high: "Expression"
    place: Place


@dataclass(frozen=True, slots=True)
class Star:
    """Every column, as an argument of an aggregate."""

    place: Place


Expression: TypeAlias = "Name | Constant | Member | Call | Negative | Binary | AllOf | AnyOf | Among | Between | Star"


@dataclass(frozen=True, slots=True)
class Named:
    """An expression, and the name it is given, if any."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Where:
    """Rows that fulfil a condition."""

    condition: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Project:
    """The columns that are kept, renamed or computed."""

    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Extend:
    """Columns that are added, or that replace one of their name."""

    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """`project-away` and `project-keep`: columns by their names, in which `*` stands for anything."""

    keep: bool
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """`project-rename`: (new name, old name) pairs."""

    names: tuple[tuple[str, Name], ...]


@dataclass(frozen=True, slots=True)
class Summarize:
    """Groups of rows, and what is computed of each."""

    aggregates: tuple[Named, ...]
    by: tuple[Named, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Distinct:
    """Different combinations of values; no items stand for all columns."""

    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """What rows are ordered by; nulls come first where that is asked for."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Order:
    """Rows in an order."""

    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """The first so many rows; with keys (`top`), of an order."""

    number: Expression
    keys: tuple[SortKey, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """A column that `parse` makes of a part of a text, and the name of its type."""

    name: str
    type: str
    place: Place


@dataclass(frozen=True, slots=True)
class Parse:
    """`parse`: a text, and what it is made of: texts that stand there, columns to make, and `*` for anything."""

    kind: str
    value: Expression
    pattern: tuple[str | Extraction | Star, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Expand:
    """`mv-expand`: a row for each element of dynamic arrays; (item, type to convert to) pairs.

    The kind says what an element of a bag is: a `bag` of one key, or an `array` of key and value.
    """

    kind: str
    items: tuple[tuple[Named, str | None], ...]
    limit: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of two pipelines, side by side where the keys agree."""

    kind: str
    right: "Source"
    keys: tuple[Expression, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of several pipelines, one after another."""

    kind: str
    legs: "tuple[Source, ...]"
    place: Place


Operator: TypeAlias = (
    Where
    | Project
    | Extend
    | Select
    | Rename
    | Summarize
    | Distinct
    | Order
    | Take
    | Count
    | Parse
    | Expand
    | Join
    | Union
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Where rows come from (None is the default table), and what is done to them."""

    source: "Source | None"
    operators: tuple[Operator, ...]


Source: TypeAlias = Name | Pipeline


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: its `let` statements, and its pipeline."""

    lets: tuple[tuple[str, Expression], ...]
    pipeline: Pipeline
