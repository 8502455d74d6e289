"""A check of policies that act as one user-assigned identity: which of them grants a role it needs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from patching.arm_ids import is_within
from patching.faults import Findings
from patching.policy_definitions import definitions_of

if TYPE_CHECKING:
    from patching.settings.model import AzurePolicySettings, ScheduleSettings

_Grant = tuple[str, str, str]
"""Identity, role and scope, in lower case."""


def check_identities(
    policies: "Mapping[str, AzurePolicySettings]", schedules: "Mapping[str, ScheduleSettings]"
) -> Findings:
    """Judges policies against each other: Azure keeps one role assignment for an identity, a role and a scope.

    Source: Azure answers a second one with 409 RoleAssignmentExists.
    """
    findings = Findings()
    granted: dict[_Grant, str] = {}
    for policy in policies.values():
        mine = set(_grants(policy, schedules))
        earlier = next((granted[grant] for grant in sorted(mine) if grant in granted), None)
        if earlier is not None:
            findings.fault(
                f"azurePolicies.{policy.key}.assignRoles",
                True,  # noqa: FBT003 (the value found)
                f"false: azurePolicies.{earlier} grants a role to the same identity at the same scope, and Azure keeps "
                "one of them",
                "write assignRoles: false and rolesGranted: true, and have the roles granted beside the stack; or give "
                "each policy an identity of its own",
                "false",
            )
        granted |= dict.fromkeys(mine - granted.keys(), policy.key)
    return findings


def _grants(policy: "AzurePolicySettings", schedules: "Mapping[str, ScheduleSettings]") -> Iterator[_Grant]:
    if policy.identity is None or not policy.assign_roles:
        return
    places = [policy.scope.id]
    schedule = schedules.get(policy.schedule_key or "")
    if schedule and not is_within(policy.scope, schedule.subscription_id, schedule.resource_group):
        places.append(schedule.resource_id)
    for definition in definitions_of(policy.kind):
        if set(definition.machines) & set(policy.machines):
            for role in definition.roles:
                for place in places:
                    yield policy.identity.lower(), role.lower(), place.lower()
