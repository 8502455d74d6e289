"""What is sent to a webhook, or laid into a queue: an event in the schema that its subscription asked for.

Sources: "Azure Maintenance Configuration as an Event Grid source", for both schemas; "Webhook event delivery" and
"Delivery properties", for the headers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.events import names
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

ORIGIN = "eventgrid.azure.net"


@dataclass(frozen=True)
class Sent:
    """One HTTP request: its method, headers and body."""

    method: str
    headers: Mapping[str, str]
    body: object = None

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return b"" if self.body is None else json.dumps(self.body).encode()


def notification(event: Mapping[str, Any], schema: str, subscription: Resource) -> Sent:
    """Return the request by which an event is delivered to a webhook."""
    headers = {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": subscription.id.name.upper(),
        "aeg-delivery-count": "0",
    }
    if schema == names.CLOUD_EVENT_SCHEMA:
        kind = "application/cloudevents+json; charset=utf-8"
        return Sent("POST", {**headers, "content-type": kind}, in_schema(event, schema))
    kind = "application/json; charset=utf-8"
    return Sent("POST", {**headers, "content-type": kind}, [in_schema(event, schema)])


def in_schema(event: Mapping[str, Any], schema: str) -> dict[str, Any]:
    """Return an event as a schema has it."""
    if schema == names.CLOUD_EVENT_SCHEMA:
        return {
            "id": event["id"],
            "source": event["source"],
            "subject": event["subject"],
            "type": event["type"],
            "time": event["time"],
            "specversion": "1.0",
            "data": event["data"],
        }
    return {
        "id": event["id"],
        "topic": event["source"],
        "subject": event["subject"],
        "eventType": event["type"],
        "eventTime": event["time"],
        "data": event["data"],
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }


def question(subscription: Resource, source: str, code: str, url: str, moment: float) -> Sent:
    """Return the request by which a webhook is asked whether it wants the events.

    `url` is what it may visit instead of answering.
    """
    if subscription.properties.get("eventDeliverySchema") == names.CLOUD_EVENT_SCHEMA:
        return Sent("OPTIONS", {"WebHook-Request-Origin": ORIGIN, "WebHook-Request-Callback": url})
    headers = {
        "aeg-event-type": "SubscriptionValidation",
        "aeg-subscription-name": subscription.id.name.upper(),
        "content-type": "application/json; charset=utf-8",
    }
    event = {
        "id": code,
        "topic": source,
        "subject": "",
        "data": {"validationCode": code, "validationUrl": url},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": instant(moment),
        "metadataVersion": "1",
        "dataVersion": "2",
    }
    return Sent("POST", headers, [event])
