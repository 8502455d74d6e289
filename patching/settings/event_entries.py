"""The entries of a schedule's events in the stack file, as the user writes them."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, PlainValidator

from patching.event_handlers import DeliverySchema
from patching.settings import event_words, values
from patching.settings import vocabulary as v
from patching.settings.entries import Entry


class StorageQueueEntry(Entry):
    """`schedules.<key>.events.before.<key>.storageQueue`."""

    storage_account: Annotated[str, PlainValidator(event_words.storage_account_id)] = Field(
        description="the ARM id of a storage account", examples=[event_words.STORAGE_EXAMPLE]
    )
    queue: Annotated[str, PlainValidator(event_words.queue_name)] = Field(
        description="the name of a queue in it", examples=["patching-events"]
    )


class EventHandlerEntry(Entry):
    """`schedules.<key>.events.before.<key>` and `after`: one of the five that an event can go to."""

    example: ClassVar[Mapping[str, object]] = {"azureFunction": event_words.SHORT_EXAMPLE}

    azure_function: Annotated[str | None, PlainValidator(event_words.function_id)] = Field(
        default=None, description="the ARM id of a function", examples=[event_words.FUNCTION_EXAMPLE]
    )
    webhook: Annotated[str | None, PlainValidator(values.text)] = Field(
        default=None, description="a key of webhookUrls", examples=["start-machines"]
    )
    storage_queue: Annotated[StorageQueueEntry | None, BeforeValidator(values.plain)] = Field(
        default=None,
        description="a queue in a storage account",
        examples=[{"storageAccount": event_words.STORAGE_EXAMPLE, "queue": "patching-events"}],
    )
    event_hub: Annotated[str | None, PlainValidator(event_words.event_hub_id)] = Field(
        default=None, description="the ARM id of an event hub", examples=[event_words.EVENT_HUB_EXAMPLE]
    )
    service_bus_queue: Annotated[str | None, PlainValidator(event_words.service_bus_queue_id)] = Field(
        default=None, description="the ARM id of a Service Bus queue", examples=[event_words.SERVICE_BUS_EXAMPLE]
    )
    delivery_schema: Annotated[DeliverySchema, PlainValidator(values.choice(DeliverySchema))] = Field(
        default=DeliverySchema.EVENT_GRID, description="how the event is written", examples=["EventGridSchema"]
    )


class HandlerGrantEntry(Entry):
    """`schedules.<key>.events.grant`."""

    principal_id: Annotated[str, PlainValidator(event_words.principal_id)] = Field(
        description="the object id of the handlers' identity", examples=["22222222-3333-4444-8555-666666666666"]
    )
    cancel: v.Flag = Field(default=False, description="whether it may cancel runs, too", examples=[False])


class EventsEntry(Entry):
    """`schedules.<key>.events`. Who is told is an entry of its own."""

    before: v.AnyMap = Field(
        default={},
        description="who is told before a run, by key",
        examples=[{"start": {"azureFunction": event_words.SHORT_EXAMPLE}}],
    )
    after: v.AnyMap = Field(
        default={},
        description="who is told after a run, by key",
        examples=[{"stop": {"azureFunction": event_words.SHORT_EXAMPLE}}],
    )
    grant: Annotated[HandlerGrantEntry | None, BeforeValidator(values.plain)] = Field(
        default=None,
        description="an identity that is granted what handlers need",
        examples=[{"principalId": "22222222-3333-4444-8555-666666666666"}],
    )
