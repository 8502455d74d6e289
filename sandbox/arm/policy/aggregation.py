"""`$apply` in queries over policy states: rows are filtered, grouped and counted, one step after the other.

Source: the published examples of policyStates/queryResults, such as
`filter(isCompliant eq false)/groupby((policyAssignmentId), aggregate($count as resources))`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox.arm.policy.queries import invalid_query, read_filter

MODELLED = "filter(…), groupby((columns), aggregate($count as name)) and aggregate($count as name), joined by /"

_COUNT = r"aggregate\(\s*\$count\s+as\s+(?P<name>[A-Za-z]\w*)\s*\)"
_AGGREGATE = re.compile(_COUNT, re.IGNORECASE)
_GROUP_BY = re.compile(rf"groupby\(\s*\((?P<columns>[\w\s,]+)\)\s*(?:,\s*{_COUNT}\s*)?\)", re.IGNORECASE)
_FILTER = re.compile(r"filter\((?P<test>.*)\)", re.IGNORECASE | re.DOTALL)

Rows = list[dict[str, Any]]


def applied(rows: Rows, text: str, columns: Iterable[str]) -> tuple[Rows, list[str]]:
    """Return what the steps of an `$apply` make of rows with the given columns, and the columns that are left.

    Raises ArmError (400 InvalidQueryOption) for what it cannot read.
    """
    left = list(columns)
    for step in _steps(text):
        if found := _FILTER.fullmatch(step):
            test = read_filter(found["test"], left)
            rows = [row for row in rows if test(row)]
        elif found := _AGGREGATE.fullmatch(step):
            rows, left = [{found["name"]: len(rows)}], [found["name"]]
        elif found := _GROUP_BY.fullmatch(step):
            rows, left = _grouped(rows, _named(text, found["columns"], left), found["name"])
        else:
            raise invalid_query("$apply", text, f"'{step[:40]}' is none of: {MODELLED}")
    return rows, left


def _steps(text: str) -> list[str]:
    """Split at the slashes that are in no brackets and in no text."""
    steps, depth, quoted = [""], 0, False
    for mark in text.strip():
        quoted ^= mark == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(mark, 0)
        if mark == "/" and depth == 0 and not quoted:
            steps.append("")
        else:
            steps[-1] += mark
    return [step.strip() for step in steps]


def _named(text: str, wanted: str, columns: Iterable[str]) -> list[str]:
    known = {one.lower(): one for one in columns}
    names = [one.strip() for one in wanted.split(",")]
    unknown = [one for one in names if one.lower() not in known]
    if unknown:
        raise invalid_query("$apply", text, f"there is no column '{unknown[0]}'")
    return [known[one.lower()] for one in names]


def _grouped(rows: Rows, columns: list[str], count: str | None) -> tuple[Rows, list[str]]:
    groups = Counter(tuple(row.get(column) for column in columns) for row in rows)
    grouped = [
        {**dict(zip(columns, values, strict=True)), **({count: number} if count else {})}
        for values, number in groups.items()
    ]
    return grouped, [*columns, count] if count else columns
