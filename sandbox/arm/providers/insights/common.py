"""What the types of Microsoft.Insights have in common: how a body is checked, kept, and shown."""

from collections.abc import Mapping
from typing import Any

from sandbox.arm.azure import Reply, Request, system_data
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.store import Resource


def bad_rule(message: str) -> ArmError:
    """Return the refusal of what a body says."""
    return bad_request("BadRequest", message)


def required(properties: Mapping[str, Any], *names: str) -> None:
    """Check that properties have a value.

    Raises ArmError (400 BadRequest).
    """
    for name in names:
        if properties.get(name) in (None, "", []):
            raise bad_rule(f"The required property 'properties.{name}' is missing.")


def stored(request: Request, document: dict[str, Any], private: dict[str, Any] | None = None) -> Reply:
    """Keep a resource and answer with it: 201 where it is new."""
    azure = request.azure
    found = azure.store.get(request.resource_id)
    kept = azure.write(Resource(request.resource_id, document, private or {}), request.api_version)
    return Reply(200 if found else 201, azure.present(kept))


def shown(resource: Resource, kind: str) -> dict[str, Any]:
    """Return a resource as Microsoft.Insights answers it: parts of its id in lower case, as the examples have it."""
    subscription, group = resource.id.subscription, resource.id.resource_group
    return {
        "id": f"/subscriptions/{subscription}/resourcegroups/{group}/providers/{kind}/{resource.id.name}",
        "name": resource.id.name,
        "type": kind,
        **resource.document,
    }


def with_system_data(resource: Resource, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with who made it, and when."""
    return {**answer, "systemData": system_data(resource, "Application")}
