"""Machines a stack makes, machines that are there, and where everything is put."""

import json

from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.contract.world import (
    config,
    edit,
    linux_machine,
    schedule,
    set_secret,
    settled,
    touched,
    windows_machine,
)

PASSWORD = "Correct-Horse-7-Battery"


def ready(row):
    """The machine with customer-managed schedules."""
    profile = row["properties"]["osProfile"]
    for system in ("linuxConfiguration", "windowsConfiguration"):
        if system in profile:
            profile[system]["patchSettings"] = {
                "patchMode": "AutomaticByPlatform",
                "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
            }
    return row


def test_machines_of_every_kind(pulumi_stack, subscription):
    main, second = subscription(), subscription()
    network = second.clients.network
    second.clients.resources.resource_groups.create_or_update("rg-net", {"location": "northeurope"})
    network.virtual_networks.begin_create_or_update(
        "rg-net",
        "hub",
        {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}},
    ).result()
    subnet = network.subnets.begin_create_or_update(
        "rg-net", "hub", "web", {"properties": {"addressPrefix": "10.1.1.0/24"}}
    ).result()
    empty = main.everything() | second.everything()
    stack = pulumi_stack(
        config(
            main,
            second,
            resourceGroup="rg-machines",
            tags={"owner": "platform", "role": "any"},
            virtualMachines={
                "win-01": windows_machine(
                    healthProbe={"protocol": "https", "port": 8443, "path": "/ready"}, adminUsername="boss"
                ),
                "tcp": linux_machine(healthProbe={"protocol": "tcp", "port": 22}, tags={"role": "bastion"}),
                "north": linux_machine(location="northeurope", healthProbe={"protocol": "http", "path": "/"}),
                "hub.web": linux_machine(subscription="second", location="northeurope", subnetId=subnet.id.upper()),
            },
            schedules={
                "linux": schedule(machines=["hub.web", "tcp", {"id": "north", "assignmentName": "north-by-hand"}]),
                "all": schedule(
                    recurEvery="Week Sunday",
                    updates={"linux": {"classifications": ["Other"]}, "windows": {"classifications": ["Critical"]}},
                    machines=["win-01", "tcp"],
                ),
            },
        )
    )
    set_secret(stack, "adminPasswords.win-01", PASSWORD)
    settled(stack)

    for text in (json.dumps(stack.export()), stack.file.read_text(), stack.pulumi("stack", "output", "--json").stdout):
        assert PASSWORD not in text

    windows = main.clients.compute.virtual_machines.get("rg-machines", "win-01")
    assert windows.os_profile.admin_username == "boss"
    for clients, name in ((main, "win-01"), (main, "tcp"), (main, "north"), (second, "hub.web")):
        settings = clients.patch_settings("rg-machines", name)
        assert (settings.patch_mode, settings.assessment_mode) == ("AutomaticByPlatform", "AutomaticByPlatform"), name
        assert settings.automatic_by_platform_settings.bypass_platform_safety_checks_on_user_schedule is True, name
    probes = {
        name: next(iter(main.clients.compute.virtual_machine_extensions.list("rg-machines", name).value)).settings
        for name in ("win-01", "tcp", "north")
    }
    assert probes == {
        "win-01": {"protocol": "https", "port": 8443, "requestPath": "/ready"},
        "tcp": {"protocol": "tcp", "port": 22},
        "north": {"protocol": "http", "requestPath": "/"},
    }
    tcp = main.clients.compute.virtual_machines.get("rg-machines", "tcp")
    assert tcp.tags == {"owner": "platform", "role": "bastion"}
    assert main.clients.compute.virtual_machines.get("rg-machines", "north").location == "northeurope"
    interface = next(iter(second.clients.network.network_interfaces.list("rg-machines")))
    assert interface.ip_configurations[0].subnet.id.lower() == subnet.id.lower()

    on = {name: main.assignments_on(main.machine_id("rg-machines", name)) for name in ("win-01", "tcp", "north")}
    assert {name: len(found) for name, found in on.items()} == {"win-01": 1, "tcp": 2, "north": 1}
    assert on["north"][0].name == "north-by-hand"
    (far,) = second.assignments_on(second.machine_id("rg-machines", "hub.web"))
    assert far.maintenance_configuration_id.lower() == main.configuration("rg-machines", "linux").id.lower()
    outputs = stack.outputs()
    assert outputs["assignments"]["linux"]["machines"].keys() == {"hub.web", "tcp", "north"}
    assert outputs["virtualMachines"].keys() == {"win-01", "tcp", "north", "hub.web"}

    def rename(own):
        own["virtualMachines"]["jump"] = own["virtualMachines"].pop("tcp")
        own["schedules"]["all"]["machines"] = ["win-01", "jump"]
        own["schedules"]["linux"]["machines"][1] = "jump"

    edit(stack, rename)
    done = stack.up()
    assert {operation for operation, _ in touched(done)} == {"create", "delete"}
    assert all("tcp" in name or "jump" in name for _, name in touched(done)), touched(done)
    assert stack.up("--refresh").changes == {}

    stack.destroy()
    assert main.everything() | second.everything() == empty


def stack_over(main, second, third, group):
    """One file, but for the group's name: schedules in one subscription, what they reach in three."""
    return config(
        main,
        second,
        third,
        resourceGroup=group,
        virtualMachines={"made": linux_machine(subscription="third")},
        schedules={
            "far": schedule(
                subscription="second",
                name=f"mc-{group}",
                resourceGroup="rg-schedules",
                location="swedencentral",
                machines=[
                    main.machine_id("RG-OLD", "Old01").replace("Microsoft.Compute", "microsoft.compute"),
                    {
                        "id": second.arc_id("rg-old", "arc01").upper().replace("SUBSCRIPTIONS", "subscriptions"),
                        "location": "northeurope",
                    },
                    third.machine_id("rg-old", "old03"),
                    "made",
                ],
                scopes={"ring": {"tags": {"ring": ["test", "early"], "Prod": ["a,b", ""]}, "tagOperator": "All"}},
            ),
            "near": schedule(recurEvery="Week", machines=[third.machine_id("rg-old", "old03")]),
        },
        azurePolicies={
            key: {"kind": "schedulingPrerequisite", "scope": key, "remediate": False}
            for key in ("main", "second", "third")
        },
    )


def test_two_stacks_of_one_file_over_three_subscriptions(pulumi_stack, subscription, seeded):
    main, second, third = everywhere = subscription(), subscription(), subscription()
    seeded(
        ready(virtual_machine("old01", "Linux", f"{main.scope}/resourceGroups/rg-old")),
        arc_machine("arc01", "Linux", f"{second.scope}/resourceGroups/rg-old", "northeurope"),
        ready(virtual_machine("old03", "Linux", f"{third.scope}/resourceGroups/rg-old")),
    )
    second.clients.resources.resource_groups.create_or_update("rg-schedules", {"location": "westeurope"})
    empty = [one.everything() for one in everywhere]
    one = pulumi_stack(stack_over(main, second, third, "rg-one"))
    settled(one)
    with_one = [each.everything() for each in everywhere]
    other = pulumi_stack(stack_over(main, second, third, "rg-other"))
    settled(other)
    assert one.up("--refresh").changes == {}, "the other stack has changed what this one has made"

    assert second.configuration("rg-schedules", "mc-rg-one").location == "swedencentral"
    assert [len(each.scopes()) for each in everywhere] == [2, 2, 2]
    scope = main.scopes()[0]
    assert scope.filter.tag_settings.tags == {"ring": ["test", "early"], "Prod": ["a,b", ""]}
    assert scope.filter.tag_settings.filter_operator == "All"
    assert len(main.assignments_on(main.machine_id("rg-old", "old01"))) == 2
    arc = second.assignments_on(second.arc_id("rg-old", "arc01"))
    assert {found.location for found in arc} == {"northeurope"}
    assert len(third.assignments_on(third.machine_id("rg-old", "old03"))) == 4
    assert len(third.assignments_on(third.machine_id("rg-other", "made"))) == 1

    other.destroy()
    assert [each.everything() for each in everywhere] == with_one
    assert one.up("--refresh").changes == {}

    third.clients.compute.virtual_machines.begin_delete("rg-old", "old03").result()
    edit(
        one,
        lambda own: [
            own["schedules"][key]["machines"].remove(third.machine_id("rg-old", "old03")) for key in ("far", "near")
        ],
    )
    gone = one.up()
    assert {operation for operation, _ in touched(gone)} == {"delete"}
    one.destroy()
    empty[2].discard(third.machine_id("rg-old", "old03").lower())
    assert [each.everything() for each in everywhere] == empty
