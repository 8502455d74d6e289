"""Roles of identities: granted here, or by somebody else, who is told what to grant so that it can be done by hand."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization

from patching import names

from .declaring import both_known


class RoleToGrant(TypedDict):
    """A role that somebody else has to grant, before what needs it can work."""

    principal_id: str
    """The object id of the assignment's identity."""
    role_definition_id: str
    """The ARM id of the role definition."""
    scope: str
    """Where it has to be granted."""
    command: str
    """The Azure CLI command that grants it."""


def granted_role(
    logical_name: str,
    *,
    role: str,
    scope: pulumi.Input[str],
    principal_id: pulumi.Input[str],
    grantee: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "authorization.RoleAssignment":
    """Declares a role (an ARM id) of an identity at a scope.

    The assignment's own name is made of project, stack, role, scope and `grantee`, which says whose identity it is: the
    principal is known only when the identity has been made.
    """

    def name(scope_id: str, grantee: str) -> str:
        return names.role_assignment_name(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            grantee=grantee,
            role_definition_id=role,
            scope_id=scope_id,
        )

    # Azure changes none of these in place.
    changeless = pulumi.ResourceOptions(
        replace_on_changes=["principalId", "roleDefinitionId", "scope"], delete_before_replace=True
    )
    return authorization.RoleAssignment(
        logical_name,
        authorization.RoleAssignmentArgs(
            role_assignment_name=both_known(scope, grantee, name),
            scope=scope,
            role_definition_id=role,
            principal_id=principal_id,
            # Told what it is, the service does not look a new identity up where it may not have spread to yet.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        ),
        pulumi.ResourceOptions.merge(opts, changeless),
    )


def role_to_grant(role: str, scope: pulumi.Input[str], principal_id: pulumi.Output[str]) -> pulumi.Output[RoleToGrant]:
    """A role (an ARM id) of a principal at a scope, with the command that grants it."""
    return pulumi.Output.all(scope, principal_id).apply(lambda known: _grant(role, known[0], known[1]))


def _grant(role: str, scope: str, principal_id: str) -> RoleToGrant:
    command = (
        f"az role assignment create --assignee-object-id {principal_id} --assignee-principal-type ServicePrincipal "
        f"--role {role.rpartition('/')[2]} --scope {scope}"
    )
    return RoleToGrant(principal_id=principal_id, role_definition_id=role, scope=scope, command=command)
