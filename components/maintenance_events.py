"""`MaintenanceEvents`: who is told before and after the runs of a maintenance configuration, by Event Grid.

It makes the configuration's system topic, of which Azure keeps one, and an event subscription for each who is told. It
makes no handler: functions, webhooks and queues are there already.
"""

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, TypedDict, cast

import pulumi
from pulumi_azure_native import eventgrid

from patching import names
from patching.arm_ids import parse_resource_id
from patching.event_handlers import MAINTENANCE_TOPIC_TYPE, DeliverySchema, Moment
from patching.faults import NOTHING, Fault, Found, found
from patching.settings import event_words
from patching.settings.event_entries import EventHandlerEntry
from patching.settings.values import Refused

from .declaring import (
    checked,
    component_options,
    component_type,
    is_plain,
    raise_faults,
    together,
    when_known,
)


class EventHandlerArgs(TypedDict):
    """Who is told: one of a function, a webhook, a storage queue, an event hub and a Service Bus queue."""

    azure_function_id: NotRequired[pulumi.Input[str]]
    """The ARM id of a function with an Event Grid trigger: `…/sites/<app>/functions/<function>`."""
    webhook_url: NotRequired[pulumi.Input[str]]
    """A webhook's URL. It may hold a secret, is kept as one in the state, and never answered by Azure."""
    storage_account_id: NotRequired[pulumi.Input[str]]
    """The ARM id of a storage account; `queue_name` is needed then."""
    queue_name: NotRequired[pulumi.Input[str]]
    """The name of a queue in that account."""
    event_hub_id: NotRequired[pulumi.Input[str]]
    """The ARM id of an event hub."""
    service_bus_queue_id: NotRequired[pulumi.Input[str]]
    """The ARM id of a Service Bus queue."""
    delivery_schema: NotRequired[pulumi.Input[str]]
    """`EventGridSchema`, the default, or `CloudEventSchemaV1_0`."""


class MaintenanceEventsArgs(TypedDict):
    """What `MaintenanceEvents` takes. The configuration has to patch guests (scope InGuestPatch)."""

    maintenance_configuration_id: pulumi.Input[str]
    """The ARM id of the maintenance configuration. It has no other system topic."""
    resource_group_name: pulumi.Input[str]
    """Where the system topic is made: a group in the configuration's subscription, best its own."""
    location: pulumi.Input[str]
    """The configuration's location: Azure wants the topic in the same."""
    before: NotRequired[dict[str, EventHandlerArgs]]
    """Who is told 30 to 40 minutes before each run, by key."""
    after: NotRequired[dict[str, EventHandlerArgs]]
    """Who is told when the updates of a run are installed, by key."""
    system_topic_name: NotRequired[pulumi.Input[str]]
    """The system topic's name; without it, it is made of the configuration's name and id."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """The system topic's tags."""


class MaintenanceEvents(pulumi.ComponentResource):
    """The pre- and post-events of a maintenance configuration: its system topic, and its event subscriptions.

    A schedule with a pre-event has to be changed 40 minutes before a run at the latest; otherwise Azure cancels it.
    """

    name: pulumi.Output[str]
    """The system topic's name."""
    resource_id: pulumi.Output[str]
    """The system topic's ARM id."""
    before_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the event subscriptions for the pre-event, by key."""
    after_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the event subscriptions for the post-event, by key."""

    def __init__(self, name: str, args: MaintenanceEventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares one system topic, and an event subscription for each who is told.

        Raises:
            pulumi.RunError: nobody is told, or a destination is wrong; the message has all faults.
        """
        super().__init__(component_type(MaintenanceEvents), name, None, component_options(opts))
        where = f'MaintenanceEvents "{name}"'
        handlers = _checked_handlers(where, args)
        self._topic = self._make_topic(name, args)
        made: dict[Moment, dict[str, pulumi.Output[str]]] = {moment: {} for moment in Moment}
        for (moment, key), handler in handlers.items():
            made[moment][key] = self._subscribe(name, args, moment, key, handler).id
        self.name = self._topic.name
        self.resource_id = self._topic.id
        self.before_ids = together(made[Moment.BEFORE])
        self.after_ids = together(made[Moment.AFTER])
        self.register_outputs(
            {
                "name": self.name,
                "resourceId": self.resource_id,
                "beforeIds": self.before_ids,
                "afterIds": self.after_ids,
            }
        )

    def _make_topic(self, name: str, args: MaintenanceEventsArgs) -> "eventgrid.SystemTopic":
        configuration_id = args["maintenance_configuration_id"]
        return eventgrid.SystemTopic(
            f"{name}-topic",
            eventgrid.SystemTopicArgs(
                system_topic_name=args.get("system_topic_name") or when_known(configuration_id, _default_topic_name),
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                source=configuration_id,
                topic_type=MAINTENANCE_TOPIC_TYPE,
                tags=args.get("tags") or None,
            ),
            pulumi.ResourceOptions(
                parent=self,
                # Azure changes neither in place, and keeps one topic for a source: the old one goes first.
                replace_on_changes=["source", "topicType", "location"],
                delete_before_replace=True,
            ),
        )

    def _subscribe(
        self, name: str, args: MaintenanceEventsArgs, moment: Moment, key: str, handler: EventHandlerArgs
    ) -> "eventgrid.SystemTopicEventSubscription":
        return eventgrid.SystemTopicEventSubscription(
            f"{name}-{moment.value}/{key}",
            eventgrid.SystemTopicEventSubscriptionArgs(
                resource_group_name=args["resource_group_name"],
                system_topic_name=self._topic.name,
                event_subscription_name=names.event_subscription_name(moment.value, key),
                destination=cast("Any", _destination(handler)),
                event_delivery_schema=handler.get("delivery_schema", DeliverySchema.EVENT_GRID.value),
                filter=eventgrid.EventSubscriptionFilterArgs(included_event_types=[moment.event_type]),
            ),
            pulumi.ResourceOptions(
                parent=self,
                # The topic takes its subscriptions with it.
                deleted_with=self._topic,
                # A subscription's name is its own: where it has to be made anew, the old one goes first.
                delete_before_replace=True,
            ),
        )


def _default_topic_name(configuration_id: str) -> str:
    return names.system_topic_name(parse_resource_id(configuration_id).name, configuration_id)


def _destination(handler: EventHandlerArgs) -> object:
    if (function := handler.get("azure_function_id")) is not None:
        return eventgrid.AzureFunctionEventSubscriptionDestinationArgs(
            endpoint_type="AzureFunction", resource_id=function
        )
    if (url := handler.get("webhook_url")) is not None:
        return eventgrid.WebHookEventSubscriptionDestinationArgs(
            endpoint_type="WebHook", endpoint_url=pulumi.Output.secret(url)
        )
    if (account := handler.get("storage_account_id")) is not None:
        return eventgrid.StorageQueueEventSubscriptionDestinationArgs(
            endpoint_type="StorageQueue", resource_id=account, queue_name=handler.get("queue_name")
        )
    if (hub := handler.get("event_hub_id")) is not None:
        return eventgrid.EventHubEventSubscriptionDestinationArgs(endpoint_type="EventHub", resource_id=hub)
    return eventgrid.ServiceBusQueueEventSubscriptionDestinationArgs(
        endpoint_type="ServiceBusQueue", resource_id=handler.get("service_bus_queue_id")
    )


_FIELDS = {
    "azure_function_id": "azure_function",
    "event_hub_id": "event_hub",
    "service_bus_queue_id": "service_bus_queue",
    "delivery_schema": "delivery_schema",
}
_DESTINATIONS = ("azure_function_id", "webhook_url", "storage_account_id", "event_hub_id", "service_bus_queue_id")


def _checked_handlers(where: str, args: MaintenanceEventsArgs) -> dict[tuple[Moment, str], EventHandlerArgs]:
    """Who is told, with checks attached to what is not known yet."""
    given = {
        (moment, key): handler
        for moment, side in ((Moment.BEFORE, "before"), (Moment.AFTER, "after"))
        for key, handler in cast("Mapping[str, EventHandlerArgs]", args.get(side) or {}).items()
    }
    if not given:
        example = "before: {start: {webhook_url: …}}"
        raise_faults(where, [Fault("before", NOTHING, "who is told, in before, after or both", example, "say who")])
    return {
        (moment, key): _checked(f"{where} {moment.value}/{key}", handler) for (moment, key), handler in given.items()
    }


def _checked(where: str, handler: EventHandlerArgs) -> EventHandlerArgs:
    values = checked(where, EventHandlerEntry, cast("Mapping[str, object]", handler), _FIELDS, _faults(handler))
    for argument, judge in _JUDGES.items():
        value = values.get(argument)
        if value is not None and not is_plain(value):
            values[argument] = when_known(value, _judged_later(where, argument, judge))
    return cast("EventHandlerArgs", values)


def _faults(handler: EventHandlerArgs) -> list[Fault]:
    given = [argument for argument in _DESTINATIONS if handler.get(argument) is not None]
    faults: list[Fault] = []
    if len(given) != 1:
        expected = f"one of {', '.join(_DESTINATIONS)}"
        fix = "say where the event goes" if not given else "give each its own key below before or after"
        got = Found(" and ".join(given), literal=False) if given else NOTHING
        faults.append(Fault("destination", got, expected, "webhook_url", fix))
    if (handler.get("storage_account_id") is None) != (handler.get("queue_name") is None):
        expected = "storage_account_id and queue_name together"
        faults.append(Fault("queue_name", NOTHING, expected, "patching-events", "give both"))
    for argument, judge in _JUDGES.items():
        value = cast("Mapping[str, object]", handler).get(argument)
        if value is not None and is_plain(value):
            faults.extend(_judged(argument, judge, value))
    return faults


def _judged(argument: str, judge: Callable[[object], str], value: object) -> list[Fault]:
    """The fault of one value; of a URL it is not shown, for it may hold a secret."""
    try:
        judge(value)
    except Refused as refused:
        got = Found("a URL that is not shown", literal=False) if argument == "webhook_url" else found(value)
        return [Fault(argument, got, refused.expected, refused.example or "", refused.fix)]
    return []


def _judged_later(where: str, argument: str, judge: Callable[[object], str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if faults := _judged(argument, judge, value):
            raise_faults(where, faults)
        return value

    return check


_JUDGES: Mapping[str, Callable[[object], str]] = {
    "webhook_url": event_words.webhook_url,
    "storage_account_id": event_words.storage_account_id,
    "queue_name": event_words.queue_name,
}
