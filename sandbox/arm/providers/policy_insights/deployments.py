"""Makes a machine compliant in the name of a policy assignment's identity, by the requests a client would send."""

import uuid
from typing import Any

from sandbox.arm.azure import Azure, Handler, Request
from sandbox.arm.errors import ArmError
from sandbox.arm.policy import definitions
from sandbox.arm.policy.assignments import Assignment, Part
from sandbox.arm.policy.effects import Change, changes, permissions
from sandbox.arm.policy.machines import Machine
from sandbox.arm.policy.scopes import Hierarchy
from sandbox.arm.providers.authorization.principals import check_permission, principal_of
from sandbox.arm.times import instant


def deploy(azure: Azure, hierarchy: Hierarchy, assignment: Assignment, part: Part, machine: Machine) -> None:
    """Make the changes of a Modify or DeployIfNotExists definition on a machine.

    Raises ArmError: AuthorizationFailed where the assignment's identity may not, or whatever refuses a change.
    """
    needed = changes(part, machine)
    principal = principal_of(azure, assignment)
    for permission in permissions(part, machine, needed):
        check_permission(azure, hierarchy, principal, permission)
    for change in needed:
        _send(azure, change)


def _send(azure: Azure, change: Change) -> None:
    resource_type = azure.resource_type(change.id.type)
    handlers: dict[str, Handler | None] = {"PUT": resource_type.put, "PATCH": resource_type.patch}
    handler = handlers[change.method]
    if handler is None:
        raise ArmError(405, "MethodNotAllowed", f"'{change.method}' is not allowed on '{resource_type.name}'.")
    handler(
        Request(
            azure=azure,
            method=change.method,
            id=azure.canonical(change.id),
            type=resource_type,
            api_version=change.api_version,
            body=change.body,
            query={},
            headers={},
            base_url="",
        )
    )


def record(azure: Azure, part: Part, machine: Machine, error: ArmError | None) -> dict[str, Any]:
    """Return what a remediation remembers of one machine: how it went, and by which deployment.

    A Modify policy changes the machine itself and has no deployment.
    """
    now = instant(azure.now())
    found: dict[str, Any] = {
        "remediatedResourceId": machine.id.text,
        "status": "Failed" if error else "Succeeded",
        "resourceLocation": machine.location,
        "createdOn": now,
        "lastUpdatedOn": now,
    }
    if part.effect == definitions.DEPLOY_IF_NOT_EXISTS:
        found["deploymentId"] = f"{machine.id.scope}/providers/Microsoft.Resources/deployments/{uuid.uuid4()}"
    if error:
        found["error"] = {"code": error.code, "message": error.message}
    return found
