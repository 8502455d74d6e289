"""What is done to a machine that runs: power, patches, and the view of the instance.

Power changes at once, and the operation that a client follows ends a little later.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import Azure, Handler, Reply, Request
from sandbox.arm.bodies import Shape, check, mapping_at
from sandbox.arm.operations import begin
from sandbox.arm.providers.compute.machine_body import operating_system
from sandbox.arm.providers.compute.refusals import (
    invalid_parameter,
    missing_parameter,
    operation_not_allowed,
    unreadable,
)
from sandbox.arm.regions import region_of
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

RUNNING = "PowerState/running"
STOPPED = "PowerState/stopped"
DEALLOCATED = "PowerState/deallocated"
_DURATION = re.compile(r"PT(\d{1,2}H)?(\d{1,3}M)?")
_INSTALL: Shape = {
    "maximumDuration": str,
    "rebootSetting": frozenset({"IfRequired", "Never", "Always"}),
    "windowsParameters": {
        "classificationsToInclude": [str],
        "kbNumbersToInclude": [str],
        "kbNumbersToExclude": [str],
        "excludeKbsRequiringReboot": bool,
        "maxPatchPublishDate": str,
        "patchNameMasksToInclude": [str],
        "patchNameMasksToExclude": [str],
    },
    "linuxParameters": {
        "classificationsToInclude": [str],
        "packageNameMasksToInclude": [str],
        "packageNameMasksToExclude": [str],
    },
}


def power_state(machine: Resource) -> str:
    """Return a machine's power state, for example `PowerState/running`."""
    return str(machine.private.get("powerState") or RUNNING)


def instance_view(azure: Azure, machine: Resource) -> dict[str, Any]:
    """Return the view of the instance, as `$expand=instanceView` and `/instanceView` answer it."""
    state = power_state(machine)
    provisioning = str(machine.properties.get("provisioningState") or "Succeeded")
    view: dict[str, Any] = {
        "statuses": [
            _status(f"ProvisioningState/{provisioning.lower()}", f"Provisioning {provisioning.lower()}", azure.now()),
            _status(state, f"VM {state.removeprefix('PowerState/')}"),
        ]
    }
    profile = mapping_at(machine.properties, "osProfile")
    if state == RUNNING:
        view["computerName"] = profile.get("computerName") or machine.id.name
        view["osName"] = operating_system(machine.properties)
        ready = _status("ProvisioningState/succeeded", "Ready", azure.now())
        view["vmAgent"] = {
            "vmAgentVersion": "2.7.41491.1121",
            "statuses": [{**ready, "message": "Guest Agent is running"}],
        }
    patches = {key: machine.private[key] for key in _SUMMARIES if key in machine.private}
    if patches:
        view["patchStatus"] = patches
    return view


_SUMMARIES = ("availablePatchSummary", "lastPatchInstallationSummary")


def _status(code: str, text: str, at: float | None = None) -> dict[str, Any]:
    status = {"code": code, "level": "Info", "displayStatus": text}
    return status if at is None else {**status, "time": instant(at)}


def _instance_view(request: Request) -> Reply:
    machine = request.azure.existing(request.resource_id)
    return Reply(200, instance_view(request.azure, machine))


def _accept(request: Request, machine: Resource, output: object = None) -> Reply:
    delay = request.azure.settings.operation_delay
    return Reply(202, None, begin(request, region_of(machine.document), delay, output))


def _to(state: str) -> Handler:
    def change(request: Request) -> Reply:
        machine = request.azure.existing(request.resource_id)
        private = {**machine.private, "powerState": state}
        request.azure.store.put(replace(machine, private=private), request.azure.now())
        return _accept(request, machine)

    return change


def _while_running(act: Callable[[Request, Resource], Reply]) -> Handler:
    def guarded(request: Request) -> Reply:
        machine = request.azure.existing(request.resource_id)
        if power_state(machine) != RUNNING:
            raise operation_not_allowed(
                f"The operation requires the VM '{machine.id.name}' to be running (or set to run)."
            )
        return act(request, machine)

    return guarded


def _restart(request: Request, machine: Resource) -> Reply:
    return _accept(request, machine)


def _assess(request: Request, machine: Resource) -> Reply:
    """Answer an assessment: nothing is pending, since updates are not modelled here."""
    azure = request.azure
    activity, now = str(uuid.uuid4()), instant(azure.now())
    summary: dict[str, Any] = {
        "status": "Succeeded",
        "assessmentActivityId": activity,
        "rebootPending": False,
        "criticalAndSecurityPatchCount": 0,
        "otherPatchCount": 0,
    }
    kept = {**summary, "startTime": now, "lastModifiedTime": now}
    azure.store.put(replace(machine, private={**machine.private, "availablePatchSummary": kept}), azure.now())
    return _accept(request, machine, {**summary, "startDateTime": now, "availablePatches": []})


def _install(request: Request, machine: Resource) -> Reply:
    """Answer an installation on demand: checked, accepted, and with nothing to install."""
    azure = request.azure
    check(request.body, _INSTALL, refuse=unreadable)
    if not request.body.get("rebootSetting"):
        raise missing_parameter("rebootSetting")
    duration = str(request.body.get("maximumDuration") or "PT4H")
    if duration == "PT" or not _DURATION.fullmatch(duration):
        raise invalid_parameter(
            "maximumDuration", f"The value '{duration[:40]}' of parameter maximumDuration is invalid."
        )
    activity, now = str(uuid.uuid4()), instant(azure.now())
    counts = dict.fromkeys(
        ("excludedPatchCount", "notSelectedPatchCount", "pendingPatchCount", "installedPatchCount", "failedPatchCount"),
        0,
    )
    summary: dict[str, Any] = {
        "status": "Succeeded",
        "installationActivityId": activity,
        "maintenanceWindowExceeded": False,
        **counts,
    }
    kept = {**summary, "startTime": now, "lastModifiedTime": now}
    azure.store.put(replace(machine, private={**machine.private, "lastPatchInstallationSummary": kept}), azure.now())
    output: dict[str, Any] = {**summary, "rebootStatus": "NotNeeded", "startDateTime": now, "patches": []}
    return _accept(request, machine, output)


ACTIONS: dict[str, Handler] = {
    "GET instanceview": _instance_view,
    "POST start": _to(RUNNING),
    "POST poweroff": _to(STOPPED),
    "POST deallocate": _to(DEALLOCATED),
    "POST restart": _while_running(_restart),
    "POST assesspatches": _while_running(_assess),
    "POST installpatches": _while_running(_install),
}
