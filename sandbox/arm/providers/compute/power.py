"""What is done to a machine that runs: power, patches, and the view of the instance.

Power changes at once, and the operation that a client follows ends a little later.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import Azure, Handler, Reply, Request
from sandbox.arm.bodies import mapping_at
from sandbox.arm.errors import ArmError
from sandbox.arm.operations import begin
from sandbox.arm.providers.compute.machine_body import operating_system
from sandbox.arm.providers.compute.refusals import (
    invalid_parameter,
    missing_parameter,
    operation_not_allowed,
    unreadable,
)
from sandbox.arm.regions import region_of
from sandbox.arm.simulation.acting import assess, patch
from sandbox.arm.simulation.on_demand import window_minutes
from sandbox.arm.simulation.records import (
    USER,
    Assessment,
    Installed,
    available_patches,
    installed_patches,
    last_assessment,
    last_installation,
)
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

RUNNING = "PowerState/running"
STOPPED = "PowerState/stopped"
DEALLOCATED = "PowerState/deallocated"


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
    assessed, installed = last_assessment(machine), last_installation(machine)
    patches: dict[str, Any] = {}
    if assessed:
        patches["availablePatchSummary"] = {**_assessed(assessed), **_times("Time", assessed.moment)}
    if installed:
        times = _times("Time", installed.started, installed.ended)
        patches["lastPatchInstallationSummary"] = {**_installed(installed), **times}
    if patches:
        view["patchStatus"] = patches
    return view


def _times(suffix: str, started: float, ended: float | None = None) -> dict[str, str]:
    return {f"start{suffix}": instant(started), f"lastModified{suffix}": instant(started if ended is None else ended)}


def _assessed(record: Assessment) -> dict[str, Any]:
    return {
        "status": "Succeeded",
        "assessmentActivityId": record.activity,
        "rebootPending": record.reboot_pending,
        "criticalAndSecurityPatchCount": record.critical_and_security,
        "otherPatchCount": len(record.patches) - record.critical_and_security,
    }


def _installed(record: Installed) -> dict[str, Any]:
    return {
        "status": record.status,
        "installationActivityId": record.activity,
        "maintenanceWindowExceeded": record.exceeded,
        **record.counts,
    }


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
    """Answer an assessment: what the machine lacks now."""
    found = assess(request.azure, machine, request.azure.now(), USER)
    output = {**_assessed(found), "startDateTime": instant(found.moment), "availablePatches": available_patches(found)}
    return _accept(request, machine, output)


def _unreadable(path: str, reason: str) -> ArmError:
    """Refuse a duration as a parameter, and the rest as what cannot be read."""
    if path != "maximumDuration":
        return unreadable(path, reason)
    return invalid_parameter(path, f"The value of parameter {path} is invalid: it {reason}.")


def _install(request: Request, machine: Resource) -> Reply:
    """Answer an installation on demand: checked, accepted, and done before the operation ends."""
    azure = request.azure
    minutes = window_minutes(request.body, _unreadable)
    if not request.body.get("rebootSetting"):
        raise missing_parameter("rebootSetting")
    done = patch(azure, machine, request.body, moment=azure.now(), minutes=minutes, started_by=USER)
    output: dict[str, Any] = {
        **_installed(done),
        "rebootStatus": done.reboot_status,
        "startDateTime": instant(done.started),
        "patches": installed_patches(done),
    }
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
