"""The subset of OData that the local Azure reads in queries over policy states: `$filter`, `$orderby`, `$select`.

A filter compares columns with `eq` and `ne`, joined by `and`, `or`, `not` and parentheses; text without regard to case.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.arm.errors import ArmError, bad_request

MODELLED = "comparisons by eq and ne of a column with a 'text', true, false or null, joined by and, or, not and ( )"

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[()])|(?P<word>[\w./@]+))")
_DEEPEST = 100
_SHOWN = 300
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


def invalid_query(option: str, text: str, reason: str) -> ArmError:
    """Return the refusal of a query option."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return bad_request("InvalidQueryOption", f"The query option {option}={shown!r} is not supported: {reason}.")


class _Filter:
    """A filter being read, from left to right."""

    def __init__(self, text: str, columns: Iterable[str]) -> None:
        self._text = text
        self._columns = {one.lower(): one for one in columns}
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def read(self) -> Test:
        """Read the whole filter."""
        test = self._any_of()
        if self._at < len(self._tokens):
            raise self._fault(f"'{self._tokens[self._at]}' is not expected")
        return test

    def _split(self) -> list[str]:
        tokens: list[str] = []
        end, text = 0, self._text.rstrip()
        while end < len(text):
            found = _TOKEN.match(text, end)
            if found is None:
                raise self._fault(f"it cannot be read from '{text[end:].strip()[:40]}' on")
            tokens.append(found.group().strip())
            end = found.end()
        return tokens

    def _fault(self, reason: str) -> ArmError:
        return invalid_query("$filter", self._text, f"{reason}. Modelled: {MODELLED}")

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise self._fault("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == word:
            self._at += 1
            return True
        return False

    def _any_of(self) -> Test:
        tests = [self._all_of()]
        while self._take("or"):
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        negations = 0
        while self._take("not"):
            negations += 1
        test = self._bracketed() if self._take("(") else self._comparison()
        return (lambda row: not test(row)) if negations % 2 else test

    def _bracketed(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault(f"it is nested more than {_DEEPEST} brackets deep")
        test = self._any_of()
        if not self._take(")"):
            raise self._fault("a ')' is missing")
        self._depth -= 1
        return test

    def _comparison(self) -> Test:
        name, operator, value = self._next(), self._next().lower(), self._value(self._next())
        column = self._columns.get(name.lower())
        if column is None:
            raise self._fault(f"there is no column '{name}'")
        if operator not in ("eq", "ne"):
            raise self._fault(f"the operator '{operator}' is not modelled")
        wanted = operator == "eq"
        return lambda row: (_folded(row.get(column)) == _folded(value)) == wanted

    def _value(self, token: str) -> object:
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() not in _CONSTANTS:
            raise self._fault(f"'{token}' is not a value")
        return _CONSTANTS[token.lower()]


def _folded(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def read_filter(text: str, columns: Iterable[str]) -> Test:
    """Return the test that a `$filter` makes of a row with the given columns.

    Raises ArmError (400 InvalidQueryOption) for what it cannot read, and for what is not modelled.
    """
    return _Filter(text, columns).read()


def ordered(rows: list[dict[str, Any]], order: str, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows in the order of an `$orderby`: columns, each with `asc` or `desc`, separated by commas.

    Raises ArmError (400 InvalidQueryOption).
    """
    known = {one.lower(): one for one in columns}
    for part in reversed([one for one in order.split(",") if one.strip()]):
        name, *direction = part.split()
        if name.lower() not in known or [one.lower() for one in direction] not in ([], ["asc"], ["desc"]):
            raise invalid_query("$orderby", order, f"'{part.strip()}' is not a column with asc or desc")
        column = known[name.lower()]
        rows = sorted(
            rows, key=lambda row: _key(row.get(column)), reverse=[one.lower() for one in direction] == ["desc"]
        )
    return rows


def _key(value: object) -> tuple[int, str]:
    """Return what a value is ordered by: numbers by what they are, all else as text without case."""
    return (value, "") if isinstance(value, int) else (0, str(value or "").lower())


def selected(rows: list[dict[str, Any]], select: str, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows with the columns of a `$select` only; an empty one keeps all.

    Raises ArmError (400 InvalidQueryOption).
    """
    known = {one.lower(): one for one in columns}
    names = [one.strip() for one in select.split(",") if one.strip()]
    unknown = [one for one in names if one.lower() not in known]
    if unknown:
        raise invalid_query("$select", select, f"there is no column '{unknown[0]}'")
    wanted = {known[one.lower()] for one in names}
    return [{key: value for key, value in row.items() if key in wanted} for row in rows] if wanted else rows
