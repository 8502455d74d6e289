"""Event subscriptions of a system topic: which of its events go where, in which schema.

Sources: the published REST specification; "Webhook event delivery" for the handshake: a webhook has to prove that it
wants the events before it gets any.
"""

import re
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import (
    Azure,
    Reply,
    Request,
    ResourceType,
    delete_resource,
    envelope,
    get_resource,
    list_resources,
)
from sandbox.arm.bodies import Shape, at, check, list_at, mapping_at, without_nulls
from sandbox.arm.events import names
from sandbox.arm.events.destinations import answered, check_destination, is_sent
from sandbox.arm.events.refusals import invalid_value, refused
from sandbox.arm.events.subscribers import SUCCEEDED
from sandbox.arm.ids import ResourceId
from sandbox.arm.operations import begin, begin_open
from sandbox.arm.providers.event_grid.handshake import AWAITING, CREATING, ask_webhook, time_is_up
from sandbox.arm.providers.maintenance.agenda import plan_again
from sandbox.arm.regions import region_of
from sandbox.arm.store import Resource

_SCHEMAS = frozenset({names.EVENT_GRID_SCHEMA, names.CLOUD_EVENT_SCHEMA})
_SHAPE: Shape = {
    "destination": {},
    "filter": {
        "subjectBeginsWith": str,
        "subjectEndsWith": str,
        "includedEventTypes": [str],
        "isSubjectCaseSensitive": bool,
        "enableAdvancedFilteringOnArrays": bool,
        "advancedFilters": [{}],
    },
    "labels": [str],
    "expirationTimeUtc": str,
    "eventDeliverySchema": _SCHEMAS,
    "retryPolicy": {"maxDeliveryAttempts": int, "eventTimeToLiveInMinutes": int},
    "deadLetterDestination": {},
}
_NAME = re.compile(r"[A-Za-z0-9-]{3,64}", re.ASCII)
_RETRIES = {"maxDeliveryAttempts": (30, range(1, 31)), "eventTimeToLiveInMinutes": (1440, range(1, 1441))}
_NOT_SERVED = ("deliveryWithResourceIdentity", "deadLetterWithResourceIdentity")


def _put(request: Request) -> Reply:
    wanted = request.resource_id
    request.azure.check_parents(wanted)
    if not _NAME.fullmatch(wanted.name):
        raise refused(
            f"The event subscription's name '{wanted.name}' is invalid: it has 3 to 64 letters, digits and hyphens."
        )
    sent: dict[str, Any] = without_nulls(request.body.get("properties") or {})
    return _write(request, sent)


def _patch(request: Request) -> Reply:
    """Answer a PATCH, whose body has no `properties` around it; what it does not name stays."""
    found = request.azure.existing(request.resource_id)
    kept = {key: value for key, value in found.properties.items() if key not in ("topic", "provisioningState")}
    return _write(request, {**kept, **without_nulls(request.body)})


def _write(request: Request, sent: dict[str, Any]) -> Reply:
    azure, wanted = request.azure, request.resource_id
    topic = azure.existing(_topic_id(wanted))
    properties = _checked(sent)
    properties |= {"topic": topic.id.text, "provisioningState": SUCCEEDED}
    asks = is_sent(properties["destination"])
    if asks:
        properties["provisioningState"] = CREATING
    stored = azure.write(Resource(wanted, {"properties": properties}), request.api_version)
    if asks:
        operation, headers = begin_open(request, region_of(topic.document))
        ask_webhook(azure, stored, operation)
    else:
        headers = begin(request, region_of(topic.document), azure.settings.operation_delay)
        plan_again(azure, str(topic.properties.get("source")))
    return Reply(201, azure.present(stored), headers)  # of a change, too, in the published specification


def _checked(sent: dict[str, Any]) -> dict[str, Any]:
    """Check the properties of an event subscription; return them with what the service fills in."""
    check(sent, _SHAPE, "properties", invalid_value)
    for key in _NOT_SERVED:
        if key in sent:
            raise refused(f"'{key}' is not served by this local Azure.")
    if not sent.get("destination"):
        raise refused("The destination of the event subscription is not set.")
    wanted = mapping_at(sent, "filter")
    if wanted.get("advancedFilters"):
        raise refused("'filter.advancedFilters' are not served by this local Azure.")
    known = {one.lower(): one for one in names.EVENT_TYPES}
    types: list[str] = list_at(wanted, "includedEventTypes")
    unknown = [one for one in types if one.lower() not in known]
    if unknown:
        raise refused(
            f"The event type '{unknown[0]}' is not one of {names.TOPIC_TYPE}: {', '.join(names.EVENT_TYPES)}."
        )
    retries = {**{key: default for key, (default, _) in _RETRIES.items()}, **mapping_at(sent, "retryPolicy")}
    for key, (_, allowed) in _RETRIES.items():
        if retries[key] not in allowed:
            raise refused(f"The {key} of the retry policy is not from {allowed[0]} to {allowed[-1]}.")
    schema = str(sent.get("eventDeliverySchema") or names.EVENT_GRID_SCHEMA)
    return {
        **sent,
        "destination": check_destination(sent["destination"]),
        "filter": {
            "subjectBeginsWith": "",
            "subjectEndsWith": "",
            **wanted,
            "includedEventTypes": [known[one.lower()] for one in types] if types else list(names.EVENT_TYPES),
        },
        "labels": list_at(sent, "labels"),
        "eventDeliverySchema": next(one for one in _SCHEMAS if one.lower() == schema.lower()),
        "retryPolicy": retries,
    }


def _topic_id(subscription: ResourceId) -> ResourceId:
    return ResourceId(subscription.scope, names.SYSTEM_TOPIC, subscription.names[:1])


def _full_url(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    url = at(found.properties, "destination", "properties", "endpointUrl")
    return Reply(200, {"endpointUrl": url} if url else {})


def _delivery_attributes(request: Request) -> Reply:
    request.azure.existing(request.resource_id)
    return Reply(200, {"value": []})


def _removed(azure: Azure, subscription: Resource) -> None:
    topic = azure.store.get(_topic_id(subscription.id))
    if topic:
        plan_again(azure, str(topic.properties.get("source")))


def _present(subscription: Resource) -> dict[str, Any]:
    shown = subscription.with_properties(destination=answered(mapping_at(subscription.properties, "destination")))
    return envelope(shown)


def _due(azure: Azure, subscription: Resource) -> None:
    """A webhook that took the question and was to confirm it by hand did not."""
    cleared = replace(subscription, due=None)
    if subscription.properties.get("provisioningState") == AWAITING:
        time_is_up(azure, cleared)
    else:
        azure.store.put(cleared, azure.now())


TYPE = ResourceType(
    names.EVENT_SUBSCRIPTION,
    names.API_VERSIONS,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=delete_resource,
    list=list_resources,
    actions={"POST getfullurl": _full_url, "POST getdeliveryattributes": _delivery_attributes},
    present=_present,
    removed=_removed,
    due=_due,
)
