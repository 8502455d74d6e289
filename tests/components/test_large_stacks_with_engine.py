"""Paced registration and removed aliases, with the real engine: nothing of a stack that is there changes by them."""

import uuid

from sandbox.arm.seed import seed
from tests.conftest import REPOSITORY

PROGRAM = """
import pulumi
import pulumi_azure_native as azure_native
from components import MachineAssignments, MaintenanceSchedule

config = pulumi.Config()
options = pulumi.ResourceOptions(
    provider=azure_native.Provider("main", subscription_id=config.require("subscription"), location="westeurope")
)
renamed = config.get("renamed")
group = azure_native.resources.ResourceGroup("group", resource_group_name="rg-large", opts=options)
made = MaintenanceSchedule(
    "linux",
    {
        "resource_group_name": group.name, "start": "2027-01-05 22:00", "time_zone": "UTC", "duration": "03:00",
        "recur_every": "Week Saturday", "updates": {"linux": {"classifications": ["Critical"]}}, "protect": False,
    },
    options,
)
machines = {
    f"m{number}": f"/subscriptions/{config.require('subscription')}/resourceGroups/rg-machines"
    f"/providers/Microsoft.HybridCompute/machines/m{number}"
    for number in range(40)
}
aliases = [pulumi.Alias(name="ring")] if renamed else None
attached = MachineAssignments(
    renamed or "ring",
    {"maintenance_configuration_id": made.resource_id, "machines": machines, "location": "westeurope"},
    pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(aliases=aliases)),
)
azure_native.resources.ResourceGroup(
    "after",
    resource_group_name="rg-after",
    opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[attached])),
)
pulumi.export("ids", attached.resource_ids)
"""
ASSIGNMENT = "azure-native:maintenance:ConfigurationAssignment"


def test_a_large_component_is_deployed_unchanged_after_it_renamed_by_an_alias_and_gone_again(pulumi_stack, local_azure):
    subscription = str(uuid.uuid4())
    seed(
        local_azure.state,
        [
            {
                "id": f"/subscriptions/{subscription}/resourceGroups/rg-machines"
                f"/providers/Microsoft.HybridCompute/machines/m{number}",
                "name": f"m{number}",
                "type": "microsoft.hybridcompute/machines",
                "location": "westeurope",
                "properties": {"osType": "linux", "status": "Connected"},
            }
            for number in range(40)
        ],
    )
    stack = pulumi_stack({"azure-patching:subscription": subscription}, program=PROGRAM)
    stack.environment = {**stack.environment, "PYTHONPATH": str(REPOSITORY)}
    stack.up()
    resources = stack.resources()
    children = {urn for urn, one in resources.items() if one["type"] == ASSIGNMENT}
    assert len(children) == len(stack.outputs()["ids"]) == 40
    after = next(one for urn, one in resources.items() if urn.endswith("::after"))
    assert children == set(after["dependencies"]), "what depends on the component waits for all of its machines"
    assert not stack.preview("--expect-no-changes").changes

    stack.configure({"azure-patching:subscription": subscription, "azure-patching:renamed": "circle"})
    assert not stack.up().changes
    renamed = {urn for urn, one in stack.resources().items() if one["type"] == ASSIGNMENT}
    assert len(renamed) == 40
    assert not renamed & children
    stack.destroy()
