"""A schedule's pre- and post-events: who is told, when, and what a handler needs to be allowed to do.

Source of the times: Microsoft Learn, "An overview of pre and post events in Azure Update Manager". Names are Azure's: a
system topic is what a maintenance configuration publishes, an event subscription says which of it goes where.
"""

from dataclasses import dataclass
from enum import StrEnum

MAINTENANCE_TOPIC_TYPE = "Microsoft.Maintenance.MaintenanceConfigurations"


class Moment(StrEnum):
    """Before a run, or after it; the value begins the names of event subscriptions."""

    BEFORE = "pre"
    AFTER = "post"

    @property
    def event_type(self) -> str:
        """The type of the event, as a maintenance configuration publishes it."""
        return f"Microsoft.Maintenance.{self.value.capitalize()}MaintenanceEvent"


class EndpointType(StrEnum):
    """What receives an event, by Event Grid's names."""

    AZURE_FUNCTION = "AzureFunction"
    WEBHOOK = "WebHook"
    STORAGE_QUEUE = "StorageQueue"
    EVENT_HUB = "EventHub"
    SERVICE_BUS_QUEUE = "ServiceBusQueue"


class DeliverySchema(StrEnum):
    """How an event is written, by Event Grid's names."""

    EVENT_GRID = "EventGridSchema"
    CLOUD_EVENTS = "CloudEventSchemaV1_0"


@dataclass(frozen=True, slots=True)
class HandlerRole:
    """A built-in role that a handler needs, and what for; `definition_id` is its role definition's id."""

    title: str
    definition_id: str
    needed_for: str


_ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
READ_RUNS = HandlerRole(
    "Reader", f"{_ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7", "to find the machines of a run with Resource Graph"
)
START_MACHINES = HandlerRole(
    "Virtual Machine Contributor",
    f"{_ROLES}/9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "to start and deallocate machines",
)
TAG_MACHINES = HandlerRole(
    "Tag Contributor",
    f"{_ROLES}/4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
    "to remember by a tag which machines were started",
)
MACHINE_ROLES = (READ_RUNS, START_MACHINES, TAG_MACHINES)
"""What a handler needs where the machines are."""
CANCEL_RUNS = HandlerRole(
    "Contributor",
    f"{_ROLES}/b24988ac-6180-42a0-ab88-20f7382dd24c",
    "to cancel a run (Microsoft.Maintenance/applyUpdates/write, which Scheduled Patching Contributor has not)",
)
"""Source of what the roles allow: Microsoft Learn, "Azure built-in roles" and "Azure permissions"."""
