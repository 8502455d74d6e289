"""The operator `parse`: makes columns of the parts of a text, found by what stands around them.

Source: "parse operator" of the Kusto documentation. What is between texts is as short as it can be; where a pattern
fits in several ways, the first from the left counts. The page does not say whether a pattern may end before its text
does: here it may not, and ends with `*` where more may follow.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TypeAlias

from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.compiled import Column, Context, Row, Scope, Table, converted, type_named
from sandbox.arm.resource_graph.errors import refused
from sandbox.arm.resource_graph.expressions import compiled
from sandbox.arm.resource_graph.operators import extended
from sandbox.arm.resource_graph.syntax import Extraction, Star
from sandbox.arm.resource_graph.values import CONVERSIONS, nothing

_Piece: TypeAlias = str | Extraction | Star
_KINDS = ("simple", "relaxed")
_NUMBERS = {"long": re.compile(r"-?\d+", re.ASCII), "real": re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)}


def parse(operator: syntax.Parse, table: Table, context: Context) -> Table:
    """Add the columns that a pattern finds in a text; where it does not fit, they are null, or empty texts.

    So is a part that is no value of its column's type: alone where the kind is `relaxed`, otherwise with the rest.

    Raises QueryError.
    """
    if operator.kind not in _KINDS:
        raise refused(
            f"'parse' of the kind '{operator.kind}' is not modelled. There are: {', '.join(_KINDS)}.", operator.place
        )
    relaxed = operator.kind == "relaxed"
    pattern = [_typed(piece) for piece in operator.pattern]
    columns = [Column(one.name, type_named(one.type, one.place)) for one in pattern if isinstance(one, Extraction)]
    _check(pattern)
    text = converted(compiled(operator.value, Scope(table.columns, context)), "string").run
    blank = tuple(nothing(column.type) for column in columns)

    def values(row: Row) -> Row:
        parts = _parts(pattern, text(row), relaxed=relaxed)
        if parts is None:
            return blank
        found = tuple(CONVERSIONS[column.type](part) for column, part in zip(columns, parts, strict=True))
        return found if relaxed or None not in found else blank

    return extended(table, columns, values)


def _typed(piece: _Piece) -> _Piece:
    """Return a column with its type by the name that `values` has for it; any other piece as it is."""
    if not isinstance(piece, Extraction):
        return piece
    kind = type_named(piece.type, piece.place)
    if kind not in CONVERSIONS:
        raise refused(f"'parse' makes no column of the type '{kind}'.", piece.place)
    return replace(piece, type=kind)


def _check(pattern: Sequence[_Piece]) -> None:
    names: set[str] = set()
    for piece, behind in zip_longest(pattern, pattern[1:]):
        if isinstance(piece, str):
            continue
        ends = behind is None or isinstance(behind, str)
        if isinstance(piece, Star) and not ends:
            raise refused("Where '*' ends cannot be told: a text must stand behind it, or nothing.", piece.place)
        if isinstance(piece, Extraction):
            if piece.name in names:
                raise refused(f"There are two columns of the name '{piece.name}'.", piece.place)
            names.add(piece.name)
            if not ends and piece.type not in _NUMBERS:
                raise refused(
                    f"Where the column '{piece.name}' ends cannot be told: a text must stand behind it, or nothing.",
                    piece.place,
                )


def _parts(pattern: Sequence[_Piece], text: str, *, relaxed: bool) -> list[str] | None:
    """Return the parts of a text that are columns, in their order, or None where the pattern does not fit.

    Where the rest of the pattern once did not fit from a place on, it is not tried there again.
    """
    hopeless: set[tuple[int, int]] = set()

    def fitted(number: int, start: int) -> list[str] | None:
        if number == len(pattern):
            return [] if start == len(text) else None
        if (number, start) in hopeless:
            return None
        piece = pattern[number]
        behind = pattern[number + 1] if number + 1 < len(pattern) else None
        for end in _ends(piece, behind, text, start, relaxed=relaxed):
            rest = fitted(number + 1, end)
            if rest is not None:
                return [text[start:end], *rest] if isinstance(piece, Extraction) else rest
        hopeless.add((number, start))
        return None

    return fitted(0, 0)


def _ends(piece: _Piece, behind: _Piece | None, text: str, start: int, *, relaxed: bool) -> Iterable[int]:
    """Return where a piece that begins at a place may end, the first choice first."""
    if isinstance(piece, str):
        return [start + len(piece)] if text.startswith(piece, start) else []
    number = _NUMBERS.get(piece.type) if isinstance(piece, Extraction) else None
    if number is not None:
        digits = number.match(text, start)
        ends = [digits.end()] if digits else []
        return [*ends, *_gap_ends(behind, text, start)] if relaxed else ends
    return _gap_ends(behind, text, start)


def _gap_ends(behind: _Piece | None, text: str, start: int) -> Iterable[int]:
    if behind is None:
        return [len(text)]
    if not isinstance(behind, str):
        return [start]
    return _places(behind, text, start)


def _places(wanted: str, text: str, start: int) -> Iterable[int]:
    at = text.find(wanted, start)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)
