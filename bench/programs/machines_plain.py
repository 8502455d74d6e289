"""Virtual machines as a user of azure-native writes them."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import compute, network, resources

from bench.estates import LOCATION, MAIN, SSH_PUBLIC_KEY, configured, own_name


def main() -> None:
    """A network, and so many machines."""
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    group = resources.ResourceGroup("group", resources.ResourceGroupArgs(resource_group_name=own_name()), options)
    made = network.VirtualNetwork(
        "network",
        options,
        resource_group_name=group.name,
        virtual_network_name=own_name(),
        address_space=network.AddressSpaceArgs(address_prefixes=["10.90.0.0/24"]),
        subnets=[network.SubnetArgs(name="machines", address_prefix="10.90.0.0/24")],
    )
    for number in range(configured("machines")):
        _declare_machine(f"m{number:03d}", group, pulumi.Output.concat(made.id, "/subnets/machines"), options)


def _declare_machine(
    name: str, group: resources.ResourceGroup, subnet: pulumi.Output[str], options: pulumi.ResourceOptions
) -> None:
    interface = network.NetworkInterface(
        f"{name}-nic",
        options,
        resource_group_name=group.name,
        network_interface_name=f"nic-{own_name()}-{name}",
        ip_configurations=[
            network.NetworkInterfaceIPConfigurationArgs(
                name="primary", primary=True, subnet=network.SubnetArgs(id=subnet)
            )
        ],
    )
    compute.VirtualMachine(
        f"{name}-vm",
        options,
        resource_group_name=group.name,
        vm_name=f"{own_name()}-{name}",
        hardware_profile=compute.HardwareProfileArgs(vm_size="Standard_B2s"),
        storage_profile=compute.StorageProfileArgs(
            image_reference=compute.ImageReferenceArgs(
                publisher="Canonical", offer="ubuntu-24_04-lts", sku="server", version="latest"
            ),
            os_disk=compute.OSDiskArgs(
                name=f"osdisk-{own_name()}-{name}", create_option="FromImage", delete_option="Delete"
            ),
        ),
        os_profile=compute.OSProfileArgs(
            computer_name=name, admin_username="azureuser", linux_configuration=_linux_configuration()
        ),
        network_profile=compute.NetworkProfileArgs(
            network_interfaces=[compute.NetworkInterfaceReferenceArgs(id=interface.id, primary=True)]
        ),
    )


def _linux_configuration() -> compute.LinuxConfigurationArgs:
    return compute.LinuxConfigurationArgs(
        disable_password_authentication=True,
        provision_vm_agent=True,
        ssh=compute.SshConfigurationArgs(
            public_keys=[compute.SshPublicKeyArgs(path="/home/azureuser/.ssh/authorized_keys", key_data=SSH_PUBLIC_KEY)]
        ),
        patch_settings=compute.LinuxPatchSettingsArgs(
            patch_mode="AutomaticByPlatform",
            assessment_mode="AutomaticByPlatform",
            automatic_by_platform_settings=compute.LinuxVMGuestPatchAutomaticByPlatformSettingsArgs(
                bypass_platform_safety_checks_on_user_schedule=True
            ),
        ),
    )
