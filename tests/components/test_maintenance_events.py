"""`MaintenanceEvents`, and what a stack makes of a schedule's events."""

import json

import pulumi
import pytest

from components import MaintenanceEvents
from tests.components.conftest import MAIN, SPOKE

CONFIGURATION = (
    f"/subscriptions/{MAIN}/resourceGroups/rg-MC/providers/Microsoft.Maintenance/maintenanceConfigurations/Linux.weekly"
)
GROUP = f"/subscriptions/{MAIN}/resourceGroups/rg-events/providers"
FUNCTION = f"{GROUP}/Microsoft.Web/sites/app/functions/before"
STORE = f"{GROUP}/Microsoft.Storage/storageAccounts/store"
HUB = f"{GROUP}/Microsoft.EventHub/namespaces/ns/eventhubs/hub"
BUS = f"{GROUP}/Microsoft.ServiceBus/namespaces/ns/queues/queue"
URL = "https://example.com/hook?code=s3cret"
TOPIC = "azure-native:eventgrid:SystemTopic"
SUBSCRIPTION = "azure-native:eventgrid:SystemTopicEventSubscription"
ROLE = "azure-native:authorization:RoleAssignment"


@pytest.fixture
def events(record, provider_options):
    def run(*, options=None, **more):
        args = {
            "maintenance_configuration_id": CONFIGURATION,
            "resource_group_name": "rg-MC",
            "location": "westeurope",
            **more,
        }

        def program():
            made = MaintenanceEvents("ring", args, provider_options())
            pulumi.export("name", made.name)
            pulumi.export("id", made.resource_id)
            pulumi.export("before", made.before_ids)
            pulumi.export("after", made.after_ids)

        return record(program, **(options or {}))

    return run


def test_it_is_a_topic_and_a_subscription_for_each_who_is_told(events):
    recording = events(before={"start": {"azure_function_id": FUNCTION}}, after={"stop": {"webhook_url": URL}})
    topic = recording.one(TOPIC)
    assert topic.inputs["source"] == CONFIGURATION
    assert topic.inputs["topicType"] == "Microsoft.Maintenance.MaintenanceConfigurations"
    assert topic.inputs["location"] == "westeurope"
    made = recording.of_type(SUBSCRIPTION)
    assert set(made) == {"ring-pre/start", "ring-post/stop"}
    start, stop = made["ring-pre/start"], made["ring-post/stop"]
    assert start.inputs["eventSubscriptionName"] == "pre-start"
    assert start.inputs["filter"]["includedEventTypes"] == ["Microsoft.Maintenance.PreMaintenanceEvent"]
    assert stop.inputs["filter"]["includedEventTypes"] == ["Microsoft.Maintenance.PostMaintenanceEvent"]
    assert start.inputs["destination"]["resourceId"] == FUNCTION
    component = recording.one("azure-patching:index:MaintenanceEvents")
    assert {one.parent for one in (topic, *made.values())} == {component.urn}
    assert topic.urn in start.dependencies
    assert set(recording.outputs["before"]) == {"start"}
    assert set(recording.outputs["after"]) == {"stop"}


def test_the_url_of_a_webhook_is_a_secret_whether_or_not_it_came_as_one(events):
    recording = events(before={"start": {"webhook_url": URL}})
    sent = recording.one(SUBSCRIPTION)
    assert sent.inputs["destination"]["endpointUrl"] == URL
    assert any(path.startswith("destination") for path in sent.secrets), sent.secrets
    assert URL not in json.dumps(recording.outputs, default=str)


@pytest.mark.parametrize(
    ("handler", "destination"),
    [
        ({"azure_function_id": FUNCTION}, {"endpointType": "AzureFunction", "resourceId": FUNCTION}),
        ({"webhook_url": URL}, {"endpointType": "WebHook", "endpointUrl": URL}),
        (
            {"storage_account_id": STORE, "queue_name": "events"},
            {"endpointType": "StorageQueue", "resourceId": STORE, "queueName": "events"},
        ),
        ({"event_hub_id": HUB}, {"endpointType": "EventHub", "resourceId": HUB}),
        ({"service_bus_queue_id": BUS}, {"endpointType": "ServiceBusQueue", "resourceId": BUS}),
    ],
)
def test_each_kind_of_destination_is_sent_alike_known_or_not(events, later, handler, destination):
    for values in (handler, {key: later(value) for key, value in handler.items()}):
        sent = events(after={"told": values}).one(SUBSCRIPTION).inputs["destination"]
        assert destination.items() <= sent.items()
    cloud = {**handler, "delivery_schema": "CloudEventSchemaV1_0"}
    assert events(after={"told": cloud}).one(SUBSCRIPTION).inputs["eventDeliverySchema"] == "CloudEventSchemaV1_0"


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ({}, "expected one of"),
        ({"azure_function_id": FUNCTION, "event_hub_id": HUB}, "expected one of"),
        ({"azure_function_id": FUNCTION.rpartition("/functions")[0]}, "the ARM id of a function"),
        ({"azure_function_id": CONFIGURATION}, "the ARM id of a function"),
        ({"webhook_url": "http://example.com/?code=s3cret"}, "a URL over HTTPS"),
        ({"webhook_url": "/hook?code=s3cret"}, "an absolute URL"),
        ({"storage_account_id": STORE}, "queue_name together"),
        ({"storage_account_id": STORE, "queue_name": "Events"}, "lower-case"),
        ({"storage_account_id": f"{STORE}/queues/a", "queue_name": "events"}, "storage account"),
        ({"event_hub_id": BUS}, "event hub"),
        ({"service_bus_queue_id": HUB}, "Service Bus queue"),
        ({"event_hub_id": HUB, "delivery_schema": "Morse"}, "EventGridSchema"),
    ],
)
def test_what_is_wrong_is_told_at_once_and_no_secret_is(events, later, handler, told):
    with pytest.raises(pulumi.RunError, match=told) as error:
        events(before={"start": handler})
    assert "s3cret" not in str(error.value)
    if len(handler) == 1 and "together" not in told:
        with pytest.raises(Exception, match=told) as error:
            events(before={"start": {key: later(value) for key, value in handler.items()}})
        assert "s3cret" not in str(error.value)


def test_somebody_has_to_be_told(events):
    with pytest.raises(pulumi.RunError, match="who is told"):
        events(before={}, after={})


def test_what_azure_does_not_change_in_place_is_made_anew(events):
    topic = events(before={"start": {"event_hub_id": HUB}}).one(TOPIC)
    assert {"source", "location"} <= set(topic.replace_on_changes)
    assert topic.delete_before_replace is True


def schedule(**more):
    return {
        "start": "2027-01-05 22:00",
        "timeZone": "UTC",
        "duration": "03:00",
        "recurEvery": "Day",
        "updates": {"linux": {"classifications": ["Critical"]}},
        "scopes": {"all": {"subscriptions": ["main"], "osTypes": ["Linux"]}},
        **more,
    }


TWO = {"main": {"id": MAIN}, "spoke": {"id": SPOKE}}
PRINCIPAL = "22222222-3333-4444-8555-666666666666"


def run(stack, secret=None, **schedules):
    config = {"subscriptions": TWO, "schedules": schedules}
    secret_keys = ()
    if secret:
        config["webhookUrls"] = secret
        secret_keys = ("azure-patching:webhookUrls",)
    return stack(config, secret_keys=secret_keys)


def test_a_schedule_without_events_makes_nothing_of_them(stack):
    recording = run(stack, linux=schedule())
    assert not recording.of_type(TOPIC)
    assert "events" not in recording.outputs


def test_a_stack_makes_the_events_of_its_schedules(stack):
    told = {"before": {"start": {"webhook": "hook"}}, "after": {"stop": {"azureFunction": FUNCTION}}}
    recording = run(stack, {"hook": URL}, linux=schedule(subscription="spoke", events=told, location="northeurope"))
    topic = recording.one(TOPIC)
    assert topic.inputs["source"].endswith("/maintenanceConfigurations/linux")
    assert topic.inputs["location"] == "northeurope"
    assert recording.names({topic.provider}) == {"spoke"}
    assert recording.names(topic.dependencies) >= {"linux-configuration"}
    subscriptions = recording.of_type(SUBSCRIPTION)
    assert set(subscriptions) == {"linux/events-pre/start", "linux/events-post/stop"}
    assert subscriptions["linux/events-pre/start"].inputs["destination"]["endpointUrl"] == URL
    assert set(recording.outputs["events"]) == {"linux"}
    assert not recording.of_type(ROLE)


def test_what_one_schedule_tells_changes_nothing_of_another(stack):
    told = {"before": {"start": {"azureFunction": FUNCTION}}}
    more = {"before": {**told["before"], "notify": {"azureFunction": f"{FUNCTION}2"}}}
    before = run(stack, linux=schedule(events=told), other=schedule())
    after = run(stack, linux=schedule(events=more), other=schedule())
    changed = {urn for urn in after.registrations if before.registrations.get(urn) != after.registrations[urn]}
    assert after.names(changed) == {"linux/events-pre/notify"}


def test_rights_are_given_only_where_they_are_asked_for_and_once(stack):
    told = {"before": {"start": {"azureFunction": FUNCTION}}}
    granted = {**told, "grant": {"principalId": PRINCIPAL}}
    machine = f"/subscriptions/{SPOKE}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
    arc = f"/subscriptions/{SPOKE}/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/arc"
    cancelling = {**told, "grant": {"principalId": PRINCIPAL, "cancel": True}}
    recording = run(
        stack,
        one=schedule(events=granted),
        two=schedule(events=cancelling, machines=[machine, arc], scopes={}),
        three=schedule(events=granted),
        four=schedule(events=told, scopes={"rg": {"resourceGroup": "rg", "locations": ["westeurope"]}}),
    )
    made = {
        (role.inputs["scope"], role.inputs["roleDefinitionId"].rpartition("/")[2])
        for role in recording.of_type(ROLE).values()
    }
    reader, starter = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
    tagger = "4a9ae827-6dc8-4573-8ac7-8239d42aa03f"
    contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    two = next(one for one in recording.of_type(TOPIC).values() if one.name.startswith("two/")).inputs["source"]
    assert made == {
        (f"/subscriptions/{MAIN}", reader),
        (f"/subscriptions/{MAIN}", starter),
        (f"/subscriptions/{MAIN}", tagger),
        (machine, reader),
        (machine, starter),
        (machine, tagger),
        (two, contributor),
    }
    assert len(recording.of_type(ROLE)) == 7
    assert {role.inputs["principalId"] for role in recording.of_type(ROLE).values()} == {PRINCIPAL}
    assert {role.inputs["principalType"] for role in recording.of_type(ROLE).values()} == {"ServicePrincipal"}


def test_the_urls_may_be_one_secret_and_a_missing_one_is_told(stack):
    told = {"before": {"start": {"webhook": "hook"}}}
    with pytest.raises(Exception, match="webhookUrls"):
        run(stack, linux=schedule(events=told))
