"""Odd words that are right all the same: ids in any case, locations as the portal writes them, long names."""

import uuid

from tests.arm.policy.clouds import subscription as subscription_row
from tests.arm.policy.clouds import virtual_machine
from tests.contract.test_machines import ready
from tests.contract.world import Subscription, config, edit, linux_machine, schedule, settled, touched

GROUP = "rg(1)._-X"
LONG = "s" * 60


def test_odd_words(pulumi_stack, local_azure, seeded):
    ident = f"abcdef12-0000-4abc-8abc-{uuid.uuid4().hex[:12]}"
    seeded(subscription_row(ident))
    here = Subscription(ident, local_azure.clients(ident))
    seeded(
        ready(virtual_machine("same", "Linux", f"{here.scope}/resourceGroups/rg-a")),
        ready(virtual_machine("same", "Linux", f"{here.scope}/resourceGroups/rg-b")),
        ready(virtual_machine("n" * 40, "Linux", f"{here.scope}/resourceGroups/rg-a")),
    )
    empty = here.everything()
    shouted = f"/subscriptions/{ident.upper()}/RESOURCEGROUPS"
    own = config(
        here,
        resourceGroup=GROUP,
        tags={"Owner": "Ü, ö", "empty": ""},
        virtualMachines={
            "web": linux_machine(location="North Europe"),
            "web2": linux_machine(location="northeurope"),
            "machines": linux_machine(tags={"owner": "me"}),
        },
        schedules={
            "main": schedule(
                machines=[here.machine_id("rg-a", "same"), here.machine_id("rg-b", "same"), "web", "machines"],
                scopes={
                    "main": {"osTypes": ["Linux"]},
                    "machines": {"resourceGroup": GROUP.upper(), "locations": ["West Europe"]},
                },
            ),
            LONG: schedule(
                recurEvery="Day",
                location="West Europe",
                machines=[here.machine_id("rg-a", "n" * 40)],
                scopes={"k" * 60: {"osTypes": ["Linux"]}},
            ),
        },
        azurePolicies={
            "main": {"kind": "periodicAssessment", "scope": f"{shouted}/{GROUP}", "location": "North Europe"},
            "Prod.EU_" + "p" * 50: {"kind": "recurringUpdates", "scope": f"{shouted}/rg-a", "schedule": "main"},
            "web": {
                "kind": "schedulingPrerequisite",
                "scope": "main",
                "notScopes": [f"{shouted}/{GROUP}/"],
                "locations": ["West Europe"],
            },
        },
    )
    own["azure-native:location"] = "West Europe"
    own["azure-native:subscriptionId"] = ident.upper()
    own["azure-patching:subscriptions"]["main"]["id"] = ident.upper()
    stack = pulumi_stack(own)
    settled(stack)
    assert len(here.assignments_on(here.machine_id("rg-b", "same"))) == 1
    assert len(here.assignments_on(here.machine_id("rg-a", "n" * 40))) == 2, "the stack's own and the policy's"
    tags = {name: here.clients.compute.virtual_machines.get(GROUP, name).tags for name in ("web", "machines")}
    assert tags == {"web": {"Owner": "Ü, ö", "empty": ""}, "machines": {"owner": "me", "empty": ""}}

    def respell(file):
        file["azure-native:location"] = "westeurope"
        file["virtualMachines"]["web"]["location"] = "northeurope"

    edit(stack, respell)
    changed = touched(stack.preview())
    assert not {name for operation, name in changed if "replace" in operation or operation in {"create", "delete"}}
    stack.destroy()
    assert {one for one in here.everything() - empty if "-azpolicy" not in one} == set()


def test_a_machine_that_has_vanished(pulumi_stack, subscription, seeded):
    here = subscription()
    seeded(*[ready(virtual_machine(name, "Linux", f"{here.scope}/resourceGroups/rg-a")) for name in ("a", "b")])
    machines = [here.machine_id("rg-a", "a"), here.machine_id("rg-a", "b")]
    stack = pulumi_stack(
        config(
            here,
            resourceGroup="rg-own",
            virtualMachines={"own": linux_machine()},
            schedules={"main": schedule(machines=[*machines, "own"])},
        )
    )
    stack.up()
    here.clients.compute.virtual_machines.begin_delete("rg-a", "a").result()
    here.clients.compute.virtual_machines.begin_delete("rg-own", "own").result()
    assert stack.refresh().changes == {"delete": 3}, "the two assignments, and the stack's own machine"
    refused = stack.up(check=False)
    assert refused.exit_code != 0
    assert any("virtualMachines/a'" in line and "not found" in line for line in refused.diagnostics)

    edit(stack, lambda file: file["schedules"]["main"]["machines"].remove(machines[0]))
    stack.up()
    assert stack.up("--refresh").changes == {}
    assert len(here.assignments_on(here.machine_id("rg-own", "own"))) == 1
    here.clients.compute.virtual_machines.begin_delete("rg-a", "b").result()
    stack.destroy()
