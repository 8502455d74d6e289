"""What was found in Azure: maintenance configurations, configuration assignments, and what is known around them.

Frozen, and in Azure's own words: nothing is judged here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patching.arm_ids import ResourceId, ScopeId


@dataclass(frozen=True, slots=True)
class FoundConfiguration:
    """A maintenance configuration.

    `properties` are its own, with the window's inside `maintenanceWindow`; nulls are left out. `location` is empty and
    `tags` are none where no row says them.
    """

    id: ResourceId
    location: str
    tags: Mapping[str, str]
    properties: Mapping[str, Any]

    @property
    def window(self) -> Mapping[str, Any]:
        """The maintenance window's properties."""
        return self.properties.get("maintenanceWindow") or {}


@dataclass(frozen=True, slots=True)
class FoundAssignment:
    """A configuration assignment: to what lies at `scope_id`, or to what its filter matches there.

    `location` is empty where it has none; `filter` is None where no row has one.
    """

    scope_id: str
    name: str
    location: str
    configuration_id: str
    filter: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{self.scope_id}/providers/Microsoft.Maintenance/configurationAssignments/{self.name}"


@dataclass(frozen=True, slots=True)
class DynamicAssignment:
    """An assignment with a filter, at a subscription or a resource group."""

    found: FoundAssignment
    scope: ScopeId


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that was found, by lower-cased id, in the order of the ids.

    `machine_ids` have machines' ids as Azure spells them, `machine_locations` where they are, `subscription_names` the
    subscriptions' by their lower-cased GUIDs. `unread` says of every row that could not be understood why.
    """

    configurations: Mapping[str, FoundConfiguration]
    assignments: Mapping[str, FoundAssignment]
    machine_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    machine_locations: Mapping[str, str] = field(default_factory=dict[str, str])
    subscription_names: Mapping[str, str] = field(default_factory=dict[str, str])
    unread: tuple[str, ...] = ()
