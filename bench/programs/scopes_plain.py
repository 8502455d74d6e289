"""Dynamic scopes as a user of azure-native writes them, a provider for each subscription."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import maintenance, resources

from bench.estates import LOCATION, RECURRENCE, START, WINDOW, ZONE, configured, own_name, subscription


def main() -> None:
    """One configuration, and a scope in each subscription."""
    providers = [
        azure_native.Provider(
            f"s{number:03d}", azure_native.ProviderArgs(subscription_id=subscription(number), location=LOCATION)
        )
        for number in range(configured("subscriptions"))
    ]
    first = pulumi.ResourceOptions(provider=providers[0])
    group = resources.ResourceGroup("group", resources.ResourceGroupArgs(resource_group_name=own_name()), first)
    configuration = maintenance.MaintenanceConfiguration(
        "linux",
        first,
        resource_group_name=group.name,
        resource_name_=own_name(),
        maintenance_scope=maintenance.MaintenanceScope.IN_GUEST_PATCH,
        extension_properties={"InGuestPatchMode": "User"},
        start_date_time=START,
        duration=WINDOW,
        time_zone=ZONE,
        recur_every=RECURRENCE,
        install_patches=maintenance.InputPatchConfigurationArgs(
            linux_parameters=maintenance.InputLinuxParametersArgs(classifications_to_include=["Critical", "Security"]),
        ),
    )
    for number, provider in enumerate(providers):
        maintenance.ConfigurationAssignmentsForSubscription(
            f"s{number:03d}",
            pulumi.ResourceOptions(provider=provider),
            configuration_assignment_name=own_name(),
            maintenance_configuration_id=configuration.id,
            location="global",
            filter=maintenance.ConfigurationAssignmentFilterPropertiesArgs(
                os_types=["Linux"], tag_settings=maintenance.TagSettingsPropertiesArgs(tags={"patch-ring": ["test"]})
            ),
        )
