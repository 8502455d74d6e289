"""What the types of Microsoft.Network have in common.

Their operations are asynchronous in form only: they have ended when they are first polled. Azure takes some seconds.
"""

import re
import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, check_not_in_use
from sandbox.arm.bodies import Shape, check, invalid_content, mapping_at
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId
from sandbox.arm.operations import begin
from sandbox.arm.regions import check_unchanged, normalised, region, region_of
from sandbox.arm.store import Resource

VERSIONS = api_versions.NETWORK
VIRTUAL_NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups"
INTERFACE = "Microsoft.Network/networkInterfaces"
PUBLIC_ADDRESS = "Microsoft.Network/publicIPAddresses"
_NAME = re.compile(r"\w([\w.-]{0,78}\w)?")
REFERENCE: Shape = {"id": str}


def invalid_format(path: str, message: str) -> ArmError:
    """Return Microsoft.Network's refusal of a body that it cannot read."""
    return ArmError(
        400,
        "InvalidRequestFormat",
        "Cannot parse the request.",
        details=(("InvalidJson", f"The value at path '{path}' {message}."),),
    )


def check_name(name: str) -> str:
    """Return the name of a network resource, or of a part of one, as it is.

    Raises ArmError (400 InvalidResourceName).
    """
    if not _NAME.fullmatch(name):
        raise bad_request(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
        )
    return name


def prepare(request: Request, shape: Shape) -> tuple[Resource | None, str]:
    """Check what every PUT has to have; return what is there already, and the region.

    Raises ArmError: 404 for what encloses it, 400 for the body, 409 for a move to another region.
    """
    azure, resource_id = request.azure, request.resource_id
    azure.check_parents(resource_id)
    check_name(resource_id.name)
    check(request.body, {"properties": shape}, refuse=invalid_format)
    location = region(request.body.get("location"), request.type.name)
    found = azure.store.get(resource_id)
    if found:
        check_unchanged(found.document.get("location"), location, resource_id.name, resource_id.resource_group)
    return found, location


def document(request: Request, location: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored of a PUT: location, tags and the like, and the properties that the service made of it."""
    kept = {key: request.body[key] for key in ("tags", "zones", "sku") if request.body.get(key)}
    return {"location": location, **kept, "properties": {"provisioningState": "Succeeded", **properties}}


def resource_guid(found: Resource | None) -> str:
    """Return the GUID of a resource: it stays as long as the resource does."""
    earlier = found.properties.get("resourceGuid") if found else None
    return str(earlier or uuid.uuid4())


def accepted(request: Request, stored: Resource, *, created: bool) -> Reply:
    """Answer a PUT: 201 where it made something, 200 where it changed it."""
    headers = {"Azure-AsyncOperation": _operation(request)["Azure-AsyncOperation"]}
    return Reply(201 if created else 200, request.azure.present(stored), headers)


def delete(request: Request) -> Reply:
    """Answer a DELETE: 202 with an operation to follow, 204 where there was nothing."""
    azure, resource_id = request.azure, request.resource_id
    azure.check_parents(resource_id)
    found = azure.store.get(resource_id)
    if found is None:
        return Reply(204)
    check_not_in_use(azure, found)
    azure.remove(resource_id)
    return Reply(202, None, _operation(request))


def _operation(request: Request) -> dict[str, str]:
    return begin(request, normalised(region_of(request.body)), 0.0)


def patch_tags(request: Request) -> Reply:
    """Answer a PATCH: Microsoft.Network changes tags only."""
    azure = request.azure
    found = azure.existing(request.resource_id)
    unknown = sorted(set(request.body) - {"tags"})
    if unknown:
        raise invalid_content(unknown[0], "cannot be changed by a PATCH; it takes tags only")
    tags = mapping_at(request.body, "tags")
    return Reply(
        200, azure.present(azure.write(replace(found, document={**found.document, "tags": tags}), request.api_version))
    )


def present(resource: Resource) -> dict[str, Any]:
    """Return a resource as Microsoft.Network answers it, with its etag in the body."""
    return {
        "name": resource.id.name,
        "id": resource.id.text,
        "etag": f'W/"{resource.etag}"',
        "type": resource.id.type,
        **resource.document,
    }


def required(value: Any, name: str, owner: ResourceId) -> Any:
    """Return a value that must be there.

    Raises ArmError (400 InvalidRequestFormat).
    """
    if value in (None, "", []):
        raise bad_request("InvalidRequestFormat", f"Required property '{name}' is missing on resource {owner.text}.")
    return value


def sub_resource(azure: Azure, owner: ResourceId, kind: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a resource (an IP configuration, a rule) as it is answered within the whole."""
    return {
        "name": name,
        "id": f"{owner.text}/{kind}/{name}",
        "etag": f'W/"{uuid.uuid5(uuid.NAMESPACE_URL, f"{owner.key}/{kind}/{name}/{azure.now()}")}"',
        "type": f"{owner.type}/{kind}",
        "properties": {"provisioningState": "Succeeded", **properties},
    }
