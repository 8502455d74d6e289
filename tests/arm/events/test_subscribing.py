"""System topics and their event subscriptions: what is taken, what is answered, and the handshake with a webhook."""

import contextlib
import socket
import threading
import time

import httpx
import pytest

from sandbox.arm.azure import Settings
from sandbox.arm.server import ArmServer
from sandbox.arm.world import open_azure
from tests.arm.conftest import READY, SPOKE, made, refused
from tests.arm.events.conftest import CLOUD, POST, PRE, TOPIC_TYPE, VERSION, queue_of, webhook_to


@pytest.fixture
def daily(world):
    return world.schedule("Daily")


@pytest.fixture
def topic(world, daily):
    return world.topic(daily)


def put_topic(world, path, source, location="westeurope", topic_type=TOPIC_TYPE):
    properties = {"source": source, "topicType": topic_type}
    return world.arm.send("PUT", path, {"location": location, "properties": properties}, **VERSION)


def test_a_system_topic_is_answered_as_published(world, daily, topic):
    answer = made(world.arm.get(topic, **VERSION))
    assert (answer["id"], answer["type"]) == (topic, "Microsoft.EventGrid/systemTopics")
    properties = answer["properties"]
    assert (properties["source"], properties["topicType"]) == (daily, TOPIC_TYPE)
    assert properties["provisioningState"] == "Succeeded"
    assert properties["metricResourceId"]
    again = put_topic(world, topic, daily.lower(), "West Europe", TOPIC_TYPE.lower())
    assert again.status_code == 200
    listed = made(world.arm.get(topic.rsplit("/", 1)[0], **VERSION))["value"]
    assert [one["name"] for one in listed] == ["topic"]


@pytest.mark.parametrize(
    "change",
    [
        {"topic_type": "Microsoft.Storage.StorageAccounts"},
        {"location": "northeurope"},
        {"source": "/subscriptions/x/nothing"},
        {"source": "{daily}x"},
    ],
)
def test_a_system_topic_that_azure_would_refuse_is_refused(world, daily, group, change):
    path = f"{group}/providers/Microsoft.EventGrid/systemTopics/topic"
    change = {key: value.format(daily=daily) for key, value in change.items()}
    refused(put_topic(world, path, **{"source": daily, **change}), 400, "InvalidRequest")


def test_a_system_topic_is_alone_for_its_source_and_beside_it(world, arm, daily, topic, group):
    refused(put_topic(world, f"{topic}2", daily), 400, "InvalidRequest")
    made(arm.put(f"/subscriptions/{SPOKE}/resourceGroups/rg", {"location": "westeurope"}))
    weekly = world.schedule("Weekly")
    elsewhere = f"/subscriptions/{SPOKE}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/topic"
    refused(put_topic(world, elsewhere, weekly), 400, "InvalidRequest")
    refused(put_topic(world, topic, weekly), 400, "InvalidRequest")


@pytest.mark.parametrize("name", ["ab", "a_b", "a.b", "x" * 51])
def test_names_are_checked(world, daily, group, name):
    path = f"{group}/providers/Microsoft.EventGrid/systemTopics/{name}"
    refused(put_topic(world, path, daily), 400, "InvalidRequest")
    topic = world.topic(daily, "n" * 50)
    if name != "x" * 51:
        refused(world.put_subscription(topic, queue_of(group), name=name), 400, "InvalidRequest")
    refused(world.put_subscription(topic, queue_of(group), name="x" * 65), 400, "InvalidRequest")
    made(world.put_subscription(topic, queue_of(group), name="x" * 64))


def test_the_namespace_has_to_be_registered(world, arm, daily, group):
    subscription = group.split("/resourceGroups")[0]
    made(arm.post(f"{subscription}/providers/Microsoft.EventGrid/unregister"))
    path = f"{group}/providers/Microsoft.EventGrid/systemTopics/topic"
    refused(put_topic(world, path, daily), 409, "MissingSubscriptionRegistration")


def test_the_url_of_a_webhook_is_never_answered_but_when_it_is_asked_for(world, topic, hook):
    answer = world.put_subscription(topic, webhook_to(hook.url))
    assert answer.status_code == 201
    subscription = f"{topic}/eventSubscriptions/sub"
    assert world.state(subscription) == "Succeeded"
    listed = world.arm.get(f"{topic}/eventSubscriptions", **VERSION)
    for one in (answer, world.arm.get(subscription, **VERSION), listed):
        assert "s3cret" not in one.text
    destination = made(world.arm.get(subscription, **VERSION))["properties"]["destination"]
    assert destination["properties"] == {
        "endpointBaseUrl": hook.url.partition("?")[0],
        "maxEventsPerBatch": 1,
        "preferredBatchSizeInKilobytes": 64,
    }
    full = made(world.arm.send("POST", f"{subscription}/getFullUrl", **VERSION))
    assert full == {"endpointUrl": hook.url}
    assert made(world.arm.send("POST", f"{subscription}/getDeliveryAttributes", **VERSION)) == {"value": []}


def test_what_is_left_out_is_answered_with_its_default(world, topic, group):
    world.put_subscription(topic, queue_of(group))
    properties = made(world.arm.get(f"{topic}/eventSubscriptions/sub", **VERSION))["properties"]
    assert properties["topic"] == topic
    assert properties["retryPolicy"] == {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
    assert properties["eventDeliverySchema"] == "EventGridSchema"
    assert properties["destination"] == queue_of(group)


@pytest.mark.parametrize(
    ("destination", "changes"),
    [
        ({}, {}),
        ({"endpointType": "Pigeon", "properties": {}}, {}),
        (webhook_to("http://example.com/hook"), {}),
        (webhook_to("https:///hook"), {}),
        (webhook_to("nothing"), {}),
        (webhook_to("https://example.com", maxEventsPerBatch=5001), {}),
        ({"endpointType": "AzureFunction", "properties": {"resourceId": "/subscriptions/x"}}, {}),
        ({"endpointType": "AzureFunction", "properties": {}}, {}),
        (queue_of("{group}", "Upper"), {}),
        (queue_of("{group}", "a--b"), {}),
        (queue_of("{group}"), {"eventDeliverySchema": "Morse"}),
        (queue_of("{group}"), {"retryPolicy": {"maxDeliveryAttempts": 31}}),
        (queue_of("{group}"), {"filter": {"includedEventTypes": ["Microsoft.Storage.BlobCreated"]}}),
        (queue_of("{group}"), {"filter": {"advancedFilters": [{"operatorType": "IsNotNull", "key": "id"}]}}),
    ],
)
def test_an_event_subscription_that_azure_would_refuse_is_refused(world, topic, group, destination, changes):
    properties = dict(destination.get("properties", {}))
    if "resourceId" in properties:
        properties["resourceId"] = properties["resourceId"].format(group=group)
    wanted = {**destination, "properties": properties} if destination else destination
    refused(world.put_subscription(topic, wanted, **changes), 400, "InvalidRequest")


@pytest.mark.parametrize("schema", ["EventGridSchema", CLOUD])
def test_a_webhook_is_asked_before_it_is_told(*, world, machine, daily, topic, hook, schema):
    assert world.subscribe(topic, webhook_to(hook.url), eventDeliverySchema=schema) == "Succeeded"
    assert len(hook.asked) == 1
    if schema == CLOUD:
        assert {key.lower(): value for key, value in hook.asked[0].items()}["webhook-request-origin"] == (
            "eventgrid.azure.net"
        )
    else:
        assert hook.asked[0][0]["topic"] == daily
    world.assign(daily, machine("vm", **READY))
    world.pass_time("2027-01-06T12:00Z")
    assert len(hook.told) == 2


def operation_error(world, answer):
    operation = made(world.arm.http.get(answer.headers["Azure-AsyncOperation"]))
    assert operation["status"] == "Failed"
    assert operation["error"]["code"] == "Url validation"
    return operation["error"]["message"]


def test_a_webhook_that_refuses_gets_no_events(world, machine, daily, topic, hook):
    hook.accepts = None
    answer = world.put_subscription(topic, webhook_to(hook.url))
    assert world.state(f"{topic}/eventSubscriptions/sub") == "Failed"
    message = operation_error(world, answer)
    assert "handshake failed" in message
    assert "401" in message
    assert "s3cret" not in message
    world.assign(daily, machine("vm", **READY))
    world.pass_time("2027-01-06T12:00Z")
    assert hook.told == []
    hook.accepts = True
    assert world.subscribe(topic, webhook_to(hook.url)) == "Succeeded"


def test_a_webhook_that_is_not_there_is_told_so_at_once(world, topic):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = world.put_subscription(topic, webhook_to(f"http://127.0.0.1:{port}/"))
    assert world.state(f"{topic}/eventSubscriptions/sub") == "Failed"
    assert "The request failed" in operation_error(world, answer)


@pytest.mark.parametrize("schema", ["EventGridSchema", CLOUD])
@pytest.mark.parametrize("in_time", [True, False])
def test_a_webhook_may_confirm_by_a_visit_within_five_minutes(*, world, topic, hook, clock, in_time, schema):
    hook.accepts = False
    answer = world.put_subscription(topic, webhook_to(hook.url), eventDeliverySchema=schema)
    assert world.state(f"{topic}/eventSubscriptions/sub") == "AwaitingManualAction"
    assert made(world.arm.http.get(answer.headers["Azure-AsyncOperation"]))["status"] == "InProgress"
    asked = hook.asked[0]
    lower = {key.lower(): value for key, value in asked.items()} if schema == CLOUD else {}
    url = lower.get("webhook-request-callback") or asked[0]["data"]["validationUrl"]
    clock.advance(299 if in_time else 301)
    visit = httpx.get(url)
    assert visit.status_code == (200 if in_time else 404)
    assert world.state(f"{topic}/eventSubscriptions/sub") == ("Succeeded" if in_time else "Failed")
    if in_time:
        assert made(world.arm.http.get(answer.headers["Azure-AsyncOperation"]))["status"] == "Succeeded"
        assert httpx.get(url).status_code == 404
    else:
        assert "not visited" in operation_error(world, answer)


def test_a_patch_changes_what_it_names(world, topic, hook, group):
    world.subscribe(topic, webhook_to(hook.url), [PRE], labels=["mine"])
    path = f"{topic}/eventSubscriptions/sub"
    change = {"filter": {"includedEventTypes": [POST]}}
    made(world.arm.send("PATCH", path, change, **VERSION))
    assert world.state(path) == "Succeeded"
    properties = made(world.arm.get(path, **VERSION))["properties"]
    assert properties["filter"]["includedEventTypes"] == [POST]
    assert properties["labels"] == ["mine"]
    assert made(world.arm.send("POST", f"{path}/getFullUrl", **VERSION)) == {"endpointUrl": hook.url}


def test_what_is_below_a_system_topic_goes_with_it(world, topic, group):
    world.subscribe(topic, queue_of(group))
    made(world.arm.send("DELETE", topic, **VERSION))
    assert world.arm.get(f"{topic}/eventSubscriptions/sub", **VERSION).status_code == 404
    assert world.arm.send("DELETE", topic, **VERSION).status_code == 204


def test_a_delivery_that_fails_is_recorded(world, machine, daily, topic, hook):
    world.subscribe(topic, webhook_to(hook.url), [PRE])
    hook.status = 500
    world.assign(daily, machine("vm", **READY))
    (run,) = world.pass_time("2027-01-06T12:00Z")
    assert run["status"] == "Succeeded"
    delivery = world.events()[0]["deliveries"][0]
    assert (delivery["status"], delivery["answer"]) == ("Failed", 500)
    assert delivery["error"] == "The endpoint answered 500."


class TestInTime:
    @pytest.fixture
    def settings(self):
        return Settings(machine_delay=0, operation_delay=0, webhook_seconds=0.3)

    def test_a_webhook_that_never_answers_holds_the_clock_only_so_long(self, world, machine, daily, topic, hook):
        world.subscribe(topic, webhook_to(hook.url), [PRE])
        over = threading.Event()
        hook.act = lambda _: over.wait(30)
        world.assign(daily, machine("vm", **READY))
        try:
            (run,) = world.pass_time("2027-01-06T12:00Z")
        finally:
            over.set()
        assert run["status"] == "Succeeded"
        delivery = world.events()[0]["deliveries"][0]
        assert delivery["status"] == "Failed"
        assert "No answer within 0.3 seconds" in delivery["error"]


def test_a_webhook_is_told_again_where_the_local_azure_was_killed_before_it_knew(
    *, world, machine, daily, topic, hook, server, settings, clock
):
    world.subscribe(topic, webhook_to(hook.url), [PRE])
    world.assign(daily, machine("vm", **READY))
    reached, over = threading.Event(), threading.Event()

    def hang(_):
        reached.set()
        over.wait(30)

    hook.act = hang

    def move():
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(f"{server.url}/_sandbox/clock", json={"until": "2027-01-05T21:30Z"}, timeout=60)

    moving = threading.Thread(target=move)
    moving.start()
    assert reached.wait(20)
    server.stop()
    moving.join()
    over.set()
    hook.act = lambda _: None
    after = ArmServer(server.faults._file.parent, settings=settings, clock=clock)
    after.start()
    try:
        httpx.get(f"{after.url}{topic}", params=VERSION)
        deadline = time.monotonic() + 20
        while (event := httpx.get(f"{after.url}/_sandbox/events").json()["value"][0])["deliveries"][0][
            "status"
        ] == "Waiting":
            assert time.monotonic() < deadline
    finally:
        after.stop()
    assert event["deliveries"][0]["status"] == "Delivered"
    assert [one[0]["id"] for one in hook.told] == [event["id"]] * 2
    server.azure = open_azure(server.faults._file.parent, clock=clock)  # for the fixture, which closes it


def test_microsofts_client_makes_reads_and_deletes_them(daily, group, hook, signed_in):
    from azure.mgmt.eventgrid import EventGridManagementClient, models

    clients = signed_in()
    with EventGridManagementClient(
        clients.credential,
        clients.subscription,
        base_url=clients.url,
        connection_verify=clients.ca_bundle,
        polling_interval=0,
    ) as client:
        wanted = models.SystemTopic(location="westeurope", source=daily, topic_type=TOPIC_TYPE, tags={"a": "b"})
        topic = client.system_topics.begin_create_or_update("rg", "topic", wanted).result()
        assert (topic.provisioning_state, topic.source, topic.tags) == ("Succeeded", daily, {"a": "b"})
        subscriptions = client.system_topic_event_subscriptions
        told = models.EventSubscription(
            destination=models.WebHookEventSubscriptionDestination(endpoint_url=hook.url),
            filter=models.EventSubscriptionFilter(included_event_types=[PRE]),
        )
        made_one = subscriptions.begin_create_or_update("rg", "topic", "sub", told).result()
        assert made_one.provisioning_state == "Succeeded"
        read = subscriptions.get("rg", "topic", "sub")
        assert (read.destination.endpoint_url, read.destination.endpoint_base_url) == (None, hook.url.partition("?")[0])
        assert subscriptions.get_full_url("rg", "topic", "sub").endpoint_url == hook.url
        update = models.EventSubscriptionUpdateParameters(labels=["mine"])
        assert subscriptions.begin_update("rg", "topic", "sub", update).result().labels == ["mine"]
        assert [one.name for one in subscriptions.list_by_system_topic("rg", "topic")] == ["sub"]
        assert [one.name for one in client.system_topics.list_by_subscription()] == ["topic"]
        subscriptions.begin_delete("rg", "topic", "sub").wait()
        client.system_topics.begin_delete("rg", "topic").wait()
        assert list(client.system_topics.list_by_resource_group("rg")) == []
