"""Remediation tasks: started after the roles, and watched until they have ended.

Creating a task proves nothing: the service answers `Accepted`, and a task without its role fails later, where nobody
looks. So the task is read until it has ended, or until the time to wait is over. A preview reads nothing.

A task is never tried again from here: another task is another resource, and one that came of a failure would be a
difference in the next run. `attempt` is how a program asks for another, and `settle_minutes` how it starts late enough.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypeAlias, TypedDict, cast

import pulumi
from pulumi_azure_native import policyinsights

from .adopting import says_absent
from .declaring import settled

_READ = "azure-native:policyinsights:getRemediationAtResource"
_WAIT_MINUTES = 10
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 15.0
_PAUSE_GROWTH = 1.5
_BETWEEN_REPORTS = 60.0
_SURELY_THERE = timedelta(days=1)
"""A task made longer ago than this, and not there, has been deleted. Azure deletes tasks 60 days after they last
changed (source: learn.microsoft.com/azure/governance/policy/concepts/remediation-structure)."""
_LONGEST_ABSENCE = 30.0
"""Seconds after which a task that was made a moment ago and is not there was deleted: reads follow writes sooner."""
_ENDED = frozenset({"Succeeded", "Complete", "Failed", "Canceled"})
_WELL = frozenset({"Succeeded", "Complete"})
_UNREAD = "Unknown"
_DELETED = "Deleted"


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
    settle_minutes: NotRequired[int]
    """How long a task waits for roles that were granted a moment ago to spread before it starts; 0 without it."""


class RemediationResult(TypedDict):
    """What became of a remediation task when it was last read."""

    state: str
    """The task's state in the service's words, `Unknown` where it could not be read, or `Deleted` where Azure keeps it
    no longer."""
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


# A name only, here as in the other annotations: azure-native loads a module of it when something of it is first used.
Task: TypeAlias = "policyinsights.GetRemediationAtResourceResult"


def watched(
    remediation: "policyinsights.RemediationAtResource",
    scope: pulumi.Input[str],
    how: RemediationArgs,
    parent: pulumi.Resource,
) -> pulumi.Output[Watch]:
    """What becomes of a task, known when it has ended or the time to wait is over; unknown in a preview.

    A concern is logged as a warning of `parent`. The output depends on the task, so that what takes it comes after.
    """
    seconds = int(how.get("wait_minutes", _WAIT_MINUTES)) * 60.0
    again = int(how.get("attempt", 1)) + 1

    def watch(known: list[Any]) -> Awaitable[Watch]:
        name, resource_id, created_on, _ = known
        return _watch_and_warn(_Task(name, resource_id, is_old(created_on)), seconds, again, parent)

    if pulumi.runtime.is_dry_run():
        return pulumi.Output(remediation.id.resources(), settled(cast("Any", None)), settled(value=False))
    return pulumi.Output.all(remediation.name, scope, remediation.created_on, remediation.id).apply(watch)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task to be read: where it is, and whether it was made so long ago that Azure may have deleted it."""

    name: str
    scope: str
    is_old: bool

    def __str__(self) -> str:
        return f"Remediation {self.name} at {self.scope}"


def is_old(created_on: str | None, clock: Callable[[], float] = time.time) -> bool:
    """Whether a task that was made at this ISO instant has surely been there."""
    try:
        created = datetime.fromisoformat(created_on or "")
    except ValueError:
        return False
    return datetime.fromtimestamp(clock(), UTC) - created.astimezone(UTC) > _SURELY_THERE


async def _watch_and_warn(task: _Task, seconds: float, again: int, parent: pulumi.Resource) -> Watch:
    async def read() -> Task:
        arguments = {"remediationName": task.name, "resourceId": task.scope}
        return await pulumi.runtime.invoke_async(
            _READ, arguments, pulumi.InvokeOptions(parent=parent), policyinsights.GetRemediationAtResourceResult
        )

    def report(watch: Watch, left: float) -> None:
        so_far = watch.concern or _counts(watch.result)
        pulumi.log.info(f"{task}: {so_far}; waiting for {max(1, round(left / 60))} more minutes at most", parent)

    watch = await until_ended(read, seconds, again=again, may_be_deleted=task.is_old, report=report)
    if watch.concern:
        pulumi.log.warn(f"{task}: {watch.concern}", parent)
    return watch


async def until_ended(
    read: Callable[[], Awaitable[Task]],
    seconds: float,
    *,
    again: int = 2,
    may_be_deleted: bool = False,
    report: Callable[[Watch, float], None] = lambda _watch, _left: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Watch:
    """Reads a task until it has ended or `seconds` are over, with pauses that grow; it is read at least once.

    A task that cannot be read is tried again within that time, because it may only just have been made; one that is not
    there counts as ended if it `may_be_deleted`, and if it stays away. `again` is the attempt that would run it again.
    `report` is told every minute how things are, and the seconds left.
    """
    started = clock()
    deadline = started + seconds
    reports = 0
    pause = _FIRST_PAUSE
    while True:
        stays_away = clock() - started >= _LONGEST_ABSENCE
        watch = await _read_once(read, again, may_be_deleted=may_be_deleted or stays_away)
        if watch.result["state"] == _DELETED and not may_be_deleted:
            return replace(watch, concern=f"it was deleted since it was made. {_again(again)}")
        left = deadline - clock()
        if watch.ended or left <= 0:
            return watch if watch.ended else _out_of_time(watch, seconds)
        if clock() - started >= (reports + 1) * _BETWEEN_REPORTS:
            reports += 1
            report(watch, left)
        await sleep(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE)


async def _read_once(read: Callable[[], Awaitable[Task]], again: int, *, may_be_deleted: bool) -> Watch:
    try:
        task = await read()
    except Exception as error:  # noqa: BLE001 (the SDK raises no narrower one for a function that failed)
        if may_be_deleted and says_absent(error):
            return Watch(_result(_DELETED, None), ended=True, concern=None)
        return Watch(_result(_UNREAD, None), ended=False, concern=f"it could not be read: {error}")
    result = _result(task.provisioning_state, task.deployment_status)
    ended = result["state"] in _ENDED
    return Watch(result, ended, _concern(result, task.status_message, again) if ended else None)


def _result(
    state: str, deployments: "policyinsights.outputs.RemediationDeploymentSummaryResponse | None"
) -> RemediationResult:
    if deployments is None:
        return RemediationResult(state=state, total=0, successful=0, failed=0)
    return RemediationResult(
        state=state,
        total=int(deployments.total_deployments),
        successful=int(deployments.successful_deployments),
        failed=int(deployments.failed_deployments),
    )


def _counts(result: RemediationResult) -> str:
    return f"its state is {result['state']}, {result['successful']} of {result['total']} deployments succeeded"


def _concern(result: RemediationResult, reason: str | None, again: int) -> str | None:
    if result["state"] in _WELL and not result["failed"]:
        return None
    said = f": {reason.rstrip('. ')}" if reason else ""
    of_role = "authorization" in (reason or "").lower()
    hint = (
        "A role granted a moment ago may not have spread yet, which takes Azure minutes; otherwise the role is missing "
        "or granted elsewhere. "
        if of_role
        else ""
    )
    return (
        f"it ended as {result['state']}, {result['failed']} of {result['total']} deployments failed{said}. "
        f"{hint}{_again(again)}"
    )


def _again(attempt: int) -> str:
    return f"Raise remediation.attempt to {attempt}, and run the program again, to run the task again"


def _out_of_time(watch: Watch, seconds: float) -> Watch:
    so_far = watch.concern or _counts(watch.result)
    concern = (
        f"it had not ended after {seconds / 60:g} minutes: {so_far}. It goes on by itself; what depends on it may be "
        "refused until it has ended. Run the program again then, or raise remediation.waitMinutes"
    )
    return Watch(watch.result, ended=False, concern=concern)
