"""Remediation tasks: started after the roles, and watched until they have ended.

Creating a task proves nothing: the service answers `Accepted`, and a task without its role fails later, where nobody
looks. So the task is read until it has ended, or until the time to wait is over. A preview reads nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, cast

import pulumi
from pulumi_azure_native import policyinsights

_READ = "azure-native:policyinsights:getRemediationAtResource"
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 15.0
_PAUSE_GROWTH = 1.5
_ENDED = frozenset({"Succeeded", "Complete", "Failed", "Canceled"})
_WELL = frozenset({"Succeeded", "Complete"})
_UNREAD = "Unknown"


class RemediationArgs(TypedDict):
    """How a remediation task works, and how long it is waited for."""

    parallel_deployments: NotRequired[int]
    """How many machines are changed at a time, 1 to 30; 10 without it."""
    resource_count: NotRequired[int]
    """How many machines are changed at most, up to 50,000; 500 without it."""
    failure_threshold: NotRequired[float]
    """The fraction of deployments, 0.0 to 1.0, that may fail before the task counts as failed."""
    locations: NotRequired[list[str]]
    """Only machines in these locations."""
    discovery: NotRequired[str]
    """`ExistingNonCompliant`, the default, takes what is known to be non-compliant; `ReEvaluateCompliance` evaluates
    first."""
    attempt: NotRequired[int]
    """Raise it to run the task again; 1 without it."""
    wait_minutes: NotRequired[int]
    """How long to wait for the task's end; 10 without it, 0 looks once."""


class RemediationResult(TypedDict):
    """What became of a remediation task when it was last read."""

    state: str
    """The task's state in the service's words, or `Unknown` where it could not be read."""
    total: int
    """How many deployments the task has."""
    successful: int
    """How many of them succeeded."""
    failed: int
    """How many of them failed."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A task's last known state, whether it had ended, and the reason for concern, if there is any."""

    result: RemediationResult
    ended: bool
    concern: str | None


Task = policyinsights.GetRemediationAtResourceResult


def watched(
    remediation: policyinsights.RemediationAtResource,
    scope: pulumi.Input[str],
    wait_minutes: int,
    parent: pulumi.Resource,
) -> pulumi.Output[Watch]:
    """What becomes of a task, known when it has ended or the time to wait is over; unknown in a preview.

    A concern is logged as a warning of `parent`. The output depends on the task, so that what takes it comes after.
    """

    def watch(known: list[Any]) -> Awaitable[Watch]:
        name, resource_id = cast("list[str]", known)
        return _watch_and_warn(name, resource_id, wait_minutes, parent)

    if pulumi.runtime.is_dry_run():
        return pulumi.Output(remediation.id.resources(), _nothing(), _no())
    return pulumi.Output.all(remediation.name, scope, remediation.id).apply(lambda known: watch(known[:2]))


async def _watch_and_warn(name: str, scope: str, wait_minutes: int, parent: pulumi.Resource) -> Watch:
    async def read() -> Task:
        arguments = {"remediationName": name, "resourceId": scope}
        return await pulumi.runtime.invoke_async(_READ, arguments, pulumi.InvokeOptions(parent=parent), Task)

    watch = await until_ended(read, wait_minutes * 60.0)
    if watch.concern:
        pulumi.log.warn(f"Remediation {name} at {scope}: {watch.concern}", parent)
    return watch


async def until_ended(
    read: Callable[[], Awaitable[Task]],
    seconds: float,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Watch:
    """Reads a task until it has ended or `seconds` are over, with pauses that grow; it is read at least once.

    A task that cannot be read is tried again within that time, because it may only just have been made.
    """
    deadline = clock() + seconds
    pause = _FIRST_PAUSE
    while True:
        watch = await _read_once(read)
        left = deadline - clock()
        if watch.ended or left <= 0:
            return watch if watch.ended else _out_of_time(watch, seconds)
        await sleep(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE)


async def _read_once(read: Callable[[], Awaitable[Task]]) -> Watch:
    try:
        task = await read()
    except Exception as error:  # noqa: BLE001 (the SDK raises no narrower one for a function that failed)
        return Watch(_result(_UNREAD, None), ended=False, concern=f"it could not be read: {error}")
    result = _result(task.provisioning_state, task.deployment_status)
    ended = result["state"] in _ENDED
    return Watch(result, ended, _concern(result, task.status_message) if ended else None)


def _result(
    state: str, deployments: policyinsights.outputs.RemediationDeploymentSummaryResponse | None
) -> RemediationResult:
    if deployments is None:
        return RemediationResult(state=state, total=0, successful=0, failed=0)
    return RemediationResult(
        state=state,
        total=int(deployments.total_deployments),
        successful=int(deployments.successful_deployments),
        failed=int(deployments.failed_deployments),
    )


def _concern(result: RemediationResult, reason: str | None) -> str | None:
    if result["state"] in _WELL and not result["failed"]:
        return None
    said = f": {reason.rstrip('. ')}" if reason else ""
    of_role = "authorization" in (reason or "").lower()
    hint = "A role granted a moment ago may not have spread yet. " if of_role else ""
    return (
        f"it ended as {result['state']}, {result['failed']} of {result['total']} deployments failed{said}. "
        f"{hint}Raise remediation.attempt to run the task again"
    )


def _out_of_time(watch: Watch, seconds: float) -> Watch:
    result = watch.result
    so_far = (
        watch.concern
        or f"its state is {result['state']}, {result['successful']} of {result['total']} deployments succeeded"
    )
    concern = (
        f"it had not ended after {seconds / 60:g} minutes: {so_far}. It goes on by itself; what depends on it may be "
        "refused until it has ended. Run the program again then, or raise remediation.waitMinutes"
    )
    return Watch(result, ended=False, concern=concern)


async def _nothing() -> Any:
    return None


async def _no() -> bool:
    return False
