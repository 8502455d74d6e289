"""The pre- and post-events of runs: when they are raised, what they say, and that a pre-event can cancel its run."""

from datetime import datetime

import pytest

from sandbox.arm.simulation.travel import pass_time
from sandbox.arm.world import open_azure
from tests.arm.conftest import READY, SPOKE, SUBSCRIPTION, made, refused
from tests.arm.events.conftest import CLOUD, POST, PRE, VERSION, queue_of, webhook_to


@pytest.fixture
def daily(world):
    return world.schedule("Daily")


@pytest.fixture
def topic(world, daily):
    return world.topic(daily)


def moment(text):
    return datetime.fromisoformat(text).timestamp()


def test_a_pre_event_comes_thirty_to_forty_minutes_before_the_run_and_says_what_is_to_come(
    world, machine, daily, topic, group
):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:19:59Z")
    assert world.events() == []
    world.pass_time("2027-01-05T21:30Z")
    (event,) = world.events()
    assert 30 * 60 <= moment("2027-01-05T22:00Z") - moment(event["time"]) <= 40 * 60
    assert (event["type"], event["source"], event["subject"]) == (PRE, daily, "Daily")
    run = f"{daily}/providers/microsoft.maintenance/applyupdates/20270105220000"
    assert event["id"] == run
    assert event["data"] == {
        "correlationId": run,
        "maintenanceConfigurationId": daily,
        "startDateTime": "2027-01-05T22:00:00Z",
        "endDateTime": "2027-01-06T01:00:00Z",
        "cancellationCutOffDateTime": "2027-01-05T21:50:00Z",
        "resourceSubscriptionIds": [SUBSCRIPTION],
    }


def test_a_post_event_comes_when_the_last_machine_is_done(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group), [POST])
    (run,) = world.pass_time("2027-01-06T12:00Z")
    (event,) = world.events()
    assert event["type"] == POST
    assert event["time"] == run["end"]
    assert moment(event["time"]) > moment("2027-01-05T22:00Z")
    assert event["data"]["status"] == "Succeeded"
    assert "cancellationCutOffDateTime" not in event["data"]


def test_each_run_has_its_events_once(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-08T12:00Z")
    assert [event["type"] for event in world.events()] == [PRE, POST] * 3
    assert len({(event["id"], event["type"]) for event in world.events()}) == 6


def test_nothing_is_raised_where_nobody_made_a_system_topic(world, machine, daily):
    world.assign(daily, machine("vm", **READY))
    assert len(world.pass_time("2027-01-08T12:00Z")) == 3
    assert world.events() == []


def test_the_machines_of_a_run_to_come_can_be_asked_for_and_are_those_of_its_pre_event(
    world, machine, daily, topic, group
):
    vm, late = machine("vm", **READY), machine("late", **READY)
    world.assign(daily, vm)
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:40Z")
    run = world.events()[0]["data"]["correlationId"]
    rows = world.rows(
        "maintenanceresources | where type =~ 'microsoft.maintenance/applyupdates' "
        f"| where properties.correlationId =~ '{run}' | project m = tostring(properties.resourceId), "
        "s = tostring(properties.status)"
    )
    assert rows == [{"m": vm.lower(), "s": "Pending"}]
    world.assign(daily, late)
    first, second = world.pass_time("2027-01-06T23:00Z")
    assert [one["id"] for one in first["machines"]] == [vm]
    assert sorted(one["id"] for one in second["machines"]) == sorted([vm, late])


def test_a_machine_that_goes_after_the_pre_event_is_in_no_run(world, machine, daily, topic, group):
    vm, gone = machine("vm", **READY), machine("gone", **READY)
    world.assign(daily, vm)
    world.assign(daily, gone)
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:40Z")
    made(world.arm.delete(gone))
    (run,) = world.pass_time("2027-01-06T12:00Z")
    assert [one["id"] for one in run["machines"]] == [vm]
    assert run["status"] == "Succeeded"


@pytest.mark.parametrize("minutes_before", [41, 39, 20])
def test_a_schedule_changed_too_late_before_a_run_with_a_pre_event_has_that_run_cancelled(
    *, world, machine, daily, topic, group, minutes_before
):
    world.assign(daily, machine("vm", **READY))
    world.pass_time(f"2027-01-05T21:{60 - minutes_before:02}:00Z")
    world.subscribe(topic, queue_of(group))
    first, second = world.pass_time("2027-01-07T12:00Z")
    in_time = minutes_before > 40
    assert first["status"] == ("Succeeded" if in_time else "Cancelled")
    assert bool(first["machines"]) == in_time
    assert second["status"] == "Succeeded"
    (told,) = world.rows(
        "maintenanceresources | where type endswith '/maintenanceconfigurations/applyupdates' "
        "| where name == '20270105220000' | project e = tostring(properties.errorMessage)"
    )
    assert ("internal platform failure" in told["e"]) == (not in_time)


def test_a_run_that_is_cancelled_between_its_pre_event_and_its_start_patches_nothing(
    *, world, machine, daily, topic, hook, another
):
    vm = machine("vm", **READY)
    world.assign(daily, vm)

    def cancel(body):
        made(
            another.send(
                "PUT",
                body[0]["data"]["correlationId"],
                {"properties": {"status": "Cancel"}},
                **{"api-version": "2023-09-01-preview"},
            )
        )
        hook.act = lambda _: None

    hook.act = cancel
    assert world.subscribe(topic, webhook_to(hook.url)) == "Succeeded"
    first, second = world.pass_time("2027-01-07T12:00Z")
    assert (first["status"], second["status"]) == ("Cancelled", "Succeeded")
    assert [one["status"] for one in first["machines"]] == ["Cancelled"]
    assert [event["type"] for event in world.events()] == [PRE, PRE, POST]
    rows = world.rows(
        "maintenanceresources | where properties.correlationId endswith '20270105220000' "
        "| project s = tostring(properties.status), e = tostring(properties.errorMessage)"
    )
    assert {row["s"] for row in rows} == {"Cancelled"}
    assert {row["e"][:44] for row in rows} == {"Maintenance cancelled using cancellation API"}
    installed = world.rows("patchinstallationresources | where properties.maintenanceRunId has '20270105220000'")
    assert installed == []


def test_a_run_can_be_cancelled_until_ten_minutes_before_it_and_not_later(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:50:01Z")
    run = world.events()[0]["data"]["correlationId"]
    refused(world.cancel(run), 400, "BadRequest")
    world.pass_time("2027-01-06T21:50:00Z")
    answer = world.cancel(world.events()[-1]["data"]["correlationId"])
    assert made(answer)["properties"]["status"] == "Cancelled"
    assert [run["status"] for run in world.pass_time("2027-01-07T12:00Z")] == ["Cancelled"]


def test_a_machine_that_the_handler_starts_is_patched(*, world, machine, daily, topic, hook, another):
    vm = machine("vm", **READY)
    made(world.arm.post(f"{vm}/deallocate"))
    world.assign(daily, vm)
    hook.act = lambda body: made(another.post(f"{vm}/start")) if body[0]["eventType"] == PRE else None
    world.subscribe(topic, webhook_to(hook.url))
    (run,) = world.pass_time("2027-01-06T12:00Z")
    assert [one["status"] for one in run["machines"]] == ["Succeeded"]


@pytest.mark.parametrize("schema", ["EventGridSchema", CLOUD])
def test_events_have_the_schema_that_was_asked_for(*, world, machine, daily, topic, hook, schema, group):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, webhook_to(hook.url), [PRE], eventDeliverySchema=schema)
    world.subscribe(topic, queue_of(group), [PRE], name="queue", eventDeliverySchema=schema)
    world.pass_time("2027-01-05T21:30Z")
    (event,) = world.events()
    (told,), (headers,) = hook.told, hook.headers
    by_destination = {one["destination"]: one for one in event["deliveries"]}
    assert by_destination["WebHook"]["message"] == told
    if schema == CLOUD:
        assert headers["content-type"].startswith("application/cloudevents+json")
        assert (told["specversion"], told["type"], told["source"]) == ("1.0", PRE, daily)
        assert by_destination["StorageQueue"]["message"] == told
    else:
        (one,) = told
        assert headers["aeg-event-type"] == "Notification"
        assert (one["eventType"], one["topic"], one["dataVersion"]) == (PRE, daily, "1.0")
        assert by_destination["StorageQueue"]["message"] == one


def test_filters_decide_who_is_told(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    subject = {"includedEventTypes": [PRE], "subjectBeginsWith": "daIly"}
    world.subscribe(topic, queue_of(group), [PRE], name="pre", filter=subject)
    world.subscribe(topic, queue_of(group), [POST], name="post")
    case = {**subject, "isSubjectCaseSensitive": True}
    world.subscribe(topic, queue_of(group), name="case", filter=case)
    world.subscribe(topic, queue_of(group), name="over", expirationTimeUtc="2027-01-05T00:00:00Z")
    world.pass_time("2027-01-06T12:00Z")
    told = [(one["type"], one["deliveries"]) for one in world.events()]
    names = [(kind, [one["subscription"].rsplit("/", 1)[1] for one in deliveries]) for kind, deliveries in told]
    assert names == [(PRE, ["pre"]), (POST, ["post"])]


def test_a_webhook_elsewhere_and_a_function_are_recorded_and_not_sent(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    function = f"{group}/providers/Microsoft.Web/sites/app/functions/before"
    world.subscribe(topic, webhook_to("https://example.com/hook?code=s3cret"), name="web")
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function}}
    world.subscribe(topic, destination, name="function")
    world.pass_time("2027-01-05T21:30Z")
    deliveries = {one["destination"]: one for one in world.events()[0]["deliveries"]}
    assert {one["status"] for one in deliveries.values()} == {"NotSent"}
    assert deliveries["WebHook"]["to"] == "https://example.com/hook"
    assert deliveries["AzureFunction"]["to"] == function
    assert "s3cret" not in str(world.events())


def test_machines_of_several_subscriptions_are_named_by_their_subscriptions(world, arm, daily, topic, group):
    arc = f"/subscriptions/{SPOKE}/resourceGroups/rg"
    made(arm.put(arc, {"location": "westeurope"}))
    path = f"{arc}/providers/Microsoft.HybridCompute/machines/arc"
    made(arm.put(path, {"location": "westeurope", "properties": {"osType": "linux"}}))
    world.assign(daily, path)
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:30Z")
    assert world.events()[0]["data"]["resourceSubscriptionIds"] == [SPOKE]


def test_who_kills_it_between_the_events_finds_the_run_as_it_was(*, world, machine, daily, topic, group, server, clock):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group))
    world.pass_time("2027-01-05T21:40Z")
    server.stop()
    state = server.faults._file.parent
    azure = open_azure(state, clock=clock)
    pass_time(azure, moment("2027-01-06T12:00Z"))
    from sandbox.arm.events.reporting import events_between

    assert [one["type"] for one in events_between(azure, 0, azure.now())] == [PRE, POST]
    azure.store.close()
    server.azure = open_azure(state, clock=clock)


def test_without_its_topic_a_configuration_runs_as_any_other(world, machine, daily, topic, group):
    world.assign(daily, machine("vm", **READY))
    world.subscribe(topic, queue_of(group))
    made(world.arm.send("DELETE", topic, **VERSION))
    assert [run["status"] for run in world.pass_time("2027-01-06T12:00Z")] == ["Succeeded"]
    assert world.events() == []


def test_a_machine_that_another_run_has_at_the_time_is_announced_for_both_and_is_in_one(
    *, world, machine, daily, topic, group
):
    other = world.schedule("Other")
    vm = machine("vm", **READY)
    for configuration, made_topic in ((daily, topic), (other, world.topic(other, "topic2"))):
        world.assign(configuration, vm, configuration[-5:])
        world.subscribe(made_topic, queue_of(group))
    query = "maintenanceresources | where type =~ 'microsoft.maintenance/applyupdates' | project s = properties.status"
    world.pass_time("2027-01-05T21:40Z")
    assert [row["s"] for row in world.rows(query)] == ["Pending", "Pending"]
    world.pass_time("2027-01-06T12:00Z")
    assert [row["s"] for row in world.rows(query)] == ["Succeeded"]
