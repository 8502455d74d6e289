"""The real engine, the plugin and the local Azure together: every kind of resource lives and dies without drift."""

import ssl

import httpx
import pytest

from sandbox.plugin.arm_client import ArmClient, http_client
from sandbox.plugin.configuration import Configuration
from sandbox.plugin.operations import Operations

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
CONFIG = {"azure-native:subscriptionId": SUBSCRIPTION, "azure-native:location": "westeurope"}
CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
ASSESSMENT = "/providers/Microsoft.Authorization/policyDefinitions/59efceea-0c96-497e-a4a1-4eb2290dac15"

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
group = azure.resources.ResourceGroup("rg", resource_group_name="rg-" + pulumi.get_stack(), tags={"a": "b"})
nsg = azure.network.NetworkSecurityGroup("nsg", resource_group_name=group.name)
network = azure.network.VirtualNetwork(
    "vnet", resource_group_name=group.name, address_space={"address_prefixes": ["10.0.0.0/16"]}
)
subnet = azure.network.Subnet(
    "subnet",
    resource_group_name=group.name,
    virtual_network_name=network.name,
    address_prefix="10.0.0.0/24",
    network_security_group={"id": nsg.id},
)
nic = azure.network.NetworkInterface(
    "nic",
    resource_group_name=group.name,
    ip_configurations=[
        {"name": "ip", "subnet": {"id": subnet.id}, "private_ip_allocation_method": "Dynamic", "primary": True}
    ],
)
machine = azure.compute.VirtualMachine(
    "vm",
    resource_group_name=group.name,
    vm_name="vm",
    hardware_profile={"vm_size": "Standard_B2s"},
    network_profile={"network_interfaces": [{"id": nic.id, "primary": True}]},
    os_profile={
        "computer_name": "vm",
        "admin_username": "azureuser",
        "linux_configuration": {
            "disable_password_authentication": True,
            "provision_vm_agent": True,
            "ssh": {"public_keys": [{"key_data": key, "path": "/home/azureuser/.ssh/authorized_keys"}]},
            "patch_settings": {
                "patch_mode": "AutomaticByPlatform",
                "assessment_mode": "AutomaticByPlatform",
                "automatic_by_platform_settings": {"bypass_platform_safety_checks_on_user_schedule": True},
            },
        },
    },
    storage_profile={
        "image_reference": {
            "publisher": "Canonical",
            "offer": "0001-com-ubuntu-server-jammy",
            "sku": "22_04-lts-gen2",
            "version": "latest",
        },
        "os_disk": {"create_option": "FromImage", "managed_disk": {"storage_account_type": "Standard_LRS"}},
    },
)
azure.compute.VirtualMachineExtension(
    "health",
    resource_group_name=group.name,
    vm_name=machine.name,
    publisher="Microsoft.ManagedServices",
    type="ApplicationHealthLinux",
    type_handler_version="1.0",
    settings={"protocol": "http", "port": 80},
)
configuration = azure.maintenance.MaintenanceConfiguration(
    "linux",
    resource_group_name=group.name,
    resource_name_="linux",
    maintenance_scope="InGuestPatch",
    visibility="Custom",
    extension_properties={"InGuestPatchMode": "User"},
    start_date_time="2027-01-05 22:00",
    duration="03:00",
    time_zone="W. Europe Standard Time",
    recur_every="1Day",
    install_patches={
        "reboot_setting": "IfRequired",
        "linux_parameters": {"classifications_to_include": ["Critical", "Security"]},
    },
)
azure.maintenance.ConfigurationAssignment(
    "on-machine",
    resource_group_name=group.name,
    provider_name="Microsoft.Compute",
    resource_type="virtualMachines",
    resource_name_=machine.name,
    configuration_assignment_name="on-machine",
    maintenance_configuration_id=configuration.id.apply(str.lower),
)
azure.maintenance.ConfigurationAssignmentsForSubscription(
    "dynamic",
    configuration_assignment_name="dynamic",
    location="global",
    maintenance_configuration_id=configuration.id.apply(str.lower),
    filter={"os_types": ["Linux"], "tag_settings": {"tags": {"ring": ["test"]}, "filter_operator": "Any"}},
)
got = azure.maintenance.get_maintenance_configuration_output(
    resource_group_name=group.name, resource_name=configuration.name
)
pulumi.export("duration", got.duration)
"""

POLICY_PROGRAM = f"""
import pulumi
import pulumi_azure_native as azure

subscription = "/subscriptions/{SUBSCRIPTION}"
policy = azure.authorization.PolicyAssignment(
    "policy",
    policy_assignment_name="assessment",
    scope=subscription,
    policy_definition_id="{ASSESSMENT}",
    identity={{"type": "SystemAssigned"}},
    parameters={{"assessmentMode": {{"value": "AutomaticByPlatform"}}, "osType": {{"value": "Linux"}}}},
)
role = azure.authorization.RoleAssignment(
    "role",
    scope=subscription,
    role_definition_id=subscription + "{CONTRIBUTOR}",
    principal_id=policy.identity.principal_id,
    principal_type="ServicePrincipal",
)
azure.policyinsights.RemediationAtResource(
    "remediation",
    resource_id=subscription,
    remediation_name="assessment",
    policy_assignment_id=policy.id,
    opts=pulumi.ResourceOptions(depends_on=[role]),
)
"""


@pytest.mark.parametrize(
    ("program", "count", "outputs"),
    [(PROGRAM, 11, {"duration": "03:00"}), (POLICY_PROGRAM, 4, {})],
    ids=["machines", "policy"],
)
def test_every_kind_of_resource_lives_without_drift(pulumi_stack, program, count, outputs):
    stack = pulumi_stack(CONFIG, program=program)
    created = stack.up()
    assert created.changes["create"] == count, created.diagnostics
    assert stack.outputs() == outputs
    assert stack.up().changes == {}
    assert stack.refresh().changes == {}
    assert stack.up().changes == {}
    stack.destroy()
    assert stack.resources() == {}


def test_a_client_token_opens_the_local_azure_over_https(local_azure):
    trust = ssl.create_default_context(cafile=local_azure.environment["AZURE_SANDBOX_CA_BUNDLE"])
    with http_client(local_azure.url) as plain, httpx.Client(verify=trust) as https:
        operations = Operations(ArmClient(plain), Configuration({"subscriptionId": SUBSCRIPTION}))
        token = operations.invoke("azure-native:authorization:getClientToken", {})["token"]
        found = operations.invoke("azure-native:authorization:getClientConfig", {})
        answer = https.get(
            f"{local_azure.environment['AZURE_SANDBOX_HTTPS_URL']}/subscriptions/{SUBSCRIPTION}",
            params={"api-version": "2022-12-01"},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.json()["tenantId"] == found["tenantId"]
