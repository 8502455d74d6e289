"""The rows of Resource Graph's tables: the columns that all of them have, and how a resource becomes a row.

Types, resource groups, subscriptions and locations are in lower case; an id keeps the case in which its provider
answers it. Source: answers of the service, as `az graph query` prints them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.azure import TENANT_ID, Azure
from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.effects import Permission
from sandbox.arm.providers.authorization.principals import Grants
from sandbox.arm.regions import normalised
from sandbox.arm.resource_graph.compiled import Column, Row
from sandbox.arm.store import Resource

COLUMNS = (
    Column("id", "string"),
    Column("name", "string"),
    Column("type", "string"),
    Column("tenantId", "string"),
    Column("kind", "string"),
    Column("location", "string"),
    Column("resourceGroup", "string"),
    Column("subscriptionId", "string"),
    Column("managedBy", "string"),
    Column("sku", "dynamic"),
    Column("plan", "dynamic"),
    Column("properties", "dynamic"),
    Column("tags", "dynamic"),
    Column("identity", "dynamic"),
    Column("zones", "dynamic"),
    Column("extendedLocation", "dynamic"),
)
"""What every table has; a column that a row has nothing for is empty, or null where it is dynamic."""
_ID, _TYPE = ([one.name for one in COLUMNS].index(name) for name in ("id", "type"))


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a query looks: subscriptions and management groups, by their lower-cased names; `whole` is the tenant.

    `grants` are those of who asks, who sees what it may read; None sees everything.
    """

    subscriptions: frozenset[str]
    management_groups: frozenset[str]
    whole: bool = False
    grants: Grants | None = None

    def shows(self, row: Row) -> bool:
        """Tell whether who asks may read what a row is of."""
        return self.grants is None or self.grants.allow(Permission(f"{row[_TYPE]}/read", row[_ID]))

    def resources(self, azure: Azure, resource_type: str) -> Iterator[Resource]:
        """Return the resources of a type that lie in the subscriptions."""
        if self.whole:
            yield from azure.store.under("", resource_type)
            return
        for subscription in sorted(self.subscriptions):
            yield from azure.store.under(f"/subscriptions/{subscription}", resource_type)


def row(resource_id: ResourceId, kind: str, answer: Mapping[str, Any], **columns: Any) -> Row:
    """Return the row of a resource, of what its provider answers; `columns` are given other values than it has."""
    location = answer.get("location")
    values: dict[str, Any] = {
        "id": answer.get("id") or resource_id.text,
        "name": resource_id.name,
        "type": kind.lower(),
        "tenantId": TENANT_ID,
        "kind": answer.get("kind") or "",
        "location": normalised(location) if isinstance(location, str) else "",
        "resourceGroup": (resource_id.resource_group or "").lower(),
        "subscriptionId": (resource_id.subscription or "").lower(),
        "managedBy": answer.get("managedBy") or "",
    }
    values |= {one.name: answer.get(one.name) for one in COLUMNS if one.type == "dynamic"}
    values |= columns
    return tuple(values[one.name] for one in COLUMNS)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order of their ids."""
    return sorted(rows, key=lambda one: one[0].lower())
