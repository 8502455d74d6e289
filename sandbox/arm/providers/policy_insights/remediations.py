"""Microsoft.PolicyInsights/remediations: tasks that make non-compliant machines compliant, at any scope.

A task is Accepted, then Evaluating, then ended, by the local Azure's clock; `parallelDeployments` machines are worked
on at a time. It ends Succeeded where nothing failed, Failed where more failed than `failureThreshold` allows or all
did, and Complete where some failed within the threshold (which of these names Azure uses when is not documented).

Sources: learn.microsoft.com/azure/governance/policy/concepts/remediation-structure, the published API of Microsoft.
PolicyInsights 2021-10-01 and 2024-10-01; the refusals as in Azure/azure-policy issue 1234, Azure/avdaccelerator issue
539, hashicorp/terraform-provider-azurerm 7914 and 16478.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import Azure, Reply, Request, ResourceType, envelope, system_data
from sandbox.arm.bodies import check, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS, Assignment, Part, assignment_of
from sandbox.arm.policy.definitions import EFFECT_NAMES, REMEDIABLE
from sandbox.arm.policy.machines import Machine, machine_of
from sandbox.arm.policy.rules import NON_COMPLIANT
from sandbox.arm.policy.scopes import Hierarchy, hierarchy_of, management_group_name
from sandbox.arm.providers.authorization.common import (
    check_listed_scope,
    check_scope,
    quoted,
    unsupported_filter,
)
from sandbox.arm.providers.policy_insights.deployments import deploy, record
from sandbox.arm.providers.policy_insights.evaluation import WAIT_FOR_BUSY, is_busy, machines_in, state_of
from sandbox.arm.regions import normalised
from sandbox.arm.store import Resource
from sandbox.arm.times import instant
from sandbox.arm.words import words

_REMEDIATIONS = "Microsoft.PolicyInsights/remediations"
_VERSIONS = words("2018-07-01-preview 2019-07-01 2021-10-01 2024-10-01")
_ACTIVE = frozenset({"Accepted", "Evaluating", "Cancelling"})
_EXISTING, _RE_EVALUATE = "ExistingNonCompliant", "ReEvaluateCompliance"
_DEFAULTS: Mapping[str, Any] = {
    "resourceDiscoveryMode": _EXISTING,
    "resourceCount": 500,
    "parallelDeployments": 10,
    "failureThreshold": {"percentage": 1.0},
}
_BOUNDS = {"resourceCount": (1, 50_000), "parallelDeployments": (1, 30)}
_MOST_RESOURCE_IDS = 100
_KEPT = 60 * 86400.0
"""How long an ended task is kept, in seconds (source: remediation-structure, as above)."""
_SHAPE = {
    "properties": {
        "policyAssignmentId": str,
        "policyDefinitionReferenceId": str,
        "resourceDiscoveryMode": frozenset({_EXISTING, _RE_EVALUATE}),
        "filters": {"locations": [str], "resourceIds": [str]},
        "resourceCount": int,
        "parallelDeployments": int,
        "failureThreshold": {"percentage": float},
    }
}
_SETTINGS = ("policyAssignmentId", "policyDefinitionReferenceId", "filters", *_DEFAULTS)


def _refuse(what: str, remediation_id: ResourceId, reason: str) -> ArmError:
    return bad_request(
        f"Invalid{what}RemediationRequest",
        f"The request to {what.lower()} remediation '{remediation_id.name}' is invalid. {reason}",
    )


def _put(request: Request) -> Reply:
    azure, task_id = request.azure, request.resource_id
    hierarchy = check_scope(azure, task_id)
    check(request.body, _SHAPE, refuse=lambda path, reason: _refuse("Create", task_id, f"'{path}' {reason}."))
    settings = _settings(task_id, without_nulls(request.body.get("properties") or {}))
    earlier = azure.store.get(task_id)
    if earlier is not None:
        return Reply(200, present(_unchanged(earlier, settings)))
    _check_assignment(azure, task_id, settings, hierarchy)
    now = instant(azure.now())
    document = {
        "properties": {
            **settings,
            "provisioningState": "Accepted",
            "createdOn": now,
            "lastUpdatedOn": now,
            "deploymentStatus": _counts(0, []),
            "statusMessage": "The remediation has been accepted.",
            "correlationId": str(uuid.uuid4()),
        }
    }
    task = Resource(
        task_id, document, {"pending": None, "deployments": []}, due=azure.now() + azure.settings.operation_delay
    )
    return Reply(201, present(azure.write(task, request.api_version)))


def _settings(task_id: ResourceId, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's settings with the service's defaults.

    Raises ArmError (400 InvalidCreateRemediationRequest) for what is outside the service's limits.
    """
    settings = {**_DEFAULTS, **{key: asked[key] for key in _SETTINGS if key in asked}}
    if not settings.get("policyAssignmentId"):
        raise _refuse("Create", task_id, "The property 'policyAssignmentId' is missing.")
    modes = {_EXISTING.lower(): _EXISTING, _RE_EVALUATE.lower(): _RE_EVALUATE}
    settings["resourceDiscoveryMode"] = modes[settings["resourceDiscoveryMode"].lower()]
    for key, (low, high) in _BOUNDS.items():
        if not low <= settings[key] <= high:
            raise _refuse("Create", task_id, f"'{key}' is {settings[key]}; it must be between {low} and {high}.")
    percentage = settings["failureThreshold"].get("percentage", 1.0)
    if not 0 <= percentage <= 1:
        raise _refuse("Create", task_id, f"The failure threshold is {percentage}; it must be between 0.0 and 1.0.")
    re_evaluates = settings["resourceDiscoveryMode"] == _RE_EVALUATE
    if re_evaluates and parse(task_id.scope).key == _group_key(task_id):
        raise _refuse("Create", task_id, f"'{_RE_EVALUATE}' is not supported at management groups.")
    filters: Mapping[str, list[str]] = settings.get("filters") or {}
    resource_ids = filters.get("resourceIds") or []
    if len(resource_ids) > _MOST_RESOURCE_IDS or (resource_ids and re_evaluates):
        raise _refuse(
            "Create",
            task_id,
            f"'filters.resourceIds' has at most {_MOST_RESOURCE_IDS} ids, and none with '{_RE_EVALUATE}'.",
        )
    return settings


def _group_key(task_id: ResourceId) -> str | None:
    name = management_group_name(task_id.scope)
    return f"/providers/microsoft.management/managementgroups/{name}" if name else None


def _check_assignment(azure: Azure, task_id: ResourceId, settings: Mapping[str, Any], hierarchy: Hierarchy) -> None:
    """Check that there is something to remediate: an assignment that touches the scope, a definition that changes."""
    assignment = _assignment(azure, settings)
    named = settings["policyAssignmentId"]
    if assignment is None:
        raise _refuse("Create", task_id, f"The policy assignment '{named}' could not be found.")
    if not (hierarchy.covers(assignment.scope, task_id.scope) or hierarchy.covers(task_id.scope, assignment.scope)):
        raise _refuse(
            "Create", task_id, f"The policy assignment '{named}' does not apply to the scope '{task_id.scope}'."
        )
    reference = settings.get("policyDefinitionReferenceId")
    if assignment.is_set and not reference:
        raise _refuse(
            "Create",
            task_id,
            f"The policy assignment '{named}' assigns a policy set definition. "
            "Remediations must specify a single policy definition reference ID within the policy set definition.",
        )
    part = assignment.part(reference)
    if part is None:
        raise _refuse(
            "Create", task_id, f"The policy assignment '{named}' has no definition of reference ID '{reference}'."
        )
    if part.effect not in REMEDIABLE:
        raise _refuse(
            "Create",
            task_id,
            f"The policy definition '{part.definition.name}' has the effect "
            f"'{EFFECT_NAMES.get(part.effect, part.effect)}'; only 'DeployIfNotExists' and 'Modify' can be remediated.",
        )
    if not assignment.identity:
        raise _refuse("Create", task_id, f"The policy assignment '{named}' has no managed identity.")


def _assignment(azure: Azure, settings: Mapping[str, Any]) -> Assignment | None:
    try:
        assignment_id = parse(settings["policyAssignmentId"])
    except ArmError:
        return None
    found = azure.store.get(assignment_id) if assignment_id.is_type(POLICY_ASSIGNMENTS) else None
    return assignment_of(found) if found else None


def _unchanged(earlier: Resource, settings: Mapping[str, Any]) -> Resource:
    """Return a task that is there already: its settings are fixed, and writing them again does not run it again."""
    if {key: earlier.properties.get(key) for key in _SETTINGS} != {key: settings.get(key) for key in _SETTINGS}:
        active = earlier.properties["provisioningState"] in _ACTIVE
        raise _refuse(
            "Update",
            earlier.id,
            "A remediation may not be changed or replaced while it is active."
            if active
            else "The settings of a remediation may not be changed; start one of another name.",
        )
    return earlier


def _due(azure: Azure, task: Resource) -> None:
    """Take a task one step further: find what is to do, or do the next lot of it, or stop; delete an old one."""
    if task.properties["provisioningState"] not in _ACTIVE:
        azure.remove(task.id)
        return
    if task.properties["provisioningState"] == "Cancelling":
        _end(azure, task, "Canceled", "The remediation was canceled.")
        return
    assignment = _assignment(azure, task.properties)
    part = assignment.part(task.properties.get("policyDefinitionReferenceId")) if assignment else None
    if assignment is None or part is None:
        _end(azure, task, "Failed", "The policy assignment no longer exists.")
    elif task.private["pending"] is None:
        _find(azure, task, assignment, part)
    else:
        _work(azure, task, assignment, part)


def _find(azure: Azure, task: Resource, assignment: Assignment, part: Part) -> None:
    hierarchy = hierarchy_of(azure.store)
    pending = [
        machine.id.text
        for machine in machines_in(azure, parse(task.id.scope), hierarchy)
        if _passes(task, machine) and state_of(azure, assignment, part, machine, hierarchy) == NON_COMPLIANT
    ][: task.properties["resourceCount"]]
    if not pending:
        _end(azure, task, "Succeeded", "There is no non-compliant resource to remediate.")
        return
    message = f"Remediating {len(pending)} resource(s)."
    _keep(azure, replace(task, private={**task.private, "pending": pending}), message)


def _passes(task: Resource, machine: Machine) -> bool:
    filters: Mapping[str, Any] = task.properties.get("filters") or {}
    locations = {normalised(one) for one in filters.get("locations") or ()}
    resource_ids = {one.lower() for one in filters.get("resourceIds") or ()}
    return (not locations or normalised(machine.location) in locations) and (
        not resource_ids or machine.id.key in resource_ids
    )


def _work(azure: Azure, task: Resource, assignment: Assignment, part: Part) -> None:
    hierarchy = hierarchy_of(azure.store)
    pending: list[str] = task.private["pending"]
    lot, rest = pending[: task.properties["parallelDeployments"]], pending[task.properties["parallelDeployments"] :]
    deployments: list[dict[str, Any]] = list(task.private["deployments"])
    waits = False
    for text in lot:
        found = azure.store.get(parse(text))
        if found is None:
            continue
        machine = machine_of(found)
        if is_busy(machine):
            rest.append(text)
            waits = True
            continue
        error: ArmError | None = None
        try:
            deploy(azure, hierarchy, assignment, part, machine)
        except ArmError as refusal:
            error = refusal
        deployments.append(record(azure, part, machine, error))
    done = replace(task, private={"pending": rest, "deployments": deployments})
    total = len(rest) + len(deployments)
    failed = [one for one in deployments if one["status"] == "Failed"]
    if len(failed) > total * task.properties["failureThreshold"].get("percentage", 1.0):
        _end(azure, done, "Failed", f"More failed than the failure threshold allows. {_failures(failed, total)}")
    elif rest:
        _keep(azure, done, f"Remediating {total} resource(s), {len(rest)} to go.", waits=waits)
    elif failed:
        _end(azure, done, "Failed" if len(failed) == total else "Complete", _failures(failed, total))
    else:
        _end(azure, done, "Succeeded", f"Remediated {len(deployments)} resource(s).")


def _failures(failed: list[dict[str, Any]], total: int) -> str:
    first = failed[0]["error"]
    return f"{len(failed)} of {total} resource(s) could not be remediated. {first['code']}: {first['message']}"


def _keep(azure: Azure, task: Resource, message: str, *, waits: bool = False) -> None:
    """Go on with a task at its next step; `waits` where machines are busy."""
    # Counted from when this step was due, not from when somebody looked: a task goes on while nobody does.
    later = (task.due or azure.now()) + azure.settings.operation_delay
    if waits:
        later = max(later, azure.now() + WAIT_FOR_BUSY)
    _store(azure, replace(task, due=later), "Evaluating", message)


def _end(azure: Azure, task: Resource, state: str, message: str) -> None:
    ended = replace(task, private={**task.private, "pending": []}, due=azure.now() + _KEPT)
    _store(azure, ended, state, message, total=len(task.private["pending"] or ()) + len(task.private["deployments"]))


def _store(azure: Azure, task: Resource, state: str, message: str, total: int | None = None) -> None:
    deployments = task.private["deployments"]
    all_of_it = len(task.private["pending"]) + len(deployments) if total is None else total
    changed = task.with_properties(
        provisioningState=state,
        statusMessage=message,
        deploymentStatus=_counts(all_of_it, deployments),
        lastUpdatedOn=instant(azure.now()),
    )
    azure.store.put(changed, azure.now())


def _counts(total: int, deployments: list[dict[str, Any]]) -> dict[str, int]:
    failed = sum(one["status"] == "Failed" for one in deployments)
    return {
        "totalDeployments": total,
        "successfulDeployments": len(deployments) - failed,
        "failedDeployments": failed,
    }


def present(task: Resource) -> dict[str, Any]:
    """Return a task as the service answers it."""
    return {**envelope(task), "systemData": system_data(task, "User")}


def _existing(request: Request) -> Resource:
    check_scope(request.azure, request.resource_id)
    found = request.azure.store.get(request.resource_id)
    if found is None:
        raise ArmError(404, "RemediationNotFound", f"The remediation '{request.resource_id.text}' could not be found.")
    return found


def _get(request: Request) -> Reply:
    return Reply(200, present(_existing(request)))


def _delete(request: Request) -> Reply:
    check_scope(request.azure, request.resource_id)
    found = request.azure.store.get(request.resource_id)
    if found is None:
        return Reply(204)
    if found.properties["provisioningState"] in _ACTIVE:
        raise _refuse(
            "Delete",
            found.id,
            "The remediation must be in a terminal provisioning state (Succeeded, Canceled, Failed) "
            "before it can be deleted.",
        )
    request.azure.remove(found.id)
    return Reply(200, present(found))


def _cancel(request: Request) -> Reply:
    found = _existing(request)
    if found.properties["provisioningState"] not in _ACTIVE:
        raise _refuse("Cancel", found.id, "A completed remediation cannot be canceled.")
    azure = request.azure
    cancelling = replace(
        found.with_properties(provisioningState="Cancelling", lastUpdatedOn=instant(azure.now())),
        due=azure.now() + azure.settings.operation_delay,
    )
    return Reply(200, present(azure.store.put(cancelling, azure.now())))


def _list_deployments(request: Request) -> Reply:
    deployments: list[dict[str, Any]] = _existing(request).private["deployments"]
    top = request.query.get("$top", "")
    return Reply(200, {"value": deployments[: int(top)] if top.isdecimal() else deployments})


def _list(request: Request) -> Reply:
    """List the tasks at a scope and below it."""
    check_listed_scope(request.azure, request.id)
    text = request.query.get("$filter", "")
    assignment = quoted("PolicyAssignmentId eq", text)
    if text and assignment is None:
        raise unsupported_filter(text, "PolicyAssignmentId eq '…'")
    found = [
        present(one)
        for one in request.azure.store.under(request.id.text if request.id else "", _REMEDIATIONS)
        if assignment is None or one.properties["policyAssignmentId"].lower() == assignment.lower()
    ]
    return Reply(200, {"value": found})


TYPE = ResourceType(
    _REMEDIATIONS,
    _VERSIONS,
    get=_get,
    put=_put,
    delete=_delete,
    list=_list,
    actions={"POST cancel": _cancel, "POST listdeployments": _list_deployments},
    due=_due,
    present=present,
)
