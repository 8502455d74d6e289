"""The pre- and the post-event of a maintenance configuration's run: when each is raised, and what it says.

Sources: "Azure Maintenance Configuration as an Event Grid source" for what they hold; "An overview of pre and post
events" for when: what a run is for is settled 40 minutes before it (here, when the pre-event is raised), and the
post-event comes when the updates are installed, or at the end of the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.events.names import POST_EVENT, PRE_EVENT
from sandbox.arm.events.publishing import Event, publish
from sandbox.arm.events.subscribers import topic_of
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.maintenance import names
from sandbox.arm.store import Resource

CUT_OFF_SECONDS = 10 * 60
"""How long before its start a run can still be cancelled. Source: "Manage pre and post events"."""
_STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class AnnouncedRun:
    """The run of a configuration that an event tells of: its window, in seconds since the epoch, and its machines."""

    configuration: ResourceId
    start: float
    end: float
    machines: Sequence[ResourceId]

    @property
    def data(self) -> dict[str, Any]:
        """What the events of both kinds hold."""
        run = f"{self.configuration.text}/providers/microsoft.maintenance/applyupdates/{_stamp(self.start)}"
        return {
            "correlationId": run,
            "maintenanceConfigurationId": self.configuration.text,
            "startDateTime": _utc(self.start),
            "endDateTime": _utc(self.end),
            "resourceSubscriptionIds": sorted({machine.subscription or "" for machine in self.machines}),
        }


def raise_pre_event(azure: Azure, run: AnnouncedRun, moment: float) -> None:
    """Tell that a run is to come."""
    data = {**run.data, "cancellationCutOffDateTime": _utc(run.start - CUT_OFF_SECONDS)}
    publish(azure, Event(data["correlationId"], PRE_EVENT, run.configuration, moment, data))


def begin_post_event(azure: Azure, run: AnnouncedRun, status: str, ended: float) -> None:
    """See to it that the end of a run is told when it comes; `ended` is when its last machine is done."""
    if topic_of(azure, run.configuration) is None:
        return
    ending = ResourceId(run.configuration.text, names.RUN_END, (_stamp(run.start),))
    azure.store.put(Resource(ending, {}, {"data": {**run.data, "status": status}}, due=ended), azure.now())


def run_ended(azure: Azure, ending: Resource) -> None:
    """Tell that a run has ended."""
    data: dict[str, Any] = ending.private["data"]
    moment = azure.now() if ending.due is None else ending.due
    azure.store.delete(ending.id)
    publish(azure, Event(data["correlationId"], POST_EVENT, parse(ending.id.scope), moment, data))


def _stamp(start: float) -> str:
    return datetime.fromtimestamp(start, UTC).strftime(_STAMP)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
