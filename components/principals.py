"""The object id as which a policy assignment acts."""

import asyncio
from typing import Any, cast

import pulumi
from pulumi_azure_native import authorization

_READ = "azure-native:authorization:getPolicyAssignment"


def principal_of(
    assignment: "authorization.PolicyAssignment",
    scope_id: pulumi.Input[str],
    assignment_name: pulumi.Input[str],
    user_assigned: pulumi.Input[str] | None,
) -> pulumi.Output[str]:
    """The object id of an assignment's identity: its own, or that of the `user_assigned` one, an ARM id.

    azure-native previews every output of what changes in place as unknown, and a role whose principal is unknown as
    replaced. A change in place leaves the identity alone, so then, and only then, a preview asks Azure for it.
    """
    wanted = pulumi.Output.from_input(cast("Any", user_assigned))
    told = assignment.identity.apply(lambda identity: wanted.apply(lambda known: _principal(identity, known)))
    if not pulumi.runtime.is_dry_run():
        return told

    async def find() -> str | None:
        if await told.is_known():
            return await told.future()
        if not await assignment.id.is_known():
            return None
        where = pulumi.Output.all(scope_id, assignment_name, wanted)
        known = await where.future() if await where.is_known() else None
        return None if known is None else await _principal_there(assignment, *known)

    found = asyncio.ensure_future(find())

    async def is_known() -> bool:
        return bool(await found)

    return pulumi.Output(told.resources(), cast("Any", found), is_known())


async def _principal_there(
    assignment: "authorization.PolicyAssignment", scope: str, name: str, user_assigned: str | None
) -> str | None:
    """The principal of an assignment that is deployed, or None: a preview goes on without, and knows less."""
    arguments = {"scope": scope, "policyAssignmentName": name}
    options = pulumi.InvokeOptions(parent=assignment)
    try:
        there = await pulumi.runtime.invoke_async(_READ, arguments, options, authorization.GetPolicyAssignmentResult)
    except Exception as error:  # noqa: BLE001 (the SDK raises no narrower one for a function that failed)
        pulumi.log.debug(f"{name} at {scope} could not be read for the preview: {error}", assignment)
        return None
    identity = cast("authorization.outputs.IdentityResponse | None", there.identity)
    kept = "UserAssigned" if user_assigned else "SystemAssigned"
    return _principal(identity, user_assigned) if identity and identity.type == kept else None


def _principal(identity: "authorization.outputs.IdentityResponse | None", user_assigned: str | None) -> str:
    if identity is None:
        return ""
    if user_assigned is None:
        return identity.principal_id
    known = identity.user_assigned_identities or {}
    by_id = {identity_id.lower(): one for identity_id, one in known.items()}
    found = by_id.get(user_assigned.lower())
    return found.principal_id if found else ""
