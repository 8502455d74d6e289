"""The example in examples/start_and_stop, end to end: events of the local Azure, told to a webhook that calls it."""

import importlib.util
import sys
from pathlib import Path

import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from tests.arm.conftest import READER, READY, SUBSCRIPTION, _Credential, made
from tests.arm.events.conftest import POST, PRE, webhook_to

FOLDER = Path(__file__).parents[3] / "examples" / "start_and_stop"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
TAG_CONTRIBUTOR = "4a9ae827-6dc8-4573-8ac7-8239d42aa03f"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
PATCHING_CONTRIBUTOR = "cd08ab90-6b14-449c-ad9a-8f8e549482c6"
LATER = "6b8c9f0e-2f3a-4b7e-9b55-0d8a4a7c1a0{}"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("start_and_stop", FOLDER / "start_and_stop.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["start_and_stop"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["start_and_stop"]


@pytest.fixture
def everything(example, server):
    """Azure for one who may do everything, over HTTP."""
    options = {"base_url": server.url, "authentication_policy": SansIOHTTPPolicy(), "polling_interval": 0}
    return example.Azure(_Credential(), options)


@pytest.fixture
def as_handler(example, limited):
    """Azure for the application that may do only what its roles allow."""
    options = {"base_url": limited.url, "connection_verify": limited.ca_bundle, "polling_interval": 0}
    return example.Azure(limited.credential, options)


@pytest.fixture
def machines(machine, world):
    """Four machines of a run, two of them off, and one more that is off and in no run."""
    paths = {name: machine(name, tags={"Owner": "me"}, **READY) for name in ("on", "off1", "off2", "stopped", "alone")}
    for name in ("off1", "off2", "alone"):
        made(world.arm.post(f"{paths[name]}/deallocate"))
    made(world.arm.post(f"{paths['stopped']}/powerOff"))
    daily = world.schedule("Daily")
    for name in ("on", "off1", "off2", "stopped"):
        world.assign(daily, paths[name], name)
    return {"daily": daily, **paths}


def powers(world, machines):
    codes = {}
    for name, path in machines.items():
        if name != "daily":
            view = made(world.arm.get(f"{path}/instanceView"))
            codes[name] = next(one["code"] for one in view["statuses"] if one["code"].startswith("PowerState"))
    return {name: code.removeprefix("PowerState/") for name, code in codes.items()}


def tags(world, path):
    return made(world.arm.get(path))["tags"]


BEFORE = {"on": "running", "off1": "deallocated", "off2": "deallocated", "stopped": "stopped", "alone": "deallocated"}


def tell(world, hook, machines, example, azure, *, twice=False):
    """Subscribe a webhook that calls the example; returns what each event changed."""
    changed = []

    def act(body):
        told = body * (2 if twice else 1)
        changed.extend((one["eventType"], example.handle(one["eventType"], one["data"], azure)) for one in told)

    hook.act = act
    assert world.subscribe(world.topic(machines["daily"]), webhook_to(hook.url)) == "Succeeded"
    return changed


def test_deallocated_machines_are_started_patched_and_deallocated_again(world, hook, machines, example, everything):
    changed = tell(world, hook, machines, example, everything)
    world.pass_time("2027-01-05T21:45Z")
    assert powers(world, machines) == {**BEFORE, "off1": "running", "off2": "running"}
    (run,) = world.pass_time("2027-01-06T12:00Z")
    statuses = {one["id"].rpartition("/")[2]: one["status"] for one in run["machines"]}
    assert statuses == {"on": "Succeeded", "off1": "Succeeded", "off2": "Succeeded", "stopped": "Failed"}
    assert powers(world, machines) == BEFORE
    mine = sorted(machines[name].lower() for name in ("off1", "off2"))
    assert [(kind, sorted(one.lower() for one in found)) for kind, found in changed] == [(PRE, mine), (POST, mine)]
    for name in BEFORE:
        assert tags(world, machines[name]) == {"Owner": "me"}


def test_a_machine_that_somebody_else_starts_meanwhile_is_left_on(world, hook, machines, example, everything):
    tell(world, hook, machines, example, everything)
    world.pass_time("2027-01-05T21:45Z")
    made(world.arm.post(f"{machines['alone']}/start"))
    world.pass_time("2027-01-06T12:00Z")
    assert powers(world, machines) == {**BEFORE, "alone": "running"}


def test_events_that_come_twice_change_nothing_more(world, hook, machines, example, everything):
    changed = tell(world, hook, machines, example, everything, twice=True)
    world.pass_time("2027-01-08T12:00Z")
    assert [len(found) for _, found in changed] == [2, 0, 2, 0] * 3
    assert powers(world, machines) == BEFORE


def test_two_runs_of_one_time_stop_each_its_own(*, world, machine, hook, machines, example, everything):
    other = world.schedule("Other")
    lone = machines["alone"]
    world.assign(other, lone, "lone")
    changed = tell(world, hook, machines, example, everything)
    assert world.subscribe(world.topic(other, "topic2"), webhook_to(hook.url)) == "Succeeded"
    world.pass_time("2027-01-06T12:00Z")
    assert powers(world, machines) == BEFORE
    of_other = [found for kind, found in changed if [one.lower() for one in found] == [lone.lower()]]
    assert len(of_other) == 2


def test_what_cannot_be_started_is_told_and_tried_again(world, hook, machines, example, everything):
    world.subscribe(world.topic(machines["daily"]), webhook_to(hook.url), [PRE])
    world.pass_time("2027-01-05T21:45Z")
    data = hook.told[0][0]["data"]
    begun = everything.start
    everything.start = lambda one: begun(one) if one.endswith("off2") else _refuse()
    with pytest.raises(example.NotDoneError, match="off1"):
        example.before(data, everything)
    assert powers(world, machines) == {**BEFORE, "off2": "running"}
    everything.start = begun
    assert [one.rpartition("/")[2] for one in example.before(data, everything)] == ["off1"]
    assert sorted(one.rpartition("/")[2] for one in example.after(data, everything)) == ["off1", "off2"]
    assert powers(world, machines) == BEFORE


def _refuse():
    from azure.core.exceptions import HttpResponseError

    raise HttpResponseError("AllocationFailed")


@pytest.mark.parametrize("data", [{}, {"correlationId": "' or true"}, {"correlationId": "/subscriptions/x"}])
def test_what_is_no_event_of_a_run_is_refused(example, everything, data):
    with pytest.raises(ValueError, match="maintenance run"):
        example.before(data, everything)
    assert example.handle("Microsoft.Storage.BlobCreated", data, everything) == []


@pytest.mark.parametrize("lacking", ["", READER, VM_CONTRIBUTOR, TAG_CONTRIBUTOR])
def test_the_roles_that_are_granted_are_enough_and_none_of_them_is_too_much(
    *, world, hook, machines, example, as_handler, give, lacking
):
    """What `grant` gives in a stack file, and no less."""
    from patching.event_handlers import MACHINE_ROLES

    granted = [role.definition_id.rpartition("/")[2] for role in MACHINE_ROLES]
    assert set(granted) == {READER, VM_CONTRIBUTOR, TAG_CONTRIBUTOR}
    for number, role in enumerate(granted):
        if role != lacking:
            give(role, f"/subscriptions/{SUBSCRIPTION}", LATER.format(number))
    tell(world, hook, machines, example, as_handler)
    world.pass_time("2027-01-05T21:45Z")
    started = powers(world, machines) == {**BEFORE, "off1": "running", "off2": "running"}
    world.pass_time("2027-01-06T12:00Z")
    assert powers(world, machines) == BEFORE
    assert started == (lacking == "")


@pytest.mark.parametrize(("role", "may"), [(CONTRIBUTOR, True), (PATCHING_CONTRIBUTOR, False), (VM_CONTRIBUTOR, False)])
def test_a_run_is_cancelled_by_a_contributor_only(*, world, machines, limited, trusting, give, role, may):
    from patching.event_handlers import CANCEL_RUNS

    assert CANCEL_RUNS.definition_id.endswith(CONTRIBUTOR)
    give(role, machines["daily"], LATER.format(1))
    token = limited.credential.get_token(f"{limited.url}/.default").token
    run = f"{machines['daily']}/providers/Microsoft.Maintenance/applyUpdates/20270105220000"
    answer = trusting.put(
        f"{limited.url}{run}",
        params={"api-version": "2023-09-01-preview"},
        json={"properties": {"status": "Cancel"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == (201 if may else 403), answer.text


def test_the_function_app_has_a_function_for_each_event(example, everything, monkeypatch, world, machines):
    func = pytest.importorskip("azure.functions")
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("function_app", FOLDER / "function_app.py")
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    functions = {one.get_function_name(): one for one in app.app.get_functions()}
    assert set(functions) == {"before_maintenance", "after_maintenance"}
    assert {one.get_trigger().type for one in functions.values()} == {"eventGridTrigger"}
    told = []
    monkeypatch.setattr(app, "handle", lambda *given: told.append(given) or [])
    event = func.EventGridEvent(
        id="1",
        data={"correlationId": "x"},
        topic="t",
        subject="s",
        event_type=PRE,
        event_time=None,
        data_version="1.0",
    )
    app._act(event)
    assert told[0][:2] == (PRE, {"correlationId": "x"})
