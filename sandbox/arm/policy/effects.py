"""What the effects of the built-in definitions change on a machine, as the requests that make the change."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from sandbox.arm.ids import ResourceId
from sandbox.arm.policy import definitions
from sandbox.arm.policy.assignments import Part
from sandbox.arm.policy.images import os_to_configure
from sandbox.arm.policy.machines import Machine
from sandbox.arm.policy.rules import is_ready

CONFIGURATION_ASSIGNMENTS = "Microsoft.Maintenance/configurationAssignments"
_HASH_LENGTH = 13
_COMPUTE_VERSION = "2023-09-01"
_ARC_VERSION = "2024-07-10"
_ASSIGNMENT_VERSION = "2021-09-01-preview"


@dataclass(frozen=True)
class Permission:
    """An action that the assignment's identity needs at a scope."""

    action: str
    scope: str


@dataclass(frozen=True)
class Change:
    """One request that an effect makes in the name of the assignment's identity."""

    method: str
    id: ResourceId
    body: dict[str, Any]
    api_version: str


def assessment_setting(part: Part) -> tuple[str, str]:
    """Return the OS configuration (`linux` or `windows`) and the assessment mode that a Modify policy sets."""
    return str(part.values["osType"]).lower(), str(part.values["assessmentMode"])


def changes(part: Part, machine: Machine) -> list[Change]:
    """Return the requests by which a remediation, or a deployment after a write, makes a machine compliant."""
    if part.definition.name in (definitions.ASSESSMENT, definitions.ARC_ASSESSMENT):
        os_type, mode = assessment_setting(part)
        return [_patch(machine, os_type, {"assessmentMode": mode})]
    found: list[Change] = []
    if not machine.is_arc and not is_ready(machine):
        found.append(_patch(machine, os_to_configure(machine), _READY))
    if part.definition.name == definitions.RECURRING_UPDATES:
        found.append(_attach(machine, str(part.values["maintenanceConfigurationResourceId"])))
    return found


_READY = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


def _patch(machine: Machine, os_type: str, settings: dict[str, Any]) -> Change:
    body = {"properties": {"osProfile": {f"{os_type}Configuration": {"patchSettings": settings}}}}
    return Change("PATCH", machine.id, body, _ARC_VERSION if machine.is_arc else _COMPUTE_VERSION)


def _attach(machine: Machine, configuration_id: str) -> Change:
    assignment = ResourceId(machine.id.text, CONFIGURATION_ASSIGNMENTS, (schedule_assignment_name(configuration_id),))
    body = {"location": machine.location, "properties": {"maintenanceConfigurationId": configuration_id}}
    return Change("PUT", assignment, body, _ASSIGNMENT_VERSION)


def schedule_assignment_name(configuration_id: str) -> str:
    """Return the name under which the schedule policy attaches machines to a configuration.

    The published template says `<uniqueString of the lower-cased id>-AzPolicy`. How ARM's uniqueString works is not
    public; this gives 13 characters of the same alphabet, always the same for one id, but not those of Azure.
    """
    digest = hashlib.sha256(configuration_id.lower().encode()).digest()
    return f"{base64.b32encode(digest).decode().lower()[:_HASH_LENGTH]}-AzPolicy"


def permissions(part: Part, machine: Machine, needed: list[Change]) -> list[Permission]:
    """Return what the assignment's identity must be allowed to do for these changes.

    A DeployIfNotExists policy also deploys a template into the machine's group. Who attaches a machine must be able to
    read the configuration, wherever that lies (the definition marks its parameter `assignPermissions`).
    """
    found: list[Permission] = []
    if part.effect == definitions.DEPLOY_IF_NOT_EXISTS:
        found.append(Permission("Microsoft.Resources/deployments/write", machine.id.scope))
    found.extend(Permission(f"{change.id.type}/write", change.id.text) for change in needed)
    if part.definition.name == definitions.RECURRING_UPDATES:
        configuration = str(part.values["maintenanceConfigurationResourceId"])
        found.append(Permission("Microsoft.Maintenance/maintenanceConfigurations/read", configuration))
    return found
