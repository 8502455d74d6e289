"""Queries about the stack's policy assignments: whether machines comply.

Remediation tasks are in no table of Resource Graph (source: Microsoft Learn, "Azure Resource Graph table and resource
type reference"); the Azure CLI lists them, and the stack's output `remediations` says what became of its own.
"""

from typing import TYPE_CHECKING

from patching import names
from patching.policy_definitions import plan_assignments
from patching.watching import kql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patching.settings.model import Settings

_STATES = """\
policyresources
| where type =~ "microsoft.policyinsights/policystates"
| where tolower(tostring(properties.policyAssignmentId)) in {assignments}
| extend policy = tostring(properties.policyAssignmentName), state = tostring(properties.complianceState)"""

_COMPLIANCE = """
| summarize machines = count() by policy, state
| order by policy asc"""

_NOT_COMPLIANT = """
| where state =~ "NonCompliant"
| project id, machine = tolower(tostring(properties.resourceId)), policy
| order by policy asc"""


def policy_queries(settings: "Settings") -> dict[str, str]:
    """The queries about policies, by name; none without policies."""
    if not settings.azure_policies:
        return {}
    states = _STATES.format(assignments=kql.ids(_assignment_ids(settings)))
    return {"policyCompliance": states + _COMPLIANCE, "machinesNotCompliant": states + _NOT_COMPLIANT}


def _assignment_ids(settings: "Settings") -> "Iterator[str]":
    for policy in settings.azure_policies.values():
        for plan in plan_assignments(policy.kind, operating_systems=policy.operating_systems, machines=policy.machines):
            name = names.policy_assignment_name(
                policy.key,
                plan.suffix,
                project=settings.project,
                stack=settings.stack,
                scope_id=policy.scope.id,
                scope_kind=policy.scope.kind,
            )
            yield f"{policy.scope.id}/providers/Microsoft.Authorization/policyAssignments/{name}"
