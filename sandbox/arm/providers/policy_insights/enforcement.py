"""What policy does to machines as they are written: Modify and Deny on the way in, DeployIfNotExists after success.

Modify changes the request's content before the resource provider sees it; for that the assignment's identity needs no
role (learn.microsoft.com/azure/governance/policy/concepts/effect-modify). It skips a machine whose content has not the
property's parent: a VM without `osProfile` stays non-compliant until a remediation. Where two assignments want
different values nothing is changed (`conflictEffect` is audit).
"""

from dataclasses import replace

from sandbox.arm.azure import Azure, ResourceType
from sandbox.arm.bodies import merged
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import parse
from sandbox.arm.policy import definitions
from sandbox.arm.policy.assignments import Assignment, Part
from sandbox.arm.policy.effects import assessment_setting
from sandbox.arm.policy.machines import Machine, is_machine, machine_of
from sandbox.arm.policy.rules import NON_COMPLIANT, picks
from sandbox.arm.policy.scopes import hierarchy_of
from sandbox.arm.providers.authorization.common import POLICY_VERSIONS
from sandbox.arm.providers.policy_insights.deployments import deploy
from sandbox.arm.providers.policy_insights.evaluation import WAIT_FOR_BUSY, all_assignments, is_busy, state_of
from sandbox.arm.store import Resource

_DEFERRED = "Microsoft.PolicyInsights/deferredEvaluations"
_NAME = "default"


def apply_policies(azure: Azure, resource: Resource, api_version: str) -> Resource:
    """Return what is stored instead of what a client wrote, and plan what follows once that has succeeded.

    Raises ArmError (403 RequestDisallowedByPolicy) where a Deny policy picks the machine.
    """
    if not is_machine(resource.id):
        return resource
    hierarchy = hierarchy_of(azure.store)
    machine = machine_of(resource)
    found = [
        (assignment, part)
        for assignment in all_assignments(azure)
        if assignment.enforced and assignment.reaches(machine, hierarchy)
        for part in assignment.parts
    ]
    modified = _modified(resource, [part for _, part in found], api_version)
    _check_not_denied(machine_of(modified), found, api_version)
    if any(part.effect == definitions.DEPLOY_IF_NOT_EXISTS for _, part in found):
        _defer(azure, modified)
    return modified


def _modified(resource: Resource, parts: list[Part], api_version: str) -> Resource:
    machine = machine_of(resource)
    if not machine.is_arc and not machine.has("osProfile"):
        return resource
    wanted: dict[str, set[str]] = {}
    for part in parts:
        if part.effect == definitions.MODIFY and picks(part, machine, api_version):
            os_type, mode = assessment_setting(part)
            wanted.setdefault(os_type, set()).add(mode)
    for os_type, modes in wanted.items():
        if len(modes) == 1:
            resource = _with_assessment(resource, os_type, *modes)
    return resource


def _with_assessment(resource: Resource, os_type: str, mode: str) -> Resource:
    change = {"osProfile": {f"{os_type}Configuration": {"patchSettings": {"assessmentMode": mode}}}}
    return replace(resource, document={**resource.document, "properties": merged(resource.properties, change)})


def _check_not_denied(machine: Machine, found: list[tuple[Assignment, Part]], api_version: str) -> None:
    for assignment, part in found:
        if part.effect == definitions.DENY and picks(part, machine, api_version):
            reason = assignment.message_for(part)
            raise ArmError(
                403,
                "RequestDisallowedByPolicy",
                f"Resource '{machine.id.name}' was disallowed by policy. "
                + (f"Reasons: '{reason}'. " if reason else "")
                + f"Policy identifiers: assignment '{assignment.id.text}', definition '{part.definition.id}'.",
            )


def _defer(azure: Azure, resource: Resource) -> None:
    """Look at a machine again a little later: the definitions wait until its provisioning has succeeded."""
    now = azure.now()
    deferred = replace(resource.id, scope=resource.id.text, type=_DEFERRED, names=(_NAME,))
    azure.store.put(Resource(deferred, {}, due=now + azure.settings.operation_delay), now)


def _due(azure: Azure, deferred: Resource) -> None:
    found = azure.store.get(parse(deferred.id.scope))
    if found is not None and is_busy(machine_of(found)):
        azure.store.put(replace(deferred, due=azure.now() + WAIT_FOR_BUSY), azure.now())
        return
    azure.store.delete(deferred.id)
    if found is not None and machine_of(found).text("provisioningState").lower() != "failed":
        _deploy_what_is_missing(azure, found)


def _deploy_what_is_missing(azure: Azure, resource: Resource) -> None:
    hierarchy = hierarchy_of(azure.store)
    for assignment in all_assignments(azure):
        for part in assignment.parts if assignment.enforced else ():
            machine = machine_of(azure.store.get(resource.id) or resource)
            if (
                part.effect == definitions.DEPLOY_IF_NOT_EXISTS
                and state_of(azure, assignment, part, machine, hierarchy) == NON_COMPLIANT
            ):
                try:
                    deploy(azure, hierarchy, assignment, part, machine)
                except ArmError:
                    # The write stands; the machine stays non-compliant, which its policy state says.
                    continue


TYPE = ResourceType(_DEFERRED, POLICY_VERSIONS, due=_due)
