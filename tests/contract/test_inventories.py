"""Inventories as they come out of Resource Graph: loaded with the command, then patched by a stack."""

import json
import subprocess
import sys

import pytest

from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.conftest import REPOSITORY
from tests.contract.world import config, schedule, settled


@pytest.fixture
def seed_file(local_azure, tmp_path):
    """Run `python -m sandbox seed` on a document, beside the local Azure that runs; what it said."""

    def run(document, *, given=None):
        file = tmp_path / "inventory.json"
        file.write_text(json.dumps(document) if given is None else given)
        command = [sys.executable, "-m", "sandbox", "seed", str(file), "--state", str(local_azure.state)]
        ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert "Traceback" not in ended.stderr
        return ended

    return run


def as_printed(row, number):
    """A row as `az graph query` prints it: lower-case types and groups, and columns nobody asked for."""
    group = row["id"].split("/")[4]
    return row | {
        "type": row["type"].lower(),
        "resourceGroup": group.lower(),
        "subscriptionId": row["id"].split("/")[2],
        "tenantId": "99999999-9999-4999-8999-999999999999",
        "kind": "",
        "managedBy": "",
        "plan": None,
        "sku": None,
        "zones": None,
        "identity": None,
        "extendedLocation": None,
        "osType": "Linux",
        "number": number,
    }


def test_odd_inventories(seed_file, pulumi_stack, subscription):
    here = subscription()
    where = f"{here.scope}/resourceGroups/RG-Old"
    rows = [
        virtual_machine("Linux01", "Linux", where, tags={"Ring": "one"}),
        virtual_machine("WIN01", "Windows", where),
        arc_machine("arc01", "Linux", where),
    ]
    rows[1]["id"] = rows[1]["id"].upper()
    rows[2]["id"] = rows[2]["id"].lower().replace("/rg-old/", "/rg-OLD/")
    rows[0]["location"] = "West Europe"
    printed = [as_printed(row, number) for number, row in enumerate(rows)]
    unknown = [
        {
            "id": f"{where}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
            "location": "westeurope",
            "name": "default",
            "type": "microsoft.azurestackhci/virtualmachineinstances",
            "properties": {},
        },
        {
            "id": f"{where}/providers/Microsoft.ClassicCompute/virtualMachines/older",
            "location": "westeurope",
            "name": "older",
            "type": "microsoft.classiccompute/virtualmachines",
        },
    ]
    first = seed_file({"count": 5, "data": printed + unknown, "skip_token": None, "total_records": 5})
    assert (first.returncode, first.stderr) == (0, "")
    assert "3 resources loaded, 2 left" in first.stdout
    again = seed_file(printed)
    assert (again.returncode, "0 resources loaded, 3 left" in again.stdout) == (0, True)
    assert seed_file([]).returncode == seed_file({"data": [], "count": 0, "totalRecords": 0}).returncode == 0

    names = {one.name for one in here.clients.compute.virtual_machines.list_all()}
    assert {name.lower() for name in names} == {"linux01", "win01"}
    assert [group.name.lower() for group in here.clients.resources.resource_groups.list()] == ["rg-old"]
    assert here.clients.compute.virtual_machines.get("rg-old", "linux01").location == "westeurope"

    empty = here.everything()
    stack = pulumi_stack(
        config(
            here,
            schedules={
                "weekly": schedule(
                    machines=[row["id"] for row in printed],
                    updates={"linux": {"classifications": ["Critical"]}, "windows": {"classifications": ["Critical"]}},
                )
            },
            azurePolicies={"ready": {"kind": "schedulingPrerequisite", "scope": "main"}},
        )
    )
    settled(stack)
    for row in rows:
        provider = "Microsoft.HybridCompute/machines" if "arc01" in row["id"] else "Microsoft.Compute/virtualMachines"
        machine = here.machine_id("rg-old", row["name"], provider)
        assert len(here.assignments_on(machine)) == 1, machine
    # What is there is not loaded anew: it stays as the policy has left it.
    seed_file(printed)
    assert here.patch_settings("rg-old", "linux01").patch_mode == "AutomaticByPlatform"
    assert stack.up("--refresh").changes == {}
    stack.destroy()
    assert here.everything() == empty


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"rows": []}', "not a list of resources"),
        ('"text"', "not a list of resources"),
        ("[3]", "Row 1"),
        ('[{"name": "x"}]', "Row 1"),
        ('[{"id": "nothing like an id"}]', "Row 1"),
        ("az: command not found", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_what_is_no_inventory_is_refused_in_words(seed_file, document, expected):
    refused = seed_file(None, given=document)
    assert refused.returncode == 1
    assert expected in refused.stderr
