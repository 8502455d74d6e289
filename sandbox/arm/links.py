"""Which resource is used by which: kept with the one that is used, so that it knows what holds it."""

from dataclasses import replace

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.store import Resource

_USERS = "users"


def users(resource: Resource) -> dict[str, str]:
    """Return what uses a resource: the text of each id, and a note that its provider left with it."""
    return dict(mapping_at(resource.private, _USERS))


def link(azure: Azure, used: ResourceId, user: str, note: str = "") -> None:
    """Note that `user` (the text of an id) uses a resource that exists."""
    found = azure.store.get(used)
    if found:
        _set_users(azure, found, {**_without(users(found), user), user: note})


def unlink(azure: Azure, used: str, user: str) -> None:
    """Forget that `user` uses a resource; it need not exist any more, nor ever have existed."""
    try:
        found = azure.store.get(parse(used))
    except ArmError:
        return
    if found:
        _set_users(azure, found, _without(users(found), user))


def _without(all_users: dict[str, str], user: str) -> dict[str, str]:
    return {one: note for one, note in all_users.items() if one.lower() != user.lower()}


def _set_users(azure: Azure, resource: Resource, all_users: dict[str, str]) -> None:
    azure.store.put(replace(resource, private={**resource.private, _USERS: all_users}), azure.now())


def referenced(azure: Azure, text: str, resource_type: str, user: ResourceId, location: str) -> Resource:
    """Return the resource that another refers to by its id.

    Raises ArmError (400 InvalidResourceReference) where there is none of that type in the same region.
    """
    resource_id = parse(text)
    found = azure.store.get(resource_id) if resource_id.is_type(resource_type) else None
    region = found.document.get("location", location) if found else None
    if found is None or region != location:
        raise bad_request(
            "InvalidResourceReference",
            f"Resource {text} referenced by resource {user.text} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region.",
        )
    return found
