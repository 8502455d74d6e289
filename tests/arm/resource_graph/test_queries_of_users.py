"""The queries that users ask: this project's own, and of the kind that Microsoft's pages show for Update Manager."""

import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from patching.azure_inventory import machines_on_azure
from patching.faults import Findings
from patching.inventory import read_inventory
from patching.limits import Environment
from patching.queries import queries_for
from patching.settings import read_settings
from sandbox.arm.seed import seed
from tests.arm.conftest import READY, SPOKE, SUBSCRIPTION, _Credential, made
from tests.arm.policy.clouds import GROUP, arc_machine, subscription, virtual_machine


@pytest.fixture
def own(configuration):
    """The queries of the stack output `queries`, for a stack with one schedule."""
    schedule = {
        "name": "Weekly",
        "start": "2027-01-03 04:00",
        "timeZone": "UTC",
        "duration": "02:00",
        "recurEvery": "Week Sunday",
        "updates": {"linux": {"classifications": ["Security"]}},
    }
    config = {
        "azure-native:location": "westeurope",
        "resourceGroup": {"name": "rg"},
        "subscriptions": {"main": {"id": SUBSCRIPTION}},
        "schedules": {"weekly": schedule},
    }
    reading = read_settings(config, project="azure-patching", stack="users")
    assert reading.faults == (), [str(one) for one in reading.faults]
    assert [one.resource_id for one in reading.settings.schedules.values()] == [configuration]
    return queries_for(reading.settings)


def test_machines_that_are_not_ready_are_those(own, machine, tmp_path, rows):
    """The oracle is how each was made."""
    ready, bare = machine("ready", **READY), machine("bare")
    half = machine("half", "Windows", patchMode="AutomaticByPlatform")
    seed(tmp_path, [virtual_machine("old", "Windows"), arc_machine("arc", "Linux")])
    found = {one["id"].rsplit("/", 1)[-1]: one for one in rows(own["machinesNotReady"])}
    assert set(found) == {"bare", "half", "old"}
    assert {path.rsplit("/", 1)[-1] for path in (ready, bare, half)} == {"ready", "bare", "half"}
    assert (found["half"]["os"], found["half"]["patchMode"]) == ("Windows", "AutomaticByPlatform")
    assert found["half"]["bypass"] in (None, False)
    assert (found["bare"]["os"], found["bare"]["patchMode"], found["bare"]["bypass"]) == ("Linux", "ImageDefault", None)
    assert (found["old"]["os"], found["old"]["patchMode"]) == ("Windows", "AutomaticByOS")


def test_machines_that_are_not_assessed_are_those(own, machine, arm, clock, rows):
    seen, unseen = machine("seen"), machine("unseen")
    assert {one["id"] for one in rows(own["machinesNotAssessed"])} == {seen, unseen}
    made(arm.post(f"{seen}/assessPatches"))
    assert rows(own["machinesNotAssessed"]) == [{"id": unseen, "assessed": None}]
    clock.advance(2 * 86400 + 60)
    assert {one["id"]: one["assessed"] is None for one in rows(own["machinesNotAssessed"])} == {
        seen: False,
        unseen: True,
    }


def test_assignments_are_counted_by_schedule(own, arm, machine, configuration, rows):
    body = {"location": "westeurope", "properties": {"maintenanceConfigurationId": configuration}}
    for name in ("a", "b"):
        path = machine(name, **READY)
        made(arm.put(f"{path}/providers/Microsoft.Maintenance/configurationAssignments/{name}", body))
    found = rows(own["assignments"])
    assert found == [
        {
            "schedule": "weekly",
            "configuration": configuration.lower(),
            "subscriptionId": SUBSCRIPTION,
            "assignments": 2,
        }
    ]


def test_there_is_no_history_of_runs(own, rows):
    assert (rows(own["runs"]), rows(own["failures"])) == ([], [])


def test_the_inventory_is_read_by_the_projects_own_client(tmp_path, server):
    seed(
        tmp_path,
        [
            virtual_machine("web", "Linux", tags={"ring": "one"}),
            arc_machine("shop", "Windows"),
            subscription(SUBSCRIPTION, "corp", "root"),
        ],
    )
    findings = Findings()
    pages = machines_on_azure(
        [SUBSCRIPTION, SPOKE],
        Environment.PUBLIC,
        findings,
        credential=_Credential(),
        base_url=server.url,
        authentication_policy=SansIOHTTPPolicy(),
    )
    assert (findings.faults, findings.warnings) == ([], [])
    inventory = read_inventory(pages)
    assert {one.id.rsplit("/", 1)[-1] for one in inventory.machines} == {"web", "shop"}
    assert inventory.management_groups[SUBSCRIPTION] == {"corp", "root"}


PENDING = """
patchassessmentresources
| where type !has "softwarepatches"
| extend found = parse_json(properties)
| extend checked = properties.lastModifiedDateTime
| extend criticalCount = found.availablePatchCountByClassification.critical,
    otherCount = found.availablePatchCountByClassification.other, OS = found.osType
| project checked, id, OS, criticalCount, otherCount
"""
INSTALLED = """
patchinstallationresources
| where type !has "softwarepatches"
| extend machineName = tostring(split(id, "/", 8)), resourceType = tostring(split(type, "/", 0)),
    tostring(group = split(id, "/", 4))
| extend found = parse_json(properties)
| extend at = todatetime(found.lastModifiedDateTime), installed = tostring(found.installedPatchCount)
| where at > ago(7d)
| project at, RunID=name, machineName, group, resourceType, installed
"""
PATCHES = """
patchinstallationresources
| where type has "softwarepatches" and properties !has "version"
| extend tostring(RunID = split(id, "/", 10)), found = parse_json(properties)
| extend at = todatetime(found.lastModifiedDateTime), patchName = tostring(found.patchName)
| where at > ago(7d)
| project at, RunID, patchName
| sort by RunID
"""
RUNS = """
maintenanceresources
| where ['id'] contains "/providers/microsoft.compute/virtualmachines/web" //the machine
| where ['type'] == "microsoft.maintenance/applyupdates"
| where properties.maintenanceScope == "InGuestPatch"
"""
WEB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web"
MACHINES_OF_ASSESSMENTS = """
patchassessmentresources
| where type in~ ("microsoft.compute/virtualmachines/patchassessmentresults",
    "microsoft.hybridcompute/machines/patchassessmentresults")
| where properties.status =~ "Succeeded" and properties.lastModifiedDateTime > ago(1d)
| parse id with machineId "/patchAssessmentResults/" *
| parse machineId with * "/resourceGroups/" group "/" *
| project machineId, group
"""
INSTALLED_BY_NAME = """
patchinstallationresources
| where type endswith "/patchinstallationresults"
| parse id with * "achines/" machineName "/patchInstallationResults/" run
| extend age = datetime_diff("Day", now(), todatetime(properties.lastModifiedDateTime))
| summarize failed = countif(properties.status == "Failed"), oldest = maxif(age, isnotempty(run)) by machineName
"""
TAG_NAMES = """
resources
| mvexpand bagexpansion=array tags
| where isnotempty(tags)
| summarize machines = dcount(id), values = make_bag(bag_pack(tostring(tags[1]), name)) by tag = tostring(tags[0])
"""
POWER = """
Resources
| where type == 'microsoft.compute/virtualmachines'
| summarize count() by tostring(properties.extended.instanceView.powerState.code)
"""
SUBSCRIPTION_NAMES = """
Resources
| where type =~ 'Microsoft.Compute/virtualMachines'
| project name, type, location, subscriptionId, resourceGroup
| join (ResourceContainers | where type=='microsoft.resources/subscriptions' | project SubName=name, subscriptionId)
    on subscriptionId
| project type, name, SubName
| limit 1
"""
GROUP_TAGS = """
resources
| where type in~ ("Microsoft.Compute/virtualMachines")
| join kind = leftouter (
    resourcecontainers
    | where type == "microsoft.resources/subscriptions/resourcegroups"
    | project rgName = name, rgSubscriptionId = subscriptionId, rgTags = tags
  ) on $left.resourceGroup == $right.rgName and $left.subscriptionId == $right.rgSubscriptionId
| project-away rgName, rgSubscriptionId
| extend ring = coalesce(tostring(tags['patch-ring']), tostring(rgTags['patch-ring']))
| project name, ring
"""
RINGS = "resources | where tags['patch-ring'] =~ 'TEST' or isnotempty(tags.nosuch) | project name, tags"
ADDRESSES = """
resources
| where type =~ 'microsoft.network/networkinterfaces'
| mv-expand ip = properties.ipConfigurations
| extend vm = tostring(properties.virtualMachine.id), subnet = tostring(ip.properties.subnet.id)
| project id, subnet
| summarize interfaces = dcount(id) by subnet
"""


@pytest.fixture
def estate(arm, machine, tmp_path):
    path = machine("web", tags={"patch-ring": "test"})
    made(arm.post(f"{path}/assessPatches"))
    made(arm.post(f"{path}/installPatches", {"rebootSetting": "Never"}))
    seed(tmp_path, [virtual_machine("old", "Windows", GROUP)])
    return path


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (PENDING, [{"OS": "Linux"}]),
        (
            INSTALLED,
            [
                {
                    "machineName": '["web"]',
                    "group": '["rg"]',
                    "resourceType": '["microsoft.compute"]',
                    "installed": "0",
                }
            ],
        ),
        (PATCHES, []),
        (RUNS, []),
        (MACHINES_OF_ASSESSMENTS, [{"machineId": WEB, "group": "rg"}]),
        (INSTALLED_BY_NAME, [{"machineName": "web", "failed": 0, "oldest": 0}]),
        (TAG_NAMES, [{"tag": "patch-ring", "machines": 1, "values": {"test": "web"}}]),
        (POWER, [{"properties_extended_instanceView_powerState_code": "PowerState/running", "count_": 2}]),
        (SUBSCRIPTION_NAMES, [{"type": "microsoft.compute/virtualmachines", "SubName": "Main"}]),
        (GROUP_TAGS, [{"name": "web", "ring": "test"}, {"name": "old", "ring": ""}]),
        (RINGS, [{"name": "web", "tags": {"patch-ring": "test"}}]),
        (ADDRESSES, [{"interfaces": 1}]),
        ("where type =~ 'Microsoft.Compute/virtualMachines' | count", [{"Count": 2}]),
        ("resources | where type contains 'virtualmachines' | top 1 by name desc | project name", [{"name": "web"}]),
        ("resources | where id has 'web' and type has 'virtualmachines' | project name", [{"name": "web"}]),
    ],
)
def test_a_query_of_a_user(estate, rows, query, wanted):
    found = rows(query)
    shown = [{key: one[key] for key in one if key in (wanted or [{}])[0]} for one in found]
    assert sorted(shown, key=str) == sorted(wanted, key=str)


def test_packages_have_a_version_and_no_number(estate, rows):
    ((pending,),) = [rows(f"{PENDING} | project lacking = toint(criticalCount) + toint(otherCount)")]
    found = rows(PATCHES.replace("!has", "has"))
    assert len(found) >= pending["lacking"] > 0
    (installation,) = rows(INSTALLED)
    assert {row["RunID"] for row in found} == {f'["{installation["RunID"]}"]'}
    assert rows("patchinstallationresources | where properties has 'kbId'") == []
