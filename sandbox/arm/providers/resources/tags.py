"""Tags at a scope: `{scope}/providers/Microsoft.Resources/tags/default`, the tags of the scope itself."""

from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Reply, Request, ResourceType
from sandbox.arm.bodies import check, check_tags, mapping_at
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import parse
from sandbox.arm.store import Resource

_NAME = "Microsoft.Resources/tags"
_OPERATIONS = frozenset({"Replace", "Merge", "Delete"})


def _owner(request: Request) -> Resource:
    tags = request.resource_id
    if tags.name.lower() != "default" or not tags.scope:
        raise ArmError(404, "TagsNotFound", f"The tags '{tags.name}' were not found: the name is always 'default'.")
    return request.azure.existing(request.azure.canonical(parse(tags.scope)))


def _tags(body: dict[str, Any]) -> dict[str, str]:
    check(body, {"properties": {"tags": {str: str}}, "operation": _OPERATIONS})
    tags = mapping_at(body, "properties", "tags")
    check_tags(tags)
    return tags


def _answer(owner: Resource) -> Reply:
    body = {
        "id": f"{owner.id.text}/providers/{_NAME}/default",
        "name": "default",
        "type": _NAME,
        "properties": {"tags": mapping_at(owner.document, "tags")},
    }
    return Reply(200, body)


def _write(request: Request, tags: dict[str, str]) -> Reply:
    check_tags(tags)
    owner = _owner(request)
    changed = replace(owner, document={**owner.document, "tags": tags})
    return _answer(request.azure.write(changed, request.api_version))


def _get(request: Request) -> Reply:
    return _answer(_owner(request))


def _put(request: Request) -> Reply:
    return _write(request, _tags(request.body))


def _patch(request: Request) -> Reply:
    """Replace, merge or delete tags; a deletion takes only tags whose value agrees."""
    given = _tags(request.body)
    current: dict[str, str] = mapping_at(_owner(request).document, "tags")
    operation = str(request.body.get("operation") or "").lower()
    if operation == "replace":
        return _write(request, given)
    names = {name.lower(): name for name in current}
    if operation == "merge":
        return _write(request, {**current, **{names.get(name.lower(), name): value for name, value in given.items()}})
    if operation == "delete":
        gone = {
            names.get(name.lower())
            for name, value in given.items()
            if current.get(names.get(name.lower(), "")) == value
        }
        return _write(request, {name: value for name, value in current.items() if name not in gone})
    raise bad_request("InvalidRequestContent", "The patch of tags names no operation: Replace, Merge or Delete.")


def _delete(request: Request) -> Reply:
    _write(request, {})
    return Reply(200)


TYPE = ResourceType(_NAME, api_versions.RESOURCES, get=_get, put=_put, patch=_patch, delete=_delete)
