"""Reading a schedule's events: who is told before and after its runs, and what handlers are granted."""

from collections.abc import Mapping

from pydantic.alias_generators import to_camel

from patching.event_handlers import EndpointType, Moment
from patching.faults import Findings, Found
from patching.limits import EVENT_SUBSCRIPTIONS_PER_SYSTEM_TOPIC
from patching.names import event_subscription_name, system_topic_name
from patching.plain_data import as_map
from patching.settings.context import Configuration, Context
from patching.settings.engine import WEBHOOK_URLS
from patching.settings.event_entries import EventHandlerEntry, EventsEntry
from patching.settings.model import EventHandler, HandlerGrant, ScheduleEvents
from patching.settings.secret import Secret
from patching.settings.validation import EntryReading, read_entries, read_entry
from patching.settings.values import nearest

ENDPOINTS = {
    "azure_function": EndpointType.AZURE_FUNCTION,
    "webhook": EndpointType.WEBHOOK,
    "storage_queue": EndpointType.STORAGE_QUEUE,
    "event_hub": EndpointType.EVENT_HUB,
    "service_bus_queue": EndpointType.SERVICE_BUS_QUEUE,
}
"""What an event can go to, by the name of a handler's field."""

_SET_URL = "pulumi config set --secret --path webhookUrls"


def read_events(
    raw: Mapping[str, object] | None, path: str, configuration: Configuration, context: Context
) -> ScheduleEvents | None:
    """The events of one schedule, or None where it has none; what is wrong leaves faults."""
    if raw is None:
        return None
    reading = read_entry(EventsEntry, raw, path)
    context.findings.faults.extend(reading.faults)
    entry = reading.entry
    before = _handlers(entry.before if reading.right("before") else {}, Moment.BEFORE, f"{path}.before", context)
    after = _handlers(entry.after if reading.right("after") else {}, Moment.AFTER, f"{path}.after", context)
    if reading.right("before", "after") and not entry.before and not entry.after:
        example = "{before: {start: {webhook: start-machines}}}"
        context.findings.fault(path, dict(raw), "before, after or both", "say who is told, or remove events", example)
    if len(entry.before) + len(entry.after) > EVENT_SUBSCRIPTIONS_PER_SYSTEM_TOPIC:
        expected = f"at most {EVENT_SUBSCRIPTIONS_PER_SYSTEM_TOPIC} who are told of one schedule"
        context.findings.fault(path, len(entry.before) + len(entry.after), expected, "tell fewer")
    grant = HandlerGrant(entry.grant.principal_id, entry.grant.cancel) if entry.grant else None
    return ScheduleEvents(
        system_topic_name(configuration.name, configuration.id),
        before,
        after,
        grant if reading.right("grant") else None,
    )


def _handlers(raw: Mapping[str, object], moment: Moment, path: str, context: Context) -> dict[str, EventHandler]:
    entries = read_entries(
        EventHandlerEntry,
        raw,
        path,
        context.findings,
        example="start-machines",
        references=lambda _: {"webhook": next(iter(context.webhook_keys or ()), "start-machines")},
    )
    found = (_handler(key, where, moment, reading, context) for key, where, reading in entries)
    return {handler.key: handler for handler in found if handler is not None}


def _handler(
    key: str, path: str, moment: Moment, reading: EntryReading[EventHandlerEntry], context: Context
) -> EventHandler | None:
    entry = reading.entry
    if not reading.right(*ENDPOINTS):
        return None
    given = [field for field in ENDPOINTS if getattr(entry, field) is not None]
    if len(given) != 1:
        expected = "one of azureFunction, webhook, storageQueue, eventHub and serviceBusQueue"
        fix = "say where the event goes" if not given else "give each its own key below before or after"
        context.findings.fault(
            path, [to_camel(field) for field in given] if given else None, expected, fix, "{webhook: start-machines}"
        )
        return None
    queue = entry.storage_queue
    target = queue.storage_account if queue else str(getattr(entry, given[0]))
    if entry.webhook is not None:
        _check_webhook(entry.webhook, f"{path}.webhook", context)
    return EventHandler(
        key=key,
        name=event_subscription_name(moment.value, key),
        endpoint=ENDPOINTS[given[0]],
        target=target,
        queue=queue.queue if queue else None,
        schema=entry.delivery_schema,
    )


def _check_webhook(key: str, path: str, context: Context) -> None:
    if context.webhook_keys is None or key in context.webhook_keys:
        return
    guess = nearest(key, context.webhook_keys)
    known = ", ".join(context.webhook_keys) or "none is there"
    fix = f"write {guess}, or run `{_SET_URL}.{key}`" if guess else f"run `{_SET_URL}.{key}`"
    context.findings.fault(path, key, f"a key of webhookUrls: {known}", fix, guess or key)


def read_webhook_urls(own: Mapping[str, object], findings: Findings) -> list[str] | None:
    """The keys of the webhooks that have a URL; None where the whole map is one secret."""
    value = own.get(WEBHOOK_URLS)
    if isinstance(value, Secret):
        return None
    if WEBHOOK_URLS not in own:
        return []
    urls = as_map(value)
    if urls is None:
        got = Found("no map" if value is not None else "nothing", literal=False)  # it may be a URL with a secret
        findings.fault(WEBHOOK_URLS, got, "a map from name to URL, each a secret", f"run `{_SET_URL}.NAME`")
        return []
    for key, url in urls.items():
        if not isinstance(url, Secret):
            findings.fault(
                f"{WEBHOOK_URLS}.{key}",
                Found("a URL that is no secret", literal=False),
                "a secret: whoever knows a webhook's URL can call it",
                f"remove it and run `{_SET_URL}.{key}`",
            )
    return [str(key) for key in urls]
