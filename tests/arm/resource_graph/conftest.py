"""Queries asked of the local Azure over HTTP, and of tables in memory."""

import json
from datetime import UTC, datetime

import pytest

from sandbox.arm.resource_graph.compiled import Column, Context, Table
from sandbox.arm.resource_graph.evaluation import evaluate
from sandbox.arm.resource_graph.parsing import parse
from tests.arm.conftest import made

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
PATH = "/providers/Microsoft.ResourceGraph/resources"


def post(arm, body, version="2021-03-01"):
    """Send a query to the running local Azure; the response."""
    return arm.send("POST", PATH, body, **{"api-version": version})


def text(value):
    """A text as the query language writes it."""
    return json.dumps(value, ensure_ascii=False)


def ask_of(query, **tables):
    """What a query answers of tables in memory: each a (columns, rows) pair, the columns `name:type`."""
    made_of = {
        name: Table(tuple(Column(*one.split(":")) for one in columns.split()), [tuple(row) for row in rows])
        for name, (columns, rows) in tables.items()
    }
    found = evaluate(parse(query), Context(NOW, made_of.get))
    return [dict(zip((one.name for one in found.columns), row, strict=True)) for row in found.rows]


def value_of(expression, row=None):
    """What an expression is, on one row of a table with a dynamic column `d`, a text `s` and a number `n`."""
    given = {"d": None, "s": "", "n": None, **(row or {})}
    (answer,) = ask_of(f"t | project x = {expression}", t=("d:dynamic s:string n:long", [tuple(given.values())]))
    return answer["x"]


@pytest.fixture
def ask(arm):
    """Ask the running local Azure; the whole answer."""

    def run(query, options=None, **body):
        return made(post(arm, {"query": query, "options": options or {}, **body}))

    return run


@pytest.fixture
def rows(ask):
    """Ask the running local Azure; the rows alone."""
    return lambda query, **body: ask(query, **body)["data"]
