"""The handshake by which a webhook shows that it wants an event subscription's events.

Sources: "Webhook event delivery" and "CloudEvents v1.0 schema with Azure Event Grid": a validation event whose code the
answer echoes, or an OPTIONS request whose answer allows the origin; an answer of 200 that does neither leaves five
minutes to visit a URL that the request named, in which the subscription waits for that. "Troubleshoot event
subscription validations" for the refusal, whose code is `Url validation`.
"""

import uuid
from dataclasses import replace

from sandbox.arm import operations
from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.errors import ArmError
from sandbox.arm.events import names
from sandbox.arm.events.destinations import base_url
from sandbox.arm.events.publishing import wait_for
from sandbox.arm.events.subscribers import SUCCEEDED
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.maintenance.agenda import plan_again
from sandbox.arm.store import Resource

CREATING, AWAITING, FAILED = "Creating", "AwaitingManualAction", "Failed"
VALIDATE_PATH = "/_sandbox/events/validate"
_BY_HAND_SECONDS = 5 * 60
_KEY = "handshake"


def ask_webhook(azure: Azure, subscription: Resource, operation: ResourceId) -> None:
    """Leave the question to a webhook waiting; the operation ends when it is answered."""
    code = str(uuid.uuid4())
    private = {**subscription.private, _KEY: {"code": code, "operation": operation.text}}
    azure.store.keep(replace(subscription, private=private))
    wait_for(azure, {"kind": "validation", "subscription": subscription.id.text, "code": code})


def is_asked(subscription: Resource, code: str) -> bool:
    """Tell whether a subscription still waits for the answer to a question, known by its code."""
    return mapping_at(subscription.private, _KEY).get("code") == code


def accept(azure: Azure, subscription: Resource) -> None:
    """The webhook wants the events."""
    _end(azure, subscription, SUCCEEDED)
    topic = azure.store.get(ResourceId(subscription.id.scope, names.SYSTEM_TOPIC, subscription.id.names[:1]))
    if topic:
        plan_again(azure, str(topic.properties.get("source")))


def wait_for_visit(azure: Azure, subscription: Resource) -> None:
    """The webhook took the question and said nothing: it may still visit the URL that it was given."""
    waiting = subscription.with_properties(provisioningState=AWAITING)
    azure.store.put(replace(waiting, due=azure.now() + _BY_HAND_SECONDS), azure.now())


def time_is_up(azure: Azure, subscription: Resource) -> None:
    """Nobody visited the URL in time."""
    refuse(azure, subscription, "The validation URL was not visited within 5 minutes.")


def refuse(azure: Azure, subscription: Resource, reason: str) -> None:
    """The webhook did not prove that it wants the events."""
    endpoint = base_url(str(mapping_at(subscription.properties, "destination", "properties").get("endpointUrl")))
    message = (
        f"Webhook validation handshake failed for {endpoint}. {reason} "
        "For troubleshooting, visit https://aka.ms/esvalidation."
    )
    _end(azure, subscription, FAILED, ArmError(400, "Url validation", message))


def _end(azure: Azure, subscription: Resource, state: str, error: ArmError | None = None) -> None:
    asked = mapping_at(subscription.private, _KEY)
    private = {key: value for key, value in subscription.private.items() if key != _KEY}
    ended = replace(subscription.with_properties(provisioningState=state), private=private, due=None)
    azure.store.put(ended, azure.now())
    operations.end(azure, parse(str(asked["operation"])), error)


def validated_by_visit(azure: Azure, code: str) -> bool:
    """Let a visit of the URL end the handshake of the code; tell whether there was one."""
    for subscription in azure.store.under("", names.EVENT_SUBSCRIPTION):
        if is_asked(subscription, code):
            accept(azure, subscription)
            return True
    return False
