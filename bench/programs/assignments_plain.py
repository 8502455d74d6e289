"""Static assignments as a user of azure-native writes them."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import maintenance, resources

from bench.estates import LOCATION, MAIN, RECURRENCE, START, WINDOW, ZONE, arc_machines, configured, own_name


def main() -> None:
    """One configuration, and so many machines."""
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    group = resources.ResourceGroup("group", resources.ResourceGroupArgs(resource_group_name=own_name()), options)
    configuration = maintenance.MaintenanceConfiguration(
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
    for machine in arc_machines(configured("machines")):
        name = machine.rpartition("/")[2]
        maintenance.ConfigurationAssignment(
            name,
            options,
            resource_group_name=machine.split("/")[4],
            provider_name="Microsoft.HybridCompute",
            resource_type="machines",
            resource_name_=name,
            configuration_assignment_name=own_name(),
            maintenance_configuration_id=configuration.id,
            location=LOCATION,
        )
