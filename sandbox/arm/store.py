"""The generic resource store: every resource is one row, by its lower-cased id, in SQLite.

A request runs in one transaction: it is stored whole or not at all, also when the process is killed.
"""

import json
import sqlite3
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox.arm.ids import ResourceId

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    key TEXT PRIMARY KEY,
    scope TEXT NOT NULL, type TEXT NOT NULL, names TEXT NOT NULL,
    type_key TEXT NOT NULL,
    document TEXT NOT NULL,
    private TEXT NOT NULL,
    due REAL,
    etag TEXT NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources_by_type ON resources (type_key, key);
CREATE INDEX IF NOT EXISTS resources_by_due ON resources (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "scope, type, names, document, private, due, etag, created, changed"
_INSERT = f"INSERT OR REPLACE INTO resources (key, type_key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


@dataclass(frozen=True)
class Resource:
    """One stored resource.

    `document` is what the service knows of it (location, tags, identity, properties, …) without id, name and type;
    `private` is the provider's own memory, never answered; `due` is when (seconds since the epoch, by the local
    Azure's clock) its provider wants to look at it again.
    """

    id: ResourceId
    document: dict[str, Any]
    private: dict[str, Any] = field(default_factory=dict[str, Any])
    due: float | None = None
    etag: str = ""
    created: float = 0.0
    changed: float = 0.0

    @property
    def properties(self) -> dict[str, Any]:
        """The document's properties; empty where there are none."""
        return self.document.get("properties") or {}

    def with_properties(self, **properties: Any) -> "Resource":
        """Return a copy with some properties set."""
        return replace(self, document={**self.document, "properties": {**self.properties, **properties}})


class Store:
    """The resources of one local Azure. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the database, making it where it is missing."""
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make what is done inside happen whole or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def get(self, resource_id: ResourceId) -> Resource | None:
        """Return a resource, or None where there is none of that id."""
        rows = self._select("key = ?", resource_id.key)
        return rows[0] if rows else None

    def put(self, resource: Resource, now: float) -> Resource:
        """Store a resource under its id, with a new etag; the first spelling of an id stays. Return what is stored."""
        earlier = self.get(resource.id)
        stored = replace(
            resource,
            id=earlier.id if earlier else resource.id,
            etag=str(uuid.uuid4()),
            created=earlier.created if earlier else now,
            changed=now,
        )
        self._connection.execute(
            _INSERT,
            (
                stored.id.key,
                stored.id.type.lower(),
                stored.id.scope,
                stored.id.type,
                json.dumps(stored.id.names),
                json.dumps(stored.document),
                json.dumps(stored.private),
                stored.due,
                stored.etag,
                stored.created,
                stored.changed,
            ),
        )
        return stored

    def keep(self, resource: Resource) -> None:
        """Store what its provider remembers of a resource that exists: `private` and `due`, nothing a client sees."""
        self._connection.execute(
            "UPDATE resources SET private = ?, due = ? WHERE key = ?",
            (json.dumps(resource.private), resource.due, resource.id.key),
        )

    def delete(self, resource_id: ResourceId) -> None:
        """Remove a resource and everything under it: children, extension resources, the content of a group."""
        low, high = _below(resource_id.key)
        self._connection.execute(
            "DELETE FROM resources WHERE key = ? OR (key >= ? AND key < ?)", (resource_id.key, low, high)
        )

    def under(self, scope: str, resource_type: str | None = None) -> list[Resource]:
        """Return what lies below an id (its text; empty is the whole tenant), in the order of the ids."""
        low, high = _below(scope.lower())
        if resource_type is None:
            return self._select("key >= ? AND key < ? ORDER BY key", low, high)
        return self._select("type_key = ? AND key >= ? AND key < ? ORDER BY key", resource_type.lower(), low, high)

    def due(self, now: float) -> list[Resource]:
        """Return the resources whose time has come, the earliest first."""
        return self._select("due IS NOT NULL AND due <= ? ORDER BY due, key", now)

    def next_due(self) -> float | None:
        """Return when something's time comes next, None where nothing has a time."""
        ((earliest,),) = self._connection.execute("SELECT MIN(due) FROM resources WHERE due IS NOT NULL")
        return earliest

    def remembered(self, name: str) -> str | None:
        """Return what the local Azure itself remembers under a name, None where it remembers nothing."""
        row = self._connection.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def remember(self, name: str, value: str) -> None:
        """Remember a text of the local Azure itself under a name."""
        self._connection.execute("INSERT OR REPLACE INTO memory (name, value) VALUES (?, ?)", (name, value))

    def _select(self, where: str, *values: object) -> list[Resource]:
        # The conditions are those of this class; what comes from outside is a bound value.
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM resources WHERE {where}", values)  # noqa: S608
        return [_resource(row) for row in rows]


def _below(key: str) -> tuple[str, str]:
    """Return the bounds of all keys that begin with `key/` ('0' is the character after '/')."""
    return f"{key}/", f"{key}0"


def _resource(row: tuple[Any, ...]) -> Resource:
    scope, resource_type, names, document, private, due, etag, created, changed = row
    return Resource(
        ResourceId(scope, resource_type, tuple(json.loads(names))),
        json.loads(document),
        json.loads(private),
        due,
        etag,
        created,
        changed,
    )
