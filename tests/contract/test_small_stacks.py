"""Stack files with little in them: every top-level key is optional."""

from tests.arm.policy.clouds import virtual_machine
from tests.contract.world import config, schedule, settled


def test_nothing(pulumi_stack):
    stack = pulumi_stack({})
    assert settled(stack) == {"create": 1}
    maps = ("schedules", "assignments", "virtualMachines", "azurePolicies", "remediations")
    outputs = stack.outputs()
    assert {name: outputs[name] for name in maps} == {name: {} for name in maps}
    assert outputs["warnings"] == []
    assert outputs["queries"]
    stack.destroy()


def test_schedules_alone_in_the_ambient_subscription(pulumi_stack, subscription):
    here = subscription()
    stack = pulumi_stack(
        {
            "azure-native:location": "westeurope",
            "azure-native:subscriptionId": here.id,
            "azure-patching:resourceGroup": "rg-just-a-name",
            "azure-patching:protect": "false",
            "azure-patching:schedules": {
                "nightly": schedule(
                    recurEvery="day",
                    duration="01:30",
                    timeZone="UTC",
                    updates={
                        "windows": {
                            "classifications": ["Critical"],
                            "kbNumbersToInclude": ["KB5034439"],
                            "kbNumbersToExclude": ["5034441"],
                        }
                    },
                ),
                "Every.6_Hours": schedule(recurEvery="6 hours", duration="03:55", expires="2030-01-05 22:00"),
            },
        }
    )
    empty = here.everything()
    settled(stack)
    assert [group.name for group in here.clients.resources.resource_groups.list()] == ["rg-just-a-name"]
    nightly = here.configuration("rg-just-a-name", "nightly")
    assert (nightly.recur_every, nightly.duration, nightly.time_zone) == ("Day", "01:30", "UTC")
    assert nightly.install_patches.windows_parameters.kb_numbers_to_include == ["5034439"]
    assert nightly.install_patches.linux_parameters is None
    assert nightly.install_patches.reboot_setting == "IfRequired"
    hourly = here.configuration("rg-just-a-name", "Every.6_Hours")
    assert (hourly.recur_every, hourly.expiration_date_time) == ("6Hours", "2030-01-05 22:00")
    outputs = stack.outputs()
    assert outputs["schedules"]["nightly"]["resourceId"].lower() == nightly.id.lower()
    assert len(outputs["schedules"]["Every.6_Hours"]["nextRuns"]) == 5
    stack.destroy()
    assert here.everything() == empty


def test_policies_alone(pulumi_stack, subscription, seeded):
    here = subscription()
    seeded(virtual_machine("old", "Linux", f"{here.scope}/resourceGroups/rg-old"))
    empty = here.everything()
    stack = pulumi_stack(config(here, azurePolicies={"watch": {"kind": "auditAssessment", "scope": "main"}}))
    settled(stack)
    assert here.non_compliant() == {("old", next(iter(here.policy_assignments())))}
    assert [group.name for group in here.clients.resources.resource_groups.list()] == ["rg-old"]
    stack.destroy()
    assert here.everything() == empty


def test_a_group_that_is_there_is_used_and_left(pulumi_stack, subscription):
    here = subscription()
    here.clients.resources.resource_groups.create_or_update("RG-Of-Others", {"location": "northeurope"})
    empty = here.everything()
    stack = pulumi_stack(
        config(here, resourceGroup={"name": "rg-of-others", "create": False}, schedules={"weekly": schedule()})
    )
    settled(stack)
    assert here.configuration("RG-Of-Others", "weekly").location == "westeurope"
    stack.destroy()
    assert here.everything() == empty
