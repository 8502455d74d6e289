"""The names of the types of Microsoft.EventGrid, of what maintenance configurations publish, and its api-versions."""

from sandbox.arm.words import words

SYSTEM_TOPIC = "Microsoft.EventGrid/systemTopics"
EVENT_SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
RAISED_EVENT = "Microsoft.EventGrid/raisedEvents"
"""Of the local Azure alone: an event, and what became of its deliveries. It answers no request."""
WAITING_REQUEST = "Microsoft.EventGrid/waitingRequests"
"""Of the local Azure alone: an HTTP request to a webhook that is still to be made. It answers no request."""

API_VERSIONS = words(
    """
    2020-04-01-preview 2020-10-15-preview 2021-06-01-preview 2021-10-15-preview 2021-12-01 2022-06-15
    2023-06-01-preview 2023-12-15-preview 2024-06-01-preview 2024-12-15-preview 2025-02-15 2025-04-01-preview
    2025-07-15-preview 2025-11-15-preview
    """
)
"""Those that pulumi-azure-native knows of system topics."""

TOPIC_TYPE = "Microsoft.Maintenance.MaintenanceConfigurations"
PRE_EVENT = "Microsoft.Maintenance.PreMaintenanceEvent"
POST_EVENT = "Microsoft.Maintenance.PostMaintenanceEvent"
EVENT_TYPES = (PRE_EVENT, POST_EVENT)

EVENT_GRID_SCHEMA = "EventGridSchema"
CLOUD_EVENT_SCHEMA = "CloudEventSchemaV1_0"
