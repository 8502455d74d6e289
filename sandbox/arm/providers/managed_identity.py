"""Microsoft.ManagedIdentity/userAssignedIdentities."""

import uuid
from typing import Any

from sandbox.arm.azure import (
    TENANT_ID,
    Reply,
    Request,
    ResourceType,
    delete_resource,
    get_resource,
    list_resources,
)
from sandbox.arm.bodies import check_envelope, without_nulls
from sandbox.arm.providers.authorization.principals import USER_ASSIGNED_IDENTITIES
from sandbox.arm.regions import region
from sandbox.arm.store import Resource
from sandbox.arm.words import words

_VERSIONS = words(
    """
    2015-08-31-preview 2018-11-30 2021-09-30-preview 2022-01-31-preview 2023-01-31 2023-07-31-preview 2024-11-30
    2025-01-31-preview 2025-05-31-preview
    """
)

_IDS = ("principalId", "clientId")


def _put(request: Request) -> Reply:
    azure, identity_id = request.azure, request.resource_id
    azure.check_parents(identity_id)
    check_envelope(request.body)
    body = without_nulls(request.body)
    earlier = azure.store.get(identity_id)
    ids = {key: earlier.properties[key] for key in _IDS} if earlier else {key: str(uuid.uuid4()) for key in _IDS}
    asked: dict[str, Any] = body.get("properties") or {}
    document: dict[str, Any] = {
        "location": region(body.get("location"), USER_ASSIGNED_IDENTITIES),
        "tags": body.get("tags") or {},
        "properties": {"tenantId": TENANT_ID, **ids, "isolationScope": asked.get("isolationScope") or "None"},
    }
    stored = azure.write(Resource(identity_id, document), request.api_version)
    return Reply(200 if earlier else 201, azure.present(stored))


def _patch(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    check_envelope(request.body)
    tags = without_nulls(request.body["tags"]) if "tags" in request.body else found.document.get("tags")
    changed = Resource(found.id, {**found.document, "tags": tags or {}})
    return Reply(200, request.azure.present(request.azure.write(changed, request.api_version)))


TYPES = [
    ResourceType(
        USER_ASSIGNED_IDENTITIES,
        _VERSIONS,
        get=get_resource,
        put=_put,
        patch=_patch,
        delete=delete_resource,
        list=list_resources,
        tracked=True,
    )
]
