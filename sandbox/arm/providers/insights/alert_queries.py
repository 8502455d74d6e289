"""Queries of alert rules that ask Azure Resource Graph, through `arg("")`.

What is refused of them is what the integration cannot do (source: "Troubleshoot Azure Resource Graph alerts" and the
limitations of cross-service queries): a join of two of its tables, mv-expand beyond 400 rows, and some aggregates.
Queries over logs are not read.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, cast

from sandbox.arm.errors import ArmError
from sandbox.arm.providers.insights.common import bad_rule
from sandbox.arm.resource_graph import syntax

_ASKS = re.compile(r"""\barg\(\s*(""|'')\s*\)\s*\.""")
_MOST_EXPANDED = 400
_DEFAULT_EXPANDED = 128
_NOT_THERE = frozenset({"arg_max", "arg_min", "avg", "countif"})


def asks_another_service(query: str) -> bool:
    """Tell whether a query asks Resource Graph."""
    return _ASKS.search(query) is not None


def graph_query(query: str) -> str:
    """Return the query as Resource Graph itself would be asked."""
    return _ASKS.sub("", query)


def check_query(query: str) -> None:
    """Check a query that asks Resource Graph.

    Raises ArmError (400 BadRequest) where it cannot be read, or asks for what cannot be had this way.
    """
    from sandbox.arm.resource_graph.parsing import parse  # noqa: PLC0415 (slow to load, and rarely needed)

    try:
        found = parse(graph_query(query))
    except ArmError as error:
        raise bad_rule(f"The query cannot be read: {error.message}") from error
    for part in parts(found):
        match part:
            case syntax.Join():
                raise bad_rule("A rule cannot join tables of Azure Resource Graph.")
            case syntax.Expand(limit=limit) if (limit or _DEFAULT_EXPANDED) > _MOST_EXPANDED:
                raise bad_rule(f"The limit of mv-expand is at most {_MOST_EXPANDED} in a rule.")
            case syntax.Call(name=name) if name in _NOT_THERE:
                raise bad_rule(f"A rule that asks Azure Resource Graph cannot use '{name}'.")
            case _:
                pass


def parts(value: object) -> Iterator[object]:
    """Return a piece of a query, and every piece within it."""
    if isinstance(value, tuple):
        for one in cast("tuple[object, ...]", value):
            yield from parts(one)
    elif is_dataclass(value):
        yield value
        for field in fields(cast("Any", value)):
            yield from parts(getattr(value, field.name))
