import pytest

from sandbox.plugin import bodies
from sandbox.plugin.errors import PluginError
from sandbox.plugin.resource_ids import path_arguments, resource_id
from sandbox.plugin.subresources import keep_current, set_to_empty, unset, without_foreign
from sandbox.plugin.table import RESOURCE_TYPES
from sandbox.plugin.values import UNKNOWN, read_properties, write_properties

CONFIGURATION = RESOURCE_TYPES["maintenance:MaintenanceConfiguration"]
EXTENSION = RESOURCE_TYPES["compute:VirtualMachineExtension"]
INTERFACE = RESOURCE_TYPES["network:NetworkInterface"]
MACHINE = RESOURCE_TYPES["compute:VirtualMachine"]
ARC_MACHINE = RESOURCE_TYPES["hybridcompute:Machine"]
NETWORK = RESOURCE_TYPES["network:VirtualNetwork"]
POLICY = RESOURCE_TYPES["authorization:PolicyAssignment"]
REMEDIATION = RESOURCE_TYPES["policyinsights:RemediationAtResource"]
ROLE = RESOURCE_TYPES["authorization:RoleAssignment"]


def test_a_maintenance_configurations_window_is_nested_twice():
    body = bodies.request_body(
        CONFIGURATION,
        {
            "resourceGroupName": "rg",
            "resourceName": "mc",
            "location": "westeurope",
            "tags": {"a": "b"},
            "maintenanceScope": "InGuestPatch",
            "startDateTime": "2027-01-05 22:00",
            "recurEvery": "1Day",
            "installPatches": {"rebootSetting": "IfRequired", "linuxParameters": {"packageNameMasksToExclude": ["k*"]}},
            "extensionProperties": {"InGuestPatchMode": "User"},
        },
    )
    assert body == {
        "location": "westeurope",
        "tags": {"a": "b"},
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "installPatches": {"rebootSetting": "IfRequired", "linuxParameters": {"packageNameMasksToExclude": ["k*"]}},
            "maintenanceWindow": {"startDateTime": "2027-01-05 22:00", "recurEvery": "1Day"},
        },
    }


def test_objects_inside_a_resource_have_properties_of_their_own():
    configuration = {"name": "ip", "subnet": {"id": "/subnet"}, "primary": True}
    body = bodies.request_body(INTERFACE, {"ipConfigurations": [configuration]})
    sent = {"name": "ip", "properties": {"subnet": {"id": "/subnet"}, "primary": True}}
    assert body == {"properties": {"ipConfigurations": [sent]}}
    assert bodies.outputs(INTERFACE, body)["ipConfigurations"] == [configuration]


def test_patch_settings_of_an_arc_machine_have_a_container_of_their_own():
    profile = {"windowsConfiguration": {"assessmentMode": "AutomaticByPlatform"}}
    body = bodies.request_body(ARC_MACHINE, {"osProfile": profile, "expand": "instanceView"})
    sent = {"windowsConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}
    assert body == {"properties": {"osProfile": sent}}
    assert bodies.outputs(ARC_MACHINE, body)["osProfile"] == profile


def test_an_extensions_type_is_its_own_going_out_and_the_resources_coming_back():
    body = bodies.request_body(EXTENSION, {"type": "ApplicationHealthLinux", "publisher": "P"})
    assert body == {"properties": {"type": "ApplicationHealthLinux", "publisher": "P"}}
    answer = {**body, "type": "Microsoft.Compute/virtualMachines/extensions"}
    assert bodies.outputs(EXTENSION, answer)["type"] == "Microsoft.Compute/virtualMachines/extensions"
    identifier = resource_id(EXTENSION, {"resourceGroupName": "rg", "vmName": "vm", "vmExtensionName": "x"}, "s")
    assert bodies.imported_arguments(EXTENSION, identifier, answer)["type"] == "ApplicationHealthLinux"


def test_user_assigned_identities_are_a_list_going_out_and_an_object_coming_back():
    body = bodies.request_body(POLICY, {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/b", "/a"]}})
    assert body == {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/b": {}, "/a": {}}}}
    answer = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/b": {"principalId": "p"}, "/a": {}}}}
    state = bodies.outputs(POLICY, answer)
    assert state["identity"]["userAssignedIdentities"] == {"/b": {"principalId": "p"}, "/a": {}}
    assert bodies.projected_arguments(POLICY, state)["identity"]["userAssignedIdentities"] == ["/a", "/b"]


def test_a_role_assignments_properties_are_sent_even_when_empty():
    assert bodies.request_body(ROLE, {}) == {"properties": {}}


def test_what_the_sdk_does_not_know_passes_in_neither_direction():
    answer = {"location": "l", "unheard": 1, "properties": {"unheard": 2, "osProfile": {"computerName": "c", "x": 3}}}
    assert bodies.outputs(MACHINE, answer) == {
        "location": "l",
        "osProfile": {"computerName": "c"},
        "azureApiVersion": MACHINE.api_version,
    }


def test_nulls_in_an_answer_are_no_outputs():
    answer = {"properties": {"filter": None, "namespace": None}}
    assert bodies.outputs(CONFIGURATION, answer) == {"azureApiVersion": CONFIGURATION.api_version}


def test_nulls_deep_in_an_answer_are_no_drift():
    answer = {
        "properties": {"metadata": {"createdBy": "me", "updatedBy": None, "x": [{"y": None}]}, "parameters": None}
    }
    state = bodies.outputs(POLICY, answer)
    assert state["metadata"] == {"createdBy": "me", "x": [{}]}
    assert read_properties(write_properties(state)) == state


def test_projection_leaves_out_what_no_argument_could_have_set():
    state = {"vmId": "1", "provisioningState": "Succeeded", "identity": {"type": "SystemAssigned", "principalId": "p"}}
    assert bodies.projected_arguments(MACHINE, state) == {"identity": {"type": "SystemAssigned"}}


def test_an_import_takes_path_and_body_and_no_empty_collections():
    answer = {
        "id": "/x",
        "location": "westeurope",
        "tags": {},
        "systemData": {"createdBy": "me"},
        "properties": {
            "maintenanceWindow": {"duration": "03:00"},
            "installPatches": {"linuxParameters": {"classificationsToInclude": []}, "rebootSetting": "IfRequired"},
        },
    }
    identifier = "/subscriptions/s/resourcegroups/RG/providers/microsoft.maintenance/maintenanceConfigurations/mc"
    assert bodies.imported_arguments(CONFIGURATION, identifier, answer) == {
        "resourceGroupName": "RG",
        "resourceName": "mc",
        "location": "westeurope",
        "duration": "03:00",
        "installPatches": {"rebootSetting": "IfRequired"},
    }


def test_a_preview_knows_the_arguments_and_nothing_else():
    preview = bodies.preview_outputs(MACHINE, {"location": "l", "osProfile": {"computerName": UNKNOWN}, "vmName": "v"})
    assert preview["location"] == "l"
    assert preview["vmId"] is UNKNOWN
    assert preview["name"] is UNKNOWN
    assert preview["osProfile"]["computerName"] is UNKNOWN
    assert preview["osProfile"]["requireGuestProvisionSignal"] is UNKNOWN
    assert "vmName" not in preview


def test_a_preview_knows_the_items_of_lists_and_maps():
    preview = bodies.preview_outputs(POLICY, {"notScopes": ["/a", UNKNOWN], "parameters": {"p": {"value": [1]}}})
    assert preview["notScopes"] == ["/a", UNKNOWN]
    assert preview["parameters"] == {"p": {"value": [1]}}


# Ids.


@pytest.mark.parametrize("scope", ["/subscriptions/s", "subscriptions/s", "/subscriptions/s/"])
def test_a_scope_may_have_slashes_around_it_or_not(scope):
    identifier = resource_id(POLICY, {"scope": scope, "policyAssignmentName": "a"}, "other")
    assert identifier == "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/a"


def test_a_remediation_takes_a_whole_id_for_its_scope():
    arguments = {"resourceId": "/subscriptions/s/resourceGroups/rg", "remediationName": "r"}
    identifier = resource_id(REMEDIATION, arguments, "")
    assert identifier == "/subscriptions/s/resourceGroups/rg/providers/Microsoft.PolicyInsights/remediations/r"


def test_names_are_escaped_as_path_segments():
    arguments = {"resourceGroupName": "a b/c", "resourceName": "d"}
    assert "/resourceGroups/a%20b%2Fc/" in resource_id(CONFIGURATION, arguments, "s")


def test_a_subscription_is_asked_for_where_it_is_needed():
    with pytest.raises(PluginError, match="A Subscription ID must be configured"):
        resource_id(CONFIGURATION, {"resourceGroupName": "rg", "resourceName": "mc"}, "")


def test_a_path_argument_that_is_no_text_is_refused():
    with pytest.raises(PluginError, match="expected string value for path parameter 'resourceName', got Unknown"):
        resource_id(CONFIGURATION, {"resourceGroupName": "rg", "resourceName": UNKNOWN}, "s")


def test_path_arguments_come_back_out_of_an_id_of_any_case():
    identifier = "/SUBSCRIPTIONS/s/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/Vm"
    assert path_arguments(MACHINE, identifier) == {"resourceGroupName": "rg", "vmName": "Vm"}


def test_a_scope_comes_back_without_its_slash_as_from_azure_native():
    identifier = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/a"
    assert path_arguments(POLICY, identifier) == {"scope": "subscriptions/s", "policyAssignmentName": "a"}


def test_an_id_of_another_type_is_refused():
    with pytest.raises(PluginError, match="failed to parse '/subscriptions/s' against the path"):
        path_arguments(MACHINE, "/subscriptions/s")


# Children that are resources of their own.


def test_a_new_network_has_no_subnets_and_an_updated_one_keeps_those_it_has():
    body = bodies.request_body(NETWORK, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    fresh, updated = dict(body, properties=dict(body["properties"])), body
    set_to_empty(NETWORK, fresh)
    assert fresh["properties"]["subnets"] == []
    keep_current(NETWORK, updated, {"properties": {"subnets": [{"name": "s"}]}})
    assert updated["properties"]["subnets"] == [{"name": "s"}]
    assert "virtualNetworkPeerings" not in updated["properties"]


def test_subnets_that_the_program_sets_are_its_own():
    body = bodies.request_body(NETWORK, {"subnets": [{"name": "mine"}], "virtualNetworkPeerings": []})
    assert unset(NETWORK, body) == []
    set_to_empty(NETWORK, body)
    assert body["properties"]["subnets"] == [{"name": "mine"}]
    state = {"subnets": [{"name": "mine"}], "virtualNetworkPeerings": [{"name": "p"}], "location": "l"}
    assert without_foreign(NETWORK, state, {"subnets": []}) == {"subnets": [{"name": "mine"}], "location": "l"}
