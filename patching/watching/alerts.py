"""Alert rules over Resource Graph: what they look for, in words and as a query.

A log search alert rule asks Resource Graph through `arg("")` of Azure Monitor, as a managed identity with the role
Reader on what it looks at. What that cannot do is in none of these queries: no join of two tables of Resource Graph, no
mv-expand beyond 400 rows, no countif, avg or arg_max. Of more than a thousand rows the first thousand are seen.

Sources: Microsoft Learn, "Troubleshoot Azure Resource Graph alerts", and "Correlate data in Azure Data Explorer and
Azure Resource Graph with data in a Log Analytics workspace".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patching.arm_ids import MACHINE_TYPES, MachineKind
from patching.faults import Fault, Findings, Found
from patching.limits import ALERT_RULE_BYTES
from patching.settings.monitoring_model import AlertKind
from patching.watching.machines import machines_not_ready
from patching.watching.runs import failures, missed_runs

if TYPE_CHECKING:
    from patching.settings.model import Settings

READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
"""What an alert rule's identity needs in each subscription it looks at (source: Microsoft Learn, "Create alerts in
Azure Update Manager")."""

WINDOW = "P1D"
"""The span a rule looks back over: the longest frequency, because no rule may be evaluated less often than that."""

_FRESH_FAILURES = """
| where status !in~ ("CompletedWithWarnings", "Cancelled") and started > ago(1d)"""


@dataclass(frozen=True, slots=True)
class Alert:
    """What people read of an alert rule, and what its alerts are about.

    There is one alert for each resource of `resource_type`, whose id is in `id_column`; `dimension` is a column that an
    alert names beside it.
    """

    title: str
    description: str
    resource_type: str
    id_column: str
    dimension: str | None = None


_CONFIGURATIONS = "Microsoft.Maintenance/maintenanceConfigurations"

ALERTS: Mapping[AlertKind, Alert] = {
    AlertKind.FAILED_RUNS: Alert(
        "Patching: runs failed",
        "In the last day a run of this schedule failed on a machine. The stack's query failures lists them.",
        _CONFIGURATIONS,
        "configuration",
        "schedule",
    ),
    AlertKind.MISSED_RUNS: Alert(
        "Patching: runs missed",
        "This schedule was due, and has begun on no machine since. The stack's query missedRuns lists them.",
        _CONFIGURATIONS,
        "configuration",
        "schedule",
    ),
    AlertKind.MACHINES_NOT_READY: Alert(
        "Patching: machines not ready",
        "No run would patch this machine as it is. The stack's query machinesNotReady says why.",
        MACHINE_TYPES[MachineKind.AZURE],
        "id",
    ),
}
"""Source of the form (a subscription as the scope, a resource type, and the column of its ids): how Azure Monitor
Baseline Alerts asks Resource Graph."""


def failed_runs_rule(configuration_ids: Iterable[str]) -> str:
    """The query of the rule on failed runs of these maintenance configurations."""
    return _asked(failures(configuration_ids) + _FRESH_FAILURES)


def machines_not_ready_rule(subscription_ids: Iterable[str]) -> str:
    """The query of the rule on machines that are not ready in these subscriptions (GUIDs)."""
    return _asked(machines_not_ready(subscription_ids))


def alert_queries(settings: "Settings") -> dict[AlertKind, str]:
    """The query of each of the stack's alert rules; none where there are none."""
    alerts = settings.monitoring.alerts
    if alerts is None:
        return {}
    schedules = {one.resource_id: one.schedule for one in settings.schedules.values()}
    queries = {AlertKind.MACHINES_NOT_READY: machines_not_ready_rule(one.id for one in settings.subscriptions.values())}
    if schedules:
        queries[AlertKind.FAILED_RUNS] = failed_runs_rule(schedules)
        queries[AlertKind.MISSED_RUNS] = _asked(missed_runs(schedules))
    return {kind: queries[kind] for kind in alerts.rules}


def check_alert_queries(settings: "Settings") -> Findings:
    """Finds rules that say more than Azure takes of one."""
    findings = Findings()
    for kind, query in alert_queries(settings).items():
        size = len(query.encode())
        if size > ALERT_RULE_BYTES:
            got = Found(f"a query of {size:,} bytes about {len(settings.schedules)} schedules", literal=False)
            findings.faults.append(
                Fault(
                    f"monitoring.alerts.rules.{kind}",
                    got,
                    f"at most {ALERT_RULE_BYTES:,} bytes in an alert rule",
                    "",
                    "divide the stack's schedules over several stacks, each with alerts of its own",
                )
            )
    return findings


def _asked(query: str) -> str:
    """A query of Resource Graph as Azure Monitor asks it."""
    return f'arg("").{query}'
