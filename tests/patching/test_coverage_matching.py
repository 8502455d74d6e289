"""What the core says a schedule reaches, against what the local Azure says, which matches by rules of its own."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from patching.coverage import cover
from patching.stack_file import read_stack_file
from sandbox.arm.ids import parse
from sandbox.arm.providers.maintenance import machines_reached
from sandbox.arm.providers.maintenance.filters import matches
from sandbox.arm.seed import seed
from sandbox.arm.store import Resource
from sandbox.arm.world import open_azure
from tests.patching.conftest import Stack
from tests.patching.estates import MAIN, SPOKE, STRANGE, arc_row, inventory, reached, vm_row

ROOT = Path(__file__).parents[2]
ESTATE = ROOT / "sandbox" / "estate.json"

words = st.sampled_from(["test", "Test", "prod", ""])
wanted_words = st.lists(words.filter(bool), min_size=1, max_size=2, unique=True)
tag_names = st.sampled_from(["ring", "Ring", "env"])
groups = st.sampled_from(["rg-a", "RG-A", "rg-b"])
locations = st.sampled_from(["westeurope", "West Europe", "northeurope", "North Europe"])


def one_case_each(tags):
    return len({name.lower() for name in tags}) == len(tags)


def rows_of(kind, systems):
    return st.builds(
        kind,
        group=groups,
        subscription=st.sampled_from([MAIN, SPOKE, SPOKE.upper(), STRANGE]),
        os=st.sampled_from(systems),
        location=locations,
        tags=st.dictionaries(tag_names, words, max_size=2).filter(one_case_each) | st.none(),
    )


estates = st.lists(
    rows_of(vm_row, ["Linux", "Windows"]) | rows_of(arc_row, ["linux", "windows"]), min_size=1, max_size=12
).map(lambda rows: [row | {"id": f"{row['id']}{index}", "name": f"m{index}"} for index, row in enumerate(rows)])
filters = st.fixed_dictionaries(
    {},
    optional={
        "resourceTypes": st.sampled_from([["Microsoft.Compute/virtualMachines"], ["Microsoft.HybridCompute/machines"]]),
        "resourceGroups": st.lists(groups, min_size=1, max_size=2, unique_by=str.lower),
        "osTypes": st.sampled_from([["Linux"], ["Windows"], ["Linux", "Windows"]]),
        "locations": st.lists(locations, min_size=1, max_size=2, unique_by=lambda name: name.replace(" ", "").lower()),
        "tags": st.dictionaries(tag_names, wanted_words, min_size=1).filter(one_case_each),
        "tagOperator": st.sampled_from(["Any", "All"]),
    },
)
scopes = st.tuples(filters, st.sampled_from([["main"], ["spoke"], ["main", "spoke"]]), st.none() | groups)


def as_sent(filter_):
    """The filter of an assignment, for the local Azure, from a scope of the stack file."""
    sent = {key: value for key, value in filter_.items() if not key.startswith("tag")}
    if "tags" in filter_:
        settings = {"tags": filter_["tags"], "filterOperator": filter_.get("tagOperator", "Any")}
        sent["tagSettings"] = settings
    return sent


def is_in(row, subscriptions, group):
    place = row["id"].lower().split("/")
    return place[2] in subscriptions and group in (None, place[4])


def as_stored(row):
    columns = {"location": row["location"], "tags": row["tags"] or {}, "properties": row["properties"]}
    return Resource(parse(row["id"]), columns)


@given(estates, st.lists(scopes, min_size=1, max_size=3))
def test_every_machine_of_any_estate(rows, wanted):
    schedules, expected = {}, {row["name"]: set() for row in rows}
    for index, (filter_, subscriptions, group) in enumerate(wanted):
        entry = filter_ | {"subscriptions": subscriptions}
        if "tags" not in filter_:
            entry.pop("tagOperator", None)
        if group is not None:
            entry["resourceGroup"] = group
            entry.pop("resourceGroups", None)  # a fault beside resourceGroup
            entry.setdefault("locations", ["westeurope"])
        schedules[f"s{index}"] = {"scopes": {"only": entry}}
        guids = {{"main": MAIN, "spoke": SPOKE}[key] for key in subscriptions}
        for row in rows:
            if is_in(row, guids, group and group.lower()) and matches(as_stored(row), as_sent(entry)):
                expected[row["name"]].add(f"s{index}")
    reading = Stack().schedules(**schedules).read()
    assert reading.faults == ()
    read = inventory(*rows)
    covered = cover(reading.settings, read)
    named = {row["id"]: row["name"] for row in rows}
    found = {named[one.machine.id]: {reach.schedule for reach in one.verdict.schedules} for one in covered.machines}
    assert found == expected


group_ids = groups.map(lambda name: f"/subscriptions/{MAIN}/resourceGroups/{name}")
policies = st.fixed_dictionaries(
    {"kind": st.sampled_from(["periodicAssessment", "schedulingPrerequisite"]), "scope": st.just("main") | group_ids},
    optional={
        "operatingSystems": st.sampled_from([["Linux"], ["Windows"]]),
        "locations": st.lists(locations, min_size=1, max_size=1),
        "tags": st.dictionaries(tag_names, words.filter(bool), min_size=1).filter(one_case_each),
        "remediation": st.fixed_dictionaries({"locations": st.lists(locations, min_size=1, max_size=1)}),
    },
)
machines_in_main = st.lists(
    st.builds(vm_row, group=groups, os=st.sampled_from(["Linux", "Windows"]), location=locations, osProfile=st.none(),
              tags=st.dictionaries(tag_names, words, max_size=2).filter(one_case_each))
    | st.builds(arc_row, group=groups, location=locations, osProfile=st.none()),
    min_size=2,
    max_size=8,
)  # fmt: skip


@settings(max_examples=300)
@given(machines_in_main, st.lists(filters, max_size=2), st.lists(policies, max_size=3), st.data())
def test_a_machine_among_others_is_judged_as_it_is_alone(rows, wanted, mending, data):
    """Machines that the stack sees alike share a verdict: nothing that a filter or a policy asks may be passed over."""
    rows = [row | {"id": f"{row['id']}{index}"} for index, row in enumerate(rows)]
    for policy in mending:
        if policy["scope"] == "main" and data.draw(st.booleans()):
            policy["notScopes"] = [data.draw(st.sampled_from([row["id"] for row in rows]) | group_ids)]
    stack = Stack().schedules(
        **{f"s{index}": {"scopes": {"only": {"subscriptions": ["main"], **one}}} for index, one in enumerate(wanted)}
    )
    stack.set(azurePolicies={f"p{index}": policy for index, policy in enumerate(mending)})
    reading = stack.read()
    assume(reading.settings is not None)
    together = cover(reading.settings, inventory(*rows)).machines
    for row, one in zip(rows, together, strict=True):
        (alone,) = cover(reading.settings, inventory(row)).machines
        found, expected = one.verdict, alone.verdict
        assert (found.schedules, found.problems) == (expected.schedules, expected.problems), row["id"]


def assigned(azure, stack_file):
    """Store what a stack file says, read with YAML alone, and return each configuration's id."""
    config = YAML(typ="safe", pure=True).load(stack_file.read_text())["config"]
    own = {key.removeprefix("azure-patching:"): value for key, value in config.items()}
    guids = {key: one["id"] for key, one in own["subscriptions"].items()}
    configurations = {}
    for key, schedule in own["schedules"].items():
        configuration = (
            f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/{key}"
        )
        configurations[key] = parse(configuration)
        named = [one["id"] if isinstance(one, dict) else one for one in schedule.get("machines", [])]
        targets = [(one, None) for one in named if one.startswith("/")]
        for scope in schedule.get("scopes", {}).values():
            for name in scope.get("subscriptions", guids):
                group = f"/resourceGroups/{scope['resourceGroup']}" if "resourceGroup" in scope else ""
                kept = {"resourceTypes", "resourceGroups", "osTypes", "locations", "tags", "tagOperator"}
                filter_ = as_sent({field: value for field, value in scope.items() if field in kept})
                targets.append((f"/subscriptions/{guids[name]}{group}", filter_))
        for index, (target, filter_) in enumerate(targets):
            properties = {"maintenanceConfigurationId": configuration}
            if filter_ is not None:
                properties["filter"] = filter_
            assignment = f"{target}/providers/Microsoft.Maintenance/configurationAssignments/{key}-{index}"
            azure.store.put(Resource(parse(assignment), {"properties": properties}), azure.now())
    return configurations


@pytest.mark.parametrize("stack", ["dev", "test", "prod"])
def test_the_estate_of_the_lab_machine_by_machine(stack, tmp_path):
    document = json.loads(ESTATE.read_text())
    seed(tmp_path, document)
    azure = open_azure(tmp_path)
    with azure.store.transaction():
        configurations = assigned(azure, ROOT / f"Pulumi.{stack}.yaml")
    read = read_stack_file(ROOT / f"Pulumi.{stack}.yaml").settings
    found = reached(cover(read, inventory(*document["data"])))
    assert len(found) == len(document["data"])
    for key, configuration in configurations.items():
        expected = {one.name for one in machines_reached(azure, configuration)}
        assert {name for name, schedules in found.items() if key in {one[0] for one in schedules}} == expected, key
    azure.store.close()
