"""Roles that somebody else has to grant: what a component says of them, so that it can be done by hand."""

from typing import TypedDict

import pulumi


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


def role_to_grant(role: str, scope: pulumi.Input[str], principal_id: pulumi.Output[str]) -> pulumi.Output[RoleToGrant]:
    """A role (an ARM id) of a principal at a scope, with the command that grants it."""
    return pulumi.Output.all(scope, principal_id).apply(lambda known: _grant(role, known[0], known[1]))


def _grant(role: str, scope: str, principal_id: str) -> RoleToGrant:
    command = (
        f"az role assignment create --assignee-object-id {principal_id} --assignee-principal-type ServicePrincipal "
        f"--role {role.rpartition('/')[2]} --scope {scope}"
    )
    return RoleToGrant(principal_id=principal_id, role_definition_id=role, scope=scope, command=command)
