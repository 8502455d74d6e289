"""The queries where they are easily wrong: nothing there, odd names, ids in any case, many rows, few or no runs."""

from datetime import date

import pytest

from sandbox.arm.providers.insights.alert_queries import parts
from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.parsing import parse
from tests.arm.conftest import SPOKE, SUBSCRIPTION, made
from tests.arm.policy.clouds import arc_machine, specialised_machine, virtual_machine
from tests.arm.watching.conftest import name_of, ready, schedule, settings_of

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-legacy"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
ABOUT_MACHINES = ("machinesNotReady", "machinesNotAssessed", "machinesNotCovered", "pendingUpdates")
ABOUT_RUNS = ("runs", "failures", "missedRuns", "missedMachines", "assignments")


def everything(**more):
    return settings_of(
        schedules={"weekly": schedule(**{"scopes": {"all": {"osTypes": ["Linux"]}}, **more})},
        azurePolicies={"assess": {"kind": "periodicAssessment", "scope": "main"}},
    )


def test_of_an_empty_estate_nothing_is_told(watched):
    watched.settings = everything()
    assert set(watched.queries) == {*ABOUT_MACHINES, *ABOUT_RUNS, "policyCompliance", "machinesNotCompliant"}
    for name in watched.queries:
        assert watched.ask(name) == [], name


def test_before_the_first_run_nothing_is_missed(watched):
    watched.load([ready(virtual_machine("web", "Linux"))])
    watched.deploy(everything(start="2027-03-07 04:00", machines=[f"{VM}/web"]))
    watched.pass_time("2027-03-05T00:00:00Z")
    for name in ("runs", "failures", "missedRuns", "missedMachines"):
        assert watched.ask(name) == [], name


@pytest.mark.parametrize("name", ["Ring One", "ring.two (2)", "UPPER_ring", "0"])
def test_names_are_taken_as_they_are(watched, name):
    watched.load([ready(virtual_machine("web", "Linux", tags={'tag"s': 'it\'s "here", {so}'}))])
    stack = settings_of(
        schedules={
            "odd": schedule("Day", "2027-01-02 03:00", name=name, resourceGroup="RG-(a).b", machines=[f"{VM}/web"]),
            "tagged": schedule("Day", "2027-01-02 07:00", scopes={"odd": {"tags": {'TAG"S': ['it\'s "here", {so}']}}}),
        }
    )
    watched.deploy(stack)
    watched.pass_time("2027-01-05T00:00:00Z")
    assert {row["schedule"] for row in watched.ask("runs")} == {name.lower(), "tagged"}
    assert watched.ask("machinesNotCovered") == watched.ask("missedMachines") == watched.ask("missedRuns") == []
    assert {row["schedule"] for row in watched.ask("assignments")} == {name.lower(), "tagged"}


def test_tag_values_have_case_and_tag_names_have_none(watched):
    machines = {"one": {"RING": "test"}, "two": {"ring": "Test"}, "three": {"other": '","ring":"test"'}, "four": {}}
    machines["five"] = {'a"ring': "test"}
    watched.load([ready(virtual_machine(name, "Linux", tags=tags)) for name, tags in machines.items()])
    watched.deploy(settings_of(schedules={"a": schedule(scopes={"test": {"tags": {"Ring": ["test"]}}})}))
    assert watched.names("machinesNotCovered") == ["five", "four", "three", "two"]


def test_a_scope_on_a_group_covers_that_group_of_its_subscriptions_only(watched):
    spoke = f"/subscriptions/{SPOKE}/resourceGroups/RG-Legacy"
    rows = [virtual_machine("a", "Linux"), virtual_machine("b", "Linux", group=spoke)]
    rows += [virtual_machine("c", "Linux", group=f"/subscriptions/{SPOKE}/resourceGroups/rg-legacy-2")]
    watched.load(rows)
    scope = {"subscriptions": ["spoke"], "resourceGroup": "rg-legacy", "locations": ["West Europe"]}
    watched.deploy(settings_of(schedules={"a": schedule(scopes={"group": scope})}))
    assert watched.names("machinesNotCovered") == ["a", "c"]


def test_machines_that_no_schedule_can_patch_are_left_out(watched):
    web, aks, flexible, client, databricks = (virtual_machine(name, "Linux") for name in ("web", "k", "f", "w", "d"))
    aks["properties"]["storageProfile"]["imageReference"] |= {"publisher": "microsoft-aks"}
    flexible["properties"]["virtualMachineScaleSet"] = {"id": f"{GROUP}/providers/Microsoft.Compute/x/y"}
    client["properties"]["licenseType"] = "Windows_Client"
    databricks["tags"] = {"aks-managed-poolName": "one"}
    watched.load([web, aks, flexible, client, databricks])
    watched.deploy(everything(scopes={"none": {"tags": {"a": ["b"]}}}))
    for name in ("machinesNotReady", "machinesNotAssessed", "machinesNotCovered"):
        assert watched.names(name) == ["web"], name


def test_what_keeps_a_machine_from_being_ready_is_told(watched):
    def machine(name, system="Linux", **changes):
        row = ready(virtual_machine(name, system))
        for path, value in changes.items():
            inner = row["properties"]["osProfile"]
            *above, last = path.split("__")
            for key in above:
                inner = inner[key]
            inner[last] = value
        return row

    settings, platform = "linuxConfiguration__patchSettings", "automaticByPlatformSettings"
    bypass = f"{settings}__{platform}__bypassPlatformSafetyChecksOnUserSchedule"
    disconnected = arc_machine("gone", "Linux")
    disconnected["properties"]["status"] = "Expired"
    watched.load(
        [
            machine("fine"),
            machine("mode", **{f"{settings}__patchMode": "ImageDefault"}),
            machine("bypass", **{bypass: False}),
            machine("agent", linuxConfiguration__provisionVMAgent=False),
            machine("hot", "Windows", windowsConfiguration__patchSettings__enableHotpatching=True),
            machine("extensions", allowExtensionOperations=False),
            specialised_machine("bare"),
            arc_machine("there", "Windows"),
            disconnected,
        ]
    )
    watched.settings = everything()
    problems = {name_of(row["id"]): row["problem"] for row in watched.ask("machinesNotReady")}
    assert problems == {
        "mode": "its patch mode is not AutomaticByPlatform",
        "bypass": "bypassPlatformSafetyChecksOnUserSchedule is not true",
        "agent": "the VM agent is not provisioned",
        "hot": "hotpatching is on",
        "extensions": "extensions are not allowed",
        "bare": "its patch mode is not AutomaticByPlatform",
        "gone": "its Arc agent is not connected",
    }


RECURRENCES = [
    ("6Hours", "2027-01-03 04:00", None),
    ("Day", "2027-01-03 23:30", None),
    ("Week Monday,Friday", "2027-01-03 04:00", None),
    ("4Weeks Sunday", "2027-01-03 04:00", None),
    ("Month day1,day15", "2027-01-03 04:00", None),
    ("Month Second Tuesday Offset4", "2027-01-03 22:00", None),
    ("Month day-1", "2027-01-03 04:00", None),
    ("2Months day10", "2027-01-03 04:00", None),
    ("Day", "2027-01-03 04:00", "2027-03-20 00:00"),
    ("Month Second Tuesday", "2027-01-03 04:00", "2027-03-20 00:00"),
]


@pytest.mark.parametrize(("recur_every", "start", "expires"), RECURRENCES)
def test_a_schedule_whose_machines_went_away_is_missed_when_it_was_due_and_not_before(
    watched, recur_every, start, expires
):
    """What is due is counted by the simulation, which has its own arithmetic for recurrences; two days are lenient."""
    watched.load([ready(virtual_machine("web", "Linux")), ready(virtual_machine("db", "Linux"))])
    until = {"expires": expires} if expires else {}
    watched.deploy(
        settings_of(
            schedules={
                "rare": schedule(recur_every, start, machines=[f"{VM}/web"], **until),
                "other": schedule("Day", "2027-01-02 12:00", machines=[f"{VM}/db"]),
            }
        )
    )
    rare = watched.settings.schedules["rare"]
    watched.pass_time("2027-02-12T00:00:00Z")
    before = [run for run in watched.runs() if name_of(run["configuration"]) == "rare"]
    assert watched.ask("missedRuns") == []
    assert all(run["machines"] for run in before)
    assignment = f"{VM}/web/providers/Microsoft.Maintenance/configurationAssignments"
    made(watched.arm.delete(f"{assignment}/{rare.machines[0].assignment_name}"))
    none = {"maintenanceConfigurationId": rare.resource_id, "filter": {"tagSettings": {"tags": {"no": ["one"]}}}}
    scope = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/none"
    watched.attach(scope, none, "global")
    found = {}
    for day in range(13, 29):
        watched.pass_time(f"2027-02-{day:02}T12:00:00Z")
        found[f"2027-02-{day:02}"] = bool(watched.ask("missedRuns"))
    for day in range(1, 32, 2):
        watched.pass_time(f"2027-03-{day:02}T12:00:00Z")
        found[f"2027-03-{day:02}"] = bool(watched.ask("missedRuns"))
    starts = [run["start"][:10] for run in watched.runs() if name_of(run["configuration"]) == "rare"]
    for day, missed in found.items():
        gone = [one for one in starts if one >= "2027-02-12"]
        if any(_days(one, day) > 3 + _pause(recur_every) and _days(one, day) < 28 for one in gone):
            assert missed or (expires and day > expires[:10]), (day, gone)
        if not any(_days(one, day) >= 2 for one in gone):
            assert not missed, (day, gone)


def _days(one, other):
    return (date.fromisoformat(other) - date.fromisoformat(one)).days


def _pause(recur_every):
    """How much later than a missed run a schedule that often runs is called missed: its longest pause."""
    return {"Day": 1, "6Hours": 1, "Week Monday,Friday": 4, "Month day1,day15": 17}.get(recur_every, 0) or (
        28 if recur_every.startswith("4Weeks") else 0
    )


def test_a_run_that_was_cancelled_is_not_missed(watched):
    watched.load([ready(virtual_machine("web", "Linux"))])
    watched.deploy(settings_of(schedules={"weekly": schedule(machines=[f"{VM}/web"])}))
    watched.pass_time("2027-01-11T00:00:00Z")
    configuration = watched.settings.schedules["weekly"].resource_id
    run = f"{configuration}/providers/Microsoft.Maintenance/applyUpdates/20270117040000"
    query = {"api-version": "2023-09-01-preview"}
    made(watched.arm.send("PUT", run, {"properties": {"status": "Cancel"}}, **query))
    watched.pass_time("2027-01-23T00:00:00Z")
    assert watched.ask("missedRuns") == watched.ask("missedMachines") == []
    assert {row["day"][:10]: row["status"] for row in watched.ask("runs")} == {
        "2027-01-03": "Succeeded",
        "2027-01-10": "Succeeded",
        "2027-01-17": "Cancelled",
    }


def test_of_more_than_a_thousand_rows_all_are_paged_through(watched):
    names = [f"web{number:04}" for number in range(1203)]
    watched.load([virtual_machine(name, "Linux") for name in names])
    watched.settings = everything(scopes={"none": {"tags": {"a": ["b"]}}})
    for query in ("machinesNotReady", "machinesNotAssessed", "machinesNotCovered"):
        assert watched.names(query) == names, query


def test_very_many_schedules_are_asked_about_in_one_query(watched):
    watched.load([ready(virtual_machine("web", "Linux"))])
    many = {f"ring-{number:03}": schedule("Day", "2027-01-02 03:00", scopes={}) for number in range(150)}
    for number, one in enumerate(many.values()):
        one["scopes"] = {"own": {"tags": {"ring": [str(number)]}}}
    many["last"] = schedule("Day", "2027-01-02 03:00", machines=[f"{VM}/web"])
    watched.settings = settings_of(schedules=many)
    watched.make(watched.settings.schedules["last"])
    watched.pass_time("2027-01-05T00:00:00Z")
    assert [row["schedule"] for row in watched.ask("runs")] == ["last"] * 3
    assert watched.ask("machinesNotCovered") == []


def test_each_query_keeps_to_what_resource_graph_takes(watched):
    """Three joins at most, one of which brings two tables together, three mv-expand of 400 rows, and no let."""
    watched.settings = everything(machines=[f"{VM}/web"])
    for name, text in watched.queries.items():
        query = parse(text)
        pieces = list(parts(query))
        joins = [one for one in pieces if isinstance(one, syntax.Join)]
        assert query.lets == (), name
        assert len(joins) <= 3, name
        tables = {one.source.text.lower() for one in pieces if isinstance(one, syntax.Pipeline)}
        assert len(tables) <= 2, name
        expanded = [one for one in pieces if isinstance(one, syntax.Expand)]
        assert len(expanded) <= 3, name
        assert all(one.limit <= 400 for one in expanded), name
