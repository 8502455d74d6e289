"""What has been done to machines: assessments, installations, and the runs of maintenance configurations.

Only what the local Azure keeps is shown: of each machine the last assessment and the last installation that were asked
for. Schedules do not run in it; whatever keeps their runs adds the rows here, in `installations` and `runs`.
Sources: "Access Azure Update Manager operations data using Azure Resource Graph", for the shape of the rows and for how
long they are kept.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.ids import ARC_MACHINE, MACHINE_TYPES, ResourceId
from sandbox.arm.providers.compute.machine_body import operating_system
from sandbox.arm.resource_graph.compiled import Row
from sandbox.arm.resource_graph.rows import Scope, row
from sandbox.arm.store import Resource

_DAY = 24 * 3600
_ASSESSMENTS_KEPT = 7 * _DAY
_INSTALLATIONS_KEPT = 30 * _DAY
_CLASSIFICATIONS = {
    "Windows": (
        "critical",
        "security",
        "updateRollup",
        "featurePack",
        "servicePack",
        "definition",
        "tools",
        "updates",
    ),
    "Linux": ("critical", "security", "other"),
}


def assessments(azure: Azure, scope: Scope) -> Iterator[Row]:
    """Return a row for each machine that was assessed within seven days."""
    for machine, summary, times in _summaries(azure, scope, "availablePatchSummary", _ASSESSMENTS_KEPT):
        system = _system(machine)
        activity = str(summary.get("assessmentActivityId") or "")
        properties: dict[str, Any] = {
            **times,
            **_common(system),
            "status": summary.get("status"),
            "assessmentActivityId": activity,
            "rebootPending": summary.get("rebootPending"),
            "availablePatchCountByClassification": dict.fromkeys(_CLASSIFICATIONS[system], 0),
        }
        yield _result(machine, "patchAssessmentResults", "latest", activity, properties)


def installations(azure: Azure, scope: Scope) -> Iterator[Row]:
    """Return a row for each machine on which something was installed on demand within thirty days."""
    for machine, summary, times in _summaries(azure, scope, "lastPatchInstallationSummary", _INSTALLATIONS_KEPT):
        activity = str(summary.get("installationActivityId") or "")
        counts = {key: value for key, value in summary.items() if key.endswith("PatchCount")}
        properties: dict[str, Any] = {
            **times,
            **_common(_system(machine)),
            "status": summary.get("status"),
            "installationActivityId": activity,
            "maintenanceWindowExceeded": summary.get("maintenanceWindowExceeded"),
            "rebootStatus": "NotNeeded",
            **counts,
        }
        yield _result(machine, "patchInstallationResults", activity, activity, properties)


def runs(_azure: Azure, _scope: Scope) -> Iterator[Row]:
    """Return the rows of `microsoft.maintenance/applyupdates` and its kin: none, since no schedule runs."""
    yield from ()


def _summaries(
    azure: Azure, scope: Scope, name: str, kept_seconds: float
) -> Iterator[tuple[Resource, dict[str, Any], dict[str, str]]]:
    """Return the machines that have a summary of the given name which is not too old, with it and its times."""
    for resource_type in MACHINE_TYPES:
        for machine in scope.resources(azure, resource_type):
            summary = mapping_at(machine.private, name)
            times = {key: str(summary.get(key) or summary.get(short) or "") for key, short in _TIMES.items()}
            if summary and azure.now() - _seconds(times["lastModifiedDateTime"]) <= kept_seconds:
                yield machine, summary, times


_TIMES = {"startDateTime": "startTime", "lastModifiedDateTime": "lastModifiedTime"}


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _system(machine: Resource) -> str:
    if not machine.id.is_type(ARC_MACHINE):
        return operating_system(machine.properties)
    return "Windows" if str(machine.properties.get("osType") or "").lower() == "windows" else "Linux"


def _common(system: str) -> Mapping[str, Any]:
    return {"osType": system, "startedBy": "User", "patchServiceUsed": "WU-WSUS" if system == "Windows" else "APT"}


def _result(machine: Resource, what: str, key: str, name: str, properties: Mapping[str, Any]) -> Row:
    result = ResourceId(machine.id.scope, f"{machine.id.type}/{what}", (*machine.id.names, key))
    answer = {"location": machine.document.get("location"), "properties": properties}
    return row(result, result.type, answer, name=name)
