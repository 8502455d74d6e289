"""Checks of schedules beside each other, beside the freezes, and against the service's limits."""

from typing import TYPE_CHECKING

from patching.checks.frozen import check_freezes
from patching.checks.order import check_order
from patching.checks.overlap import check_overlap
from patching.checks.reach import check_reach
from patching.faults import Findings
from patching.limits import schedule_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patching.limits import Environment
    from patching.settings.model import FreezeSettings, ScheduleSettings, VirtualMachineSettings


def check_across(
    schedules: "Mapping[str, ScheduleSettings]",
    virtual_machines: "Mapping[str, VirtualMachineSettings]",
    freezes: "Mapping[str, FreezeSettings]",
    environment: "Environment",
) -> Findings:
    """Judges schedules whose windows are right, each by itself."""
    findings = Findings()
    findings.extend(check_reach(schedules, environment))
    findings.extend(check_overlap(schedules, virtual_machines, schedule_limits(environment)))
    findings.extend(check_order(schedules))
    findings.extend(check_freezes(schedules, freezes))
    return findings
