import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.plugin.check import Autonaming, configuration_failures, failures, with_name
from sandbox.plugin.configuration import configuration
from sandbox.plugin.errors import PluginError
from sandbox.plugin.table import RESOURCE_TYPES
from sandbox.plugin.values import UNKNOWN

CONFIGURATION = RESOURCE_TYPES["maintenance:MaintenanceConfiguration"]
MACHINE = RESOURCE_TYPES["compute:VirtualMachine"]
SUBNET = RESOURCE_TYPES["network:Subnet"]
ROLE = RESOURCE_TYPES["authorization:RoleAssignment"]


def named(kind, arguments=None, old=None, seed=b"seed", autonaming=None):
    return with_name(kind, arguments or {}, old or {}, logical_name="logical", random_seed=seed, autonaming=autonaming)


@given(st.binary(min_size=1))
def test_a_random_name_is_the_logical_name_and_eight_digits_that_the_seed_decides(seed):
    name = named(CONFIGURATION, seed=seed)["resourceName"]
    assert name.startswith("logical")
    assert len(name) == len("logical") + 8
    assert int(name.removeprefix("logical"), 16) >= 0
    assert named(CONFIGURATION, seed=seed)["resourceName"] == name


def test_names_differ_without_a_seed():
    assert named(CONFIGURATION, seed=b"") != named(CONFIGURATION, seed=b"")


def test_a_random_name_is_remembered_as_random_and_kept():
    first = named(CONFIGURATION)
    assert first["__createBeforeDelete"] is True
    assert named(CONFIGURATION, old=first, seed=b"other") == first


def test_a_name_that_was_given_is_kept_and_is_not_random():
    assert named(CONFIGURATION, old={"resourceName": "given"}) == {"resourceName": "given"}
    assert named(CONFIGURATION, {"resourceName": "mine"}, {"resourceName": "old"}) == {"resourceName": "mine"}


def test_a_child_is_called_as_in_the_program():
    assert named(SUBNET) == {"subnetName": "logical"}


def test_a_role_assignment_is_named_by_a_guid():
    name = named(ROLE)["roleAssignmentName"]
    assert str(uuid.UUID(name)) == name


def test_the_stacks_autonaming_decides():
    assert named(CONFIGURATION, autonaming=Autonaming("PROPOSE", "p"))["resourceName"] == "p"
    assert named(CONFIGURATION, autonaming=Autonaming("ENFORCE", "p"))["resourceName"] == "p"
    assert named(ROLE, autonaming=Autonaming("ENFORCE", "p"))["roleAssignmentName"] == "p"
    assert named(ROLE, autonaming=Autonaming("PROPOSE", "p"))["roleAssignmentName"] != "p"


def test_without_autonaming_a_missing_name_is_a_failure():
    arguments = named(CONFIGURATION, {"resourceGroupName": "rg"}, autonaming=Autonaming("DISABLE", ""))
    assert failures(CONFIGURATION, arguments) == ["missing required property 'resourceName'"]


def test_complete_arguments_pass():
    arguments = {"resourceGroupName": "rg", "resourceName": "mc", "azureApiVersion": "x", "duration": UNKNOWN}
    assert failures(CONFIGURATION, arguments) == []


def test_a_missing_argument_is_named():
    assert failures(CONFIGURATION, {"resourceName": "mc"}) == ["missing required property 'resourceGroupName'"]


def test_a_missing_location_is_told_how_to_configure_one():
    arguments = {"resourceGroupName": "rg", "vmName": "vm"}
    words = (
        "missing required property 'location'. "
        "Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
    )
    assert failures(MACHINE, arguments) == [words]


def test_required_arguments_are_looked_for_inside_objects():
    arguments = {"resourceGroupName": "r", "location": "l", "vmName": "v", "plan": {}, "storageProfile": {"osDisk": {}}}
    assert failures(MACHINE, arguments) == ["missing required property 'storageProfile.osDisk.createOption'"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["22:00"], "'duration' should be of type 'string' but got an array"),
        (3, "'duration' should be of type 'string' but got a number"),
    ],
)
def test_a_wrong_type_is_a_failure_in_the_real_plugins_words(value, words):
    assert failures(CONFIGURATION, {"resourceGroupName": "r", "resourceName": "m", "duration": value}) == [words]


def test_types_are_looked_at_inside_lists_and_maps():
    arguments = {
        "resourceGroupName": "r",
        "location": "l",
        "vmName": "v",
        "zones": ["1", 2],
        "tags": {"a": ["b"]},
        "platformFaultDomain": 1.5,
        "osProfile": {"allowExtensionOperations": "yes"},
    }
    assert sorted(failures(MACHINE, arguments)) == [
        "'osProfile.allowExtensionOperations' should be of type 'boolean' but got a string",
        "'platformFaultDomain' must be an integer but got 1.500000",
        "'tags.a' should be of type 'string' but got an array",
        "'zones[1]' should be of type 'string' but got a number",
    ]


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("resources:ResourceGroup", {"resourceGroupName": "x" * 91}, "too long (91): at most 90 characters allowed"),
        ("resources:ResourceGroup", {"resourceGroupName": "a b"}, r"does not match expression '^[-\w\._\(\)]+$'"),
        ("compute:VirtualMachine", {"resourceGroupName": "", "vmName": "v"}, "too short (0): at least 1 characters"),
        ("authorization:PolicyAssignment", {"policyAssignmentName": "a/b", "scope": "/s"}, "does not match expression"),
    ],
)
def test_a_name_that_the_specification_excludes_is_refused(kind, arguments, words):
    (found,) = failures(RESOURCE_TYPES[kind], {"location": "l", **arguments})
    assert words in found


def test_a_name_at_its_limit_passes():
    arguments = {"location": "l", "resourceGroupName": "x" * 90}
    assert failures(RESOURCE_TYPES["resources:ResourceGroup"], arguments) == []


def test_an_argument_that_does_not_exist_is_a_failure():
    arguments = {"resourceGroupName": "r", "resourceName": "m", "recurevery": "1Day", "installPatches": {"reboot": "x"}}
    found = failures(CONFIGURATION, arguments)
    assert [text.partition(".")[0] for text in found] == [
        "unexpected property 'installPatches",
        "unexpected property 'recurevery'",
    ]
    assert "recurEvery" in found[1]
    assert "rebootSetting" in found[0]


# The provider's own configuration.


def test_a_configuration_key_that_does_not_exist_is_a_failure():
    keys = {"subscriptionId": "s", "version": "3.29.0", "__internal": {}, "subscription": "s"}
    assert [key for key, _ in configuration_failures(keys)] == ["subscription"]


def test_every_key_of_the_sdks_provider_is_known():
    import pulumi_azure_native

    keys = {
        getattr(member.fget, "_pulumi_name", name): "x"
        for name, member in vars(pulumi_azure_native.ProviderArgs).items()
        if isinstance(member, property)
    }
    assert "metadataHost" in keys
    assert configuration_failures(keys) == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"clientSecret": "x", "tenantId": "t", "clientId": "c"},
            "A Subscription ID must be configured when authenticating as a Service Principal using a Client Secret.",
        ),
        ({"useOidc": "true", "subscriptionId": "s"}, "A Tenant ID must be configured when authenticating with OIDC."),
        (
            {"useMsi": "true"},
            "A Subscription ID must be configured when authenticating as a Managed Identity using MSI.",
        ),
    ],
)
def test_incomplete_credentials_are_refused_as_by_the_real_plugin(variables, message):
    with pytest.raises(PluginError) as caught:
        configuration({f"azure-native:config:{key}": value for key, value in variables.items()})
    assert str(caught.value) == message


def test_a_switch_that_is_off_asks_for_nothing():
    found = configuration({"azure-native:config:useOidc": "false", "azure-native:config:location": "l"})
    assert (found.location, found.subscription) == ("l", "")
