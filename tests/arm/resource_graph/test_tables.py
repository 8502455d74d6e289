"""What the tables hold: the resources of the local Azure, in Resource Graph's shape."""

import pytest

from sandbox.arm.seed import seed
from sandbox.arm.server import ArmServer
from tests.arm.conftest import FACTORY, READY, SPOKE, SUBSCRIPTION, Arm, made
from tests.arm.policy.clouds import arc_machine, subscription, virtual_machine
from tests.arm.resource_graph.conftest import post

COLUMNS = [
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
]
MACHINES = "resources | where type in~ ('microsoft.compute/virtualmachines', 'microsoft.hybridcompute/machines')"
GROUP = f"/subscriptions/{SPOKE}/resourceGroups/RG-Old"


@pytest.fixture
def estate(server, tmp_path):
    """Machines of two subscriptions below management groups, loaded as an inventory."""
    rows = [
        virtual_machine("Linux01", "Linux", GROUP, tags={"patch-ring": "test"}),
        virtual_machine("win01", "Windows", GROUP, "northeurope"),
        arc_machine("arc01", "Windows", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"),
        subscription(SUBSCRIPTION, "platform", "root"),
        subscription(SPOKE, "root"),
    ]
    rows[1]["properties"]["extended"] = {"instanceView": {"powerState": {"code": "PowerState/deallocated"}}}
    seed(tmp_path, rows)
    return rows


def test_a_machine(machine, rows):
    path = machine("Web-01", tags={"Ring": "one"}, **READY)
    (row,) = rows("resources | where type == 'microsoft.compute/virtualmachines'")
    assert list(row) == COLUMNS
    assert row["id"] == path
    assert (row["name"], row["resourceGroup"], row["subscriptionId"]) == ("Web-01", "rg", SUBSCRIPTION)
    assert (row["location"], row["kind"], row["managedBy"], row["zones"]) == ("westeurope", "", "", None)
    assert row["tags"] == {"Ring": "one"}
    settings = row["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"]
    assert settings == READY
    state = row["properties"]["extended"]["instanceView"]["powerState"]
    assert state == {"code": "PowerState/running", "displayStatus": "VM running", "level": "Info"}


def test_a_power_state_is_that_of_now(machine, arm, rows):
    path = machine()
    made(arm.post(f"{path}/deallocate"))
    query = (
        "resources | where type endswith '/virtualmachines' | project properties.extended.instanceView.powerState.code"
    )
    assert rows(query) == [{"properties_extended_instanceView_powerState_code": "PowerState/deallocated"}]


def test_what_an_inventory_query_answers_makes_the_same_machines_again(estate, ask, arm, tmp_path_factory):
    """As the project's own inventory query, and as one without order and case."""
    answer = ask(MACHINES + " | order by id")
    assert answer["totalRecords"] == 3
    other = tmp_path_factory.mktemp("other")
    report = seed(other, {"data": answer["data"]})
    assert (len(report.loaded), report.left) == (3, [])
    again = ArmServer(other)
    again.start()
    try:
        client = Arm(again.url)
        assert made(post(client, {"query": MACHINES + " | order by id"}))["data"] == answer["data"]
        for row in answer["data"]:
            assert made(client.get(row["id"])) == made(arm.get(row["id"]))
        client.http.close()
    finally:
        again.stop()
    codes = {row["name"]: row["properties"].get("extended") for row in answer["data"]}
    assert codes["win01"]["instanceView"]["powerState"]["code"] == "PowerState/deallocated"
    assert codes["arc01"] is None


def test_every_tracked_type_is_a_resource(configuration, machine, rows):
    machine()
    found = {row["type"] for row in rows("resources | distinct type")}
    assert found == {
        "microsoft.compute/virtualmachines",
        "microsoft.maintenance/maintenanceconfigurations",
        "microsoft.network/networkinterfaces",
        "microsoft.network/virtualnetworks",
    }


def test_containers(estate, rows):
    subscriptions = rows("ResourceContainers | where type =~ 'microsoft.resources/subscriptions' | order by id asc")
    assert [one["id"] for one in subscriptions] == [f"/subscriptions/{one}" for one in (SUBSCRIPTION, SPOKE, FACTORY)]
    chain = subscriptions[0]["properties"]["managementGroupAncestorsChain"]
    assert [one["name"] for one in chain] == ["platform", "root"]
    assert subscriptions[1]["subscriptionId"] == SPOKE
    groups = rows(
        "resourcecontainers | where type == 'microsoft.resources/subscriptions/resourcegroups' | order by id asc"
    )
    assert [(one["name"], one["resourceGroup"], one["location"]) for one in groups] == [
        ("rg-a", "rg-a", "westeurope"),
        ("RG-Old", "rg-old", "westeurope"),
    ]
    above = rows(
        "resourcecontainers | where type == 'microsoft.management/managementgroups' | project name | order by name asc"
    )
    assert above == [{"name": "platform"}, {"name": "root"}]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({}, {"Linux01", "win01", "arc01"}),
        ({"subscriptions": [SPOKE]}, {"Linux01", "win01"}),
        ({"subscriptions": [SPOKE.upper(), "44444444-4444-4444-8444-444444444444"]}, {"Linux01", "win01"}),
        ({"managementGroups": ["platform"]}, {"arc01"}),
        ({"managementGroups": ["Root"]}, {"Linux01", "win01", "arc01"}),
    ],
)
def test_a_query_looks_where_it_is_told(estate, ask, scope, names):
    assert {row["name"] for row in ask(MACHINES, **scope)["data"]} == names
    containers = ask(
        "resourcecontainers | where type == 'microsoft.resources/subscriptions' | project subscriptionId", **scope
    )
    seen = {one["subscriptionId"] for one in containers["data"]}
    assert (SPOKE in seen) is ("Linux01" in names)


def test_assignments_of_configurations(arm, machine, configuration, group, rows):
    path = machine(**READY)
    body = {"location": "westeurope", "properties": {"maintenanceConfigurationId": configuration}}
    made(arm.put(f"{path}/providers/Microsoft.Maintenance/configurationAssignments/One", body))
    scoped = {**body["properties"], "filter": {"osTypes": ["Linux"]}}
    everywhere = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/All"
    made(arm.put(everywhere, {"location": "global", "properties": scoped}))
    found = rows(
        "maintenanceresources | where type == 'microsoft.maintenance/configurationassignments' | order by id asc"
    )
    assert [one["id"] for one in found] == sorted(
        [f"{path}/providers/Microsoft.Maintenance/configurationAssignments/One".lower(), everywhere.lower()]
    )
    assert {one["properties"]["maintenanceConfigurationId"] for one in found} == {configuration.lower()}
    assert {one["properties"]["resourceId"] for one in found} == {path.lower(), f"/subscriptions/{SUBSCRIPTION}"}
    assert {one["resourceGroup"] for one in found} == {"rg", ""}


def test_assessments_are_those_of_the_last_seven_days(arm, machine, clock, rows):
    path = machine()
    query = "patchassessmentresources | where type !has 'softwarepatches'"
    assert rows(query) == []
    made(arm.post(f"{path}/assessPatches"))
    (row,) = rows(query)
    assert row["id"] == f"{path}/patchAssessmentResults/latest"
    assert row["type"] == "microsoft.compute/virtualmachines/patchassessmentresults"
    assert row["name"] == row["properties"]["assessmentActivityId"]
    assert row["properties"]["osType"] == "Linux"
    assert row["properties"]["availablePatchCountByClassification"].keys() == {"critical", "security", "other"}
    clock.advance(7 * 86400 + 1)
    assert rows(query) == []


def test_an_arc_machine_is_assessed_too(estate, arm, rows):
    path = estate[2]["id"]
    made(arm.post(f"{path}/assessPatches"))
    (row,) = rows("patchassessmentresources | where type !has 'softwarepatches'")
    assert row["id"] == f"{path}/patchAssessmentResults/latest"
    assert row["properties"]["osType"] == "Windows"


def test_installations_are_those_of_the_last_thirty_days(arm, machine, clock, rows):
    path = machine()
    made(arm.post(f"{path}/installPatches", {"rebootSetting": "Never", "maximumDuration": "PT1H"}))
    (row,) = rows("patchinstallationresources | where type !has 'softwarepatches'")
    assert row["id"] == f"{path}/patchInstallationResults/{row['name']}"
    assert row["properties"]["installedPatchCount"] == 0
    clock.advance(30 * 86400 + 1)
    assert rows("patchinstallationresources") == []


def test_policy_assignments_and_states(estate, arm, rows):
    definition = "/providers/Microsoft.Authorization/policyDefinitions/bd876905-5b84-4f73-ab2d-2e7a7c4568d9"
    path = f"/subscriptions/{SPOKE}/providers/Microsoft.Authorization/policyAssignments/Assess"
    made(arm.send("PUT", path, {"properties": {"policyDefinitionId": definition}}, **{"api-version": "2025-01-01"}))
    above = (
        "/providers/Microsoft.Management/managementGroups/root/providers/Microsoft.Authorization/policyAssignments/All"
    )
    made(arm.send("PUT", above, {"properties": {"policyDefinitionId": definition}}, **{"api-version": "2025-01-01"}))
    query = "policyresources | where type == 'microsoft.authorization/policyassignments' | project name"
    assert {one["name"] for one in rows(query)} == {"Assess", "All"}
    assert {one["name"] for one in rows(query, subscriptions=[SPOKE])} == {"Assess"}
    states = rows(
        "policyresources | where type =~ 'Microsoft.PolicyInsights/PolicyStates'"
        " | where properties.complianceState == 'NonCompliant'"
        f" | where properties.policyAssignmentId =~ '{path}'"
        " | project machine = tostring(properties.resourceId)"
    )
    wanted = {row["id"].lower() for row in estate[:2]}
    assert {one["machine"] for one in states} == wanted


def test_a_table_answers_whole_rows_as_json(estate, ask):
    answer = ask("resources | where name == 'win01'", {"resultFormat": "table"})
    names = [one["name"] for one in answer["data"]["columns"]]
    assert names == COLUMNS
    kinds = {one["name"]: one["type"] for one in answer["data"]["columns"]}
    assert (kinds["id"], kinds["properties"]) == ("string", "object")
    (row,) = answer["data"]["rows"]
    assert dict(zip(names, row, strict=True)) == ask("resources | where name == 'win01'")["data"][0]
    typed = ask(
        "resources | take 1 | project a = 1, b = 1.5, c = true, d = '', e = properties", {"resultFormat": "table"}
    )
    assert [one["type"] for one in typed["data"]["columns"]] == ["integer", "number", "boolean", "string", "object"]
