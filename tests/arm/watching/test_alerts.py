"""What the alert rule on failed runs looks for, over runs on machines that ended in every way."""

from datetime import UTC, datetime, timedelta

import pytest

from patching.watching.alerts import failed_runs_rule
from sandbox.arm.ids import parse as parse_id
from sandbox.arm.providers.insights.alert_queries import graph_query
from sandbox.arm.resource_graph.compiled import Context, Table
from sandbox.arm.resource_graph.evaluation import evaluate
from sandbox.arm.resource_graph.parsing import parse
from sandbox.arm.resource_graph.rows import COLUMNS, row
from tests.arm.conftest import SUBSCRIPTION

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
CONFIGURATION = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/Weekly"
APPLIED = "microsoft.maintenance/applyupdates"


def run(status, hours, configuration=CONFIGURATION):
    machine = f"{GROUP}/Microsoft.Compute/virtualMachines/web"
    properties = {
        "maintenanceConfigurationId": configuration,
        "resourceId": machine,
        "status": status,
        "startDateTime": (NOW - timedelta(hours=hours)).isoformat(),
    }
    found = parse_id(f"{machine}/providers/Microsoft.Maintenance/applyUpdates/one")
    return row(found, APPLIED, {"id": found.text, "properties": properties})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (run("Failed", 1), True),
        (run("Failed", 23), True),
        (run("Failed", 25), False),
        (run("TimedOut", 1), True),
        (run("RetryNow", 1), True),
        (run("Succeeded", 1), False),
        (run("InProgress", 1), False),
        (run("CompletedWithWarnings", 1), False),
        (run("Cancelled", 1), False),
        (run("Failed", 1, CONFIGURATION.upper().replace("/SUB", "/sub")), True),
        (run("Failed", 1, f"{CONFIGURATION}2"), False),
    ],
)
def test_failures_of_the_last_day_are_told(found, told):
    query = parse(graph_query(failed_runs_rule([CONFIGURATION])))
    tables = {"maintenanceresources": Table(COLUMNS, [found])}
    assert bool(evaluate(query, Context(NOW, tables.get)).rows) is told
