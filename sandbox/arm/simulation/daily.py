"""Periodic assessment: once a day, at a time of its own, each machine that is on and has it on is assessed."""

from sandbox.arm.azure import Azure
from sandbox.arm.ids import MACHINE_TYPES
from sandbox.arm.simulation.acting import assess
from sandbox.arm.simulation.chance import share
from sandbox.arm.simulation.machines import is_assessed_daily, is_on
from sandbox.arm.simulation.records import DAY, SCHEDULE, last_assessment
from sandbox.arm.store import Resource

_HOUR = 3600


class DailyAssessment:
    """Makes the assessments that are due when a local Azure is looked at. Only each machine's last one is ever kept."""

    def __init__(self) -> None:
        self._looked_until = 0.0

    def __call__(self, azure: Azure) -> None:
        """Assess each machine whose time came since it was assessed last; looks once an hour of the local Azure's."""
        now = azure.now()
        if now < self._looked_until:
            return
        self._looked_until = (now // _HOUR + 1) * _HOUR
        for machine in (one for kind in MACHINE_TYPES for one in azure.store.under("", kind)):
            moment = _latest_time(machine, now)
            earlier = last_assessment(machine)
            since = max(machine.created, earlier.moment if earlier else 0.0)
            if moment > since and is_assessed_daily(machine) and is_on(machine):
                assess(azure, machine, moment, SCHEDULE)


def _latest_time(machine: Resource, now: float) -> float:
    """Return the latest of a machine's times, each of them on the hour, that is not later than now."""
    offset = int(share(machine.id.key, "assessed at") * 24) * _HOUR
    return (now - offset) // DAY * DAY + offset
