"""Schedules and dynamic scopes: what lands, and that an edit touches its own alone."""

from tests.contract.world import config, edit, schedule, settled, touched

VM, ARC = "Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"


def test_scopes_of_every_shape(pulumi_stack, subscription):
    main, second, third = everywhere = subscription(), subscription(), subscription()
    second.clients.resources.resource_groups.create_or_update("rg-web", {"location": "northeurope"})
    third.clients.resources.resource_groups.create_or_update("RG-Web", {"location": "northeurope"})
    empty = [one.everything() for one in everywhere]
    stack = pulumi_stack(
        config(
            main,
            second,
            third,
            resourceGroup={"name": "rg-scopes"},
            schedules={
                "all": schedule(
                    scopes={
                        "full": {
                            "subscriptions": ["main"],
                            "resourceTypes": [VM],
                            "resourceGroups": ["rg-a", "RG-B"],
                            "osTypes": ["Windows", "Linux"],
                            "locations": ["West Europe", "northeurope"],
                            "tags": {"ring": ["one"], "Café über": ["a,b", "", "ü"]},
                            "tagOperator": "All",
                            "assignmentName": "By Hand.1",
                        },
                        "group": {
                            "subscriptions": ["second", "third"],
                            "resourceGroup": "rg-web",
                            "location": "northeurope",
                            "locations": ["northeurope"],
                        },
                        "bare": {},
                        "own-group": {
                            "subscriptions": ["main"],
                            "resourceGroup": "rg-scopes",
                            "locations": ["westeurope"],
                            "resourceTypes": [ARC, VM],
                        },
                    }
                )
            },
        )
    )
    settled(stack)
    found = {one.name.split("-")[0]: one for one in main.scopes()}
    assert len(main.scopes()) == 3
    full = found["By Hand.1"] if "By Hand.1" in found else found["by hand.1"]
    assert full.filter.resource_types == [VM]
    assert full.filter.resource_groups == ["rg-a", "RG-B"]
    assert full.filter.os_types == ["Windows", "Linux"]
    assert len(full.filter.locations) == 2
    assert full.filter.tag_settings.tags == {"ring": ["one"], "Café über": ["a,b", "", "ü"]}
    assert full.filter.tag_settings.filter_operator == "All"
    (group,) = [one for one in second.scopes() if "/resourcegroups/rg-web/" in one.id.lower()]
    assert (group.filter.locations, group.location) == (["northeurope"], "northeurope")
    assert set(group.filter.resource_types) == {VM, ARC}
    outputs = stack.outputs()["assignments"]["all"]["scopes"]
    assert {scope: set(ids) for scope, ids in outputs.items()} == {
        "full": {"main"},
        "group": {"second", "third"},
        "bare": {"main", "second", "third"},
        "own-group": {"main"},
    }

    def narrow(own):
        scopes = own["schedules"]["all"]["scopes"]
        scopes["full"] |= {"tags": {"ring": ["two"]}, "tagOperator": "Any", "osTypes": ["Linux"]}
        scopes["group"]["subscriptions"] = ["third"]
        del scopes["bare"]

    edit(stack, narrow)
    shown, done = stack.preview(), stack.up()
    assert shown.changes == done.changes
    by_scope = {(operation, name.removesuffix("-assignment")) for operation, name in touched(done)}
    assert by_scope == {("update", "all/full/main"), ("delete", "all/group/second"), ("delete", "second")} | {
        ("delete", f"all/bare/{key}") for key in ("main", "second", "third")
    }
    (full,) = [one for one in main.scopes() if one.name.lower() == "by hand.1"]
    assert (full.filter.tag_settings.tags, full.filter.tag_settings.filter_operator) == ({"ring": ["two"]}, "Any")
    assert stack.up("--refresh").changes == {}
    stack.destroy()
    assert [one.everything() for one in everywhere] == empty


def test_edits_of_schedules(pulumi_stack, subscription):
    here = subscription()
    empty = here.everything()
    both = {
        "reboot": "Never",
        "windows": {"classifications": ["Security"], "kbNumbersToExclude": ["KB5034441"]},
        "linux": {"classifications": ["Critical"], "packageNameMasksToInclude": ["openssl*"]},
    }
    scope = {"scopes": {"s": {"osTypes": ["Linux"]}}}
    weekday = {
        key: schedule(recurEvery=f"Week {day}", **scope)
        for key, day in (
            ("a", "Monday"),
            ("b", "Tuesday"),
            ("c", "Wednesday"),
            ("d", "Thursday"),
            ("e", "Friday"),
            ("f", "Saturday"),
        )
    }
    stack = pulumi_stack(
        config(here, resourceGroup="rg-edits", schedules=weekday | {"k": schedule(recurEvery="Day", updates=both)})
    )
    settled(stack)
    assert here.configuration("rg-edits", "k").install_patches.reboot_setting == "NeverReboot"

    def change(own):
        schedules = own["schedules"]
        schedules["a"]["timeZone"] = "AUS Eastern Standard Time"
        schedules["b"]["duration"] = "03:55"
        schedules["c"]["description"] = "only words: nothing of Azure changes"
        schedules["d"]["name"] = "mc-d"
        del schedules["e"]
        schedules["g"] = schedules.pop("f")
        schedules["k"]["updates"]["reboot"] = "Always"
        schedules["k"]["updates"]["windows"] |= {
            "kbNumbersToExclude": [],
            "kbNumbersToInclude": ["5034439"],
            "excludeKbsRequiringReboot": True,
        }
        schedules["k"]["updates"]["linux"] = {"classifications": [], "packageNameMasksToInclude": ["openssl*"]}

    edit(stack, change)
    shown, done = stack.preview(), stack.up()
    assert shown.changes == done.changes
    found = touched(done)
    assert {pair for pair in found if pair[1][0] in "abck"} == {
        ("update", "a-configuration"),
        ("update", "b-configuration"),
        ("update", "k-configuration"),
    }
    assert {operation for operation, name in found if name[0] == "e"} == {"delete"}
    assert {operation for operation, name in found if name[0] == "f"} == {"delete"}
    assert {operation for operation, name in found if name[0] == "g"} == {"create"}
    # Under one name no two can be: the old one goes first, and its assignments with it.
    steps = {urn.rsplit("::", 1)[-1]: steps for urn, steps in done.steps.items()}
    for replaced in ("d-configuration", "d/s/main-assignment"):
        assert steps[replaced].index("delete-replaced") < steps[replaced].index("create-replacement")
    k = here.configuration("rg-edits", "k").install_patches
    assert k.reboot_setting == "AlwaysReboot"
    assert (k.windows_parameters.kb_numbers_to_include, k.windows_parameters.kb_numbers_to_exclude) == (
        ["5034439"],
        None,
    )
    assert k.windows_parameters.exclude_kbs_requiring_reboot is True
    names = {one.name for one in here.clients.maintenance.maintenance_configurations.list()}
    assert {name.lower() for name in names} == {"a", "b", "c", "mc-d", "g", "k"}
    assert len(here.scopes()) == 5
    assert stack.up("--refresh").changes == {}

    def grow(own):
        own["schedules"]["h"] = schedule(recurEvery="2Weeks Sunday")
        own["schedules"]["a"]["scopes"]["t"] = {"osTypes": ["Windows"]}

    edit(stack, grow)
    assert touched(stack.up()) == {
        ("create", name) for name in ("h", "h-configuration", "a/t/main", "a/t/main-assignment")
    }
    stack.destroy()
    assert here.everything() == empty
