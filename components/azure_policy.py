"""`AzurePolicy`: built-in policy definitions assigned so that machines end compliant, not only assignments in place.

For each assignment: its identity, exactly the roles its definition asks for, then a remediation task, then its end.
Definitions and their parameters are the core's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from patching import names
from patching.arm_ids import ScopeId
from patching.policy_definitions import PlannedAssignment

from .declaring import after, component_options, component_type, together, together_in_order, when_known
from .policy_arguments import (
    AzurePolicyArgs,
    checked_arguments,
    configuration_elsewhere,
    parsed_scope,
    planned,
)
from .policy_children import Place, policy_assignment, remediation_task, role_assignment
from .principals import principal_of
from .remediation import RemediationResult, Watch, watched
from .roles import RoleToGrant, role_to_grant

if TYPE_CHECKING:
    from pulumi_azure_native import authorization, policyinsights

_ONLY_ASSIGNMENT = "assignment"


@dataclass(frozen=True, slots=True)
class _Made:
    """One policy assignment and what came of it."""

    assignment: "authorization.PolicyAssignment"
    principal_id: pulumi.Output[str] | None = None
    roles_to_grant: Sequence[pulumi.Output[RoleToGrant]] = ()
    remediation: "policyinsights.RemediationAtResource | None" = None
    watch: pulumi.Output[Watch] | None = None


@dataclass(frozen=True, slots=True)
class _Granted:
    """The roles of one identity: those the component declares, and those somebody else has to grant, by role and place.

    Azure keeps one role assignment for an identity, a role and a scope, so that assignments which share an identity
    share these.
    """

    roles: "dict[tuple[str, str], authorization.RoleAssignment]"
    to_grant: dict[tuple[str, str], pulumi.Output[RoleToGrant]]


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
        super().__init__(component_type(AzurePolicy), name, None, component_options(opts))
        args = checked_arguments(name, args)
        shared = None if args.get("identity") is None else _Granted({}, {})
        made = {
            plan.suffix or _ONLY_ASSIGNMENT: self._make(name, args, index, plan, shared or _Granted({}, {}))
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

    def _make(self, name: str, args: AzurePolicyArgs, index: int, plan: PlannedAssignment, granted: _Granted) -> _Made:
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
        principal_id = principal_of(assignment, place.scope_id, place.assignment_name, args.get("identity"))
        of_roles = place if args.get("identity") is None else place.shared(name)
        roles, to_grant = _grant_roles(args, plan, of_roles, principal_id, granted)
        if not args.get("remediate", True) or not (roles or args.get("roles_granted")):
            return _Made(assignment, principal_id, to_grant)
        redo = {
            "definition": plan.definition.id,
            "version": args.get("definition_version", plan.definition.version),
            "parameters": parameters,
            # A new identity means that the assignment was made anew: its old task is nothing to it.
            "identity": principal_id,
        }
        how = args.get("remediation", {})
        task = remediation_task(place, assignment, how, redo, roles)
        return _Made(assignment, principal_id, to_grant, task, watched(task, place.scope_id, how, self))


def _grant_roles(
    args: AzurePolicyArgs,
    plan: PlannedAssignment,
    place: Place,
    principal_id: pulumi.Output[str],
    granted: _Granted,
) -> "tuple[list[authorization.RoleAssignment], list[pulumi.Output[RoleToGrant]]]":
    """The roles an assignment needs, where this component grants them; else those to be told that were not told yet."""
    elsewhere = configuration_elsewhere(args)
    places = [place] if elsewhere is None else [place, place.at(elsewhere, "configuration")]
    needed = {(role, where.role_suffix): where for where in places for role in plan.definition.roles}
    if not args.get("assign_roles", True):
        untold = {key: where for key, where in needed.items() if key not in granted.to_grant}
        told = {key: role_to_grant(key[0], where.scope_id, principal_id) for key, where in untold.items()}
        granted.to_grant.update(told)
        return [], list(told.values())
    for key, where in needed.items():
        if key not in granted.roles:
            granted.roles[key] = role_assignment(where, key[0], principal_id)
    return [granted.roles[key] for key in needed], []


def _assignment_name(name: str, suffix: str, scope: ScopeId) -> str:
    return names.policy_assignment_name(
        name, suffix, project=pulumi.get_project(), stack=pulumi.get_stack(), scope_id=scope.id, scope_kind=scope.kind
    )


def _results(watches: Mapping[str, Watch]) -> dict[str, RemediationResult]:
    return {key: watch.result for key, watch in watches.items()}


def _concerns(watches: Mapping[str, Watch]) -> list[str]:
    return [f"remediation {key}: {watch.concern}" for key, watch in watches.items() if watch.concern]


def _in_words(watches: Mapping[str, Watch]) -> str:
    return f"{sum(watch.ended for watch in watches.values())} of {len(watches)} remediation tasks have ended"
