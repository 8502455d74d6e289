"""Microsoft.Authorization/policyDefinitions and policySetDefinitions: the built-in ones that the local Azure has.

The rules themselves are not shown: the local Azure evaluates them in its own code (`sandbox.arm.policy.rules`).
"""

from collections.abc import Iterable
from typing import Any

from sandbox.arm.azure import Reply, Request, ResourceType
from sandbox.arm.errors import ArmError
from sandbox.arm.policy.definitions import (
    DEFINITION_SETS,
    DEFINITIONS,
    DEFINITIONS_ROOT,
    EFFECT_NAMES,
    Definition,
    DefinitionSet,
    Member,
)
from sandbox.arm.policy.roles import ROLES_ROOT
from sandbox.arm.providers.authorization.common import POLICY_VERSIONS, check_listed_scope, quoted, unsupported_filter

_DEFINITIONS = "Microsoft.Authorization/policyDefinitions"
_SETS = "Microsoft.Authorization/policySetDefinitions"


def _common(one: Definition | DefinitionSet) -> dict[str, Any]:
    return {
        "displayName": one.title,
        "policyType": "BuiltIn",
        "description": one.what,
        "metadata": {"version": one.versions[0], "category": one.category},
        "version": one.versions[0],
        "versions": list(one.versions),
        "parameters": {name: parameter.as_json() for name, parameter in one.parameters.items()},
    }


def _definition(one: Definition) -> dict[str, Any]:
    then: dict[str, Any] = {"effect": EFFECT_NAMES[one.effect].lower() if one.effect else "[parameters('effect')]"}
    if one.roles:
        then["details"] = {"roleDefinitionIds": [ROLES_ROOT + role for role in one.roles]}
    properties = {**_common(one), "mode": "Indexed", "policyRule": {"then": then}}
    return {"id": one.id, "name": one.name, "type": _DEFINITIONS, "properties": properties}


def _set(one: DefinitionSet) -> dict[str, Any]:
    properties = {**_common(one), "policyDefinitions": [_member(member) for member in one.members]}
    return {"id": one.id, "name": one.name, "type": _SETS, "properties": properties}


def _member(member: Member) -> dict[str, Any]:
    return {
        "policyDefinitionReferenceId": member.reference,
        "policyDefinitionId": DEFINITIONS_ROOT + member.definition,
        "definitionVersion": member.version,
        "parameters": {name: {"value": value} for name, value in member.values.items()},
    }


def _get_definition(request: Request) -> Reply:
    found = DEFINITIONS.get(request.resource_id.name.lower())
    if found is None or request.resource_id.scope:
        raise ArmError(
            404, "PolicyDefinitionNotFound", f"The policy definition '{request.resource_id.name}' could not be found."
        )
    return Reply(200, _definition(found))


def _get_set(request: Request) -> Reply:
    found = DEFINITION_SETS.get(request.resource_id.name.lower())
    if found is None or request.resource_id.scope:
        raise ArmError(
            404,
            "PolicySetDefinitionNotFound",
            f"The policy set definition '{request.resource_id.name}' could not be found.",
        )
    return Reply(200, _set(found))


def _list_definitions(request: Request) -> Reply:
    return _listed(request, [_definition(one) for one in DEFINITIONS.values()])


def _list_sets(request: Request) -> Reply:
    return _listed(request, [_set(one) for one in DEFINITION_SETS.values()])


def _listed(request: Request, shown: Iterable[dict[str, Any]]) -> Reply:
    """Answer a list at any scope: built-in definitions are seen from everywhere."""
    check_listed_scope(request.azure, request.id)
    text = request.query.get("$filter", "")
    category, policy_type = quoted("category eq", text), quoted("policyType\\s+(?:-?eq|=)", text)
    if text and category is None and policy_type is None and text.lower() not in ("atexactscope()", "atscope()"):
        raise unsupported_filter(text, "category eq '…', policyType eq '…', atScope(), atExactScope()")
    found = [
        one
        for one in shown
        if category in (None, one["properties"]["metadata"]["category"])
        and (policy_type or "BuiltIn").lower() == "builtin"
        and text.lower() != "atexactscope()"
    ]
    return Reply(200, {"value": found})


TYPES = [
    ResourceType(_DEFINITIONS, POLICY_VERSIONS, get=_get_definition, list=_list_definitions),
    ResourceType(_SETS, POLICY_VERSIONS, get=_get_set, list=_list_sets),
]
