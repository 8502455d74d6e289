"""A simulated month over the lab's estate: what each query answers, against the simulation's own records."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from sandbox.arm.ids import MACHINE_TYPES
from sandbox.arm.ids import parse as parse_id
from sandbox.arm.providers.maintenance.prerequisites import unmet
from sandbox.arm.providers.maintenance.reach import machines_reached
from sandbox.arm.simulation.records import last_assessment
from tests.arm.conftest import FACTORY, SPOKE, SUBSCRIPTION, made
from tests.arm.watching.conftest import name_of, ready, schedule, settings_of

LEGACY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-legacy/providers"
LATE = f"{LEGACY}/Microsoft.Compute/virtualMachines/legacy06"
ARC = f"{LEGACY}/Microsoft.HybridCompute/machines/arc01"
SHOP = f"/subscriptions/{SPOKE}/resourceGroups/rg-spoke/providers/Microsoft.Compute/virtualMachines/spoke02"
MES = f"/subscriptions/{FACTORY}/resourceGroups/rg-factory/providers/Microsoft.Compute/virtualMachines/mes02"
UNTIL = "2027-02-02T12:00:00Z"


def stack():
    return settings_of(
        schedules={
            "daily": schedule("Day", "2027-01-02 23:00", scopes={"canary": {"tags": {"Patch-Ring": ["canary"]}}}),
            "weekly": schedule(
                "Week Sunday", machines=[LATE, ARC.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), SHOP, MES]
            ),
            "monthly": schedule(
                "Month Third Tuesday",
                "2027-01-01 20:00",
                name="MC-Monthly",
                resourceGroup="rg-Rings",
                scopes={
                    "prod": {"subscriptions": ["main", "factory"], "tags": {"patch-ring": ["prod"]}},
                    "shop": {"subscriptions": ["spoke"], "resourceGroup": "rg-spoke", "locations": ["westeurope"]},
                },
            ),
            "nobody": schedule("3Days", "2027-01-05 03:00", scopes={"none": {"tags": {"patch-ring": ["nobody"]}}}),
            "yearly": schedule("12Months day15", "2027-03-15 03:00", scopes={"none": {"tags": {"x": ["y"]}}}),
        }
    )


@pytest.fixture
def month(watched, estate):
    """Most machines ready, some not; one deallocated, one disconnected; one that is assigned when runs have been."""
    bare = {"legacy03", "legacy04", "spoke04"}
    watched.load([row if row["name"] in bare else ready(row) for row in estate])
    watched.deploy(stack())
    made(watched.arm.delete(f"{LATE}/providers/Microsoft.Maintenance/configurationAssignments/{assignment_of(LATE)}"))
    watched.pass_time("2027-02-01T12:00:00Z")
    weekly = watched.settings.schedules["weekly"].resource_id
    watched.assign(weekly, LATE)
    watched.pass_time(UNTIL)
    return watched


def assignment_of(machine_id):
    (found,) = [
        one.assignment_name
        for one in stack().schedules["weekly"].machines
        if one.resource_id.lower() == machine_id.lower()
    ]
    return found


def test_runs_are_counted_as_they_were(month):
    seen = Counter({(row["configuration"], row["status"], row["day"][:10]): row["runs"] for row in month.ask("runs")})
    assert seen == Counter((run["configuration"].lower(), run["status"], run["start"][:10]) for run in month.runs())
    assert {row["schedule"] for row in month.ask("runs")} == {"daily", "weekly", "mc-monthly", "nobody"}


def test_failures_are_the_machines_that_did_not_succeed(month):
    expected = {
        (run["configuration"].lower(), machine["id"].lower(), machine["status"], machine["start"][:16])
        for run in month.runs()
        for machine in run["machines"]
        if machine["status"] != "Succeeded"
    }
    rows = month.ask("failures")
    assert {(one["configuration"], one["machine"], one["status"], one["started"][:16]) for one in rows} == expected
    assert [one["started"] for one in rows] == sorted((one["started"] for one in rows), reverse=True)
    causes = {name_of(one["machine"]): one["error"] for one in rows}
    assert {"spoke03", "arc04", "legacy04"} <= causes.keys()
    assert all(causes.values())


def test_missed_runs_are_those_that_began_on_no_machine(month):
    """By the simulation's own records: each run of a schedule, and whether a machine had a part in it."""
    expected = {}
    for run in month.runs():
        start = datetime.fromisoformat(run["start"])
        seen = expected.setdefault(run["configuration"].lower(), {"due": None, "last": None})
        if month.now - timedelta(days=29) <= start <= month.now - timedelta(days=2):
            seen["due"] = start.replace(hour=0, minute=0)
        if run["machines"]:
            seen["last"] = start
    missed = {
        key
        for key, seen in expected.items()
        if seen["due"] is not None and (seen["last"] is None or seen["last"] < seen["due"])
    }
    assert {row["configuration"] for row in month.ask("missedRuns")} == missed
    assert {name_of(one) for one in missed} == {"nobody"}
    (row,) = month.ask("missedRuns")
    assert row["lastRun"] is None


def test_missed_machines_are_those_that_the_last_run_passed_over(month):
    last = {}
    for run in month.runs():
        last[run["configuration"].lower()] = {machine["id"].lower() for machine in run["machines"]}
    assigned = {
        (one.resource_id.lower(), machine.resource_id.lower())
        for one in month.settings.schedules.values()
        for machine in one.machines
    }
    rows = month.ask("missedMachines")
    found = {row["machine"] for row in rows}
    assert found == {machine for configuration, machine in assigned if machine not in last[configuration]}
    assert {name_of(machine) for machine in found} == {"legacy06"}
    assert rows[0]["lastRun"] is None


def test_machines_not_covered_are_those_that_no_schedule_reaches(month, within):
    def look(azure):
        reached = {
            machine.key
            for one in month.settings.schedules.values()
            for machine in machines_reached(azure, parse_id(one.resource_id))
        }
        there = {one.id.key for kind in MACHINE_TYPES for one in azure.store.under("", kind)}
        return there - reached

    rows = month.ask("machinesNotCovered")
    assert {row["id"].lower() for row in rows} == within(month.server, look)
    assert {name_of(row["id"]) for row in rows} >= {"legacy01", "legacy03", "preprod01"}


def test_machines_not_ready_are_those_that_the_service_would_refuse(month, within):
    def look(azure):
        found = {}
        for kind in MACHINE_TYPES:
            for one in azure.store.under("", kind):
                connected = one.properties.get("status", "Connected") == "Connected"
                found[one.id.name] = unmet(one) is None and connected
        return {name for name, is_ready in found.items() if not is_ready}

    assert (
        set(month.names("machinesNotReady"))
        == within(month.server, look)
        == {
            "legacy03",
            "legacy04",
            "spoke04",
            "arc04",
        }
    )
    problems = {name_of(row["id"]): row["problem"] for row in month.ask("machinesNotReady")}
    assert problems["arc04"] == "its Arc agent is not connected"
    assert problems["legacy03"] == "its patch mode is not AutomaticByPlatform"


def test_machines_not_assessed_are_those_without_an_assessment_of_two_days(month, within):
    def look(azure):
        limit = azure.now() - timedelta(days=2).total_seconds()
        machines = [one for kind in MACHINE_TYPES for one in azure.store.under("", kind)]
        return sorted(
            one.id.name for one in machines if (found := last_assessment(one)) is None or found.moment < limit
        )

    assert month.names("machinesNotAssessed") == within(month.server, look)
    assert "spoke03" in month.names("machinesNotAssessed")


def test_pending_updates_are_what_the_last_assessments_found_by_schedule(month, within):
    ran = {(machine["id"].lower(), run["configuration"].lower()) for run in month.runs() for machine in run["machines"]}

    def look(azure):
        found = {}
        for one in (one for kind in MACHINE_TYPES for one in azure.store.under("", kind)):
            assessment = last_assessment(one)
            if assessment is None or azure.now() - assessment.moment > timedelta(days=7).total_seconds():
                continue
            rings = [ring for machine, ring in ran if machine == one.id.key] or [""]
            for ring in rings:
                counts = assessment.counts
                total = found.setdefault(ring, Counter())
                total += Counter(machines=1, critical=counts["critical"], security=counts["security"])
                total["others"] += sum(counts.values()) - counts["critical"] - counts["security"]
                total["awaitingRestart"] += assessment.reboot_pending
        return found

    columns = ("machines", "critical", "security", "others", "awaitingRestart")
    rows = {row["configuration"]: {name: row[name] for name in columns} for row in month.ask("pendingUpdates")}
    expected = {ring: {name: total[name] for name in columns} for ring, total in within(month.server, look).items()}
    assert rows == expected
    assert sum(one["security"] for one in rows.values()) > 0


def test_assignments_are_counted_by_schedule_and_subscription(month):
    counted = {(row["schedule"], row["subscriptionId"]): row["assignments"] for row in month.ask("assignments")}
    assert counted[("weekly", SUBSCRIPTION)] == 2
    assert counted[("weekly", SPOKE)] == 1
    assert counted[("mc-monthly", FACTORY)] == 1
    assert ("daily", SPOKE) in counted


def test_another_stack_of_the_same_subscriptions_is_told_nothing_of_these_runs(month):
    other = settings_of(schedules={"weekly": schedule(resourceGroup="rg-other", machines=[SHOP])})
    month.settings = other
    for name in ("runs", "failures", "missedMachines", "assignments"):
        assert month.ask(name) == [], name
    assert month.names("machinesNotReady") == ["arc04", "legacy03", "legacy04", "spoke04"]


def test_microsofts_client_is_told_the_same(month, clients):
    from azure.mgmt.resourcegraph.models import QueryRequest

    for name, query in month.queries.items():
        found = clients.graph.resources(QueryRequest(query=query, subscriptions=[SUBSCRIPTION, SPOKE, FACTORY]))
        assert found.data == month.ask(name), name
