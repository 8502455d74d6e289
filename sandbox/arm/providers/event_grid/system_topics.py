"""System topics: what a maintenance configuration publishes, as a resource that can be subscribed to.

Sources: the published REST specification; "System topics in Azure Event Grid" (one for each source, in the source's
subscription and location); Azure Resource Manager's name rules (3 to 50 letters, digits and hyphens).
"""

import re
import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import (
    Azure,
    Reply,
    Request,
    ResourceType,
    delete_resource,
    get_resource,
    list_resources,
)
from sandbox.arm.bodies import Shape, check, mapping_at, without_nulls
from sandbox.arm.errors import ArmError
from sandbox.arm.events.names import API_VERSIONS, SYSTEM_TOPIC, TOPIC_TYPE
from sandbox.arm.events.refusals import invalid_value, refused
from sandbox.arm.events.subscribers import topic_of
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.maintenance.agenda import plan_again
from sandbox.arm.providers.maintenance.names import CONFIGURATION
from sandbox.arm.regions import check_unchanged, normalised, region
from sandbox.arm.store import Resource

_SHAPE: Shape = {"source": str, "topicType": str}
_NAME = re.compile(r"[A-Za-z0-9-]{3,50}", re.ASCII)


def _put(request: Request) -> Reply:
    azure, topic_id = request.azure, request.resource_id
    azure.check_parents(topic_id)
    sent: dict[str, Any] = without_nulls(request.body.get("properties") or {})
    check(sent, _SHAPE, "properties", invalid_value)
    location = region(request.body.get("location"), SYSTEM_TOPIC)
    earlier = azure.store.get(topic_id)
    if earlier:
        check_unchanged(earlier.document.get("location"), location, topic_id.name, topic_id.resource_group)
        _check_same(earlier, sent)
    else:
        _check_new(azure, topic_id, sent, location)
    metric = earlier.properties["metricResourceId"] if earlier else str(uuid.uuid4())
    document: dict[str, Any] = {
        "location": location,
        "tags": request.body.get("tags") or None,
        "properties": {
            "provisioningState": "Succeeded",
            "source": sent["source"],
            "topicType": TOPIC_TYPE,
            "metricResourceId": metric,
        },
    }
    stored = azure.write(Resource(topic_id, without_nulls(document)), request.api_version)
    return Reply(200 if earlier else 201, azure.present(stored))


def _check_same(earlier: Resource, sent: dict[str, Any]) -> None:
    for key in ("source", "topicType"):
        if str(sent.get(key)).lower() != str(earlier.properties.get(key)).lower():
            raise refused(f"The {key} of the system topic '{earlier.id.name}' cannot be changed.")


def _check_new(azure: Azure, topic_id: ResourceId, sent: dict[str, Any], location: str) -> None:
    if not _NAME.fullmatch(topic_id.name):
        raise refused(
            f"The system topic's name '{topic_id.name}' is invalid: it has 3 to 50 letters, digits and hyphens."
        )
    if str(sent.get("topicType")).lower() != TOPIC_TYPE.lower():
        raise refused(
            f"The topic type '{sent.get('topicType')}' is not served: this local Azure knows {TOPIC_TYPE} only."
        )
    source = _source(azure, sent.get("source"))
    if source.id.subscription != topic_id.subscription:
        raise refused(
            f"The system topic is in the subscription '{topic_id.subscription}' and its source "
            f"'{source.id.text}' is in another one."
        )
    if normalised(str(source.document.get("location"))) != location:
        raise refused(
            f"The location '{location}' of the system topic is not that of its source, "
            f"'{source.document.get('location')}'."
        )
    other = topic_of(azure, source.id)
    if other:
        raise refused(f"Only one system topic is allowed for a source, and '{source.id.text}' has '{other.id.text}'.")


def _source(azure: Azure, text: object) -> Resource:
    try:
        source = azure.canonical(parse(str(text or "")))
        found = azure.existing(source) if source.is_type(CONFIGURATION) else None
    except ArmError:
        found = None
    if found is None:
        raise refused(f"The source '{text}' of the system topic is not a maintenance configuration that exists.")
    return found


def _patch(request: Request) -> Reply:
    """Answer a PATCH: only tags can be changed here."""
    found = request.azure.existing(request.resource_id)
    if "tags" not in request.body:
        return Reply(200, request.azure.present(found))
    document = without_nulls({**found.document, "tags": request.body["tags"] or None})
    stored = request.azure.write(replace(found, document=document), request.api_version)
    return Reply(200, request.azure.present(stored))


def _removed(azure: Azure, topic: Resource) -> None:
    plan_again(azure, str(mapping_at(topic.document, "properties").get("source")))


TYPE = ResourceType(
    SYSTEM_TOPIC,
    API_VERSIONS,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=delete_resource,
    list=list_resources,
    removed=_removed,
    tracked=True,
)
