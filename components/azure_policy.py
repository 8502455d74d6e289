"""`AzurePolicy`: built-in policy definitions assigned so that machines end compliant, not only assignments in place.

For each assignment: its identity, exactly the roles its definition asks for, then a remediation task, then its end.
Definitions and their parameters are the core's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, policyinsights

from patching import names
from patching.arm_ids import ScopeId
from patching.policy_definitions import PlannedAssignment

from .declaring import after, component_type, together, together_in_order, when_known
from .policy_arguments import (
    AzurePolicyArgs,
    checked_arguments,
    configuration_elsewhere,
    parsed_scope,
    planned,
)
from .policy_children import Place, policy_assignment, remediation_task, role_assignment
from .remediation import RemediationResult, Watch, watched

_ONLY_ASSIGNMENT = "assignment"
_WAIT_MINUTES = 10


class RoleToGrant(TypedDict):
    """A role that somebody else has to grant before remediation can work."""

    principal_id: str
    """The object id of the assignment's identity."""
    role_definition_id: str
    """The ARM id of the role definition."""
    scope: str
    """Where it has to be granted."""
    command: str
    """The Azure CLI command that grants it."""


@dataclass(frozen=True, slots=True)
class _Made:
    """One policy assignment and what came of it."""

    assignment: authorization.PolicyAssignment
    principal_id: pulumi.Output[str] | None = None
    roles_to_grant: Sequence[pulumi.Output[RoleToGrant]] = ()
    remediation: policyinsights.RemediationAtResource | None = None
    watch: pulumi.Output[Watch] | None = None


class AzurePolicy(pulumi.ComponentResource):
    """A policy of Azure Update Manager at a scope, with identity, roles and remediation.

    All outputs that are maps have the assignments' keys: `linux`, `windows`, `linux-arc`, `windows-arc`, or
    `assignment` for an only one.
    """

    name: pulumi.Output[str]
    """The name the component was given."""
    resource_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the policy assignments."""
    principal_ids: pulumi.Output[dict[str, str]]
    """The object ids of the assignments' identities; none where a definition only audits."""
    remediation_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the remediation tasks."""
    remediations: pulumi.Output[dict[str, RemediationResult]]
    """What became of the remediation tasks; unknown in a preview."""
    roles_to_grant: pulumi.Output[list[RoleToGrant]]
    """What somebody else has to grant; empty where this component grants it."""
    warnings: pulumi.Output[list[str]]
    """Remediation tasks that failed or did not end in time, and why."""
    ended: pulumi.Output[str]
    """Known when every remediation task has ended or its time to wait is over, to be waited for; also known in a
    preview."""

    def __init__(self, name: str, args: AzurePolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the assignments, roles and tasks.

        Raises:
            pulumi.RunError: something plain is wrong; the message has all faults.
        """
        super().__init__(component_type(AzurePolicy), name, None, opts)
        args = checked_arguments(name, args)
        made = {
            plan.suffix or _ONLY_ASSIGNMENT: self._make(name, args, index, plan)
            for index, plan in enumerate(planned(args, None))
        }
        self.name = pulumi.Output.from_input(name)
        self._set_outputs(made)
        self.register_outputs(
            {
                "name": self.name,
                "resourceIds": self.resource_ids,
                "principalIds": self.principal_ids,
                "remediationIds": self.remediation_ids,
                "remediations": self.remediations,
                "rolesToGrant": self.roles_to_grant,
                "warnings": self.warnings,
                "ended": self.ended,
            }
        )

    def _set_outputs(self, made: Mapping[str, _Made]) -> None:
        watches = {key: one.watch for key, one in made.items() if one.watch}
        watched_all = together(watches)
        self.resource_ids = together({key: one.assignment.id for key, one in made.items()})
        self.principal_ids = together({key: one.principal_id for key, one in made.items() if one.principal_id})
        self.remediation_ids = together({key: one.remediation.id for key, one in made.items() if one.remediation})
        self.remediations = watched_all.apply(_results)
        self.roles_to_grant = together_in_order([role for one in made.values() for role in one.roles_to_grant])
        if pulumi.runtime.is_dry_run():
            self.warnings = pulumi.Output.from_input(list[str]())
            self.ended = after("not waited for in a preview", *watches.values())
        else:
            self.warnings = watched_all.apply(_concerns)
            self.ended = watched_all.apply(_in_words)

    def _make(self, name: str, args: AzurePolicyArgs, index: int, plan: PlannedAssignment) -> _Made:
        """Declares one assignment and what belongs to it; `index` is the plan's among those of the policy."""
        scope = when_known(args["scope"], lambda text: parsed_scope(name, text))
        place = Place(
            parent=self,
            child_name=f"{name}-{plan.suffix or _ONLY_ASSIGNMENT}",
            scope_id=when_known(scope, lambda known: known.id),
            assignment_name=when_known(scope, lambda known: _assignment_name(name, plan.suffix, known)),
        )
        parameters = when_known(
            args.get("maintenance_configuration_id"), lambda known: planned(args, known)[index].parameters
        )
        assignment = policy_assignment(place, plan, args, parameters)
        if not plan.definition.roles:
            return _Made(assignment)
        principal_id = assignment.identity.apply(_principal_of)
        elsewhere = configuration_elsewhere(args)
        places = [place] if elsewhere is None else [place, place.at(elsewhere, "configuration")]
        grants = [(role, where) for where in places for role in plan.definition.roles]
        if args.get("assign_roles", True):
            to_grant: list[pulumi.Output[RoleToGrant]] = []
            roles = [role_assignment(where, role, principal_id) for role, where in grants]
        else:
            to_grant = [_to_grant(role, where.scope_id, principal_id) for role, where in grants]
            roles = []
        if not args.get("remediate", True) or not (roles or args.get("roles_granted")):
            return _Made(assignment, principal_id, to_grant)
        redo = {
            "definition": plan.definition.id,
            "version": plan.definition.version,
            "parameters": parameters,
            # A new identity means that the assignment was made anew: its old task is nothing to it.
            "identity": principal_id,
        }
        how = args.get("remediation", {})
        task = remediation_task(place, assignment, how, redo, roles)
        watch = watched(task, place.scope_id, int(how.get("wait_minutes", _WAIT_MINUTES)), self)
        return _Made(assignment, principal_id, to_grant, task, watch)


def _assignment_name(name: str, suffix: str, scope: ScopeId) -> str:
    return names.policy_assignment_name(
        name, suffix, project=pulumi.get_project(), stack=pulumi.get_stack(), scope_id=scope.id, scope_kind=scope.kind
    )


def _principal_of(identity: authorization.outputs.IdentityResponse | None) -> str:
    return identity.principal_id if identity else ""


def _to_grant(role: str, scope: pulumi.Input[str], principal_id: pulumi.Output[str]) -> pulumi.Output[RoleToGrant]:
    return pulumi.Output.all(scope, principal_id).apply(lambda known: _grant(role, known[0], known[1]))


def _grant(role: str, scope: str, principal_id: str) -> RoleToGrant:
    command = (
        f"az role assignment create --assignee-object-id {principal_id} --assignee-principal-type ServicePrincipal "
        f"--role {role.rpartition('/')[2]} --scope {scope}"
    )
    return RoleToGrant(principal_id=principal_id, role_definition_id=role, scope=scope, command=command)


def _results(watches: Mapping[str, Watch]) -> dict[str, RemediationResult]:
    return {key: watch.result for key, watch in watches.items()}


def _concerns(watches: Mapping[str, Watch]) -> list[str]:
    return [f"remediation {key}: {watch.concern}" for key, watch in watches.items() if watch.concern]


def _in_words(watches: Mapping[str, Watch]) -> str:
    return f"{sum(watch.ended for watch in watches.values())} of {len(watches)} remediation tasks have ended"
