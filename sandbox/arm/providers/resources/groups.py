"""Resource groups: made at once, deleted asynchronously with everything in them."""

import re
from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType, get_resource, list_resources
from sandbox.arm.bodies import merged
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import RESOURCE_GROUP, ResourceId, parse
from sandbox.arm.operations import begin_result, fail
from sandbox.arm.providers.resources.listing import list_tracked
from sandbox.arm.regions import normalised, region
from sandbox.arm.store import Resource

_NAME = re.compile(r"[\w.()-]{0,89}[\w()-]")


def new_group(group: ResourceId, location: str, tags: dict[str, str] | None = None) -> Resource:
    """Return a resource group that has been made; `location` is a region's short name."""
    document: dict[str, Any] = {"location": location, "properties": {"provisioningState": "Succeeded"}}
    return Resource(group, {**document, "tags": tags} if tags else document)


def _present(group: Resource) -> dict[str, Any]:
    return {"id": group.id.text, "name": group.id.name, "type": RESOURCE_GROUP, **group.document}


def _put(request: Request) -> Reply:
    """Create or update a group. Its location is fixed: 409 InvalidResourceGroupLocation."""
    azure, group = request.azure, request.resource_id
    azure.check_parents(group)
    _check_name(group.name)
    found = azure.store.get(group)
    location = region(request.body.get("location"), RESOURCE_GROUP)
    _check_not_deleting(found)
    if found and normalised(found.document["location"]) != location:
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{found.document['location']}'.",
        )
    made = new_group(group, location, request.body.get("tags"))
    if request.body.get("managedBy"):
        made = replace(made, document={**made.document, "managedBy": request.body["managedBy"]})
    stored = azure.write(made, request.api_version)
    return Reply(200 if found else 201, azure.present(stored))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise bad_request(
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' is not valid: it has 1 to 90 letters, digits, '-', '_', '.', "
            "'(' and ')', and does not end with a period.",
        )


def _check_not_deleting(group: Resource | None) -> None:
    if group and group.properties.get("provisioningState") == "Deleting":
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{group.id.name}' is in deprovisioning state and cannot perform this operation.",
        )


def _patch(request: Request) -> Reply:
    azure = request.azure
    found = azure.existing(request.resource_id)
    _check_not_deleting(found)
    unknown = set(request.body) - {"tags", "properties", "name", "managedBy"}
    if unknown:
        raise bad_request(
            "InvalidResourceGroupPatch", f"A patch of a resource group cannot change {', '.join(sorted(unknown))}."
        )
    tags = merged({}, request.body["tags"]) if request.body.get("tags") is not None else found.document.get("tags")
    stored = azure.write(replace(found, document={**found.document, "tags": tags or {}}), request.api_version)
    return Reply(200, azure.present(stored))


def _delete(request: Request) -> Reply:
    """Begin to delete a group with everything in it."""
    azure = request.azure
    found = azure.existing(request.resource_id)
    operation, headers = begin_result(request, azure.settings.operation_delay)
    deleting = replace(
        found.with_properties(provisioningState="Deleting"),
        private={**found.private, "deletion": operation.text},
        due=azure.now() + azure.settings.operation_delay,
    )
    azure.store.put(deleting, azure.now())
    return Reply(202, None, headers)


def _settle(azure: Azure, group: Resource) -> None:
    """End a deletion: nothing of the group is left, unless something outside of it uses what is inside."""
    held = _held_from_outside(azure, group)
    if not held:
        azure.remove(group.id)
        return
    kept = replace(group.with_properties(provisioningState="Succeeded"), private={}, due=None)
    azure.store.put(kept, azure.now())
    names = ", ".join(one.text for one in held)
    error = ArmError(
        409,
        "ResourceGroupDeletionBlocked",
        f"Deletion of resource group '{group.id.name}' failed as resources with identifiers '{names}' could not be "
        "deleted. The provisioning state of the resource group will be rolled back.",
    )
    fail(azure, parse(group.private["deletion"]), error)


def _held_from_outside(azure: Azure, group: Resource) -> list[ResourceId]:
    held: list[ResourceId] = []
    inside = f"{group.id.key}/"
    for one in azure.store.under(group.id.text):
        resource_type = azure.types.get(one.id.type.lower())
        in_use = resource_type.in_use(azure, one) if resource_type and resource_type.in_use else None
        if in_use and any(not user.key.startswith(inside) for user in in_use.by):
            held.append(one.id)
    return held


TYPE = ResourceType(
    RESOURCE_GROUP,
    api_versions.RESOURCES,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=_delete,
    list=list_resources,
    actions={"GET resources": list_tracked},
    due=_settle,
    present=_present,
)
