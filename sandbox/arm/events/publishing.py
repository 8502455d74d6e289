"""An event is published: it is kept, and for each event subscription that gets it, a delivery is begun.

What is on no public record: an event that nobody subscribed to is kept here all the same, so that it can be looked at.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.events import names
from sandbox.arm.events.destinations import FUNCTION, QUEUE, WEBHOOK, base_url, is_sent
from sandbox.arm.events.subscribers import subscribers, topic_of
from sandbox.arm.ids import ResourceId
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

DELIVERED, FAILED, WAITING, NOT_SENT = "Delivered", "Failed", "Waiting", "NotSent"
_WHY_NOT_SENT = {
    WEBHOOK: "The endpoint is not on this machine: nothing leaves it.",
    FUNCTION: "The local Azure runs no functions.",
}
_NOWHERE = "The local Azure has no such resource."


@dataclass(frozen=True)
class Event:
    """One event: its id and type, the resource that it is of, and when it happened (seconds since the epoch)."""

    id: str
    type: str
    source: ResourceId
    moment: float
    data: dict[str, Any]


def publish(azure: Azure, event: Event) -> None:
    """Keep an event, and begin its deliveries; nothing is done where its source has no system topic."""
    if topic_of(azure, event.source) is None:
        return
    raised = ResourceId(
        f"/subscriptions/{event.source.subscription}",
        names.RAISED_EVENT,
        (str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event.id.lower()} {event.type}")),),
    )
    kept = {
        "id": event.id,
        "type": event.type,
        "source": event.source.text,
        "subject": event.source.name,
        "time": instant(event.moment),
        "data": event.data,
    }
    deliveries: dict[str, dict[str, Any]] = {}
    for subscription in subscribers(azure, event.source, event.type):
        deliveries[subscription.id.key] = _begun(azure, raised, subscription)
    azure.store.put(Resource(raised, {}, {"event": kept, "deliveries": deliveries}), azure.now())


def _begun(azure: Azure, raised: ResourceId, subscription: Resource) -> dict[str, Any]:
    """Return what is kept of a delivery at its beginning; a request is left waiting where one is to be made."""
    destination = mapping_at(subscription.properties, "destination")
    kind = str(destination.get("endpointType"))
    begun: dict[str, Any] = {
        "subscription": subscription.id.text,
        "schema": subscription.properties.get("eventDeliverySchema"),
        "destination": kind,
        "to": target_of(destination),
    }
    if is_sent(destination):
        wait_for(azure, {"kind": "delivery", "raised": raised.text, "subscription": subscription.id.text})
        return {**begun, "status": WAITING}
    if kind == QUEUE:
        return {**begun, "status": DELIVERED}
    return {**begun, "status": NOT_SENT, "error": _WHY_NOT_SENT.get(kind, _NOWHERE)}


def target_of(destination: dict[str, Any]) -> str:
    """Return where a destination is, without what may be secret of it."""
    properties = mapping_at(destination, "properties")
    if destination.get("endpointType") == WEBHOOK:
        return base_url(str(properties.get("endpointUrl")))
    queue = properties.get("queueName")
    return f"{properties.get('resourceId')}{f'/queueServices/default/queues/{queue}' if queue else ''}"


def wait_for(azure: Azure, wanted: dict[str, Any]) -> None:
    """Leave a request to be made as soon as nothing else is under way."""
    request = ResourceId("", names.WAITING_REQUEST, (str(uuid.uuid4()),))
    azure.store.put(Resource(request, {}, wanted), azure.now())


def waiting(azure: Azure) -> list[Resource]:
    """Return the requests that are still to be made, the oldest first."""
    return sorted(azure.store.under("", names.WAITING_REQUEST), key=lambda one: (one.created, one.id.key))
