"""Somebody else's project that uses the components as a package, as a program in another language does.

It runs in Python because that is here on every machine; it imports nothing of ours, and passes and reads what an SDK of
any language does.
"""

import json

import pytest

from tests.arm.policy.clouds import virtual_machine

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

from sdk import Component

config = pulumi.Config()
hub, spoke = config.require("hub"), config.require("spoke")
providers = {
    key: azure.Provider(key, subscription_id=subscription, location="westeurope")
    for key, subscription in (("hub", hub), ("spoke", spoke))
}


def on(key, **more):
    return pulumi.ResourceOptions(providers=[providers[key]], **more)


def made_on(key):
    return pulumi.ResourceOptions(provider=providers[key])


group = azure.resources.ResourceGroup("group", resource_group_name="rg-team", opts=made_on("hub"))
far = azure.resources.ResourceGroup("far", resource_group_name="rg-team", opts=made_on("spoke"))
vnet = azure.network.VirtualNetwork(
    "vnet", resource_group_name=far.name, address_space={"address_prefixes": ["10.0.0.0/24"]},
    subnets=[{"name": "machines", "address_prefix": "10.0.0.0/24"}], opts=made_on("spoke"),
)
schedule = Component(
    "MaintenanceSchedule", "nightly",
    {
        "resourceGroupName": group.name, "start": "2027-01-05 22:00", "timeZone": config.require_secret("timeZone"),
        "duration": "02:00", "recurEvery": "day", "protect": False, "tags": {"team": group.location},
        "updates": {
            "reboot": "Never",
            "linux": {"classifications": ["Critical", config.require("also")], "packageNameMasksToExclude": ["a*"]},
            "windows": {"classifications": ["Security"], "excludeKbsRequiringReboot": True, "kbNumbersToInclude": None},
        },
    },
    on("hub"),
)
windows = Component(
    "ScheduledVirtualMachine", "web",
    {
        "resourceGroupName": far.name, "os": "Windows", "size": "Standard_B2s", "adminUsername": "azureuser",
        "image": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"},
        "subnetId": vnet.id.apply(lambda known: f"{known}/subnets/machines"),
        "adminPassword": "Correct-Horse-7-Battery", "healthProbe": {"protocol": "tcp", "port": 22},
    },
    on("spoke"),
)
ready = Component(
    "AzurePolicy", "ready",
    {
        "kind": "schedulingPrerequisite", "scope": far.id.apply(lambda _: f"/subscriptions/{spoke}"),
        "location": "westeurope", "operatingSystems": ["Linux"], "protect": False,
        "remediation": {"waitMinutes": 5, "failureThreshold": 0.5},
    },
    on("spoke"),
)
assessed = Component(
    "AzurePolicy", "assessed",
    {
        "kind": "periodicAssessment", "scope": f"/subscriptions/{spoke}", "location": "westeurope",
        "operatingSystems": ["Linux"], "machines": ["azure"], "assignRoles": False, "protect": False,
    },
    on("spoke"),
)
attached = Component(
    "MachineAssignments", ATTACHED,
    {
        "maintenanceConfigurationId": schedule.resourceId,
        "machines": {"web": windows.resourceId, "old": config.require("old")},
        "location": "westeurope",
        "waitFor": {"old": [ready.ended]},
    },
    on("spoke", aliases=ALIASES),
)
scope = Component(
    "DynamicScope", "everything",
    {"maintenanceConfigurationId": schedule.resourceId, "osTypes": ["Linux"], "tags": {"team": ["shop", far.name]}},
    on("spoke", depends_on=[attached], protect=True),
)
pulumi.export("assignments", attached.resourceIds)
pulumi.export("summary", schedule.summary)
pulumi.export("scope", scope.resourceId)
pulumi.export("toGrant", assessed.rolesToGrant)
pulumi.export("remediations", ready.remediations)
"""


def program(attached="nightly-machines", aliases="None"):
    return PROGRAM.replace("ATTACHED", repr(attached)).replace("ALIASES", aliases)


@pytest.fixture
def world(somebody_elses, subscription, seeded):
    hub, spoke = subscription(), subscription()
    seeded(virtual_machine("old01", "Linux", f"{spoke.scope}/resourceGroups/rg-old"))
    old = spoke.machine_id("rg-old", "old01")
    config = {"hub": hub.id, "spoke": spoke.id, "old": old, "also": "Security"}
    stack = somebody_elses({f"shop:{key}": value for key, value in config.items()}, program())
    stack.pulumi("config", "set", "--secret", "timeZone", "Romance Standard Time", "--config-file", str(stack.file))
    return stack, hub, spoke


def children(stack, kind):
    return {urn.rsplit("::", 1)[1]: one for urn, one in stack.resources().items() if one["type"].endswith(f":{kind}")}


def created(result):
    """The resources created, in order, by name."""
    pre = [event["resOutputsEvent"]["metadata"] for event in result.events if "resOutputsEvent" in event]
    return [one["urn"].rsplit("::", 1)[1] for one in pre if one["op"] == "create"]


def test_a_project_of_somebody_else_uses_the_package(world):
    stack, hub, spoke = world
    empty = hub.everything() | spoke.everything()

    previewed = stack.preview()
    deployed = stack.up()
    assert previewed.changes == deployed.changes
    assert deployed.diagnostics == []

    made = hub.configuration("rg-team", "nightly")
    assert (made.time_zone, made.recur_every, made.tags) == ("Romance Standard Time", "Day", {"team": "westeurope"})
    assert made.install_patches.linux_parameters.classifications_to_include == ["Critical", "Security"]
    assert made.install_patches.windows_parameters.exclude_kbs_requiring_reboot is True
    for group, machine in (("rg-team", "web"), ("rg-old", "old01")):
        assert len(spoke.assignments_on(spoke.machine_id(group, machine))) == 1
    (one,) = spoke.scopes()
    assert one.filter.tag_settings.tags == {"team": ["shop", "rg-team"]}
    order = created(deployed)
    assert order.index("everything-assignment") > max(order.index(f"nightly-machines-{key}") for key in ("web", "old"))
    assert order.index("nightly-machines-old") > order.index("ready")

    outputs = stack.outputs()
    assert outputs["assignments"].keys() == {"web", "old"}
    assert outputs["remediations"]["assignment"]["state"] == "Succeeded"
    (grant,) = outputs["toGrant"]
    assert grant.keys() == {"principalId", "roleDefinitionId", "scope", "command"}
    assert grant["scope"] == f"/subscriptions/{spoke.id}"

    shown = stack.pulumi("stack", "export").stdout
    assert "Correct-Horse-7-Battery" not in shown
    assert "Romance Standard Time" not in shown
    assert json.loads(stack.pulumi("stack", "output", "--json").stdout)["summary"] == "[secret]"
    assert children(stack, "ConfigurationAssignmentsForSubscription")["everything-assignment"]["protect"] is True
    assert not any(one.get("protect") for one in children(stack, "ConfigurationAssignment").values())

    assert stack.up().changes == {}
    assert stack.refresh().changes == {}

    # Another name, and an alias to the old: nothing is made anew.
    (stack.program / "__main__.py").write_text(program("attached", '[pulumi.Alias(name="nightly-machines")]'))
    assert stack.up().changes == {}
    assert {"attached-web", "attached-old"} == set(children(stack, "ConfigurationAssignment"))

    stack.pulumi("state", "unprotect", "--all", "--yes")
    stack.destroy()
    assert hub.everything() | spoke.everything() == empty


FAULTY = """
import pulumi
import pulumi_azure_native as azure

from sdk import Component

config = pulumi.Config()
provider = azure.Provider("hub", subscription_id=config.require("hub"), location="westeurope")
on_hub = pulumi.ResourceOptions(provider=provider)
group = azure.resources.ResourceGroup("group", resource_group_name="rg-faulty", opts=on_hub)
wrong = {
    "plain": {"maintenanceConfigurationId": "/c", "osTypes": "Linux", "tagOperater": "All"},
    "judged": {"maintenanceConfigurationId": "/c", "resourceGroupName": "rg", "osTypes": ["Linus"]},
    "unknown": {"maintenanceConfigurationId": group.id, "osTypes": group.id.apply(lambda _: ["Linux"])},
    "later": {"maintenanceConfigurationId": group.id, "osTypes": ["Linux"]},
}
Component("DynamicScope", "scope", wrong[config.require("case")], on_hub)
"""


def test_faults_are_told_in_words_of_the_language_and_without_a_traceback(somebody_elses, subscription):
    here = subscription()
    stack = somebody_elses({}, FAULTY)

    def told(case, operation):
        stack.configure({"shop:hub": here.id, "shop:case": case})
        result = operation(check=False)
        assert result.exit_code != 0
        # What Pulumi's Python program says of its own end, as the engine shuts down, is not ours.
        (message,) = [one for one in result.diagnostics if "has a problem" in one] or result.diagnostics
        assert message.startswith("azure-patching:index:DynamicScope resource 'scope' has a problem: DynamicScope")
        assert "Traceback" not in message
        assert ".py" not in message
        return [line.strip() for line in message.splitlines()[1:]]

    misspelt, no_list = told("plain", stack.preview)
    assert misspelt.startswith('tagOperater: got "tagOperater"; expected a key it has: adoptResourceId, ')
    assert misspelt.endswith("e.g. tagOperator; fix: write tagOperator")
    assert no_list == 'osTypes: got "Linux"; expected a list; fix: give a list'
    judged = told("judged", stack.preview)
    assert [line.split(":")[0] for line in judged] == [
        "osTypes[0]",
        "maintenanceConfigurationId",
        "location",
        "locations",
    ]
    assert "because resourceGroupName is set" in judged[2]
    (unknown,) = told("unknown", stack.preview)
    assert unknown.startswith("osTypes: got an output that is not known in a preview; expected a plain value")
    (later,) = told("later", stack.up)
    assert later.startswith(f'maintenanceConfigurationId: got "{here.scope}/resourceGroups/rg-faulty"; expected')
    assert not here.scopes()
    stack.configure({"shop:hub": here.id, "shop:case": "plain"})
    stack.destroy()
