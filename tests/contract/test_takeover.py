"""What Microsoft's client made is written down by `adopt`, and the stack file imports all of it and changes nothing."""

import json
import subprocess
import sys

import httpx
import pytest

from patching.names import machine_key
from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.conftest import REPOSITORY
from tests.contract.test_machines import ready
from tests.contract.world import check, settled, touched

WINDOW = {
    "maintenance_scope": "InGuestPatch",
    "visibility": "Custom",
    "extension_properties": {"InGuestPatchMode": "User"},
    "start_date_time": "2026-12-06 22:00",
    "duration": "02:00",
    "time_zone": "UTC",
    "recur_every": "1Week Sunday",
}
BOTH_SYSTEMS = {
    "reboot_setting": "Always",
    "windows_parameters": {
        "classifications_to_include": ["Critical"],
        "kb_numbers_to_exclude": ["KB5034441"],
        "exclude_kbs_requiring_reboot": False,
    },
    "linux_parameters": {"classifications_to_include": ["Critical", "Security"]},
}
LINUX = {
    "reboot_setting": "Never",
    "windows_parameters": None,
    "linux_parameters": {"classifications_to_include": ["Security"], "package_name_masks_to_include": []},
}
SCOPE = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture
def answers(local_azure):
    """For each subscription its configurations, as ARM lists them, and assignments, which only Resource Graph lists."""

    def ask(*subscriptions):
        return [answer for one in subscriptions for answer in (configurations(one), assignments(one))]

    def configurations(one):
        path = f"{local_azure.url}{one.scope}/providers/Microsoft.Maintenance/maintenanceConfigurations"
        return httpx.get(path, params={"api-version": "2023-04-01"}).json()

    def assignments(one):
        query = "maintenanceresources | where type =~ 'microsoft.maintenance/configurationassignments'"
        return httpx.post(
            f"{local_azure.url}/providers/Microsoft.ResourceGraph/resources",
            params={"api-version": "2022-10-01"},
            json={"subscriptions": [one.id], "query": query},
        ).json()

    return ask


def adopt(tmp_path, *documents):
    files = []
    for number, document in enumerate(documents):
        file = tmp_path / f"inventory-{number}.json"
        file.write_text(json.dumps(document))
        files += ["--inventory", str(file)]
    stack_file = tmp_path / "Pulumi.adopted.yaml"
    command = [sys.executable, "-m", "patching", "adopt", *files, "--output", str(stack_file)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended, stack_file


def portal(main, second, seeded):
    """Two schedules, with every sort of assignment, as the portal, policies and `az` make them."""
    seeded(
        ready(virtual_machine("Old01", "Linux", f"{main.scope}/resourceGroups/RG-Old")),
        arc_machine("arc01", "Linux", f"{second.scope}/resourceGroups/rg-old", "northeurope"),
    )
    main.clients.resources.resource_groups.create_or_update("RG-Portal", {"location": "northeurope"})
    configurations = main.clients.maintenance.maintenance_configurations
    weekly = configurations.create_or_update(
        "RG-Portal",
        "Weekly Old",
        WINDOW
        | {
            "location": "northeurope",
            "tags": {"owner": "platform"},
            "namespace": "Microsoft.Maintenance",
            "install_patches": BOTH_SYSTEMS,
        },
    )
    monthly = configurations.create_or_update(
        "RG-Portal",
        "monthly",
        WINDOW
        | {
            "location": "westeurope",
            "recur_every": "month SECOND tuesday Offset4",
            "start_date_time": "2026-12-12 01:00",
            "expiration_date_time": "2099-01-01 00:00",
            "install_patches": LINUX,
        },
    )
    on_machine = {"location": "westeurope", "maintenance_configuration_id": weekly.id}
    main.clients.maintenance.configuration_assignments.create_or_update(
        "rg-old", "Microsoft.Compute", "virtualMachines", "old01", "k3jd8s7x-AzPolicy", on_machine
    )
    second.clients.maintenance.configuration_assignments.create_or_update(
        "rg-old", "Microsoft.HybridCompute", "machines", "arc01", "portal-b", on_machine | {"location": "northeurope"}
    )
    body = {
        "location": "global",
        "maintenance_configuration_id": weekly.id,
        "filter": {
            "tag_settings": {"tags": {"ring": ["one", "two"]}, "filter_operator": "All"},
            "os_types": ["linux"],
            "resource_types": ["microsoft.hybridcompute/machines", "Microsoft.Compute/virtualMachines"],
            "resource_groups": [],
        },
    }
    for where in (main, second):
        where.clients.maintenance.configuration_assignments_for_subscriptions.create_or_update(SCOPE, body)
    main.clients.maintenance.configuration_assignments_for_subscriptions.create_or_update(
        "everything-linux",
        {
            "location": "global",
            "maintenance_configuration_id": monthly.id,
            "filter": {"os_types": ["Linux"], "tag_settings": {"filter_operator": "All"}},
        },
    )
    main.clients.maintenance.configuration_assignments_for_resource_group.create_or_update(
        "RG-Old",
        "group-scope",
        {
            "location": "westeurope",
            "maintenance_configuration_id": monthly.id,
            "filter": {"locations": ["West Europe"], "os_types": ["Windows"], "resource_types": None},
        },
    )


def test_what_is_written_is_imported_and_nothing_changes(pulumi_stack, subscription, seeded, answers, tmp_path):
    main, second = subscription(), subscription()
    portal(main, second, seeded)
    before = answers(main, second)
    ended, stack_file = adopt(tmp_path, *before)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert check(stack_file)[:2] == (0, [])
    text = stack_file.read_text()
    assert text.count("adopt: true") == 2
    stack = pulumi_stack({})
    stack.file.write_text(f"{text}{stack.file.read_text().split('config:')[0]}")

    shown = stack.preview()
    assert shown.changes["import"] == 8, shown.changes
    assert {step for step, name in touched(shown)} == {"import", "create"}
    changed = [urn for urn, steps in shown.steps.items() if "create" in steps and "::azure-native:" in urn]
    assert not changed, "nothing of Azure's is made"
    done = stack.up()
    assert done.changes == shown.changes
    assert answers(main, second) == before, "who changed what and when is in the answers, too"
    assert settled(stack) == {}
    assert stack.up("--refresh").changes == {}
    assert answers(main, second) == before

    stack.file.write_text(stack.file.read_text().replace("      adopt: true\n", ""))
    assert {step for step, _ in touched(stack.preview())} == {"update"}, "the file's words, and nothing is replaced"
    stack.up()
    assert settled(stack) == {}


def test_assignments_without_a_location_keep_none(pulumi_stack, subscription, seeded, answers, tmp_path):
    """Azure-native fills a location in; an update that sets an empty one is shown, and changes nothing there is."""
    main = subscription()
    seeded(ready(virtual_machine("old01", "Linux", f"{main.scope}/resourceGroups/rg-old")))
    main.clients.resources.resource_groups.create_or_update("rg-portal", {"location": "westeurope"})
    made = main.clients.maintenance.maintenance_configurations.create_or_update(
        "rg-portal", "weekly", WINDOW | {"location": "westeurope", "install_patches": LINUX}
    )
    body = {"location": "", "maintenance_configuration_id": made.id}
    in_europe = body | {"filter": {"locations": ["westeurope"]}}
    main.clients.maintenance.configuration_assignments.create_or_update(
        "rg-old", "Microsoft.Compute", "virtualMachines", "old01", "on-machine", body
    )
    main.clients.maintenance.configuration_assignments_for_subscriptions.create_or_update("at-subscription", in_europe)
    main.clients.maintenance.configuration_assignments_for_resource_group.create_or_update(
        "rg-old", "at-group", in_europe
    )
    before = answers(main)
    _, stack_file = adopt(tmp_path, *before)
    stack = pulumi_stack({})
    stack.file.write_text(f"{stack_file.read_text()}{stack.file.read_text().split('config:')[0]}")
    shown = stack.preview()
    names = ["weekly/at-subscription/main-assignment", "weekly/at-group/main-assignment"]
    names.append(f"weekly/main/machines-{machine_key(main.machine_id('rg-old', 'old01'))}")
    expected = {(step, name) for step in ("import", "update") for name in names} | {("import", "weekly-configuration")}
    assert {step for step in touched(shown) if step[0] != "create"} == expected
    assert stack.up().changes == shown.changes
    assert without_dates(answers(main)) == without_dates(before)
    assert settled(stack) == {}


def without_dates(found):
    return [
        [{key: value for key, value in one.items() if key != "systemData"} for one in listed]
        for answer in found
        for listed in (answer.get("value") or answer["data"],)
    ]
