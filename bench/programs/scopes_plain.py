"""Dynamic scopes as a user of azure-native writes them, a provider for each subscription."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import maintenance

from bench.estates import LOCATION, configured, own_name, subscription
from bench.programs.plain import declare_configuration


def main() -> None:
    """One configuration, and a scope in each subscription."""
    providers = [
        azure_native.Provider(
            f"s{number:03d}", azure_native.ProviderArgs(subscription_id=subscription(number), location=LOCATION)
        )
        for number in range(configured("subscriptions"))
    ]
    first = pulumi.ResourceOptions(provider=providers[0])
    configuration = declare_configuration(first)
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
