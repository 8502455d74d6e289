"""The whole program: settings to estate to outputs."""

import copy
import json
from datetime import datetime

import pulumi
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
LEGACY = f"/subscriptions/{MAIN}/resourceGroups/rg-legacy/providers/Microsoft.Compute/virtualMachines/legacy01"
REMOTE = f"/subscriptions/{SPOKE}/resourceGroups/rg-legacy/providers/Microsoft.Compute/virtualMachines/remote01"
ARC = f"/subscriptions/{MAIN}/resourceGroups/rg-legacy/providers/Microsoft.HybridCompute/machines/arc01"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM azure-patching-dev"
IMAGE = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
SCHEDULE = {
    "start": "2027-01-16 22:00",
    "timeZone": "W. Europe Standard Time",
    "duration": "03:00",
    "recurEvery": "Month Second Tuesday Offset4",
    "updates": {"linux": {"classifications": ["Critical"]}},
}
LINUX = {"os": "Linux", "size": "Standard_B2s", "image": IMAGE, "sshPublicKey": KEY}
WINDOWS = {"os": "Windows", "size": "Standard_B2s", "image": IMAGE}
CONFIG = {
    "subscriptions": {"main": {"id": MAIN}, "spoke": {"id": SPOKE}},
    "resourceGroup": {"name": "rg-patching"},
    "tags": {"owner": "platform"},
    "schedules": {
        "linux": SCHEDULE
        | {
            "machines": ["web", LEGACY, REMOTE, ARC],
            "scopes": {"ring": {"tags": {"patch-ring": ["test"]}}},
        },
    },
    "virtualMachines": {"web": LINUX | {"tags": {"role": "web"}}},
    "azurePolicies": {
        "ready": {"kind": "schedulingPrerequisite", "scope": "main"},
        "assessed": {"kind": "periodicAssessment", "scope": "spoke", "machines": ["azure"]},
    },
}

CONFIGURATION = "azure-native:maintenance:MaintenanceConfiguration"
MACHINE_ASSIGNMENT = "azure-native:maintenance:ConfigurationAssignment"
SCOPE_ASSIGNMENT = "azure-native:maintenance:ConfigurationAssignmentsForSubscription"
GROUP = "azure-native:resources:ResourceGroup"
REMEDIATION = "azure-native:policyinsights:RemediationAtResource"
MACHINE = "azure-native:compute:VirtualMachine"


def changed(**changes):
    return copy.deepcopy(CONFIG) | changes


def with_entry(section, key, entry, *, first=False):
    config = copy.deepcopy(CONFIG)
    config[section] = {key: entry} | config[section] if first else config[section] | {key: entry}
    return config


def test_the_outputs_are_those_of_the_contract(stack):
    outputs = stack(CONFIG).outputs
    named = {"schedules", "assignments", "virtualMachines", "azurePolicies", "remediations", "warnings", "queries"}
    assert set(outputs) == named
    schedule = outputs["schedules"]["linux"]
    assert set(schedule) >= {"resourceId", "summary", "recurEvery", "nextRuns"}
    assert schedule["recurEvery"] == "Month Second Tuesday Offset4"
    runs = [datetime.fromisoformat(run) for run in schedule["nextRuns"]]
    assert len(runs) == 5
    assert runs == sorted(runs)
    assert all(run.tzinfo and run.weekday() == 5 for run in runs)
    assert {"assignmentIds", "principalIds", "remediationIds", "rolesToGrant"} <= set(outputs["azurePolicies"]["ready"])
    assert outputs["queries"]
    assert outputs["assignments"]["linux"]["scopes"]["ring"].keys() == {"main", "spoke"}
    assert len(outputs["assignments"]["linux"]["machines"]) == 4


def test_each_resource_is_on_the_provider_of_the_subscription_it_is_in(stack):
    recording = stack(CONFIG)
    subscription_of = {
        entry.urn: entry.inputs["subscriptionId"]
        for entry in recording.of_type("pulumi:providers:azure-native").values()
    }
    assert set(subscription_of.values()) == {MAIN, SPOKE}
    checked = 0
    for entry in recording.custom():
        named = entry.inputs.get("scope") or entry.inputs.get("resourceId") or ""
        if named:
            assert f"/subscriptions/{subscription_of[entry.provider]}" in named
            checked += 1
    assert checked
    machines = recording.of_type(MACHINE_ASSIGNMENT)
    assert {entry.inputs["resourceName"]: subscription_of[entry.provider] for entry in machines.values()} == {
        "web": MAIN,
        "legacy01": MAIN,
        "arc01": MAIN,
        "remote01": SPOKE,
    }
    scopes = recording.of_type(SCOPE_ASSIGNMENT)
    assert {name: subscription_of[entry.provider] for name, entry in scopes.items()} == {
        "linux/ring/main-assignment": MAIN,
        "linux/ring/spoke-assignment": SPOKE,
    }


def test_providers_take_every_setting_of_the_stack_and_secrets_stay_secret(stack):
    recording = stack(
        CONFIG
        | {
            "azure-native:clientSecret": "hush",
            "azure-native:tenantId": "hidden",
            "azure-native:useOidc": "true",
            "azure-native:auxiliaryTenantIds": ["t1", "t2"],
            "azure-native:environment": "usgovernment",
        },
        secret_keys=("azure-native:clientSecret", "azure-native:tenantId"),
    )
    for provider in recording.of_type("pulumi:providers:azure-native").values():
        assert provider.inputs["environment"] == "usgovernment"
        assert provider.inputs["location"] == "westeurope"
        assert provider.inputs["clientSecret"] == "hush"
        assert provider.inputs["tenantId"] == "hidden"
        assert {"clientSecret", "tenantId"} <= provider.secrets
        assert json.loads(provider.inputs["useOidc"]) is True
        assert json.loads(provider.inputs["auxiliaryTenantIds"]) == ["t1", "t2"]


def test_the_group_is_made_where_something_of_the_stack_lives_and_nowhere_else(stack):
    recording = stack(CONFIG)
    group = recording.one(GROUP)
    assert group.name == "main"
    assert group.inputs["tags"] == {"owner": "platform"}
    assert group.urn in recording.one(CONFIGURATION).dependencies
    assert group.urn in recording.one(MACHINE).dependencies
    elsewhere = stack(with_entry("schedules", "remote", SCHEDULE | {"subscription": "spoke"}))
    assert set(elsewhere.of_type(GROUP)) == {"main", "spoke"}


def test_machines_of_one_location_share_a_network_however_it_is_spelt(stack):
    places = {"a": "North Europe", "b": "northeurope", "c": "NorthEurope"}
    machines = {key: LINUX | {"location": location} for key, location in places.items()}
    recording = stack(changed(virtualMachines=machines, schedules={}))
    network = recording.one("azure-native:network:VirtualNetwork")
    assert network.name == "main/northeurope-vnet"
    assert len(recording.of_type("azure-native:network:NetworkInterface")) == len(places)


@pytest.mark.parametrize("preview", [True, False])
def test_a_policy_at_a_group_comes_after_the_group_where_the_stack_makes_it(stack, preview):
    def policy_at(group):
        scope = f"/subscriptions/{MAIN}/resourceGroups/{group}"
        recording = stack(changed(azurePolicies={"p": {"kind": "auditAssessment", "scope": scope}}), preview=preview)
        made = recording.one("azure-native:authorization:PolicyAssignment")
        assert made.inputs["scope"] == scope
        return recording.one(GROUP).urn in made.dependencies

    assert policy_at("RG-Patching")
    assert not policy_at("rg-other")


def test_a_foreign_group_is_never_made(stack):
    config = changed(resourceGroup={"name": "rg-patching", "create": False})
    assert not stack(config).of_type(GROUP)
    config = changed(virtualMachines={}, schedules={"linux": SCHEDULE | {"resourceGroup": "rg-of-others"}})
    assert not stack(config).of_type(GROUP)


@pytest.mark.parametrize("preview", [True, False])
def test_assignments_of_existing_machines_wait_for_the_remediation_that_covers_them(stack, preview):
    recording = stack(CONFIG, preview=preview)
    assignments = recording.of_type(MACHINE_ASSIGNMENT).values()
    waits_for = {
        entry.inputs["resourceName"]: recording.names(entry.dependencies) - {"linux-configuration"}
        for entry in assignments
    }
    assert waits_for == {
        "legacy01": {"ready-assignment"},
        "remote01": set(),
        "arc01": set(),
        "web": {"web-vm"},
    }
    assert all(recording.one(CONFIGURATION).urn in entry.dependencies for entry in assignments)


def test_nothing_that_names_an_assignment_is_unknown_in_a_preview(stack):
    for entry in stack(CONFIG, preview=True).of_type(MACHINE_ASSIGNMENT).values():
        assert all(isinstance(value, str) for value in entry.inputs.values()), entry.inputs


def test_machines_without_a_subnet_share_one_small_network_in_each_place(stack):
    subnet = f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a"
    recording = stack(
        changed(
            virtualMachines={
                "web": LINUX,
                "api": LINUX,
                "own": LINUX | {"subnetId": subnet},
                "north": LINUX | {"location": "northeurope"},
            }
        )
    )
    networks = recording.of_type("azure-native:network:VirtualNetwork")
    assert set(networks) == {"main/westeurope-vnet", "main/northeurope-vnet"}
    subnets = {
        name: entry.inputs["ipConfigurations"][0]["subnet"]["id"]
        for name, entry in recording.of_type("azure-native:network:NetworkInterface").items()
    }
    assert subnets["web-nic"] == subnets["api-nic"] != subnets["north-nic"]
    assert subnets["own-nic"] == subnet
    for network in networks.values():
        (inline,) = network.inputs["subnets"]
        assert inline["networkSecurityGroup"]["id"]


def test_a_windows_machine_takes_its_password_from_the_secret(stack):
    config = changed(
        virtualMachines={"web": LINUX, "win": WINDOWS}, adminPasswords={"win": "Sup3r-secret-1", "other": "x"}
    )
    machine = stack(config, secret_keys=("azure-patching:adminPasswords",)).one(MACHINE, "win-vm")
    assert machine.inputs["osProfile"]["adminPassword"] == "Sup3r-secret-1"
    assert "osProfile.adminPassword" in machine.secrets


def test_a_policy_takes_its_schedule(stack):
    policy = {"kind": "recurringUpdates", "scope": "main", "schedule": "linux"}
    recording = stack(with_entry("azurePolicies", "scheduled", policy))
    assignment = recording.one("azure-native:authorization:PolicyAssignment", "scheduled-assignment")
    parameters = assignment.inputs["parameters"]
    in_group = "providers/Microsoft.Maintenance/maintenanceConfigurations/linux"
    expected = f"/subscriptions/{MAIN}/resourceGroups/rg-patching/{in_group}"
    assert parameters["maintenanceConfigurationResourceId"]["value"] == expected
    assert recording.one(CONFIGURATION).urn in assignment.dependencies


def test_adopting_a_schedule_imports_it_and_its_assignments(stack):
    schedule = SCHEDULE | {
        "adopt": True,
        "name": "mc-old",
        "resourceGroup": "rg-old",
        "machines": [{"id": LEGACY, "assignmentName": "of-portal"}],
        "scopes": {
            "ring": {"subscriptions": ["main"], "osTypes": ["Linux"], "assignmentName": "ring-of-portal"},
            "group": {"subscriptions": ["main"], "resourceGroup": "rg-web", "locations": ["westeurope"]},
        },
    }
    recording = stack(changed(schedules={"old": schedule}, virtualMachines={}))
    configuration = recording.one(CONFIGURATION)
    assert configuration.import_id == (
        f"/subscriptions/{MAIN}/resourceGroups/rg-old/providers/Microsoft.Maintenance/maintenanceConfigurations/mc-old"
    )
    assert configuration.protect
    assignments = "providers/Microsoft.Maintenance/configurationAssignments"
    assert recording.one(MACHINE_ASSIGNMENT).import_id == f"{LEGACY}/{assignments}/of-portal"
    assert recording.one(SCOPE_ASSIGNMENT).import_id == f"/subscriptions/{MAIN}/{assignments}/ring-of-portal"
    of_group = recording.one("azure-native:maintenance:ConfigurationAssignmentsForResourceGroup")
    name = of_group.inputs["configurationAssignmentName"]
    assert of_group.import_id == f"/subscriptions/{MAIN}/resourceGroups/rg-web/{assignments}/{name}"
    assert not recording.of_type(GROUP)


def test_protection_follows_the_stack_and_the_schedule(stack):
    recording = stack(
        changed(
            protect=False,
            schedules={"linux": SCHEDULE, "kept": SCHEDULE | {"protect": True, "start": "2027-01-16 01:00"}},
        )
    )
    protected = {name: entry.protect for name, entry in recording.of_type(CONFIGURATION).items()}
    assert protected == {"linux-configuration": False, "kept-configuration": True}
    assert not any(entry.protect for entry in recording.of_type("azure-native:authorization:PolicyAssignment").values())
    by_default = stack(CONFIG)
    assert {entry.type for entry in by_default.custom() if entry.protect} == {
        CONFIGURATION,
        "azure-native:authorization:PolicyAssignment",
    }


def test_every_fault_is_told_in_one_error_and_nothing_is_declared(stack):
    config = changed(
        schedules={"linux": SCHEDULE | {"duration": "01:00", "timeZone": "Europe/Berlin"}},
        virtualMachines={"web": LINUX | {"syze": "x"}},
        azurePolicies={"ready": {"kind": "prerequisite", "scope": "nowhere"}},
    )
    with pytest.raises(pulumi.RunError) as raised:
        stack(config)
    message = str(raised.value)
    assert message.startswith("Pulumi.dev.yaml: ")
    for path in (
        "schedules.linux.duration",
        "schedules.linux.timeZone",
        "virtualMachines.web.syze",
        "azurePolicies.ready.kind",
    ):
        assert f"  {path}: got" in message


def test_a_failed_remediation_is_a_warning_of_the_stack(stack):
    def answer(name, _):
        return {
            "provisioningState": "Failed" if "ready" in name else "Succeeded",
            "statusMessage": "AuthorizationFailed",
            "deploymentStatus": {"totalDeployments": 1, "successfulDeployments": 0, "failedDeployments": 1},
        }

    warnings = stack(CONFIG, remediations=answer).outputs["warnings"]
    assert any(one.startswith("azurePolicies.ready: ") and "AuthorizationFailed" in one for one in warnings)


def test_warnings_of_the_settings_are_logged_and_kept(stack):
    recording = stack(changed(schedules={"linux": SCHEDULE | {"start": "2027-01-05 22:00"}}))
    assert any("schedules.linux.start" in line for line in recording.logged)
    assert any("schedules.linux.start" in line for line in recording.outputs["warnings"])


def test_a_stack_may_be_policies_alone_or_nothing(stack):
    policies = stack({"azurePolicies": {"ready": {"kind": "schedulingPrerequisite", "scope": "main"}}})
    assert set(policies.of_type("pulumi:providers:azure-native")) == {"main"}
    assert not policies.of_type(GROUP)
    assert not stack({}).registrations


def test_what_a_stack_does_not_use_gets_no_provider(stack):
    recording = stack(changed(schedules={"linux": SCHEDULE}, azurePolicies={}, virtualMachines={}))
    assert set(recording.of_type("pulumi:providers:azure-native")) == {"main"}


KEYS = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
SUBSCRIPTIONS = st.sampled_from(["main", "spoke"])


def _existing(name):
    return f"/subscriptions/{SPOKE}/resourceGroups/rg-x/providers/Microsoft.Compute/virtualMachines/{name}"


ENTRIES = st.one_of(
    st.tuples(
        st.just("schedules"),
        st.builds(
            lambda subscription, machine, filter_: (
                SCHEDULE
                | {
                    "start": "2027-06-13 03:00",
                    "recurEvery": "Week Sunday",
                    "subscription": subscription,
                    "machines": [_existing(machine)],
                    "scopes": {filter_: {"osTypes": ["Linux"]}},
                }
            ),
            SUBSCRIPTIONS,
            KEYS,
            KEYS,
        ),
    ),
    st.tuples(
        st.just("virtualMachines"), SUBSCRIPTIONS.map(lambda subscription: LINUX | {"subscription": subscription})
    ),
    st.tuples(
        st.just("azurePolicies"),
        st.builds(
            lambda kind, scope: {"kind": kind, "scope": scope},
            st.sampled_from(["periodicAssessment", "auditAssessment"]),
            SUBSCRIPTIONS,
        ),
    ),
)


@pytest.fixture(scope="module")
def unchanged(run_stack_once):
    """What `CONFIG` declares."""
    return run_stack_once(CONFIG).registrations


@given(ENTRIES, KEYS, st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_adding_an_entry_touches_that_entry_alone(stack, unchanged, addition, key, first):
    section, entry = addition
    assume(key not in CONFIG[section])
    before = unchanged
    after = stack(with_entry(section, key, entry, first=first)).registrations
    assert {urn: after.get(urn) for urn in before} == before
    assert len(after) > len(before)


@given(st.permutations(list(CONFIG["schedules"]["linux"]["machines"])))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_entries_means_nothing(stack, unchanged, machines):
    config = changed()
    config["schedules"]["linux"] = config["schedules"]["linux"] | {"machines": machines}
    assert stack(config).registrations == unchanged
