"""From what the portal made to a stack file that says the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from patching.arm_ids import resource_group_id, subscription_id
from patching.limits import Environment
from patching.schedule import local_text, window_text
from patching.settings import read_settings
from patching.stack_file import parse_stack_file
from patching.takeover import adopt
from tests.patching.portal_estates import RECURRENCES, TYPES, portals, rows
from tests.patching.portal_rows import CONFIGURATION, GROUP, SPOKE, SUBSCRIPTION, assigned, changed


def read(made):
    parsed = parse_stack_file(made.text.encode(), "Pulumi.adopted.yaml")
    assert parsed.faults == ()
    return read_settings(parsed.config, project="azure-patching", stack="adopted")


def schedules_of(made):
    assert [str(fault) for fault in made.faults] == []
    return read(made).settings.schedules


@settings(max_examples=60)
@given(st.data())
def test_a_stack_file_says_what_is_there(data):
    portal = data.draw(portals())
    made = adopt(data.draw(rows(portal)))
    assert made.left_out == ()
    schedules = schedules_of(made).values()
    assert all(one.adopt and one.protect for one in schedules)
    assert {one.resource_id.lower(): said_by(one) for one in schedules} == {
        one["id"].lower(): said_of(one) for one in portal.configurations
    }
    assert sorted(targets_said_by(schedules), key=repr) == sorted(map(target_said_of, portal.assignments), key=repr)


def said_by(schedule):
    windows, linux = schedule.updates.windows, schedule.updates.linux
    return (
        schedule.location.replace(" ", "").lower(),
        dict(schedule.tags),
        local_text(schedule.schedule.start),
        local_text(schedule.schedule.expires) if schedule.schedule.expires else None,
        schedule.schedule.time_zone,
        window_text(schedule.schedule.duration),
        str(schedule.schedule.recurrence),
        schedule.updates.reboot.value,
        windows and (windows.classifications, windows.kb_numbers_to_exclude, windows.exclude_kbs_requiring_reboot),
        linux and (linux.classifications, linux.package_name_masks_to_exclude),
    )


def said_of(configuration):
    properties = configuration["properties"]
    window, patches = properties["maintenanceWindow"], properties["installPatches"]
    windows, linux = patches["windowsParameters"], patches["linuxParameters"]
    expiry = window["expirationDateTime"]
    return (
        configuration["location"].replace(" ", "").lower(),
        configuration["tags"],
        window["startDateTime"],
        None if expiry == "9999-12-31 23:59:59" else expiry,
        window["timeZone"],
        window["duration"],
        RECURRENCES[window["recurEvery"]],
        patches["rebootSetting"].replace("Reboot", ""),
        windows
        and (
            tuple(windows["classificationsToInclude"]),
            tuple(number.removeprefix("KB") for number in windows["kbNumbersToExclude"] or []),
            bool(windows["excludeKbsRequiringReboot"]),
        ),
        linux and (tuple(linux["classificationsToInclude"]), tuple(linux["packageNameMasksToExclude"] or [])),
    )


def targets_said_by(schedules):
    for schedule in schedules:
        for machine in schedule.machines:
            yield schedule.resource_id.lower(), machine.resource_id.lower(), machine.assignment_name, None
        for scope in schedule.scopes.values():
            wanted = scope.filter
            said = (
                sorted(wanted.resource_types),
                wanted.resource_groups,
                tuple(one.value for one in wanted.os_types),
                wanted.locations,
                dict(wanted.tags),
                wanted.tag_operator.value if wanted.tags else None,
            )
            for target in scope.targets:
                group = target.resource_group
                own = target.subscription_id
                scope_id = resource_group_id(own, group) if group else subscription_id(own)
                yield schedule.resource_id.lower(), scope_id.lower(), target.assignment_name, said


def target_said_of(assignment):
    properties = assignment["properties"]
    wanted = properties["filter"]
    said = None
    if wanted is not None:
        tag_settings = wanted["tagSettings"] or {}
        tags = {name: tuple(values) for name, values in (tag_settings.get("tags") or {}).items()}
        types = [{one.lower(): one for one in TYPES}[one.lower()] for one in wanted["resourceTypes"] or TYPES]
        said = (
            sorted(types),
            tuple(wanted["resourceGroups"] or ()),
            tuple(one.capitalize() for one in wanted["osTypes"] or ()),
            tuple(wanted["locations"] or ()),
            tags,
            (tag_settings.get("filterOperator") or "Any") if tags else None,
        )
    configuration_id = properties["maintenanceConfigurationId"].lower()
    return configuration_id, properties["resourceId"].lower(), assignment["name"], said


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (changed("maintenanceScope", "Host"), "its maintenance scope is Host"),
        (changed("maintenanceScope"), "no row says its maintenance scope"),
        (changed("visibility", "Public"), "its visibility is Public"),
        (changed("extensionProperties", {"InGuestPatchMode": "Platform"}), "InGuestPatchMode: Platform"),
        (changed("installPatches.tasks", {"preTasks": [{"source": "runbook"}]}), "installPatches have tasks"),
    ],
)
def test_a_configuration_that_no_file_can_say_is_left_out_with_its_assignments(made, reason):
    written = adopt([made, assigned(f"/subscriptions/{SPOKE}")])
    assert [reason in str(one) for one in written.left_out] == [True, False]
    assert "is left out" in str(written.left_out[1])
    assert "azure-patching:schedules" not in written.text
    for one in written.left_out:
        assert f"# - {one}" in written.text
    assert written.faults == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (assigned(f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/set"), "scale sets"),
        (assigned(f"/subscriptions/{SPOKE}", found={"machineNames": ["x"]}), "its filter has machinenames"),
        (assigned(f"/subscriptions/{SPOKE}", configuration=f"{CONFIGURATION['id']}2"), "is not in the inventory"),
        (assigned(f"/subscriptions/{SPOKE}", configuration=None), "it names no maintenance configuration"),
        ({"name": "nothing"}, "a row without an id"),
        (CONFIGURATION | {"id": "/subscriptions/x"}, "is no subscription id"),
    ],
)
def test_nothing_is_left_out_in_silence(row, reason):
    written = adopt([CONFIGURATION, row])
    assert [reason in str(one) for one in written.left_out] == [True]
    assert set(schedules_of(written)) == {"weekly"}


def test_a_machine_is_attached_to_a_schedule_once():
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/Web01"
    written = adopt([CONFIGURATION, assigned(machine, "one"), assigned(machine.lower(), "two")])
    assert [one.assignment_name for one in schedules_of(written)["weekly"].machines] == ["one"]
    assert "two" in str(written.left_out[0])


@pytest.mark.parametrize(
    ("made", "path", "line"),
    [
        (changed("maintenanceWindow.duration", "04:00"), "schedules.weekly.duration", '      duration: "04:00"'),
        (
            changed("maintenanceWindow", {**CONFIGURATION["properties"]["maintenanceWindow"],
                    "timeZone": "W. Europe Standard Time", "startDateTime": "2027-03-28 02:30"}),
            "schedules.weekly.start",
            '      start: "2027-03-28 02:30"',
        ),
        (changed("installPatches"), "schedules.weekly.updates", "    weekly:"),
    ],
)  # fmt: skip
def test_what_the_checks_refuse_comes_out_as_it_is_with_the_fault_above_it(made, path, line):
    written = adopt([made])
    assert [fault.path for fault in written.faults] == [path]
    lines = written.text.splitlines()
    place = lines.index(line)
    assert lines[place - 1].strip() == f"# FAULT: {written.faults[0]}"
    assert [fault.path for fault in read(written).faults] == [path]


def test_assignments_of_one_name_and_filter_are_one_scope():
    same = {"osTypes": ["Linux"]}
    at = [f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{SPOKE}"]
    written = adopt([CONFIGURATION, *(assigned(one, found=same) for one in at)])
    scopes = schedules_of(written)["weekly"].scopes
    assert {key: [one.subscription_id for one in scope.targets] for key, scope in scopes.items()} == {
        "of-portal": [SUBSCRIPTION, SPOKE]
    }
    other = adopt([CONFIGURATION, assigned(at[0], found=same), assigned(at[1], found={"osTypes": ["Windows"]})])
    assert {key: len(scope.targets) for key, scope in schedules_of(other)["weekly"].scopes.items()} == {
        "of-portal": 1,
        "of-portal-2": 1,
    }


def test_subscriptions_are_named_after_themselves_or_in_order():
    written = adopt(
        [
            CONFIGURATION,
            assigned(f"/subscriptions/{SPOKE}", found={}),
            {"id": SPOKE, "name": "Contoso Prod (EU)", "isDefault": True},
        ]
    )
    assert {key: one.id for key, one in read(written).settings.subscriptions.items()} == {
        "contoso-prod-eu": SPOKE,
        "main": SUBSCRIPTION,
    }
    assert schedules_of(written)["weekly"].subscription_key == "main"


def test_the_stack_s_group_and_region_are_the_most_common_ones():
    elsewhere = CONFIGURATION["id"].replace("rg-portal", "rg-Other")
    written = adopt(
        [
            CONFIGURATION,
            changed(id=CONFIGURATION["id"] + "2", name="weekly2"),
            changed(id=elsewhere, location="northeurope"),
        ]
    )
    assert "resourceGroup: {name: rg-portal, create: false}" in written.text
    found = schedules_of(written)
    assert {key: (one.name, one.resource_group, one.location) for key, one in found.items()} == {
        "weekly": ("weekly", "rg-portal", "westeurope"),
        "weekly2": ("weekly2", "rg-portal", "westeurope"),
        "weekly-rg-Other": ("weekly", "rg-Other", "northeurope"),
    }


def test_a_machine_s_own_row_says_where_it_is_and_how_it_is_spelled():
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/Web01"
    row = {"id": machine, "type": "microsoft.compute/virtualmachines", "location": "northeurope"}
    written = adopt([CONFIGURATION, assigned(machine.lower(), location=""), row])
    (found,) = schedules_of(written)["weekly"].machines
    assert (found.resource_id, found.location) == (machine, "northeurope")


def test_what_one_list_leaves_open_another_fills_in():
    """Lists of ARM have been seen without installPatches, which Resource Graph has."""
    bare = changed()
    del bare["properties"]["installPatches"]
    for order in ([bare, CONFIGURATION], [CONFIGURATION, bare]):
        assert schedules_of(adopt(order))["weekly"].updates.linux.classifications == ("Security",)


def test_another_cloud_is_said():
    assert "azure-native:environment: usgovernment" in adopt([CONFIGURATION], Environment.US_GOVERNMENT).text


def test_the_order_of_the_rows_means_nothing():
    all_of_it = [
        CONFIGURATION,
        changed(id=CONFIGURATION["id"] + "2", name="weekly2"),
        assigned(f"/subscriptions/{SPOKE}"),
    ]
    assert adopt(all_of_it).text == adopt(all_of_it[::-1]).text


KEYS = ["id", "name", "properties", "location", "tags", "maintenanceWindow", "filter", "tagSettings", "installPatches"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


@settings(max_examples=60)
@given(ANYTHING, st.sampled_from(["", "filter", *KEYS[1:], *CONFIGURATION["properties"]]))
def test_no_row_of_any_shape_ends_in_a_traceback(value, place):
    properties = CONFIGURATION["properties"]
    if place in properties:
        adopt([CONFIGURATION | {"properties": properties | {place: value}}])
    elif place == "filter":
        adopt([CONFIGURATION, assigned(f"/subscriptions/{SPOKE}", found=value)])
    else:
        adopt([value, CONFIGURATION | {"properties": json.dumps(properties), place: value}])


def test_names_that_differ_in_case_alone_are_keys_of_their_own():
    other = CONFIGURATION["id"].replace("rg-portal", "rg-zebra").replace("weekly", "Weekly")
    assert set(schedules_of(adopt([CONFIGURATION, changed(id=other, name="Weekly")]))) == {"weekly", "Weekly-rg-zebra"}


def test_a_parser_of_yaml_1_1_reads_the_same():
    """The engine's own parser still knows some of its words."""
    words = [
        "on",
        "No",
        "y",
        "12:30",
        "1_000",
        "0o17",
        "017",
        "0x1F",
        "~",
        "null",
        "2027-01-05",
        "1e3",
        ".inf",
        "=",
        "<<",
    ]
    tags = {f"tag {word}": word for word in words} | {word: "x" for word in words if word != "<<"}
    text = adopt(
        [changed(tags=tags), assigned(f"/subscriptions/{SPOKE}", found={"tagSettings": {"tags": {"on": words}}})]
    ).text
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    (schedule,) = reader.load(text)["config"]["azure-patching:schedules"].values()
    assert schedule["tags"] == tags
    assert schedule["scopes"]["of-portal"]["tags"] == {"on": words}
