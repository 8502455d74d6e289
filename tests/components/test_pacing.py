"""Registering very many machines: what is paced is sent as if it were not, and costs grow with their number only."""

import asyncio
import time

import pulumi
import pulumi_azure_native as azure_native
import pytest
from pulumi.runtime import settings
from pulumi_azure_native import resources

from components import MachineAssignments
from tests.components.test_assignments import ARC, CONFIGURATION, MACHINE_ASSIGNMENT, SUBSCRIPTION, VM

MANY = 300
GROUP = "azure-native:resources:ResourceGroup"


def machines(count):
    return {f"m{number}": f"{ARC}{number}" for number in range(count)}


def attach(ids, name="ring", **more):
    options = pulumi.ResourceOptions(provider=azure_native.Provider(f"{name}-provider", subscription_id=SUBSCRIPTION))
    return MachineAssignments(name, {"maintenance_configuration_id": CONFIGURATION, "machines": ids, **more}, options)


def group(name, **options):
    provider = azure_native.Provider(f"{name}-provider", subscription_id=SUBSCRIPTION)
    made = pulumi.ResourceOptions(provider=provider, **options)
    return resources.ResourceGroup(name, resource_group_name=name, opts=made)


@pytest.mark.parametrize("preview", [False, True])
def test_all_are_registered_in_order_with_nothing_between_them(record, preview):
    recording = record(lambda: pulumi.export("ids", attach(machines(MANY)).resource_ids), preview=preview)
    children = recording.of_type(MACHINE_ASSIGNMENT)
    names = [entry.name for urn in recording.order if (entry := recording.registrations[urn]).name in children]
    assert sorted(names) == sorted(f"ring-{key}" for key in machines(MANY))
    assert all(abs(names.index(f"ring-m{number}") - number) < 16 for number in range(MANY))
    assert not {dependency for child in children.values() for dependency in child.dependencies}
    if not preview:
        assert list(recording.outputs["ids"]) == list(machines(MANY))
        assert recording.outputs["ids"]["m7"].lower().startswith(f"{ARC}7/providers/".lower())


def test_what_depends_on_the_component_comes_after_all_its_machines(record):
    def program():
        group("last", depends_on=[attach(machines(MANY))])

    for preview in (False, True):
        recording = record(program, preview=preview)
        last = recording.one(GROUP)
        children = recording.of_type(MACHINE_ASSIGNMENT).values()
        assert len(children) == MANY
        assert last.dependencies == {child.urn for child in children}
        assert all(recording.order.index(child.urn) < recording.order.index(last.urn) for child in children)


def test_what_takes_the_ids_depends_on_all_machines(record):
    def program():
        group("last", depends_on=attach(machines(20)).resource_ids.apply(lambda _: []))

    for preview in (False, True):
        recording = record(program, preview=preview)
        assert recording.one(GROUP).dependencies == {
            child.urn for child in recording.of_type(MACHINE_ASSIGNMENT).values()
        }


def test_a_machine_that_waits_does_not_keep_the_others_back(record):
    def program():
        slow = attach({"slow": VM}, "slow")
        attach(machines(MANY), wait_for={f"m{number}": [slow.resource_ids["slow"]] for number in range(100)})

    recording = record(program)
    place = {recording.registrations[urn].name: index for index, urn in enumerate(recording.order)}
    assert all(place["slow-slow"] < place[f"ring-m{number}"] for number in range(100))
    slow = recording.of_type(MACHINE_ASSIGNMENT)["slow-slow"].urn
    children = recording.of_type(MACHINE_ASSIGNMENT)
    assert all(
        children[f"ring-m{number}"].dependencies == ({slow} if number < 100 else set()) for number in range(MANY)
    )


def test_waiting_for_more_than_are_registered_at_a_time_does_not_block(record):
    """The first hundred wait for the last, which is registered in turn as well."""

    def program():
        later = pulumi.Output.from_input(asyncio.sleep(0.3, "known"))
        attach(machines(MANY), wait_for={f"m{number}": [later] for number in range(100)})

    recording = record(program)
    order = [recording.registrations[urn].name for urn in recording.order]
    assert order.index("ring-m0") > order.index(f"ring-m{MANY - 1}")


def test_a_duplicate_name_ends_the_program(record):
    def program():
        attach(machines(40))
        attach(machines(40), "ring")

    with pytest.raises(Exception, match="duplicate resource"):
        record(program)


@pytest.mark.parametrize("depending", [False, True])
def test_what_goes_wrong_with_one_ends_the_program(record, later, depending):
    ids = machines(40) | {"wrong": later("nonsense")}

    def program():
        made = attach(ids)
        if depending:
            group("last", depends_on=[made])

    with pytest.raises(pulumi.RunError, match=r"machines\.wrong: got"):
        record(program)


@pytest.mark.parametrize("depending", [False, True])
def test_a_mistake_in_declaring_ends_the_program(record, monkeypatch, depending):
    def refuse(*_args, **_more):
        raise TypeError("no such argument")

    monkeypatch.setattr("pulumi_azure_native.maintenance.ConfigurationAssignment", refuse)

    def program():
        made = attach(machines(40))
        if depending:
            group("last", depends_on=[made])

    with pytest.raises(TypeError, match="no such argument"):
        record(program)


def most_waited_for(record, count, monkeypatch):
    """The most outputs that the SDK keeps to be waited for at a time."""
    most = 0
    track = pulumi.Output._track

    def counted(output):
        nonlocal most
        track(output)
        most = max(most, sum(not task.done() for task in settings.SETTINGS.outputs))

    with monkeypatch.context() as patched:
        patched.setattr(pulumi.Output, "_track", counted)
        record(lambda: attach(machines(count)))
    return most


def test_as_many_outputs_are_waited_for_with_many_machines_as_with_few(record, monkeypatch):
    few, many = (most_waited_for(record, count, monkeypatch) for count in (100, 600))
    assert few > 50, "nothing was counted"
    assert many < 1.5 * few


def test_the_time_grows_with_the_number_of_machines(record):
    def seconds(count):
        before = time.process_time()
        record(lambda: attach(machines(count)))
        return time.process_time() - before

    seconds(50)
    few, many = seconds(300), seconds(1200)
    assert many < 7 * few, "four times the machines"


@pytest.mark.parametrize(("parallel", "at_a_time"), [(None, 16), (1, 16), (8, 16), (40, 80), (2147483647, 256)])
def test_the_engine_is_kept_busy(monkeypatch, parallel, at_a_time):
    from components.pacing import _at_a_time

    monkeypatch.setattr(settings.SETTINGS, "parallel", parallel)
    assert _at_a_time() == at_a_time
