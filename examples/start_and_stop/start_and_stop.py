"""Starts the deallocated machines of a maintenance run before it, and deallocates exactly those after it.

A machine that is started here carries a tag with the run until it is deallocated again. The run's id alone would not
do: it says which machines were in the run, not which of them were off before. The tag is on the machine itself, so
that it survives this program, is seen by everybody, and can be asked for with Resource Graph.

Event Grid delivers each event at least once. Both halves can be called again and again: what is done is not done twice.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from azure.core.exceptions import AzureError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

PRE_EVENT = "Microsoft.Maintenance.PreMaintenanceEvent"
POST_EVENT = "Microsoft.Maintenance.PostMaintenanceEvent"
TAG = "patch-started-for-run"
_DEALLOCATED = "PowerState/deallocated"
_RUN = re.compile(r"/subscriptions/[^']+/providers/microsoft\.maintenance/applyupdates/(\d{14})", re.IGNORECASE)
_MACHINE = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/[^/]+/virtualMachines/([^/]+)", re.IGNORECASE
)
_log = logging.getLogger(__name__)


class NotDoneError(Exception):
    """Something could not be done. Raised at the end, so that Event Grid delivers the event again."""


@dataclass(frozen=True)
class Run:
    """A run of a maintenance configuration: its id, and the subscriptions that its machines are in."""

    id: str
    subscriptions: tuple[str, ...]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Run":
        """Read the data of a pre- or post-event. Raises ValueError where it is that of no run."""
        found = str(data.get("correlationId", ""))
        if not _RUN.fullmatch(found):
            raise ValueError(f"{found!r} is not the id of a maintenance run")
        return cls(found, tuple(data.get("resourceSubscriptionIds") or ()))

    @property
    def mark(self) -> str:
        """The tag's value: when the run starts, in UTC, and a hash that tells runs of one time apart."""
        starts = self.id.rpartition("/")[2]
        return f"{starts}-{hashlib.sha256(self.id.lower().encode()).hexdigest()[:12]}"


@dataclass
class Azure:
    """Azure as far as it is needed here; `options` are those of all clients, such as another `base_url`."""

    credential: Any
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def rows(self, query: str, subscriptions: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Ask Resource Graph, page by page."""
        graph = ResourceGraphClient(self.credential, **self.options)
        wanted, token = sorted(subscriptions), None
        while wanted:
            options = QueryRequestOptions(skip_token=token, result_format="objectArray")
            answer = graph.resources(QueryRequest(query=query, subscriptions=wanted, options=options))
            yield from cast("list[dict[str, Any]]", answer.data)
            token = answer.skip_token
            if not token:
                return

    def is_deallocated(self, machine: str) -> bool:
        """Whether a machine is off, as Azure knows it now: Resource Graph lags behind."""
        subscription, group, name = _parts(machine)
        view = self._compute(subscription).virtual_machines.instance_view(group, name)
        return any(status.code == _DEALLOCATED for status in view.statuses or ())

    def start(self, machine: str) -> Callable[[], object]:
        """Begin to start a machine; returns what waits for the end."""
        subscription, group, name = _parts(machine)
        return self._compute(subscription).virtual_machines.begin_start(group, name).result

    def deallocate(self, machine: str) -> Callable[[], object]:
        """Begin to deallocate a machine; returns what waits for the end."""
        subscription, group, name = _parts(machine)
        return self._compute(subscription).virtual_machines.begin_deallocate(group, name).result

    def change_tag(self, machine: str, operation: str, value: str) -> None:
        """Set the tag (`Merge`), or remove it where it has this value (`Delete`); other tags stay as they are."""
        client = ResourceManagementClient(self.credential, _parts(machine)[0], **self.options)
        patch = {"operation": operation, "properties": {"tags": {TAG: value}}}
        client.tags.begin_update_at_scope(machine, patch).result()

    def _compute(self, subscription: str) -> ComputeManagementClient:
        return ComputeManagementClient(self.credential, subscription, **self.options)


def _parts(machine: str) -> tuple[str, str, str]:
    found = _MACHINE.fullmatch(machine)
    if found is None:
        raise ValueError(f"{machine!r} is not the id of a virtual machine")
    return found[1], found[2], found[3]


def handle(event_type: str, data: Mapping[str, Any], azure: Azure) -> list[str]:
    """Do what an event asks for; returns the machines that were started or deallocated. Other events are left alone."""
    if event_type == PRE_EVENT:
        return before(data, azure)
    if event_type == POST_EVENT:
        return after(data, azure)
    return []


def before(data: Mapping[str, Any], azure: Azure) -> list[str]:
    """Start the deallocated machines of the run that a pre-event tells of, and mark them.

    Raises NotDoneError where a machine could not be started: it stays marked, and the next delivery tries again.
    """
    run = Run.of(data)
    query = f"""
        maintenanceresources
        | where type =~ 'microsoft.maintenance/applyupdates' and properties.correlationId =~ '{run.id}'
        | project id = tolower(tostring(properties.resourceId))
        | join kind=inner (
            resources
            | where type =~ 'microsoft.compute/virtualmachines'
            | where properties.extended.instanceView.powerState.code =~ '{_DEALLOCATED}'
            | project id = tolower(id)
          ) on id
        | project id
        """
    off = [row["id"] for row in azure.rows(query, run.subscriptions)]
    wanted = [machine for machine in off if azure.is_deallocated(machine)]

    def mark_and_start(machine: str) -> Callable[[], object]:
        # Marked first: whoever is stopped in between still knows, the next time, that the machine was off.
        azure.change_tag(machine, "Merge", run.mark)
        return azure.start(machine)

    return _each(wanted, mark_and_start, "start")


def after(data: Mapping[str, Any], azure: Azure) -> list[str]:
    """Deallocate the machines that were started for the run that a post-event tells of, and take the mark off them.

    Raises NotDoneError where a machine could not be deallocated: it stays marked, and the next delivery tries again.
    """
    run = Run.of(data)
    query = f"""
        resources
        | where type =~ 'microsoft.compute/virtualmachines'
        | where tags['{TAG}'] == '{run.mark}'
        | project id
        """
    marked = [row["id"] for row in azure.rows(query, run.subscriptions)]
    stopped = _each(marked, azure.deallocate, "deallocate")
    for machine in stopped:
        azure.change_tag(machine, "Delete", run.mark)
    return stopped


def _each(machines: list[str], begin: Callable[[str], Callable[[], object]], what: str) -> list[str]:
    """Do something to all machines side by side. Raises NotDoneError, at the end, where one of them did not let it."""
    waits: dict[str, Callable[[], object]] = {}
    done: list[str] = []
    failed: dict[str, str] = {}
    for machine in machines:
        try:
            waits[machine] = begin(machine)
        except AzureError as error:
            failed[machine] = str(error)
    for machine, wait in waits.items():
        try:
            wait()
            done.append(machine)
        except AzureError as error:
            failed[machine] = str(error)
    for machine in done:
        _log.info("%s: %s", what, machine)
    if failed:
        raise NotDoneError(f"could not {what} " + "; ".join(f"{machine}: {why}" for machine, why in failed.items()))
    return done
