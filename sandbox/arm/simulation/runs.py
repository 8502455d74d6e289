"""A maintenance configuration fires: each machine that it reaches then is patched, or it is recorded why not.

What is on no public record: which of several configurations with the same start runs on a machine that all of them
reach (here the first by id; "Troubleshoot maintenance configurations" says that one does), and the code of an unmet
prerequisite (here PrerequisitesNotMet).
"""

from dataclasses import dataclass, replace
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.events.names import PRE_EVENT
from sandbox.arm.events.subscribers import subscribers
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.maintenance import apply_updates, names
from sandbox.arm.providers.maintenance.agenda import is_opening, next_due
from sandbox.arm.providers.maintenance.occurrences import Window, fires_at, guest_window
from sandbox.arm.providers.maintenance.prerequisites import unmet
from sandbox.arm.providers.maintenance.reach import machines_reached
from sandbox.arm.simulation.acting import patch
from sandbox.arm.simulation.installing import FAILED
from sandbox.arm.simulation.machines import is_on
from sandbox.arm.simulation.maintenance_events import AnnouncedRun, begin_post_event, raise_pre_event
from sandbox.arm.simulation.pending import condition, with_condition
from sandbox.arm.simulation.records import SCHEDULE
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_OFF = (
    "ShutdownOrUnresponsive",
    "The machine '{machine}' is not running, or its agent does not answer. It has to be on 15 minutes before the run.",
)
_TIMED_OUT = (
    "ScheduleTimeout",
    "Schedule timeout, waiting for an ongoing update to complete the resource '{machine}'.",
)
_SAME_START = "Another maintenance configuration with the same start runs on the machine."


@dataclass(frozen=True)
class Opening:
    """One opening of a configuration's window: when it starts and ends, in seconds since the epoch."""

    configuration: Resource
    run: apply_updates.Run
    start: float
    end: float

    def announced(self, machines: list[ResourceId]) -> AnnouncedRun:
        """Return what events tell of it, which is for these machines."""
        return AnnouncedRun(self.configuration.id, self.start, self.end, machines)


def fire(azure: Azure, configuration: Resource) -> None:
    """Let the window open for which a configuration's time has come, and set the time of its next one."""
    moment, window = configuration.due, guest_window(configuration)
    azure.store.keep(replace(configuration, due=next_due(azure, configuration, moment) if moment is not None else None))
    if moment is None or window is None:
        return
    if is_opening(configuration, moment):
        _open(azure, _opening(azure, configuration, moment, window))
    elif (start := fires_at(configuration, moment)) is not None:
        _announce(azure, _opening(azure, configuration, start, window), moment)


def _opening(azure: Azure, configuration: Resource, start: float, window: Window) -> Opening:
    run = apply_updates.run_at(azure, configuration.id, start)
    return Opening(configuration, run, start, start + window.duration.total_seconds())


def _announce(azure: Azure, opening: Opening, moment: float) -> None:
    """Settle what the run to come is for, and tell of it; one that was cancelled already is not told of."""
    if opening.run.is_cancelled:
        return
    machines = machines_reached(azure, opening.configuration.id)
    apply_updates.announce(azure, opening.run, machines)
    raise_pre_event(azure, opening.announced(machines), moment)


def _open(azure: Azure, opening: Opening) -> None:
    """Let a run happen, unless it was cancelled, by a user or because its pre-event could not be raised in time."""
    run, configuration = opening.run, opening.configuration.id
    machines = apply_updates.announced(azure, run)
    if run.is_cancelled:
        apply_updates.record(azure, replace(run, ends=opening.end))
        return
    if machines is None and subscribers(azure, configuration, PRE_EVENT):
        because = f"Maintenance cancelled due to internal platform failure at {instant(opening.start)}"
        apply_updates.cancel(azure, replace(run, ends=opening.end), because)
        return
    machines = machines_reached(azure, configuration) if machines is None else machines
    skipped: dict[str, str] = {}
    results = [_on_machine(azure, opening, machine, skipped) for machine in machines]
    done = replace(
        run, status=_overall(results), ends=max([opening.start, *(one.ends for one in results if one)]), error=None
    )
    apply_updates.record(azure, done, skipped=skipped)
    begin_post_event(azure, opening.announced(machines), done.status, done.ends)


def _overall(results: list[apply_updates.Run | None]) -> str:
    statuses = {one.status for one in results if one}
    return next((one for one in (FAILED, "CompletedWithWarnings") if one in statuses), "Succeeded")


def _on_machine(
    azure: Azure, opening: Opening, machine_id: ResourceId, skipped: dict[str, str]
) -> apply_updates.Run | None:
    """Run on one machine; None, with the reason among `skipped`, where another run has its place."""
    machine = azure.store.get(machine_id)
    if machine is None:
        return None
    if condition(machine).last_start == opening.start:
        skipped[machine_id.key] = _SAME_START
        apply_updates.withdraw(azure, opening.run, machine_id)
        return None
    machine = with_condition(machine, replace(condition(machine), last_start=opening.start))
    begins = max(opening.start, condition(machine).busy_until)
    run = replace(opening.run, resource=machine_id, starts=begins, ends=begins)
    lacking = unmet(machine)
    if lacking:
        run = replace(run, status=FAILED, error=("PrerequisitesNotMet", lacking))
    elif not is_on(machine):
        run = replace(run, status=FAILED, error=_told(_OFF, machine_id))
    elif begins >= opening.end:
        run = replace(run, status=FAILED, starts=opening.start, ends=opening.end, error=_told(_TIMED_OUT, machine_id))
    else:
        return _patched(azure, opening, machine, run)
    azure.store.keep(machine)
    apply_updates.record(azure, run)
    return run


def _patched(azure: Azure, opening: Opening, machine: Resource, run: apply_updates.Run) -> apply_updates.Run:
    wanted: dict[str, Any] = mapping_at(opening.configuration.properties, "installPatches")
    minutes = int(opening.end - run.starts) // 60
    done = patch(
        azure,
        machine,
        wanted,
        moment=run.starts,
        minutes=minutes,
        started_by=SCHEDULE,
        run=run.correlation_id,
    )
    error = ("MaintenanceWindowExceeded", done.error) if done.error else None
    run = replace(run, status=done.status, ends=done.ended, error=error, counts=done.counts)
    apply_updates.record(azure, run)
    return run


def _told(reason: tuple[str, str], machine: ResourceId) -> tuple[str, str]:
    code, text = reason
    return code, text.format(machine=machine.text)


def plan(azure: Azure) -> None:
    """Give a time to each configuration that has none: one that was seeded, or kept by an earlier version."""
    for configuration in azure.store.under("", names.CONFIGURATION):
        if configuration.due is None:
            azure.store.keep(replace(configuration, due=next_due(azure, configuration, azure.now())))
