import base64
import json

import pytest

from sandbox.plugin.arm_client import ArmClient
from sandbox.plugin.configuration import Configuration
from sandbox.plugin.errors import ArmError, PluginError
from sandbox.plugin.operations import Operations, PartialError, preview_of_update, resource_type
from sandbox.plugin.table import RESOURCE_TYPES
from sandbox.plugin.values import UNKNOWN

CONFIGURATION = RESOURCE_TYPES["maintenance:MaintenanceConfiguration"]
MACHINE = RESOURCE_TYPES["compute:VirtualMachine"]
NETWORK = RESOURCE_TYPES["network:VirtualNetwork"]
POLICY = RESOURCE_TYPES["authorization:PolicyAssignment"]
ARGUMENTS = {
    "resourceGroupName": "rg",
    "resourceName": "mc",
    "location": "westeurope",
    "duration": "03:00",
    "azureApiVersion": CONFIGURATION.api_version,
}


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def create(operations, warnings):
    def create(kind=CONFIGURATION, arguments=ARGUMENTS):
        return operations.create(kind, arguments, timeout=0, warn=warnings.append)

    return create


def check(operations, kind, new, old=None):
    return operations.check(kind, old or {}, new, logical_name="n", random_seed=b"s", autonaming=None)


def test_check_fills_in_location_and_version(operations):
    arguments, failures = check(operations, CONFIGURATION, {"resourceGroupName": "rg", "resourceName": "mc"})
    assert failures == []
    assert arguments["location"] == "westeurope"
    assert arguments["azureApiVersion"] == CONFIGURATION.api_version


def test_a_location_that_was_stays(operations):
    arguments, _ = check(operations, CONFIGURATION, {"resourceGroupName": "rg"}, {"location": "northeurope"})
    assert arguments["location"] == "northeurope"


def test_without_a_configured_location_the_resource_groups_is_taken_and_remembered(arm, fake_arm, subscription):
    operations = Operations(arm, Configuration({"subscriptionId": subscription}))
    fake_arm.resources[f"/subscriptions/{subscription}/resourcegroups/rg"] = {"location": "francecentral"}
    for _ in range(2):
        arguments, _ = check(operations, CONFIGURATION, {"resourceGroupName": "rg"})
        assert arguments["location"] == "francecentral"
    assert len(fake_arm.asked) == 1
    assert check(operations, CONFIGURATION, {"resourceGroupName": UNKNOWN})[0]["location"] is UNKNOWN
    assert "location" not in check(operations, CONFIGURATION, {"resourceGroupName": "other"})[0]


def test_what_has_no_location_gets_none(operations):
    arguments, _ = check(operations, RESOURCE_TYPES["authorization:RoleAssignment"], {"scope": "/s"})
    assert "location" not in arguments


def test_create_looks_first_then_puts_then_reads(create, fake_arm, warnings):
    identifier, outputs = create()
    assert fake_arm.methods == ["GET", "PUT", "GET"]
    assert identifier.endswith("/providers/Microsoft.Maintenance/maintenanceConfigurations/mc")
    assert outputs["name"] == "mc"
    assert outputs["azureApiVersion"] == CONFIGURATION.api_version
    assert "resourceGroupName" not in outputs
    assert warnings == []


def test_the_id_is_the_one_azure_answers_with(create, fake_arm):
    from collections import deque

    import httpx

    lower = {"id": "/subscriptions/s/lowered", "properties": {}}
    fake_arm.queued = deque([httpx.Response(404), httpx.Response(201, json=lower), httpx.Response(200, json=lower)])
    assert create()[0] == "/subscriptions/s/lowered"


def test_what_exists_is_not_created(create, fake_arm):
    create()
    with pytest.raises(PluginError, match="cannot create already existing resource '/subscriptions/"):
        create()
    assert fake_arm.methods.count("PUT") == 1


def test_a_read_after_a_write_that_fails_is_a_warning(create, fake_arm, warnings):
    import httpx

    fake_arm.queued.extend([httpx.Response(404), httpx.Response(201, json={"id": "/x", "name": "put"})])
    fake_arm.refuse(403)
    assert create()[1]["name"] == "put"
    assert "Failed to read resource after it was written" in warnings[0]


def test_a_resource_whose_read_after_the_write_is_lost_is_not_forgotten(create, fake_arm, warnings):
    import httpx

    fake_arm.queued.extend([httpx.Response(404), httpx.Response(201, json={"id": "/x", "name": "put"})])
    fake_arm.queued.extend([httpx.ReadError("gone")] * 4)
    assert create()[1]["name"] == "put"
    assert "does not answer" in warnings[0]


def test_a_resource_that_was_made_when_the_run_was_cancelled_is_not_forgotten(create, fake_arm, monkeypatch):
    def cancelling(self, *arguments, **options):
        answer = put(self, *arguments, **options)
        self.cancel()
        return answer

    put = ArmClient.put
    monkeypatch.setattr(ArmClient, "put", cancelling)
    assert create()[1]["name"] == "mc"


def test_an_accepted_put_that_fails_leaves_a_partial_resource(create, fake_arm):
    fake_arm.asynchronous = True
    fake_arm.operation_states.append("Failed")
    with pytest.raises(PartialError, match="OverconstrainedAllocation") as caught:
        create(MACHINE, {"resourceGroupName": "rg", "vmName": "vm", "location": "l"})
    assert caught.value.identifier.endswith("/virtualMachines/vm")
    assert caught.value.outputs is not None
    assert caught.value.outputs["name"] == "vm"


def test_a_partial_resource_that_cannot_be_read_is_told_as_such(create, fake_arm, monkeypatch):
    fake_arm.asynchronous = True
    fake_arm.operation_states.append("Failed")
    get = ArmClient.get

    def failing(self, identifier, version):
        if "PUT" in fake_arm.methods:
            raise ArmError(404, "Gone", "gone")
        return get(self, identifier, version)

    monkeypatch.setattr(ArmClient, "get", failing)
    with pytest.raises(
        PartialError, match=r"resource created but read failed Status=404 .*OverconstrainedAll"
    ) as caught:
        create(MACHINE, {"resourceGroupName": "rg", "vmName": "vm", "location": "l"})
    assert caught.value.outputs is None


def test_an_update_sends_the_whole_and_does_not_look_first(operations, create, fake_arm, warnings):
    create()
    fake_arm.asked.clear()
    outputs = operations.update(CONFIGURATION, {**ARGUMENTS, "duration": "02:00"}, timeout=0, warn=warnings.append)
    assert fake_arm.methods == ["PUT", "GET"]
    assert fake_arm.body() == {"location": "westeurope", "properties": {"maintenanceWindow": {"duration": "02:00"}}}
    assert outputs["duration"] == "02:00"


def test_an_update_keeps_children_that_are_resources_of_their_own(operations, create, fake_arm, warnings):
    arguments = {"resourceGroupName": "rg", "virtualNetworkName": "v", "location": "l"}
    identifier, _ = create(NETWORK, arguments)
    assert fake_arm.body()["properties"] == {"subnets": [], "virtualNetworkPeerings": []}
    fake_arm.resources[identifier.lower()]["properties"]["subnets"] = [{"name": "s"}]
    operations.update(NETWORK, {**arguments, "tags": {"a": "b"}}, timeout=0, warn=warnings.append)
    assert fake_arm.body()["properties"]["subnets"] == [{"name": "s"}]


def test_a_refresh_that_finds_nothing_changed_changes_nothing(operations, create, fake_arm):
    fake_arm.service_fills_in = {"visibility": "Custom"}
    identifier, outputs = create()
    live = operations.read(CONFIGURATION, identifier, ARGUMENTS, outputs)
    assert live is not None
    assert live.arguments == ARGUMENTS
    assert live.outputs == outputs


def test_a_refresh_shows_what_changed_in_azure(operations, create, fake_arm):
    identifier, outputs = create()
    there = fake_arm.resources[identifier.lower()]
    there["properties"]["maintenanceWindow"]["duration"] = "01:30"
    there["tags"] = {"by": "hand"}
    live = operations.read(CONFIGURATION, identifier, ARGUMENTS, outputs)
    assert live is not None
    assert live.arguments == {**ARGUMENTS, "duration": "01:30", "tags": {"by": "hand"}}
    diff = operations.diff(CONFIGURATION, live.arguments, ARGUMENTS, live.outputs)
    assert {change.path for change in diff.changes} == {"duration", "tags"}


def test_a_value_that_the_service_rewrites_is_drift_only_once_it_changes(operations, create, fake_arm):
    """What is sent as `Never` and answered as `NeverReboot` shows as soon as the answer changes to that."""
    arguments = {**ARGUMENTS, "installPatches": {"rebootSetting": "Never"}}
    identifier, outputs = create(arguments=arguments)
    patches = fake_arm.resources[identifier.lower()]["properties"]["installPatches"]
    patches["rebootSetting"] = "NeverReboot"
    live = operations.read(CONFIGURATION, identifier, arguments, outputs)
    assert live is not None
    assert live.arguments["installPatches"] == {"rebootSetting": "NeverReboot"}


def test_subnets_made_elsewhere_are_no_drift(operations, create, fake_arm):
    arguments = {"resourceGroupName": "rg", "virtualNetworkName": "v", "location": "l"}
    identifier, outputs = create(NETWORK, arguments)
    fake_arm.resources[identifier.lower()]["properties"]["subnets"] = [{"name": "s", "properties": {}}]
    live = operations.read(NETWORK, identifier, arguments, outputs)
    assert live is not None
    assert live.arguments == arguments
    assert live.outputs["subnets"] == [{"name": "s"}]


def test_what_is_gone_reads_as_nothing(operations):
    assert operations.read(CONFIGURATION, "/subscriptions/s/gone", ARGUMENTS, {}) is None


def test_a_read_that_is_refused_is_told(operations, fake_arm):
    fake_arm.refuse(403, "AuthorizationFailed")
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        operations.read(CONFIGURATION, "/subscriptions/s/x", ARGUMENTS, {})


def test_an_import_makes_arguments_that_change_nothing(operations, create):
    identifier, _ = create()
    live = operations.read(CONFIGURATION, identifier, None, {})
    assert live is not None
    new, failures = check(operations, CONFIGURATION, ARGUMENTS)
    assert failures == []
    assert operations.diff(CONFIGURATION, live.arguments, new, live.outputs).changes == ()


def test_delete_removes(operations, create, fake_arm):
    identifier, _ = create()
    operations.delete(CONFIGURATION, identifier, timeout=0)
    assert fake_arm.resources == {}


def test_a_preview_of_an_update_keeps_name_and_location():
    state = {"name": "mc", "location": "West Europe", "duration": "03:00"}
    preview = preview_of_update(CONFIGURATION, {"location": "westeurope", "duration": "02:00"}, state)
    assert (preview["name"], preview["location"], preview["duration"]) == ("mc", "West Europe", "02:00")
    assert preview["systemData"] is UNKNOWN


# Functions.


def test_every_resource_has_a_function_that_gets_it(operations, create):
    identifier, outputs = create()
    arguments = {"resourceGroupName": "rg", "resourceName": "mc"}
    result = operations.invoke("azure-native:maintenance:getMaintenanceConfiguration", arguments)
    assert result == {**outputs, "id": identifier}


def test_getting_what_is_not_there_is_an_error(operations):
    with pytest.raises(
        PluginError, match=r"^request failed /subscriptions/.*/mc: Status=404 Code=\"ResourceNotFound\""
    ):
        operations.invoke(
            "azure-native:maintenance:getMaintenanceConfiguration", {"resourceGroupName": "rg", "resourceName": "mc"}
        )


def test_the_client_configuration_is_the_configured_one_and_what_a_token_says(arm, subscription):
    found = Operations(arm, Configuration({"subscriptionId": subscription})).invoke(
        "azure-native:authorization:getClientConfig", {}
    )
    assert (found["subscriptionId"], found["tenantId"], found["objectId"]) == (subscription, "t1", "principal")
    configured = Configuration({"subscriptionId": subscription, "tenantId": "t2", "clientId": "c"})
    found = Operations(arm, configured).invoke("azure-native:authorization:getClientConfig", {})
    assert (found["tenantId"], found["clientId"]) == ("t2", "c")


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        ({}, "https://management.azure.com/.default"),
        ({"endpoint": "https://vault.azure.net"}, "https://vault.azure.net/.default"),
    ],
)
def test_a_client_token_is_for_the_endpoint_that_is_asked_for(operations, arguments, scope):
    token = operations.invoke("azure-native:authorization:getClientToken", arguments)["token"]
    payload = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["aud"] == scope


def test_a_token_that_is_refused_is_an_error_of_the_plugin(operations, fake_arm):
    fake_arm.refuse(401, "invalid_client", "AADSTS7000215")
    with pytest.raises(PluginError, match="AADSTS7000215"):
        operations.invoke("azure-native:authorization:getClientToken", {})


def test_the_client_configuration_needs_a_subscription(arm):
    with pytest.raises(PluginError, match="A Subscription ID must be configured"):
        Operations(arm, Configuration({})).invoke("azure-native:authorization:getClientConfig", {})


def test_unknown_functions_and_types_say_what_there_is(operations):
    with pytest.raises(
        PluginError, match=r"Invoke type azure-native:storage:listKeys not found\..*getMaintenanceConfig"
    ):
        operations.invoke("azure-native:storage:listKeys", {})
    with pytest.raises(
        PluginError, match=r"Resource type azure-native:sql:Server not found\..*MaintenanceConfiguration"
    ):
        resource_type("azure-native:sql:Server")


def test_a_version_in_the_token_is_told_which_one_there_is():
    with pytest.raises(
        PluginError, match=r"use 'azure-native:maintenance:MaintenanceConfiguration', which is api-version"
    ):
        resource_type("azure-native:maintenance/v20230401:MaintenanceConfiguration")
