"""Static assignments by this project's components, in a program that is set up as this project's own is."""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import resources

from bench.estates import LOCATION, MAIN, RECURRENCE, START, WINDOW, ZONE, arc_machines, configured, own_name
from components import MachineAssignments, MaintenanceSchedule
from components.debug_messages import silence_debug_messages


def main() -> None:
    """One schedule, and so many machines."""
    silence_debug_messages()
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    group = resources.ResourceGroup("group", resources.ResourceGroupArgs(resource_group_name=own_name()), options)
    schedule = MaintenanceSchedule(
        "linux",
        {
            "resource_group_name": group.name,
            "configuration_name": own_name(),
            "start": START,
            "time_zone": ZONE,
            "duration": WINDOW,
            "recur_every": RECURRENCE,
            "updates": {"linux": {"classifications": ["Critical", "Security"]}},
            "protect": False,
        },
        options,
    )
    machines = {machine.rpartition("/")[2]: machine for machine in arc_machines(configured("machines"))}
    MachineAssignments(
        "linux",
        {"maintenance_configuration_id": schedule.resource_id, "machines": {**machines}, "location": LOCATION},
        options,
    )
