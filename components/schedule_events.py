"""A schedule's events as the arguments of `MaintenanceEvents`, and the roles that their handlers are granted."""

from collections.abc import Callable, Mapping

import pulumi

from patching.event_handlers import EndpointType
from patching.handler_grants import Grant, grants_of
from patching.settings.model import EventHandler, Settings

from .maintenance_events import EventHandlerArgs
from .roles import granted_role


def handlers_arguments(
    handlers: Mapping[str, EventHandler], webhook_urls: Mapping[str, pulumi.Output[str]]
) -> dict[str, EventHandlerArgs]:
    """Who is told of one of the two events, by key; `webhook_urls` are secrets, by webhook."""
    return {key: _arguments(handler, webhook_urls) for key, handler in handlers.items()}


def _arguments(handler: EventHandler, webhook_urls: Mapping[str, pulumi.Output[str]]) -> EventHandlerArgs:
    arguments = EventHandlerArgs(delivery_schema=handler.schema.value)
    match handler.endpoint:
        case EndpointType.AZURE_FUNCTION:
            arguments["azure_function_id"] = handler.target
        case EndpointType.WEBHOOK:
            arguments["webhook_url"] = webhook_urls[handler.target]
        case EndpointType.STORAGE_QUEUE:
            arguments["storage_account_id"] = handler.target
            arguments["queue_name"] = handler.queue or ""
        case EndpointType.EVENT_HUB:
            arguments["event_hub_id"] = handler.target
        case EndpointType.SERVICE_BUS_QUEUE:
            arguments["service_bus_queue_id"] = handler.target
    return arguments


def grant_handler_roles(
    settings: Settings,
    options: Callable[[str], pulumi.ResourceOptions],
    scope_of: Callable[[Grant], pulumi.Input[str]],
) -> None:
    """Declares a role assignment for each grant that the stack's schedules ask for.

    `options` are those of a subscription by its key; `scope_of` gives a grant's scope, after what is made there.
    """
    for grant in grants_of(settings):
        granted_role(
            "/".join(("events", grant.place, grant.principal_id, grant.role.title.replace(" ", "-").lower())),
            role=grant.role.definition_id,
            scope=scope_of(grant),
            principal_id=grant.principal_id,
            grantee=f"events {grant.principal_id}",
            opts=options(grant.subscription_key),
        )
