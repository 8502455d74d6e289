"""Who may do what: the identities that the local Azure knows, and what their role assignments allow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.azure import CALLER_ID, LIMITED_CLIENT_ID, Azure
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import MACHINE_TYPES, parse
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS, Assignment
from sandbox.arm.policy.effects import Permission
from sandbox.arm.policy.roles import ROLES, Role
from sandbox.arm.policy.scopes import Hierarchy
from sandbox.arm.quirks import ROLES_SPREAD_SLOWLY
from sandbox.arm.store import Resource

ROLE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_SPREADING = 600.0
"""How long a role assignment is not known everywhere, in seconds, where that quirk is on."""
USER_ASSIGNED_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
ALERT_RULES = "Microsoft.Insights/scheduledQueryRules"


def user_assigned(azure: Azure, identity_id: str) -> Resource | None:
    """Return the user-assigned identity of an ARM id, or None."""
    try:
        parsed = parse(identity_id)
    except ArmError:
        return None
    return azure.store.get(parsed) if parsed.is_type(USER_ASSIGNED_IDENTITIES) else None


def principal_of(azure: Azure, assignment: Assignment) -> str | None:
    """Return the principal as which a policy assignment acts, or None where it has no identity any more."""
    if assignment.identity.get("principalId"):
        return str(assignment.identity["principalId"])
    users: Mapping[str, Any] = assignment.identity.get("userAssignedIdentities") or {}
    for identity_id in users:
        found = user_assigned(azure, identity_id)
        if found:
            return str(found.properties["principalId"])
    return None


def service_principals(azure: Azure) -> set[str]:
    """Return the lower-cased principal ids of policy assignments, machines, users' own identities, and applications."""
    return set(_service_principals(azure))


def _service_principals(azure: Azure) -> Iterator[str]:
    yield LIMITED_CLIENT_ID
    for resource_type in (POLICY_ASSIGNMENTS, *MACHINE_TYPES, ALERT_RULES):
        for resource in azure.store.under("", resource_type):
            identity: Mapping[str, Any] = resource.document.get("identity") or {}
            if identity.get("principalId"):
                yield str(identity["principalId"]).lower()
    for resource in azure.store.under("", USER_ASSIGNED_IDENTITIES):
        yield str(resource.properties["principalId"]).lower()


@dataclass(frozen=True)
class Grants:
    """What the roles allow that are assigned to one principal: each role, and the scope it is assigned at."""

    hierarchy: Hierarchy
    roles: tuple[tuple[Role, str], ...]

    def allow(self, permission: Permission) -> bool:
        """Tell whether a role at the permission's scope, or above it, allows its action."""
        return any(
            role.allows(permission.action) and self.hierarchy.covers(scope, permission.scope)
            for role, scope in self.roles
        )

    def reach(self, scope: str) -> bool:
        """Tell whether anything is granted at an id, above it or below it."""
        return any(self.hierarchy.covers(one, scope) or self.hierarchy.covers(scope, one) for _, one in self.roles)


def grants_of(azure: Azure, hierarchy: Hierarchy, principal: str) -> Grants:
    """Return what is granted to a principal, by its object id."""
    return Grants(hierarchy, tuple(_roles_of(azure, principal.lower())))


def _roles_of(azure: Azure, principal: str) -> Iterator[tuple[Role, str]]:
    for assigned in azure.store.under("", ROLE_ASSIGNMENTS):
        properties = assigned.properties
        role = ROLES.get(str(properties["roleDefinitionId"]).rsplit("/", 1)[-1].lower())
        if role and str(properties["principalId"]).lower() == principal and _has_spread(azure, assigned):
            yield role, assigned.id.scope


def check_permission(azure: Azure, hierarchy: Hierarchy, principal: str | None, permission: Permission) -> None:
    """Check that a principal may do something: by a role assigned to it at the scope or above.

    Raises ArmError (403 AuthorizationFailed) as ARM does.
    """
    if grants_of(azure, hierarchy, principal or "").allow(permission):
        return
    raise ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{principal}' with object id '{principal}' does not have authorization to perform action "
        f"'{permission.action}' over scope '{permission.scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
    )


def _has_spread(azure: Azure, assigned: Resource) -> bool:
    return ROLES_SPREAD_SLOWLY not in azure.settings.quirks or azure.now() - assigned.created >= _SPREADING


def is_known(azure: Azure, principal: str) -> bool:
    """Tell whether the directory knows a principal: an identity, or the caller."""
    return principal.lower() == CALLER_ID or principal.lower() in service_principals(azure)
