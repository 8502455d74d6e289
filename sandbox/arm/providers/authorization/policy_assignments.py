"""Microsoft.Authorization/policyAssignments: at management groups, subscriptions, resource groups and resources."""

import uuid
from collections.abc import Mapping
from typing import Any, cast

from sandbox.arm.azure import CALLER_ID, TENANT_ID, Azure, Reply, Request, ResourceType, envelope, system_data
from sandbox.arm.bodies import Shape, check, merged, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS
from sandbox.arm.policy.checks import check_assignment, check_identity, check_name, effective_version, invalid_request
from sandbox.arm.policy.definitions import find_definition
from sandbox.arm.providers.authorization.common import (
    POLICY_VERSIONS,
    check_listed_scope,
    check_scope,
    delete_assignment,
    quoted,
    unsupported_filter,
)
from sandbox.arm.providers.authorization.principals import USER_ASSIGNED_IDENTITIES, user_assigned
from sandbox.arm.regions import region
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_ENFORCEMENT = {one.lower(): one for one in ("Default", "DoNotEnforce", "Enroll")}
_IDENTITY = {one.lower(): one for one in ("SystemAssigned", "UserAssigned", "None")}
_KEPT = (
    "displayName",
    "description",
    "metadata",
    "policyDefinitionId",
    "parameters",
    "nonComplianceMessages",
    "resourceSelectors",
    "overrides",
)
_FIRST_WITH_INSTANCE_ID = "2025-01-01"
_PATCHABLE = ("overrides", "resourceSelectors")
_PATCH_SHAPE: Shape = {"location": str, "identity": {}, "properties": {}}


def _put(request: Request) -> Reply:
    azure, assignment_id = request.azure, request.resource_id
    check_scope(azure, assignment_id)
    check_name(assignment_id)
    check_assignment(assignment_id, request.body)
    return Reply(201, _answer(request, _store(request, without_nulls(request.body))))


def _patch(request: Request) -> Reply:
    """Change the identity, its location, the overrides or the resource selectors; the rest is not patched."""
    found = _existing(request)
    check(request.body, _PATCH_SHAPE)
    asked: Mapping[str, Any] = request.body.get("properties") or {}
    patch = {key: request.body[key] for key in ("identity", "location") if key in request.body}
    document = merged(found.document, {**patch, "properties": {key: asked[key] for key in _PATCHABLE if key in asked}})
    check_assignment(found.id, document)
    return Reply(200, _answer(request, _store(request, document)))


def _store(request: Request, body: Mapping[str, Any]) -> Resource:
    azure, assignment_id = request.azure, request.resource_id
    earlier = azure.store.get(assignment_id)
    document: dict[str, Any] = {"properties": _properties(assignment_id, body, earlier)}
    if body.get("location"):
        document["location"] = body["location"]
    if body.get("identity"):
        document["identity"] = body["identity"]
    check_identity(assignment_id, document)
    private = dict(earlier.private) if earlier else {}
    document["identity"] = _identity(azure, document.get("identity") or {}, private)
    if document["identity"] is None:
        del document["identity"]
    else:
        document["location"] = region(document["location"], POLICY_ASSIGNMENTS)
        _check_location_unchanged(earlier, document["location"])
    return azure.write(Resource(assignment_id, document, private), request.api_version)


def _properties(assignment_id: ResourceId, body: Mapping[str, Any], earlier: Resource | None) -> dict[str, Any]:
    asked: Mapping[str, Any] = body["properties"]
    assigned = find_definition(asked["policyDefinitionId"])
    newest = assigned.versions[0] if assigned else ""
    properties = {key: asked[key] for key in _KEPT if key in asked}
    return {
        **properties,
        "definitionVersion": asked.get("definitionVersion") or f"{newest.split('.')[0]}.*.*",
        "notScopes": asked.get("notScopes") or [],
        "enforcementMode": _ENFORCEMENT[str(asked.get("enforcementMode") or "Default").lower()],
        "scope": assignment_id.scope,
        "instanceId": earlier.properties["instanceId"] if earlier else str(uuid.uuid4()),
    }


def _identity(azure: Azure, asked: Mapping[str, Any], private: dict[str, Any]) -> dict[str, Any] | None:
    """Return the identity as the service answers it; a system-assigned one keeps its principal until it is removed."""
    kind = _IDENTITY[str(asked.get("type") or "None").lower()]
    if kind != "SystemAssigned":
        private.pop("principalId", None)
    if kind == "None":
        return None
    if kind == "SystemAssigned":
        private.setdefault("principalId", str(uuid.uuid4()))
        return {"type": kind, "principalId": private["principalId"], "tenantId": TENANT_ID}
    (identity_id,) = asked["userAssignedIdentities"]
    found = user_assigned(azure, str(identity_id))
    if found is None:
        raise invalid_request(
            f"The identity '{identity_id}' is not an existing resource of type '{USER_ASSIGNED_IDENTITIES}'."
        )
    ids = {key: found.properties[key] for key in ("principalId", "clientId")}
    return {"type": kind, "userAssignedIdentities": {identity_id: ids}}


def _check_location_unchanged(earlier: Resource | None, location: str) -> None:
    before = earlier.document.get("location") if earlier and earlier.document.get("identity") else None
    if before and before != location:
        raise bad_request(
            "InvalidLocationUpdate",
            f'The existing assignment location cannot be changed from "{before}" to "{location}".',
        )


def _existing(request: Request) -> Resource:
    check_scope(request.azure, request.resource_id)
    found = request.azure.store.get(request.resource_id)
    if found is None:
        raise ArmError(
            404,
            "PolicyAssignmentNotFound",
            f"The policy assignment '{request.resource_id.name}' is not found.",
        )
    return found


def _get(request: Request) -> Reply:
    return Reply(200, _answer(request, _existing(request)))


def _delete(request: Request) -> Reply:
    reply = delete_assignment(request)
    if not isinstance(reply.body, dict):
        return reply
    return Reply(reply.status, _as_of(request.api_version, cast("dict[str, Any]", reply.body)))


def _list(request: Request) -> Reply:
    """List what applies at a scope: its own assignments, those above it, and without a filter those below it."""
    azure, scope = request.azure, request.id.text if request.id else ""
    hierarchy = check_listed_scope(azure, request.id)
    text = request.query.get("$filter", "")
    definition = quoted("policyDefinitionId eq", text)
    above_only, exactly = text.strip().lower() == "atscope()", text.strip().lower() == "atexactscope()"
    if text and not (above_only or exactly or definition):
        raise unsupported_filter(text, "atScope(), atExactScope(), policyDefinitionId eq '…'")
    found: list[Resource] = []
    for one in azure.store.under("", POLICY_ASSIGNMENTS):
        at_scope = one.id.scope.lower() == scope.lower()
        above, below = hierarchy.covers(one.id.scope, scope), hierarchy.covers(scope, one.id.scope)
        taken = at_scope if exactly else above if above_only else above or below
        if taken and (definition is None or one.properties["policyDefinitionId"].lower() == definition.lower()):
            found.append(one)
    return Reply(200, {"value": [_as_of(request.api_version, present(one)) for one in found]})


def present(resource: Resource) -> dict[str, Any]:
    """Return an assignment as the service answers it, with who made and changed it in its metadata too."""
    changed = resource.changed != resource.created
    given: Mapping[str, Any] = resource.properties.get("metadata") or {}
    metadata = {
        **given,
        "createdBy": CALLER_ID,
        "createdOn": instant(resource.created),
        "updatedBy": CALLER_ID if changed else None,
        "updatedOn": instant(resource.changed) if changed else None,
    }
    return {**envelope(resource.with_properties(metadata=metadata)), "systemData": system_data(resource, "User")}


def _as_of(api_version: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the fields that its api-version has (source: the published types of each)."""
    if api_version < _FIRST_WITH_INSTANCE_ID:
        del answer["properties"]["instanceId"]
    return answer


def _answer(request: Request, resource: Resource) -> dict[str, Any]:
    """Return the answer, with the versions that `$expand` asks for."""
    answer = _as_of(request.api_version, present(resource))
    asked = {one.strip().lower() for one in request.query.get("$expand", "").split(",")}
    assigned = find_definition(resource.properties["policyDefinitionId"])
    if assigned and "latestdefinitionversion" in asked:
        answer["properties"]["latestDefinitionVersion"] = assigned.versions[0]
    if assigned and "effectivedefinitionversion" in asked:
        version = effective_version(assigned, resource.properties["definitionVersion"])
        answer["properties"]["effectiveDefinitionVersion"] = version
    return answer


TYPE = ResourceType(
    POLICY_ASSIGNMENTS,
    POLICY_VERSIONS,
    get=_get,
    put=_put,
    patch=_patch,
    delete=_delete,
    list=_list,
    present=present,
)
