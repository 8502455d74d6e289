"""Which event subscriptions an event of a maintenance configuration is for."""

from datetime import UTC, datetime

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import list_at, mapping_at
from sandbox.arm.events import names
from sandbox.arm.ids import ResourceId
from sandbox.arm.store import Resource

SUCCEEDED = "Succeeded"
"""The state of a subscription that gets events: no other does."""


def topic_of(azure: Azure, source: ResourceId) -> Resource | None:
    """Return the system topic of a maintenance configuration; None where it has none."""
    topics = azure.store.under("", names.SYSTEM_TOPIC)
    return next((one for one in topics if str(one.properties.get("source")).lower() == source.key), None)


def subscribers(azure: Azure, source: ResourceId, event_type: str) -> list[Resource]:
    """Return the event subscriptions that get the events of a type from a maintenance configuration."""
    topic = topic_of(azure, source)
    found = azure.store.under(topic.id.text, names.EVENT_SUBSCRIPTION) if topic else []
    return [one for one in found if _gets(one, source.name, event_type, azure.now())]


def _gets(subscription: Resource, subject: str, event_type: str, now: float) -> bool:
    properties = subscription.properties
    if properties.get("provisioningState") != SUCCEEDED or _has_expired(properties.get("expirationTimeUtc"), now):
        return False
    wanted = mapping_at(properties, "filter")
    begins, ends = str(wanted.get("subjectBeginsWith") or ""), str(wanted.get("subjectEndsWith") or "")
    if not wanted.get("isSubjectCaseSensitive"):
        subject, begins, ends = subject.lower(), begins.lower(), ends.lower()
    return event_type in list_at(wanted, "includedEventTypes") and subject.startswith(begins) and subject.endswith(ends)


def _has_expired(expiry: object, now: float) -> bool:
    if not expiry:
        return False
    try:
        moment = datetime.fromisoformat(str(expiry))
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() <= now
