"""Dynamic scopes as bare resources, a provider for each subscription."""

import pulumi
import pulumi_azure_native as azure_native

from bench.estates import LOCATION, configuration_inputs, configured, own_name, subscription
from bench.programs.bare import declare


def main() -> None:
    """One configuration, and a scope in each subscription."""
    providers = [
        azure_native.Provider(
            f"s{number:03d}", azure_native.ProviderArgs(subscription_id=subscription(number), location=LOCATION)
        )
        for number in range(configured("subscriptions"))
    ]
    first = pulumi.ResourceOptions(provider=providers[0])
    group = declare("resources:ResourceGroup", "group", {"resourceGroupName": own_name()}, first)
    after_group = pulumi.ResourceOptions(provider=providers[0], depends_on=[group])
    configuration = declare("maintenance:MaintenanceConfiguration", "linux", configuration_inputs(), after_group)
    for number, provider in enumerate(providers):
        inputs = {
            "configurationAssignmentName": own_name(),
            "filter": {"osTypes": ["Linux"], "tagSettings": {"tags": {"patch-ring": ["test"]}}},
            "location": "global",
            "maintenanceConfigurationId": configuration.id,
        }
        options = pulumi.ResourceOptions(provider=provider)
        declare("maintenance:ConfigurationAssignmentsForSubscription", f"s{number:03d}", inputs, options)
