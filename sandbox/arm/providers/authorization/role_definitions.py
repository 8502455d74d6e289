"""Microsoft.Authorization/roleDefinitions: the built-in roles that the local Azure has, seen from every scope."""

from typing import Any

from sandbox.arm.azure import Reply, Request, ResourceType
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.roles import ROLES, ROLES_ROOT, Role
from sandbox.arm.providers.authorization.common import ROLE_VERSIONS, check_listed_scope, quoted, unsupported_filter

_ROLE_DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


def role_id(role: Role, scope: ResourceId | None) -> str:
    """Return a role's id as the service answers it: below the subscription where the scope is in one."""
    subscription = scope.subscription if scope else None
    return f"/subscriptions/{subscription}{ROLES_ROOT}{role.name}" if subscription else ROLES_ROOT + role.name


def _shown(role: Role, scope: ResourceId | None) -> dict[str, Any]:
    return {
        "id": role_id(role, scope),
        "name": role.name,
        "type": _ROLE_DEFINITIONS,
        "properties": {
            "roleName": role.title,
            "type": "BuiltInRole",
            "description": role.what,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(role.actions),
                    "notActions": list(role.not_actions),
                    "dataActions": [],
                    "notDataActions": [],
                }
            ],
        },
    }


def _get(request: Request) -> Reply:
    role = ROLES.get(request.resource_id.name.lower())
    check_listed_scope(request.azure, request.resource_id.parent)
    if role is None:
        raise ArmError(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{request.resource_id.name}' does not exist.",
        )
    return Reply(200, _shown(role, request.resource_id))


def _list(request: Request) -> Reply:
    check_listed_scope(request.azure, request.id)
    text = request.query.get("$filter", "")
    title, kind = quoted("roleName eq", text), quoted("type eq", text)
    if text and title is None and kind is None and text.lower() != "atscopeandbelow()":
        raise unsupported_filter(text, "roleName eq '…', type eq '…', atScopeAndBelow()")
    found = [
        _shown(role, request.id)
        for role in ROLES.values()
        if (title is None or role.title.lower() == title.lower()) and (kind or "BuiltInRole").lower() == "builtinrole"
    ]
    return Reply(200, {"value": found})


TYPE = ResourceType(_ROLE_DEFINITIONS, ROLE_VERSIONS, get=_get, list=_list)
