"""The runs of maintenance configurations as Microsoft.Maintenance/applyUpdates, and how one to come is cancelled.

There is one of the configuration for each run, and one of each machine that it was for.

Sources: the published REST specification, 2023-09-01-preview for the cancellation; "Pre and post events" for the id of
a run, `{configuration}/providers/microsoft.maintenance/applyupdates/{YYYYMMDDHHmmss}`, and for the last ten minutes, in
which it cannot be cancelled. That the digits are the start in UTC is taken to be so.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType
from sandbox.arm.bodies import Shape, at, check
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.maintenance import names
from sandbox.arm.providers.maintenance.occurrences import fires_at
from sandbox.arm.providers.maintenance.refusals import invalid_value, refused
from sandbox.arm.simulation.maintenance_events import CUT_OFF_SECONDS
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

SUCCEEDED = "Succeeded"
CANCELLED = "Cancelled"
PENDING = "Pending"
IN_PROGRESS = "InProgress"
_CANCEL = "Cancel"
_STAMP = "%Y%m%d%H%M%S"
_ANNOUNCED = "announced"
_SHAPE: Shape = {"properties": {"status": str}}


@dataclass(frozen=True)
class Run:
    """One run of a configuration, as a whole or on one machine (`resource`), from start to end.

    Times are in seconds since the epoch. `counts` are the updates by what became of them.
    """

    configuration: ResourceId
    resource: ResourceId
    window_starts: float
    starts: float
    ends: float
    status: str = SUCCEEDED
    error: tuple[str, str] | None = None
    counts: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def correlation_id(self) -> str:
        """What a configuration's run, and each machine's part of it, are known by."""
        return _whole(self.configuration, self.window_starts).key

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.status == CANCELLED


def _whole(configuration: ResourceId, start: float) -> ResourceId:
    return ResourceId(configuration.text, names.APPLY_UPDATE, (datetime.fromtimestamp(start, UTC).strftime(_STAMP),))


def run_at(azure: Azure, configuration: ResourceId, start: float) -> Run:
    """Return the run of a configuration at a time, which may have been cancelled."""
    found = azure.store.get(_whole(configuration, start))
    return read(found) if found else Run(configuration, configuration, start, start, start)


def record(azure: Azure, run: Run, *, skipped: dict[str, str] | None = None) -> Resource:
    """Keep a run; `skipped` is why machines that it reached have no part in it, by their ids."""
    resource_id = _id(run)
    earlier = azure.store.get(resource_id)
    private = {
        **vars(run),
        "configuration": run.configuration.text,
        "resource": run.resource.text,
        "skipped": skipped or {},
        _ANNOUNCED: earlier.private.get(_ANNOUNCED) if earlier else None,
    }
    return azure.store.put(Resource(resource_id, {}, private), azure.now())


def _id(run: Run) -> ResourceId:
    if run.resource == run.configuration:
        return _whole(run.configuration, run.window_starts)
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run.correlation_id} {run.resource.key}"))
    return ResourceId(run.resource.text, names.APPLY_UPDATE, (name,))


def announce(azure: Azure, run: Run, machines: list[ResourceId]) -> None:
    """Keep a run that is to come, as a whole and on each of its machines: it is for these, whatever changes now."""
    for machine in machines:
        record(azure, replace(run, resource=machine, status=PENDING))
    whole = record(azure, replace(run, status=PENDING))
    private = {**whole.private, _ANNOUNCED: [machine.text for machine in machines]}
    azure.store.keep(replace(whole, private=private))


def announced(azure: Azure, run: Run) -> list[ResourceId] | None:
    """Return the machines that a run was announced for; None where it was not announced."""
    found = azure.store.get(_whole(run.configuration, run.window_starts))
    kept: list[str] | None = found.private.get(_ANNOUNCED) if found else None
    return None if kept is None else [parse(one) for one in kept]


def withdraw(azure: Azure, run: Run, machine: ResourceId) -> None:
    """Forget that a run was announced for a machine."""
    azure.store.delete(_id(replace(run, resource=machine)))


def cancel(azure: Azure, run: Run, because: str) -> Resource:
    """Cancel a run that has not begun, on each machine that it was announced for, too."""
    cancelled = replace(run, status=CANCELLED, error=("MaintenanceCancelled", because))
    for machine in announced(azure, run) or []:
        if azure.store.get(machine):
            record(azure, replace(cancelled, resource=machine))
    return record(azure, cancelled)


def read(resource: Resource) -> Run:
    """Return the run that is kept as a resource."""
    kept = resource.private
    error: list[str] | None = kept["error"]
    return Run(
        parse(kept["configuration"]),
        parse(kept["resource"]),
        kept["window_starts"],
        kept["starts"],
        kept["ends"],
        kept["status"],
        (error[0], error[1]) if error else None,
        kept["counts"],
    )


def shown_status(run: Run, now: float) -> str:
    """Return a run's status at a moment: what it is to come to is not told before its end."""
    return IN_PROGRESS if run.starts <= now < run.ends and not run.is_cancelled else run.status


def _put(request: Request) -> Reply:
    azure, wanted = request.azure, request.resource_id
    check(request.body, _SHAPE, refuse=invalid_value)
    scope = parse(wanted.scope) if wanted.scope else None
    if scope is None or not scope.is_type(names.CONFIGURATION) or at(request.body, "properties", "status") != _CANCEL:
        raise refused(
            "Updates of guests are applied by the schedules of maintenance configurations. What can be put is the "
            "status 'Cancel', at a run of a maintenance configuration."
        )
    configuration = azure.existing(scope)
    found = azure.store.get(wanted)
    if found and read(found).is_cancelled:
        return Reply(200, azure.present(found))
    start = _start_of(configuration, wanted.name)
    if start - azure.now() < CUT_OFF_SECONDS:
        raise refused(f"The run '{wanted.name}' cannot be cancelled: that is possible up to 10 minutes before it.")
    because = f"Maintenance cancelled using cancellation API at {instant(azure.now())}"
    cancelled = cancel(azure, run_at(azure, configuration.id, start), because)
    return Reply(200 if found else 201, azure.present(cancelled))


def _start_of(configuration: Resource, name: str) -> float:
    """Return when the run of a configuration starts that a name (YYYYMMDDHHmmss) stands for."""
    try:
        start = datetime.strptime(name, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        start = None
    if start is None or fires_at(configuration, start - 1) != start:
        raise refused(
            f"The maintenance configuration '{configuration.id.name}' has no run '{name}'. A run is named by its start "
            "in UTC, as YYYYMMDDHHmmss."
        )
    return start


def _get(request: Request) -> Reply:
    return Reply(200, _now(request.azure, request.azure.existing(request.resource_id)))


def _list(request: Request) -> Reply:
    """List the runs at a resource, or within a resource group or a subscription."""
    azure, scope = request.azure, request.id
    if scope is not None:
        azure.existing(scope)
    found = azure.store.under(scope.text if scope else "", names.APPLY_UPDATE)
    return Reply(200, {"value": [_now(azure, one) for one in found]})


def _now(azure: Azure, resource: Resource) -> dict[str, Any]:
    """Return a run as it is answered at the moment: one in the middle says so."""
    answer = azure.present(resource)
    if shown_status(read(resource), azure.now()) == IN_PROGRESS:
        answer["properties"]["status"] = IN_PROGRESS
    return answer


def _present(resource: Resource) -> dict[str, Any]:
    """Return a run in the published shape, which knows no failure: what failed is completed, too."""
    run = read(resource)
    return {
        "id": resource.id.key if run.resource == run.configuration else resource.id.text,
        "name": resource.id.name,
        "type": names.APPLY_UPDATE,
        "properties": {
            "resourceId": run.resource.key if run.resource == run.configuration else run.resource.text,
            "status": run.status if run.status in (CANCELLED, PENDING) else "Completed",
            "lastUpdateTime": instant(run.ends),
        },
    }


TYPE = ResourceType(names.APPLY_UPDATE, api_versions.MAINTENANCE, get=_get, put=_put, list=_list, present=_present)
