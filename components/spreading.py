"""Waiting for granted roles to spread, before a remediation task that needs them is started.

A role works everywhere in Azure only some minutes after it has been granted, and nothing tells when (source:
learn.microsoft.com/azure/role-based-access-control/troubleshooting, "up to 10 minutes"). So the wait is a plain time,
counted from when the role was granted: a later run does not wait again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from pulumi_azure_native import authorization


def spread(
    roles: "Sequence[authorization.RoleAssignment]", minutes: int, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Known once `minutes` have passed since the newest of the roles was granted; at once in a preview.

    The output depends on the roles, so that what takes it comes after them.
    """

    async def wait(granted: Sequence[str | None]) -> str:
        if not pulumi.runtime.is_dry_run():
            await wait_to_spread(granted, timedelta(minutes=minutes), lambda text: pulumi.log.info(text, parent))
        return "spread"

    return pulumi.Output.all(*(role.created_on for role in roles)).apply(wait)


async def wait_to_spread(
    granted: Sequence[str | None],
    settle: timedelta,
    report: Callable[[str], None],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.time,
) -> None:
    """Sleeps for what is left of `settle` after the newest role; `granted` are ISO instants.

    A role that does not say when it was granted counts as granted now. No more than `settle` is slept, whatever the
    clocks of this machine and of Azure make of it.
    """
    at = datetime.fromtimestamp(clock(), UTC)
    newest = max((_instant(text) or at for text in granted), default=at - settle)
    seconds = min(newest + settle - at, settle).total_seconds()
    if seconds > 0:
        report(
            f"Waiting {seconds / 60:.0f} minutes for the roles granted to spread, before the remediation starts "
            "(remediation.settleMinutes)"
            if seconds >= 60  # noqa: PLR2004 (a minute)
            else f"Waiting {seconds:.0f} seconds for the roles granted to spread (remediation.settleMinutes)"
        )
        await sleep(seconds)


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None
