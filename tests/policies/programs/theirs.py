"""A program that knows nothing of this project, written as the registry's examples are."""

import pulumi
import pulumi_azure_native as azure_native

provider = azure_native.Provider("main", subscription_id="11111111-1111-4111-8111-111111111111")
options = pulumi.ResourceOptions(provider=provider)
resource_group = azure_native.resources.ResourceGroup("patched", location="westeurope", opts=options)

hosts = azure_native.maintenance.MaintenanceConfiguration(
    "hosts",
    duration="05:00",
    expiration_date_time="9999-12-31 00:00",
    location="westeurope",
    maintenance_scope=azure_native.maintenance.MaintenanceScope.OS_IMAGE,
    namespace="Microsoft.Maintenance",
    recur_every="Day",
    resource_group_name=resource_group.name,
    resource_name_="configuration1",
    start_date_time="2020-04-30 08:00",
    time_zone="Pacific Standard Time",
    visibility=azure_native.maintenance.Visibility.CUSTOM,
    opts=options,
)
guests = azure_native.maintenance.MaintenanceConfiguration(
    "guests",
    resource_group_name=resource_group.name,
    location="westeurope",
    maintenance_scope="InGuestPatch",
    start_date_time="2027-01-05 22:00",
    duration="03:00",
    time_zone="Pacific Standard Time",
    recur_every="Week Tuesday",
    extension_properties={"InGuestPatchMode": "User"},
    install_patches={
        "linux_parameters": {
            "classifications_to_include": ["Critical", "Security"],
            "package_name_masks_to_exclude": ["apt", "httpd"],
        },
        "reboot_setting": azure_native.maintenance.RebootOptions.IF_REQUIRED,
    },
    opts=options,
)
virtual_network = azure_native.network.VirtualNetwork(
    "network",
    resource_group_name=resource_group.name,
    location="westeurope",
    address_space={"address_prefixes": ["10.0.0.0/16"]},
    opts=options,
)
subnet = azure_native.network.Subnet(
    "subnet",
    resource_group_name=resource_group.name,
    virtual_network_name=virtual_network.name,
    address_prefix="10.0.0.0/24",
    opts=options,
)
network_interface = azure_native.network.NetworkInterface(
    "nic",
    resource_group_name=resource_group.name,
    location="westeurope",
    ip_configurations=[{"name": "ipconfig", "subnet": {"id": subnet.id}}],
    opts=options,
)
virtual_machine = azure_native.compute.VirtualMachine(
    "machine",
    hardware_profile={"vm_size": azure_native.compute.VirtualMachineSizeTypes.STANDARD_D2S_V3},
    location="westeurope",
    network_profile={"network_interfaces": [{"id": network_interface.id, "primary": True}]},
    os_profile=azure_native.compute.OSProfileArgs(
        admin_username="somebody",
        computer_name="myVM",
        linux_configuration=azure_native.compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            ssh={
                "public_keys": [
                    {
                        "key_data": network_interface.id.apply(
                            lambda _: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM"
                        ),
                        "path": "/home/somebody/.ssh/authorized_keys",
                    }
                ]
            },
            provision_vm_agent=True,
            patch_settings=azure_native.compute.LinuxPatchSettingsArgs(
                assessment_mode=azure_native.compute.LinuxPatchAssessmentMode.AUTOMATIC_BY_PLATFORM,
                patch_mode=azure_native.compute.LinuxVMGuestPatchMode.AUTOMATIC_BY_PLATFORM,
                automatic_by_platform_settings={"bypass_platform_safety_checks_on_user_schedule": True},
            ),
        ),
    ),
    resource_group_name=resource_group.name,
    storage_profile={
        "image_reference": {
            "offer": "0001-com-ubuntu-server-jammy",
            "publisher": "Canonical",
            "sku": "22_04-lts-gen2",
            "version": "latest",
        },
        "os_disk": {
            "caching": azure_native.compute.CachingTypes.READ_WRITE,
            "create_option": azure_native.compute.DiskCreateOptionTypes.FROM_IMAGE,
            "managed_disk": {"storage_account_type": "Standard_LRS"},
            "name": "myVMosdisk",
        },
    },
    vm_name="myVM",
    opts=options,
)
azure_native.maintenance.ConfigurationAssignment(
    "assignment",
    configuration_assignment_name="workervmConfiguration",
    location="westeurope",
    maintenance_configuration_id=guests.id,
    provider_name="Microsoft.Compute",
    resource_group_name=resource_group.name,
    resource_name_=virtual_machine.name,
    resource_type="virtualMachines",
    opts=options,
)
