"""Cuts what a query answers into pages, and remembers what is left, so that a token goes on where its page ended.

The pages of one query are of one moment: rows that come, change or go meanwhile are not seen. What is remembered is in
memory, and only of the last few queries. Of another, and after a restart, a token means what it means on Azure: the
query is asked anew, and so many of its rows are skipped.
"""

import base64
import binascii
import hashlib
import json
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.arm.resource_graph.compiled import Table
from sandbox.arm.resource_graph.errors import QueryError

_KEPT = 4
_INVALID_TOKEN = "InvalidSkipToken"  # noqa: S105 (a code)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an answer, and the token for what follows them; None where nothing does, or nothing can."""

    table: Table
    total: int
    token: str | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class Pages:
    """The answers that more pages may be asked of."""

    _answers: OrderedDict[str, Table] = field(default_factory=OrderedDict[str, Table])

    def first(self, asked: str, table: Table, start: int, size: int) -> Page:
        """Return the first page of an answer; `asked` is what tells its query, and its scope, from others."""
        key = uuid.uuid4().hex
        page = _cut(key, asked, table, start, size)
        if page.token:
            self._answers[key] = table
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return page

    def next(self, asked: str, token: str, size: int, again: Callable[[], Table]) -> Page:
        """Return the page that a token is for; `again` asks the query anew.

        Raises QueryError for a token that no answer to this query carried.
        """
        key, start, digest = _read(token)
        if digest != _digest(asked):
            raise QueryError(_INVALID_TOKEN, "The $skipToken is of another query, or of another scope.")
        table = self._answers.get(key)
        if table is None:
            return self.first(asked, again(), start, size)
        self._answers.move_to_end(key)
        return _cut(key, asked, table, start, size)


def _cut(key: str, asked: str, table: Table, start: int, size: int) -> Page:
    total, end = len(table.rows), start + size
    more = end < total
    # Azure can go on only where the answer has the ids.
    can_go_on = any(column.name == "id" for column in table.columns)
    token = _written(key, end, asked) if more and can_go_on else None
    return Page(Table(table.columns, table.rows[start:end]), total, token, truncated=more and not can_go_on)


def _digest(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _written(key: str, start: int, asked: str) -> str:
    token = {"answer": key, "rowsToSkip": start, "query": _digest(asked)}
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


def _read(token: str) -> tuple[str, int, str]:
    try:
        found: Any = json.loads(base64.b64decode(token.encode(), b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    values = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    key, start, digest = (values.get(name) for name in ("answer", "rowsToSkip", "query"))
    if not (isinstance(key, str) and isinstance(start, int) and start >= 0 and isinstance(digest, str)):
        raise QueryError(_INVALID_TOKEN, "The $skipToken is not one that an answer carried.")
    return key, start, digest
