"""Static assignments as bare resources."""

import pulumi
import pulumi_azure_native as azure_native

from bench.estates import LOCATION, MAIN, arc_machines, configuration_inputs, configured, own_name
from bench.programs.bare import declare


def main() -> None:
    """One configuration, and so many machines."""
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    group = declare("resources:ResourceGroup", "group", {"resourceGroupName": own_name()}, options)
    after_group = pulumi.ResourceOptions(provider=provider, depends_on=[group])
    configuration = declare("maintenance:MaintenanceConfiguration", "linux", configuration_inputs(), after_group)
    for machine in arc_machines(configured("machines")):
        name = machine.rpartition("/")[2]
        inputs = {
            "resourceGroupName": machine.split("/")[4],
            "providerName": "Microsoft.HybridCompute",
            "resourceType": "machines",
            "resourceName": name,
            "configurationAssignmentName": own_name(),
            "maintenanceConfigurationId": configuration.id,
            "location": LOCATION,
        }
        declare("maintenance:ConfigurationAssignment", name, inputs, options)
