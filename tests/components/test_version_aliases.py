"""What is sent of aliases: none of azure-native's own, all of everybody else's."""

import pulumi
import pulumi_azure_native as azure_native
import pytest
from pulumi_azure_native import resources

from components import DynamicScope, MachineAssignments
from tests.components.test_assignments import CONFIGURATION, MACHINE_ASSIGNMENT, SUBSCRIPTION, VM
from tests.contract.world import KEY

VERSIONED = "azure-native:maintenance/v20230401:ConfigurationAssignment"
KEEP = {"azure-patching:keepVersionAliases": "true"}
STACK = {
    "protect": False,
    "subscriptions": {"main": {"id": SUBSCRIPTION}},
    "schedules": {
        "linux": {
            "start": "2027-01-05 22:00",
            "timeZone": "UTC",
            "duration": "03:00",
            "recurEvery": "Week Saturday",
            "updates": {"linux": {"classifications": ["Critical"]}},
            "machines": [VM],
            "scopes": {"all": {"osTypes": ["Linux"]}},
        }
    },
    "virtualMachines": {
        "web": {
            "os": "Linux",
            "size": "Standard_B2s",
            "image": {"publisher": "Canonical", "offer": "ubuntu", "sku": "22_04"},
            "sshPublicKey": KEY,
            "adminUsername": "azureuser",
            "healthProbe": {"protocol": "tcp", "port": 22},
        }
    },
    "azurePolicies": {"assessment": {"kind": "periodicAssessment", "scope": "main"}},
}


def attach(**options):
    MachineAssignments(
        "ring",
        {"maintenance_configuration_id": CONFIGURATION, "machines": {"web": VM}},
        pulumi.ResourceOptions(provider=azure_native.Provider("main", subscription_id=SUBSCRIPTION), **options),
    )


def test_nothing_of_the_stack_is_sent_with_an_alias(stack):
    recording = stack(STACK)
    types = {entry.type for entry in recording.custom()}
    assert len(types) >= 10, types
    assert not {entry.name: entry.aliases for entry in recording.registrations.values() if entry.aliases}


def test_who_keeps_the_version_aliases_sends_them_all(stack):
    for entry in stack(STACK | {"keepVersionAliases": "true"}).custom():
        assert len(entry.aliases) >= 3, entry.type


def test_a_component_used_alone_is_told_by_the_same_setting(record):
    assert not record(attach).one(MACHINE_ASSIGNMENT).aliases
    assert VERSIONED in record(attach, config=KEEP).one(MACHINE_ASSIGNMENT).aliases


def test_aliases_of_the_component_stay(record):
    aliases = [pulumi.Alias(name="old"), pulumi.Alias(type_="azure-native:maintenance/v20230401:Ring"), "urn:as-it-was"]
    sent = record(lambda: attach(aliases=aliases)).one("azure-patching:index:MachineAssignments")
    assert sent.aliases == ("old", "azure-native:maintenance/v20230401:Ring", "urn:as-it-was")


def test_what_the_callers_own_transformation_adds_stays(record):
    def add(args):
        if args.type_ != MACHINE_ASSIGNMENT:
            return None
        mine = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=VERSIONED), pulumi.Alias(name="mine")])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, mine))

    sent = record(lambda: attach(transformations=[add])).one(MACHINE_ASSIGNMENT)
    assert sent.aliases == (VERSIONED, "mine")


def test_the_callers_options_and_other_resources_are_left_as_they_are(record):
    given = []

    def program():
        provider = azure_native.Provider("main", subscription_id=SUBSCRIPTION)
        options = pulumi.ResourceOptions(provider=provider)
        given.append(options)
        DynamicScope("ring", {"maintenance_configuration_id": CONFIGURATION, "os_types": ["Linux"]}, options)
        resources.ResourceGroup("theirs", resource_group_name="theirs", opts=options)

    sent = record(program)
    assert given[0].transformations is None
    assert sent.one("azure-native:resources:ResourceGroup").aliases
    assert not sent.one("azure-native:maintenance:ConfigurationAssignmentsForSubscription").aliases


def test_a_setting_that_is_no_boolean_ends_the_program(record):
    with pytest.raises(pulumi.RunError, match="keepVersionAliases"):
        record(attach, config={"azure-patching:keepVersionAliases": "maybe"})
