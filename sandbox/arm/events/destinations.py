"""Where an event subscription's events go: what each kind of endpoint needs, and what is answered of it.

Source: the published REST specification. The URL of a webhook may hold a secret and is never answered: a GET has
`endpointBaseUrl`, which is the URL without its query, and the action getFullUrl has the whole.
"""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sandbox.arm.bodies import Shape, check, mapping_at
from sandbox.arm.errors import ArmError
from sandbox.arm.events.refusals import invalid_value, refused
from sandbox.arm.ids import ResourceId, parse

WEBHOOK, FUNCTION, QUEUE = "WebHook", "AzureFunction", "StorageQueue"
_RESOURCES = {
    FUNCTION: "Microsoft.Web/sites/functions",
    QUEUE: "Microsoft.Storage/storageAccounts",
    "EventHub": "Microsoft.EventHub/namespaces/eventhubs",
    "ServiceBusQueue": "Microsoft.ServiceBus/namespaces/queues",
    "ServiceBusTopic": "Microsoft.ServiceBus/namespaces/topics",
}
_KINDS = frozenset({WEBHOOK, *_RESOURCES})
_SHAPE: Shape = {
    "endpointType": str,
    "properties": {
        "endpointUrl": str,
        "resourceId": str,
        "queueName": str,
        "queueMessageTimeToLiveInSeconds": int,
        "maxEventsPerBatch": int,
        "preferredBatchSizeInKilobytes": int,
        "minimumTlsVersionAllowed": frozenset({"1.0", "1.1", "1.2"}),
        "azureActiveDirectoryTenantId": str,
        "azureActiveDirectoryApplicationIdOrUri": str,
        "deliveryAttributeMappings": [{}],
    },
}
_BATCHES = {"maxEventsPerBatch": (1, range(1, 5001)), "preferredBatchSizeInKilobytes": (64, range(1, 1025))}
_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9](?:-?[a-z0-9])*", re.ASCII)


def check_destination(sent: dict[str, Any]) -> dict[str, Any]:
    """Check a destination; return it with what the service fills in.

    Raises ArmError (400 InvalidRequest).
    """
    check(sent, _SHAPE, "properties.destination", invalid_value)
    kinds = {kind.lower(): kind for kind in _KINDS}
    kind = kinds.get(str(sent.get("endpointType") or "").lower())
    if kind is None:
        raise refused(
            f"The endpoint type '{sent.get('endpointType')}' of the destination is not served. "
            f"This local Azure knows {', '.join(sorted(_KINDS))}."
        )
    properties = dict(mapping_at(sent, "properties"))
    if kind == WEBHOOK:
        _check_url(properties.get("endpointUrl"))
    else:
        _check_resource(kind, properties.get("resourceId"))
    if kind == QUEUE and not _QUEUE_NAME.fullmatch(str(properties.get("queueName") or "")):
        raise refused(f"The queueName '{properties.get('queueName')}' of the destination is not the name of a queue.")
    if kind in (WEBHOOK, FUNCTION):
        for key, (default, allowed) in _BATCHES.items():
            if properties.setdefault(key, default) not in allowed:
                raise refused(f"The {key} of the destination is not from {allowed[0]} to {allowed[-1]}.")
    return {"endpointType": kind, "properties": properties}


def _check_url(url: object) -> None:
    try:
        parts = urlsplit(str(url or ""))
        named = parts.hostname
    except ValueError:
        parts, named = urlsplit(""), None
    if not named:
        raise refused("The endpointUrl of the webhook is not an absolute URL.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(named)):
        raise refused(f"The endpointUrl of the webhook at '{named}' is not over HTTPS.")


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is this machine: only there does the local Azure send anything."""
    if host == "localhost":
        return True
    try:
        return bool(host) and ip_address(host).is_loopback
    except ValueError:
        return False


def is_sent(destination: dict[str, Any]) -> bool:
    """Tell whether a destination is a webhook on this machine, to which requests are really made."""
    url = mapping_at(destination, "properties").get("endpointUrl")
    return destination.get("endpointType") == WEBHOOK and is_loopback(urlsplit(str(url)).hostname)


def _check_resource(kind: str, text: object) -> None:
    wanted = _RESOURCES[kind]
    try:
        found: ResourceId | None = parse(str(text or ""))
    except ArmError:
        found = None
    if found is None or not found.is_type(wanted) or found.resource_group is None:
        raise refused(f"The resourceId '{text}' of the destination is not the id of one of {wanted}.")


def answered(destination: dict[str, Any]) -> dict[str, Any]:
    """Return a destination as it is answered: of a webhook's URL, what is no secret."""
    properties = dict(mapping_at(destination, "properties"))
    url = properties.pop("endpointUrl", None)
    if url is not None:
        properties["endpointBaseUrl"] = base_url(url)
    return {**destination, "properties": properties}


def base_url(url: str) -> str:
    """Return a URL without its query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
