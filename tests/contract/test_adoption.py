"""Schedules that others have made, taken over as they are."""

from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.contract.test_machines import ready
from tests.contract.world import config, schedule, touched

CONFIGURATION = {
    "location": "northeurope",
    "tags": {"owner": "platform"},
    "maintenance_scope": "InGuestPatch",
    "visibility": "Custom",
    "extension_properties": {"InGuestPatchMode": "User"},
    "start_date_time": "2026-12-06 22:00",
    "duration": "02:00",
    "time_zone": "UTC",
    "recur_every": "Week Sunday",
    "install_patches": {
        "reboot_setting": "Always",
        "windows_parameters": {"classifications_to_include": ["Critical"], "kb_numbers_to_exclude": ["5034441"]},
        "linux_parameters": {"classifications_to_include": ["Critical", "Security"]},
    },
}


def test_what_others_have_made_is_imported_and_left_as_it_is(pulumi_stack, subscription, seeded):
    main, second = subscription(), subscription()
    seeded(
        ready(virtual_machine("old01", "Linux", f"{main.scope}/resourceGroups/RG-Old")),
        arc_machine("arc01", "Linux", f"{second.scope}/resourceGroups/rg-old", "northeurope"),
    )
    main.clients.resources.resource_groups.create_or_update("rg-portal", {"location": "northeurope"})
    made = main.clients.maintenance.maintenance_configurations.create_or_update(
        "rg-portal", "Weekly.Old", CONFIGURATION
    )
    body = {"location": "westeurope", "maintenance_configuration_id": made.id}
    main.clients.maintenance.configuration_assignments.create_or_update(
        "rg-old", "Microsoft.Compute", "virtualMachines", "old01", "portal-a", body
    )
    second.clients.maintenance.configuration_assignments.create_or_update(
        "rg-old", "Microsoft.HybridCompute", "machines", "arc01", "portal-b", body | {"location": "northeurope"}
    )
    for where in (main, second):
        where.clients.maintenance.configuration_assignments_for_subscriptions.create_or_update(
            "portal-scope",
            {
                "location": "global",
                "maintenance_configuration_id": made.id,
                "filter": {
                    "tag_settings": {"tags": {"ring": ["one"]}, "filter_operator": "Any"},
                    "os_types": ["Linux"],
                    "resource_types": ["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"],
                },
            },
        )
    before = [where.everything() for where in (main, second)]
    stack = pulumi_stack(
        config(
            main,
            second,
            resourceGroup={"name": "rg-portal", "create": False},
            tags={"owner": "platform"},
            schedules={
                "weekly": schedule(
                    name="Weekly.Old",
                    location="northeurope",
                    start="2026-12-06 22:00",
                    duration="02:00",
                    timeZone="UTC",
                    recurEvery="week sunday",
                    updates={
                        "reboot": "Always",
                        "windows": {"classifications": ["Critical"], "kbNumbersToExclude": ["KB5034441"]},
                        "linux": {"classifications": ["Critical", "Security"]},
                    },
                    machines=[
                        {"id": main.machine_id("RG-Old", "old01"), "assignmentName": "portal-a"},
                        {
                            "id": second.arc_id("rg-old", "arc01"),
                            "location": "northeurope",
                            "assignmentName": "portal-b",
                        },
                    ],
                    scopes={"one": {"tags": {"ring": ["one"]}, "osTypes": ["Linux"], "assignmentName": "portal-scope"}},
                    adopt=True,
                )
            },
        )
    )
    shown = stack.preview()
    done = stack.up()
    operations = {operation for operation, name in touched(done)}
    assert operations == {"import", "create"}, touched(done)
    assert len([1 for operation, _ in touched(done) if operation == "import"]) == 5
    assert done.changes == shown.changes
    assert stack.up().changes == {}
    assert stack.up("--refresh").changes == {}
    assert [where.everything() for where in (main, second)] == before
    after = main.configuration("rg-portal", "Weekly.Old")
    assert (after.duration, after.recur_every, after.location) == ("02:00", made.recur_every, "northeurope")

    stack.destroy()
    assert not main.scopes() + second.scopes()
    assert [group.name for group in main.clients.resources.resource_groups.list() if "portal" in group.name]


def test_a_file_that_says_something_else_is_told_so(pulumi_stack, subscription):
    """Adopting changes nothing: what differs is named, and stays."""
    here = subscription()
    here.clients.resources.resource_groups.create_or_update("rg-portal", {"location": "northeurope"})
    made = here.clients.maintenance.maintenance_configurations.create_or_update("rg-portal", "weekly", CONFIGURATION)
    stack = pulumi_stack(
        config(
            here,
            resourceGroup={"name": "rg-portal", "create": False},
            schedules={
                "weekly": schedule(location="northeurope", timeZone="UTC", recurEvery="Week Sunday", adopt=True),
                "absent": schedule(location="northeurope", adopt=True),
            },
        )
    )
    refused = stack.up(check=False)
    assert refused.exit_code != 0
    told = "\n".join(refused.diagnostics)
    assert "Traceback" not in told
    assert "does not exist" in told
    assert here.configuration("rg-portal", "weekly").duration == made.duration
