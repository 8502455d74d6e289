"""What has been done to machines: assessments, installations, and the runs of maintenance configurations.

Source: "Access Azure Update Manager operations data using Azure Resource Graph", for the shape of the rows and for how
long they are kept; that runs are kept for ever is only that nothing says for how long.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.ids import MACHINE_TYPES, ResourceId
from sandbox.arm.providers.maintenance import apply_updates, names
from sandbox.arm.resource_graph.compiled import Row
from sandbox.arm.resource_graph.rows import Scope, row
from sandbox.arm.simulation.machines import system_of
from sandbox.arm.simulation.records import (
    ASSESSMENTS_KEPT,
    INSTALLATIONS_KEPT,
    Patch,
    common,
    installation,
    last_assessment,
    results_type,
)
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_ASSESSED, _PATCHES = "patchAssessmentResults", "softwarePatches"


def assessments(azure: Azure, scope: Scope) -> Iterator[Row]:
    """Return a row for each machine that was assessed within seven days, and one for each update it lacked then."""
    for machine in (one for kind in MACHINE_TYPES for one in scope.resources(azure, kind)):
        found = last_assessment(machine)
        if found is None or azure.now() - found.moment > ASSESSMENTS_KEPT:
            continue
        properties: dict[str, Any] = {
            **_times(found.moment, found.moment),
            **common(found.system, found.started_by),
            "status": "Succeeded",
            "assessmentActivityId": found.activity,
            "rebootPending": found.reboot_pending,
            "availablePatchCountByClassification": found.counts,
        }
        result = _below(machine, _ASSESSED, "latest")
        yield _row(machine, result, found.activity, properties)
        yield from _patches(machine, result, found.patches, found.moment, "assessmentState")


def installations(azure: Azure, scope: Scope) -> Iterator[Row]:
    """Return a row for each installation within thirty days, and one for each update that it was about."""
    for kind in MACHINE_TYPES:
        for result in scope.resources(azure, results_type(kind)):
            machine = azure.store.get(ResourceId(result.id.scope, kind, result.id.names[:-1]))
            found = installation(result.private)
            if machine is None or azure.now() - found.ended > INSTALLATIONS_KEPT:
                continue
            properties: dict[str, Any] = {
                **_times(found.started, found.ended),
                **common(found.system, found.started_by),
                "status": apply_updates.IN_PROGRESS if azure.now() < found.ended else found.status,
                "installationActivityId": found.activity,
                "maintenanceWindowExceeded": found.exceeded,
                "rebootStatus": found.reboot_status,
                **({"maintenanceRunId": found.run} if found.run else {}),
                **({"errorDetails": {"message": found.error}} if found.error else {}),
                **found.counts,
            }
            yield _row(machine, result.id, found.activity, properties)
            yield from _patches(machine, result.id, found.patches, found.ended, "installationState")


def runs(azure: Azure, scope: Scope) -> Iterator[Row]:
    """Return a row for each run of a maintenance configuration, and one for each machine that it was for."""
    for kept in scope.resources(azure, names.APPLY_UPDATE):
        run = apply_updates.read(kept)
        code, message = run.error or (None, None)
        properties: dict[str, Any] = {
            "maintenanceScope": "InGuestPatch",
            "maintenanceConfigurationId": run.configuration.key,
            "resourceId": run.resource.key,
            "correlationId": run.correlation_id,
            "status": apply_updates.shown_status(run, azure.now()),
            "startDateTime": instant(run.starts),
            "endDateTime": instant(run.ends),
            **({"errorCode": code, "errorMessage": message} if code else {}),
        }
        if run.resource == run.configuration:
            whole = ResourceId(
                run.configuration.scope, f"{names.CONFIGURATION}/applyUpdates", (run.configuration.name, kept.id.name)
            )
            yield row(whole, whole.type, {"id": whole.key, "properties": properties})
        else:
            yield row(kept.id, names.APPLY_UPDATE, {"properties": properties})


def _times(started: float, ended: float) -> Mapping[str, Any]:
    return {"startDateTime": instant(started), "lastModifiedDateTime": instant(ended)}


def _below(machine: Resource, what: str, key: str) -> ResourceId:
    return ResourceId(machine.id.scope, f"{machine.id.type}/{what}", (*machine.id.names, key))


def _patches(machine: Resource, result: ResourceId, patches: list[Patch], moment: float, state: str) -> Iterator[Row]:
    for patch in patches:
        shown = patch.shown
        key = str(shown["patchId"])
        below = ResourceId(result.scope, f"{result.type}/{_PATCHES}", (*result.names, key))
        properties = {
            "patchName": patch.name,
            **{name: value for name, value in shown.items() if name != "name"},
            "lastModifiedDateTime": instant(moment),
            "osType": system_of(machine),
            state: patch.state,
        }
        yield _row(machine, below, key, properties)


def _row(machine: Resource, result: ResourceId, name: str, properties: Mapping[str, Any]) -> Row:
    answer = {"location": machine.document.get("location"), "properties": properties}
    return row(result, result.type, answer, name=name)
