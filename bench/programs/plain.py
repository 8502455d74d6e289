"""What both plain programs declare, as a user of azure-native writes it."""

import pulumi
from pulumi_azure_native import maintenance, resources

from bench.estates import RECURRENCE, START, WINDOW, ZONE, own_name


def declare_configuration(options: pulumi.ResourceOptions) -> maintenance.MaintenanceConfiguration:
    """The maintenance configuration, in a group of its own: `bench.estates.configuration_inputs` says the same."""
    group = resources.ResourceGroup("group", resources.ResourceGroupArgs(resource_group_name=own_name()), options)
    return maintenance.MaintenanceConfiguration(
        "linux",
        options,
        resource_group_name=group.name,
        resource_name_=own_name(),
        maintenance_scope=maintenance.MaintenanceScope.IN_GUEST_PATCH,
        visibility=maintenance.Visibility.CUSTOM,
        extension_properties={"InGuestPatchMode": "User"},
        start_date_time=START,
        duration=WINDOW,
        time_zone=ZONE,
        recur_every=RECURRENCE,
        install_patches=maintenance.InputPatchConfigurationArgs(
            reboot_setting=maintenance.RebootOptions.IF_REQUIRED,
            linux_parameters=maintenance.InputLinuxParametersArgs(classifications_to_include=["Critical", "Security"]),
        ),
    )
