"""Which machines an Azure Policy of the stack changes: those that are there, by its remediation.

Source: the built-in definitions' own rules (github.com/Azure/azure-policy). They compare a tag's name and value
exactly, unlike dynamic scopes. Which images they know is not looked at here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patching.arm_ids import ScopeKind, is_within
from patching.scopes import Machine, TagOperator, location_key
from patching.settings.model import AzurePolicySettings

ManagementGroups = Mapping[str, frozenset[str]]
"""The names of the management groups above a subscription, both in lower case."""


@dataclass(frozen=True, slots=True)
class PolicyReach:
    """A policy whose remediation changes machines, ready to be asked about many."""

    policy: AzurePolicySettings
    excluded: tuple[str, ...]
    locations: frozenset[str]
    """The locations that both the policy and its remediation look at; empty for all."""
    nowhere: bool
    """Whether the two have no location in common."""

    def changes(self, machine: Machine, management_groups: ManagementGroups) -> bool:
        """Whether the remediation changes a machine that does not comply."""
        policy, place = self.policy, machine.id
        return (
            not self.nowhere
            and place.kind in policy.machines
            and machine.os in policy.operating_systems
            and self._holds(machine, management_groups)
            and (not self.locations or location_key(machine.location) in self.locations)
            and _tags_match(policy, machine.tags)
        )

    def _holds(self, machine: Machine, management_groups: ManagementGroups) -> bool:
        place, scope = machine.id, self.policy.scope
        above = management_groups.get(place.subscription_id.lower(), frozenset[str]())
        if scope.kind is ScopeKind.MANAGEMENT_GROUP:
            inside = (scope.name or "").lower() in above
        else:
            inside = is_within(scope, place.subscription_id, place.resource_group) is True
        if not inside or not self.excluded:
            return inside
        return not any(
            one.startswith(self.excluded) for one in (f"{str(place).lower()}/", *map(_management_group, above))
        )


def remediating(policies: Iterable[AzurePolicySettings]) -> list[PolicyReach]:
    """The policies that change machines that are there: they remediate, and their identity has its roles."""
    return [_reach(one) for one in policies if one.remediate and (one.assign_roles or one.roles_granted)]


def _reach(policy: AzurePolicySettings) -> PolicyReach:
    looked_at = {location_key(one) for one in policy.locations}
    mended = {location_key(one) for one in policy.remediation.locations}
    both = looked_at & mended if looked_at and mended else looked_at | mended
    return PolicyReach(
        policy=policy,
        excluded=tuple(f"{one.lower().rstrip('/')}/" for one in policy.not_scopes),
        locations=frozenset(both),
        nowhere=bool(looked_at and mended and not both),
    )


def _management_group(name: str) -> str:
    return f"/providers/microsoft.management/managementgroups/{name}/"


def _tags_match(policy: AzurePolicySettings, tags: Mapping[str, str]) -> bool:
    if not policy.tags:
        return True
    hits = (tags.get(name) == value for name, value in policy.tags.items())
    return all(hits) if policy.tag_operator is TagOperator.ALL else any(hits)
