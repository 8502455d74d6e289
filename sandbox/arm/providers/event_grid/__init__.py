"""Microsoft.EventGrid: the system topics of maintenance configurations, and who is told of their events."""

from sandbox.arm.azure import ResourceType
from sandbox.arm.events import names
from sandbox.arm.operations import operations_type
from sandbox.arm.providers.event_grid import event_subscriptions, system_topics

TYPES = [
    system_topics.TYPE,
    event_subscriptions.TYPE,
    operations_type("Microsoft.EventGrid", names.API_VERSIONS),
    ResourceType(names.RAISED_EVENT, names.API_VERSIONS),
    ResourceType(names.WAITING_REQUEST, names.API_VERSIONS),
]
