"""Which ids a scope covers: management groups over subscriptions, subscriptions over groups, groups over resources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.ids import SUBSCRIPTION, ResourceId
from sandbox.arm.store import Resource, Store

MANAGEMENT_GROUPS = "Microsoft.Management/managementGroups"
_ROOT = "/providers/microsoft.management/managementgroups/"


@dataclass(frozen=True)
class ManagementGroup:
    """One management group, as the subscriptions below it name it: `above` are its ancestors, the nearest first."""

    name: str
    display_name: str
    above: tuple[str, ...]


@dataclass(frozen=True)
class Hierarchy:
    """The management groups: above each subscription (by its lower-cased id; nearest first), and each by its name."""

    above: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, ManagementGroup]

    def covers(self, scope: str, resource_id: str) -> bool:
        """Tell whether a scope is the given id or lies above it. Both are ARM ids in any case; '' is the tenant."""
        outer, inner = scope.lower().rstrip("/"), resource_id.lower().rstrip("/")
        if not outer or inner == outer or inner.startswith(f"{outer}/"):
            return True
        group = _management_group(outer)
        return group is not None and group in self._groups_above(inner)

    def subscriptions_below(self, group: str) -> list[str]:
        """Return the lower-cased ids of the subscriptions below a management group."""
        return sorted(one for one, above in self.above.items() if group.lower() in above)

    def _groups_above(self, resource_id: str) -> tuple[str, ...]:
        parts = resource_id.split("/")
        if len(parts) > 2 and parts[1] == "subscriptions":  # noqa: PLR2004
            return self.above.get(parts[2], ())
        name = _management_group(resource_id)
        found = self.groups.get(name) if name else None
        return (found.name.lower(), *found.above) if found else ()


def management_group_name(scope: str) -> str | None:
    """Return the lower-cased name of the management group that an id is, or lies in; None outside of any."""
    return _management_group(scope.lower())


def _management_group(key: str) -> str | None:
    return key.removeprefix(_ROOT).split("/")[0] if key.startswith(_ROOT) else None


def hierarchy_of(store: Store) -> Hierarchy:
    """Read the management groups off the `managementGroupAncestorsChain` of the subscriptions."""
    return _hierarchy(one for one in store.under("", SUBSCRIPTION))


def _hierarchy(subscriptions: Iterable[Resource]) -> Hierarchy:
    above: dict[str, tuple[str, ...]] = {}
    groups: dict[str, ManagementGroup] = {}
    for subscription in subscriptions:
        chain: list[Mapping[str, Any]] = subscription.properties.get("managementGroupAncestorsChain") or []
        names = tuple(str(one["name"]).lower() for one in chain)
        above[subscription.id.name.lower()] = names
        for at, one in enumerate(chain):
            display = str(one.get("displayName") or one["name"])
            groups[names[at]] = ManagementGroup(str(one["name"]), display, names[at + 1 :])
    return Hierarchy(above, groups)


def group_id(name: str) -> ResourceId:
    """Return the id of a management group."""
    return ResourceId("", MANAGEMENT_GROUPS, (name,))
