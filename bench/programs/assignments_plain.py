"""Static assignments as a user of azure-native writes them."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import maintenance

from bench.estates import LOCATION, MAIN, arc_machines, configured, own_name
from bench.programs.plain import declare_configuration


def main() -> None:
    """One configuration, and so many machines."""
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    configuration = declare_configuration(options)
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
