"""When a configuration has something to do next: its window opens, or it tells those who want to know that it will.

Sources: "An overview of pre and post events": the pre-event comes 30 to 40 minutes before the run (here 35, as in
Microsoft's own example of one), and a schedule with a pre-event that is made or changed less than 40 minutes before a
run has that run cancelled.
"""

from dataclasses import replace

from sandbox.arm.azure import Azure
from sandbox.arm.errors import ArmError
from sandbox.arm.events.names import PRE_EVENT
from sandbox.arm.events.subscribers import subscribers
from sandbox.arm.ids import parse
from sandbox.arm.providers.maintenance.occurrences import fires_at
from sandbox.arm.store import Resource

_ANNOUNCED_BEFORE = 35 * 60
_LEAD = 40 * 60


def next_due(azure: Azure, configuration: Resource, after: float) -> float | None:
    """Return when a configuration is looked at next, later than a moment; both in seconds since the epoch."""
    start = fires_at(configuration, after)
    if start is None or start - after < _LEAD or not subscribers(azure, configuration.id, PRE_EVENT):
        return start
    return start - _ANNOUNCED_BEFORE


def is_opening(configuration: Resource, moment: float) -> bool:
    """Tell whether a configuration's window opens at the moment; otherwise a run is announced then."""
    return fires_at(configuration, moment - 1) == moment


def plan_again(azure: Azure, source: str) -> None:
    """Set anew when a configuration is looked at next: who wants to know of its runs has changed.

    `source` is the configuration's id, which need not exist any more.
    """
    try:
        configuration = azure.store.get(parse(source))
    except ArmError:
        return
    if configuration:
        azure.store.keep(replace(configuration, due=next_due(azure, configuration, azure.now())))
