"""Programs that are not this repository's: one that uses its components, and plain azure-native ones."""

import shutil
import subprocess
import sys

import pytest

from tests.arm.policy.clouds import virtual_machine
from tests.conftest import REPOSITORY
from tests.contract.world import KEY, settled, touched

COMPONENTS = """
import pulumi
import pulumi_azure_native as azure

from PACKAGE import (
    AzurePolicy, DynamicScope, MachineAssignments, MaintenanceSchedule, ScheduledVirtualMachine,
)

config = pulumi.Config("test")
hub, spoke = config.require("hub"), config.require("spoke")
providers = {
    key: azure.Provider(key, subscription_id=subscription, location="westeurope")
    for key, subscription in (("hub", hub), ("spoke", spoke))
}


def on(key, **more):
    return pulumi.ResourceOptions(provider=providers[key], **more)


group = azure.resources.ResourceGroup("group", resource_group_name="rg-team", opts=on("hub"))
far_group = azure.resources.ResourceGroup("far", resource_group_name="rg-team", opts=on("spoke"))
vnet = azure.network.VirtualNetwork(
    "vnet", resource_group_name=far_group.name, address_space={"address_prefixes": ["10.0.0.0/24"]},
    subnets=[{"name": "machines", "address_prefix": "10.0.0.0/24"}], opts=on("spoke"),
)
subnet = azure.network.get_subnet_output(
    resource_group_name=far_group.name, virtual_network_name=vnet.name, subnet_name="machines",
    opts=pulumi.InvokeOutputOptions(provider=providers["spoke"], depends_on=[vnet]),
)
schedule = MaintenanceSchedule(
    "nightly",
    {
        "resource_group_name": group.name, "start": "2027-01-05 22:00", "time_zone": "UTC", "duration": "02:00",
        "recur_every": "Day", "updates": {"linux": {"classifications": ["Critical"]}}, "protect": False,
        "tags": {"team": "shop"},
    },
    on("hub"),
)
machine = ScheduledVirtualMachine(
    "web",
    {
        "resource_group_name": far_group.name, "os": "Linux", "size": "Standard_B2s", "admin_username": "azureuser",
        "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
        "subnet_id": subnet.id, "ssh_public_key": "SSH_KEY",
        "health_probe": {"protocol": "tcp", "port": 22},
    },
    on("spoke"),
)
policy = AzurePolicy(
    "ready",
    {
        "kind": "schedulingPrerequisite", "scope": f"/subscriptions/{spoke}", "location": "westeurope",
        "operating_systems": ["Linux"], "protect": False,
    },
    on("spoke"),
)
attached = MachineAssignments(
    "nightly-machines",
    {
        "maintenance_configuration_id": schedule.resource_id,
        "machines": {"web": machine.resource_id, "old": config.require("old")},
        "location": "westeurope",
        "wait_for": {"old": [policy.ended]},
    },
    on("spoke"),
)
for key in providers:
    DynamicScope(
        f"everything-{key}",
        {
            "maintenance_configuration_id": schedule.resource_id,
            "os_types": ["Linux"],
            "tags": {"team": ["shop"]},
        },
        on(key),
    )
pulumi.export("assignments", attached.resource_ids)
pulumi.export("summary", schedule.summary)
"""

PLAIN = """
import pulumi
from pulumi_azure_native import authorization, compute, maintenance, network, resources

group = resources.ResourceGroup("resourceGroup")
network_ = network.VirtualNetwork(
    "virtualNetwork",
    resource_group_name=group.name,
    address_space=network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]),
)
subnet = network.Subnet(
    "subnet", resource_group_name=group.name, virtual_network_name=network_.name, address_prefix="10.0.2.0/24",
    opts=pulumi.ResourceOptions(parent=network_),
)
nic = network.NetworkInterface(
    "nic",
    resource_group_name=group.name,
    ip_configurations=[{"name": "config", "subnet": {"id": subnet.id}, "private_ip_address": "10.0.2.10",
                        "private_ip_allocation_method": "Static"}],
)
vm = compute.VirtualMachine(
    "virtualMachine",
    hardware_profile={"vm_size": compute.VirtualMachineSizeTypes.STANDARD_D2S_V3},
    network_profile={"network_interfaces": [{"id": nic.id, "primary": True}]},
    os_profile={
        "admin_password": pulumi.Output.secret("Correct-Horse-7-Battery"),
        "admin_username": "azureuser",
        "computer_name": "myVM",
        "windows_configuration": {
            "enable_automatic_updates": True,
            "patch_settings": {
                "assessment_mode": compute.WindowsPatchAssessmentMode.AUTOMATIC_BY_PLATFORM,
                "automatic_by_platform_settings": {
                    "bypass_platform_safety_checks_on_user_schedule": True,
                    "reboot_setting": compute.WindowsVMGuestPatchAutomaticByPlatformRebootSetting.NEVER,
                },
                "patch_mode": compute.WindowsVMGuestPatchMode.AUTOMATIC_BY_PLATFORM,
            },
            "provision_vm_agent": True,
        },
    },
    resource_group_name=group.name,
    storage_profile={
        "image_reference": {"offer": "WindowsServer", "publisher": "MicrosoftWindowsServer",
                            "sku": "2022-datacenter-g2", "version": "latest"},
        "os_disk": {"caching": compute.CachingTypes.READ_WRITE, "create_option": "FromImage",
                    "managed_disk": {"storage_account_type": "Premium_LRS"}, "name": "myVMosdisk"},
    },
    vm_name="myVM",
)
configuration = maintenance.MaintenanceConfiguration(
    "maintenanceConfiguration",
    duration="03:00",
    expiration_date_time="9999-12-31 00:00",
    extension_properties={"InGuestPatchMode": "User"},
    install_patches={
        "linux_parameters": {"classifications_to_include": ["Critical"], "package_name_masks_to_exclude": ["apt"]},
        "reboot_setting": maintenance.RebootOptions.IF_REQUIRED,
        "windows_parameters": {"classifications_to_include": ["Critical"], "kb_numbers_to_exclude": ["KB123456"]},
    },
    location="westus2",
    maintenance_scope=maintenance.MaintenanceScope.IN_GUEST_PATCH,
    namespace="Microsoft.Maintenance",
    recur_every="Day",
    resource_group_name=group.name,
    resource_name_="configuration1",
    start_date_time="2027-04-30 08:00",
    time_zone="Pacific Standard Time",
    visibility=maintenance.Visibility.CUSTOM,
)
assignment = maintenance.ConfigurationAssignment(
    "configurationAssignment",
    configuration_assignment_name="workervmConfiguration",
    maintenance_configuration_id=configuration.id.apply(str.lower),
    provider_name="Microsoft.Compute",
    resource_group_name=group.name,
    resource_name_=vm.name,
    resource_type="virtualMachines",
)
pulumi.export("id", assignment.id)
pulumi.export("group", group.name)
"""


def config(hub, spoke, old):
    return {"test:hub": hub.id, "test:spoke": spoke.id, "test:old": old}


def installed(folder):
    """The distribution, installed into a folder from a copy of its files."""
    source, target = folder / "source", folder / "installed"
    for room in ("components", "patching"):
        shutil.copytree(REPOSITORY / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / file, source)
    how = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", *how, str(source)], check=True)
    return target


@pytest.mark.parametrize("package", ["components", "azure_patching"])
def test_a_program_of_somebody_else_uses_the_components(package, pulumi_stack, subscription, seeded, tmp_path):
    hub, spoke = subscription(), subscription()
    seeded(virtual_machine("old01", "Linux", f"{spoke.scope}/resourceGroups/rg-old"))
    empty = hub.everything() | spoke.everything()
    stack = pulumi_stack(
        config(hub, spoke, spoke.machine_id("rg-old", "old01")),
        program=COMPONENTS.replace("PACKAGE", package).replace("SSH_KEY", KEY),
    )
    path = str(REPOSITORY if package == "components" else installed(tmp_path))
    stack.environment = stack.environment | {"PYTHONPATH": path}
    settled(stack)
    assert hub.configuration("rg-team", "nightly").tags == {"team": "shop"}
    for machine in (spoke.machine_id("rg-team", "web"), spoke.machine_id("rg-old", "old01")):
        assert len(spoke.assignments_on(machine)) == 1
    assert [len(hub.scopes()), len(spoke.scopes())] == [1, 1]
    assert stack.outputs()["assignments"].keys() == {"web", "old"}
    assert "every day" in stack.outputs()["summary"].lower()
    stack.destroy()
    assert hub.everything() | spoke.everything() == empty


def test_a_plain_program_as_the_registrys_examples_are_written(pulumi_stack, subscription):
    here = subscription()
    empty = here.everything()
    stack = pulumi_stack({"azure-native:subscriptionId": here.id, "azure-native:location": "WestUS2"}, program=PLAIN)
    settled(stack)
    outputs = stack.outputs()
    assert here.configuration(outputs["group"], "configuration1").time_zone == "Pacific Standard Time"
    (one,) = here.assignments_on(here.machine_id(outputs["group"], "myVM"))
    assert one.id.lower() == outputs["id"].lower()
    (stack.program / "__main__.py").write_text(PLAIN.replace('"03:00"', '"02:00"'))
    assert touched(stack.up()) == {("update", "maintenanceConfiguration")}
    stack.destroy()
    assert here.everything() == empty
