"""The words of a schedule's events in a stack file: where an event goes, and who may act on it."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from patching.arm_ids import SUBSCRIPTION_ID, ArmIdError, parse_resource_id
from patching.limits import WEBHOOK_URL
from patching.settings.values import Refused, text

_EXAMPLE_GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-events/providers"
FUNCTION_EXAMPLE = f"{_EXAMPLE_GROUP}/Microsoft.Web/sites/func-patching/functions/before_maintenance"
SHORT_EXAMPLE = "/subscriptions/…/sites/func-patching/functions/before_maintenance"
STORAGE_EXAMPLE = f"{_EXAMPLE_GROUP}/Microsoft.Storage/storageAccounts/stpatching"
EVENT_HUB_EXAMPLE = f"{_EXAMPLE_GROUP}/Microsoft.EventHub/namespaces/evhns-patching/eventhubs/runs"
SERVICE_BUS_EXAMPLE = f"{_EXAMPLE_GROUP}/Microsoft.ServiceBus/namespaces/sbns-patching/queues/runs"
_QUEUE_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9](?:-?[a-z0-9])*", re.ASCII)


def _resource(what: str, resource_type: str, example: str) -> Callable[[object], str]:
    """A validator for the ARM id of a resource of a type, which may be a part of another."""
    provider, *types = resource_type.split("/")

    def validate(value: object) -> str:
        written = text(value)
        expected = f"the ARM id of {what}"
        parts = written.removeprefix("/").split("/")
        try:
            parse_resource_id("/".join(written.split("/")[:9]))
        except ArmIdError as error:
            raise Refused(f"{expected} ({error})", "copy its id from Azure", example) from error
        named = [parts[5], *parts[6::2]]
        if len(parts) != 6 + 2 * len(types) or [one.lower() for one in named] != [
            one.lower() for one in (provider, *types)
        ]:
            found = "/".join(named)
            raise Refused(f"{expected}, {resource_type}, which {found} is not", "copy its id from Azure", example)
        return written

    return validate


function_id = _resource("a function in a function app", "Microsoft.Web/sites/functions", FUNCTION_EXAMPLE)
storage_account_id = _resource("a storage account", "Microsoft.Storage/storageAccounts", STORAGE_EXAMPLE)
event_hub_id = _resource("an event hub", "Microsoft.EventHub/namespaces/eventhubs", EVENT_HUB_EXAMPLE)
service_bus_queue_id = _resource("a Service Bus queue", "Microsoft.ServiceBus/namespaces/queues", SERVICE_BUS_EXAMPLE)


def queue_name(value: object) -> str:
    """A storage queue's name, by Azure's rules: 3 to 63 lower-case letters, digits and single hyphens."""
    written = text(value)
    if not _QUEUE_NAME.fullmatch(written):
        raise Refused("3 to 63 lower-case letters, digits and single hyphens", "correct the name", "patching-events")
    return written


def webhook_url(value: object) -> str:
    """The URL of a webhook: over HTTPS, as Event Grid wants it; over HTTP only on this machine, for the local Azure."""
    written = text(value)
    try:
        parts = urlsplit(written)
        host = parts.hostname or ""
    except ValueError:
        raise Refused("an absolute URL", "correct the URL", None) from None
    if not host or " " in written:
        raise Refused("an absolute URL", "write it with https:// and a host", None)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise Refused("a URL over HTTPS", "write it with https://", None)
    if len(written) > WEBHOOK_URL:
        raise Refused(f"a URL of at most {WEBHOOK_URL} characters", "give the webhook a shorter one", None)
    return written


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def principal_id(value: object) -> str:
    """The object id of an identity in Microsoft Entra ID, a GUID."""
    written = text(value)
    if not SUBSCRIPTION_ID.fullmatch(written):
        fix = "write the identity's object id (principalId), as `az functionapp identity show` prints it"
        raise Refused("a GUID", fix, "22222222-3333-4444-8555-666666666666")
    return written.lower()
