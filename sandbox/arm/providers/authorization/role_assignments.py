"""Microsoft.Authorization/roleAssignments: at any scope, by GUID names that are unique in the whole tenant.

Sources: learn.microsoft.com/azure/role-based-access-control/troubleshooting and /role-assignments-rest; the messages as
in Azure/Enterprise-Scale issue 1747 and MicrosoftDocs/azure-docs issue 103085.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.arm.azure import CALLER_ID, TENANT_ID, Azure, Reply, Request, ResourceType, envelope
from sandbox.arm.bodies import check, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.policy.roles import ROLES
from sandbox.arm.providers.authorization.common import (
    ROLE_VERSIONS,
    check_listed_scope,
    check_scope,
    delete_assignment,
    quoted,
    unsupported_filter,
)
from sandbox.arm.providers.authorization.principals import ROLE_ASSIGNMENTS, is_known, service_principals
from sandbox.arm.providers.authorization.role_definitions import role_id
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_PRINCIPAL_TYPES = frozenset({"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"})
_SHAPE = {
    "properties": {
        "roleDefinitionId": str,
        "principalId": str,
        "principalType": _PRINCIPAL_TYPES,
        "description": str,
        "condition": str,
        "conditionVersion": str,
        "delegatedManagedIdentityResourceId": str,
    }
}
_FREE = ("description", "condition", "conditionVersion", "delegatedManagedIdentityResourceId")
_ROLE = re.compile(r"(/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/([^/]+)", re.IGNORECASE)


def _put(request: Request) -> Reply:
    azure, assignment_id = request.azure, request.resource_id
    check_scope(azure, assignment_id)
    _check_guid(assignment_id.name, "InvalidRoleAssignmentId", "role assignment ID")
    check(request.body, _SHAPE)
    asked: Mapping[str, Any] = without_nulls(request.body.get("properties") or {})
    for key in ("roleDefinitionId", "principalId"):
        if not asked.get(key):
            raise bad_request(
                "InvalidRoleAssignmentRequest", f"The property '{key}' of the role assignment is missing."
            )
    _check_guid(asked["principalId"], "InvalidPrincipalId", "principal ID")
    principal_type = _principal_type(azure, asked)
    written = Resource(
        assignment_id,
        {
            "properties": {
                "roleDefinitionId": role_id(ROLES[_role(asked["roleDefinitionId"])], assignment_id),
                "principalId": asked["principalId"],
                "principalType": principal_type,
                "scope": assignment_id.scope or "/",
                **{key: asked.get(key) for key in _FREE},
            }
        },
    )
    earlier = azure.store.get(assignment_id)
    _check_unique(azure, written)
    return Reply(200 if earlier else 201, present(azure.write(written, request.api_version)))


def _check_guid(text: str, code: str, words: str) -> None:
    try:
        uuid.UUID(text)
    except ValueError as error:
        raise bad_request(code, f"The {words} '{text}' is not valid. The {words} must be a GUID.") from error


def _role(definition_id: str) -> str:
    found = _ROLE.fullmatch(definition_id.rstrip("/"))
    name = found.group(2).lower() if found else ""
    if name not in ROLES:
        raise bad_request(
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{name or definition_id}' does not exist. "
            f"The local Azure has: {', '.join(sorted(role.title for role in ROLES.values()))}.",
        )
    return name


def _principal_type(azure: Azure, asked: Mapping[str, Any]) -> str:
    """Return the type of the principal; without the type being said, the principal must exist already."""
    principal, given = asked["principalId"], asked.get("principalType")
    is_service = principal.lower() in service_principals(azure)
    if given is None:
        if not is_known(azure, principal):
            raise bad_request(
                "PrincipalNotFound",
                f"Principal {principal} does not exist in the directory {TENANT_ID}. Check that you have the correct "
                "principal ID. If you are creating this principal and then immediately assigning a role, set the role "
                "assignment principalType property to a value, such as ServicePrincipal, User, or Group.",
            )
        return "ServicePrincipal" if is_service else "User"
    spelled = next(one for one in _PRINCIPAL_TYPES if one.lower() == given.lower())
    if is_service and spelled != "ServicePrincipal":
        raise bad_request(
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal}' has type 'ServicePrincipal', which is different from specified "
            f"PrincipalType '{spelled}'.",
        )
    return spelled


def _check_unique(azure: Azure, written: Resource) -> None:
    for other in azure.store.under("", ROLE_ASSIGNMENTS):
        same_name = other.id.name.lower() == written.id.name.lower()
        if same_name and _subject(other) != _subject(written):
            raise bad_request(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        if not same_name and _subject(other) == _subject(written):
            raise ArmError(
                409,
                "RoleAssignmentExists",
                f"The role assignment already exists. The ID of the existing role assignment is {other.id.name}.",
            )


def _subject(assignment: Resource) -> tuple[str, ...]:
    """Return what a role assignment is about and may not change: who, which role, where."""
    properties = assignment.properties
    role = str(properties["roleDefinitionId"]).rsplit("/", 1)[-1]
    return tuple(one.lower() for one in (properties["principalId"], role, assignment.id.scope))


def present(resource: Resource) -> dict[str, Any]:
    """Return a role assignment as the service answers it."""
    shown = resource.with_properties(
        createdOn=instant(resource.created),
        updatedOn=instant(resource.changed),
        createdBy=CALLER_ID,
        updatedBy=CALLER_ID,
    )
    return envelope(shown)


def _get(request: Request) -> Reply:
    check_scope(request.azure, request.resource_id)
    found = request.azure.store.get(request.resource_id)
    if found is None:
        raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{request.resource_id.name}' is not found.")
    return Reply(200, present(found))


def _list(request: Request) -> Reply:
    """List the role assignments at a scope, above it and, but with `atScope()`, below it."""
    azure, scope = request.azure, request.id.text if request.id else ""
    hierarchy = check_listed_scope(azure, request.id)
    above_only, principal = False, None
    for part in filter(None, re.split(r"\s+and\s+", request.query.get("$filter", ""), flags=re.IGNORECASE)):
        who = quoted("principalId eq", part) or quoted("assignedTo", part)
        if who is None and part.strip().lower() != "atscope()":
            raise unsupported_filter(part, "atScope(), principalId eq '…', assignedTo('…'), and these joined by 'and'")
        principal, above_only = who or principal, above_only or who is None
    found = [
        present(one)
        for one in azure.store.under("", ROLE_ASSIGNMENTS)
        if (hierarchy.covers(one.id.scope, scope) or (not above_only and hierarchy.covers(scope, one.id.scope)))
        and (principal is None or one.properties["principalId"].lower() == principal.lower())
    ]
    return Reply(200, {"value": found})


TYPE = ResourceType(
    ROLE_ASSIGNMENTS, ROLE_VERSIONS, get=_get, put=_put, delete=delete_assignment, list=_list, present=present
)
