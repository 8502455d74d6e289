"""What `AzurePolicy` declares for each assignment: itself with its identity, its roles, and a remediation task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_azure_native import authorization, policyinsights

from patching import names
from patching.policy_definitions import PlannedAssignment

from .declaring import waiting_for, when_known
from .policy_arguments import AzurePolicyArgs
from .remediation import RemediationArgs
from .roles import granted_role
from .spreading import spread

_DISPLAY_NAME_LENGTH = 128
_OF_THE_PROGRAM = ("attempt", "wait_minutes", "settle_minutes")
"""What a remediation is told that is nothing to its task: `attempt` is in the name by itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an assignment and what belongs to it are declared: in the stack, and in Azure."""

    parent: pulumi.Resource
    child_name: str
    scope_id: pulumi.Input[str]
    assignment_name: pulumi.Input[str]
    role_suffix: str = ""

    def shared(self, name: str) -> "Place":
        """The same place, for roles that all assignments of the component `name` have in common."""
        return replace(self, child_name=name, assignment_name=name)

    def at(self, scope_id: pulumi.Input[str], role_suffix: str) -> "Place":
        """Another place in Azure, for roles of the same assignment."""
        return replace(self, scope_id=scope_id, role_suffix=f"-{role_suffix}")


def policy_assignment(
    place: Place, plan: PlannedAssignment, args: AzurePolicyArgs, parameters: pulumi.Input[Mapping[str, object]]
) -> "authorization.PolicyAssignment":
    """Declares an assignment, with an identity unless the definition only audits."""
    needs_identity = bool(plan.definition.roles)
    message = args.get("non_compliance_message")
    messages = None if message is None else [authorization.NonComplianceMessageArgs(message=message)]
    suffix = f" ({plan.suffix})" if plan.suffix else ""
    return authorization.PolicyAssignment(
        place.child_name,
        authorization.PolicyAssignmentArgs(
            policy_assignment_name=place.assignment_name,
            scope=place.scope_id,
            policy_definition_id=plan.definition.id,
            definition_version=args.get("definition_version"),
            display_name=f"{plan.definition.display_name}{suffix}"[:_DISPLAY_NAME_LENGTH],
            enforcement_mode=authorization.EnforcementMode(args.get("enforcement_mode", "Default")),
            identity=_identity(args.get("identity")) if needs_identity else None,
            location=args.get("location") if needs_identity else None,
            non_compliance_messages=messages,
            not_scopes=args.get("not_scopes") or None,
            parameters=when_known(parameters, _parameter_values),
        ),
        pulumi.ResourceOptions(
            parent=place.parent,
            protect=args.get("protect", True),
            replace_on_changes=["location", "scope", "policyDefinitionId"],
            delete_before_replace=True,
        ),
    )


def _identity(user_assigned: pulumi.Input[str] | None) -> "authorization.IdentityArgs":
    if user_assigned is None:
        return authorization.IdentityArgs(type=authorization.ResourceIdentityType.SYSTEM_ASSIGNED)
    return authorization.IdentityArgs(
        type=authorization.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[user_assigned]
    )


def role_assignment(place: Place, role: str, principal_id: pulumi.Output[str]) -> "authorization.RoleAssignment":
    """Declares a role of the assignment's identity at a place."""
    return granted_role(
        f"{place.child_name}-role-{role.rpartition('/')[2][:8]}{place.role_suffix}",
        role=role,
        scope=place.scope_id,
        principal_id=principal_id,
        grantee=place.assignment_name,
        opts=pulumi.ResourceOptions(parent=place.parent),
    )


def remediation_task(
    place: Place,
    assignment: "authorization.PolicyAssignment",
    how: RemediationArgs,
    redo: Mapping[str, Any],
    roles: "Sequence[authorization.RoleAssignment]",
) -> "policyinsights.RemediationAtResource":
    """Declares a task that comes after the roles; `redo` is what it must redo, besides how it works."""
    locations, threshold, discovery = how.get("locations"), how.get("failure_threshold"), how.get("discovery")
    settle = int(how.get("settle_minutes", 0))
    # A task's settings are fixed once it has started: other settings are another task.
    everything = {"assignment": assignment.id, "attempt": int(how.get("attempt", 1)), "how": _settings(how), **redo}
    return policyinsights.RemediationAtResource(
        place.child_name,
        policyinsights.RemediationAtResourceArgs(
            remediation_name=pulumi.Output.all(place.assignment_name, everything).apply(
                lambda known: names.remediation_name(known[0], known[1])
            ),
            resource_id=place.scope_id,
            policy_assignment_id=assignment.id,
            parallel_deployments=_whole(how.get("parallel_deployments")),
            resource_count=_whole(how.get("resource_count")),
            failure_threshold=None
            if threshold is None
            else policyinsights.RemediationPropertiesFailureThresholdArgs(percentage=threshold),
            filters=policyinsights.RemediationFiltersArgs(locations=locations) if locations else None,
            resource_discovery_mode=None if discovery is None else policyinsights.ResourceDiscoveryMode(discovery),
        ),
        pulumi.ResourceOptions(
            parent=place.parent,
            depends_on=waiting_for([spread(roles, settle, place.parent)]) if roles and settle else list(roles),
            # Tasks that have ended are a record, and one that runs must not be deleted.
            retain_on_delete=True,
        ),
    )


def _settings(how: RemediationArgs) -> dict[str, object]:
    return {key: value for key, value in how.items() if key not in _OF_THE_PROGRAM}


def _whole(number: float | None) -> int | None:
    """Whole numbers arrive as floats from programs in other languages."""
    return None if number is None else int(number)


def _parameter_values(parameters: Mapping[str, object]) -> "dict[str, authorization.ParameterValuesValueArgs]":
    return {key: authorization.ParameterValuesValueArgs(value=value) for key, value in parameters.items()}
