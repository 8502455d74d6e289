"""Checks the shape of request bodies, so that a wrong JSON type is refused by name and never trips a rule.

A shape is plain data: a type (`str`, `bool`, `int`), a frozenset of the strings allowed (without regard to case), a
list with the shape of its items, or a mapping from key to shape. Keys that a shape does not name are taken as they
are. `{str: shape}` is a mapping with any keys.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from sandbox.arm.errors import ArmError, bad_request

Shape: TypeAlias = type | frozenset[str] | list[Any] | dict[Any, Any]
Refuse = Callable[[str, str], ArmError]

ENVELOPE: Shape = {
    "location": str,
    "tags": {str: str},
    "properties": {},
    "identity": {"type": str},
    "zones": [str],
    "plan": {},
    "sku": {},
    "kind": str,
}
_WORDS: dict[type, str] = {str: "a string", bool: "a boolean", int: "an integer", float: "a number"}
_RESERVED_IN_TAG_NAMES = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")
_MOST_TAGS = 50
_LONGEST_TAG_NAME = 512
_LONGEST_TAG_VALUE = 256


def invalid_content(path: str, message: str) -> ArmError:
    """Return ARM's refusal of a body that it cannot read."""
    return bad_request(
        "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{path}' {message}."
    )


def check(value: object, shape: Shape, path: str = "", refuse: Refuse = invalid_content) -> None:
    """Check a JSON value against a shape; null is taken for anything that is left out.

    Raises the ArmError that `refuse` makes of the path at fault and the reason.
    """
    if value is None:
        return
    if isinstance(shape, dict):
        _check_mapping(value, cast("dict[Any, Shape]", shape), path, refuse)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise refuse(path, "is not an array")
        for number, item in enumerate(cast("list[object]", value)):
            if item is None:
                raise refuse(f"{path}[{number}]", "is null")
            check(item, shape[0], f"{path}[{number}]", refuse)
    elif isinstance(shape, frozenset):
        if not isinstance(value, str) or value.lower() not in {one.lower() for one in shape}:
            raise refuse(path, f"is not one of {', '.join(sorted(shape))}")
    elif not _is(value, shape):
        raise refuse(path, f"is not {_WORDS[shape]}")


def _is(value: object, kind: type) -> bool:
    if kind in (int, float):
        return isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    return isinstance(value, kind)


def _check_mapping(value: object, shape: Mapping[Any, Shape], path: str, refuse: Refuse) -> None:
    if not isinstance(value, dict):
        raise refuse(path or "the body", "is not an object")
    for key, item in cast("dict[str, object]", value).items():
        inner = shape.get(key, shape.get(str))
        if inner is not None:
            check(item, inner, f"{path}.{key}" if path else key, refuse)


def check_envelope(body: Mapping[str, Any]) -> None:
    """Check what every resource's body has in common: location, tags, properties.

    Raises ArmError (400): InvalidRequestContent, InvalidTagNameCharacters, TagsTooMany and the like.
    """
    check(body, ENVELOPE)
    check_tags(body.get("tags") or {})


def check_tags(tags: Mapping[str, str]) -> None:
    """Check tags against ARM's limits.

    Raises ArmError (400). Source: "Use tags to organize your Azure resources", limitations.
    """
    if len(tags) > _MOST_TAGS:
        raise bad_request("InvalidTags", f"The resource has {len(tags)} tags; the maximum is {_MOST_TAGS}.")
    for name, value in tags.items():
        if _RESERVED_IN_TAG_NAMES.search(name):
            raise bad_request(
                "InvalidTagNameCharacters",
                f"The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control characters.",
            )
        if not name or len(name) > _LONGEST_TAG_NAME or len(value or "") > _LONGEST_TAG_VALUE:
            raise bad_request(
                "InvalidTags",
                f"The tag '{name[:80]}' is empty or too long: a name has at most {_LONGEST_TAG_NAME} characters, "
                f"a value {_LONGEST_TAG_VALUE}.",
            )
    lower = [name.lower() for name in tags]
    if len(set(lower)) < len(lower):
        raise bad_request("InvalidTags", "The tag names differ only by case; ARM compares them without case.")


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the keys that are null: ARM takes them for left out."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        return {key: without_nulls(item) for key, item in mapping.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value


def merged(old: Any, patch: Any) -> Any:
    """Return what a JSON merge patch (RFC 7396) makes of a value: null removes a key."""
    if not isinstance(patch, dict):
        return patch
    patches = cast("dict[str, Any]", patch)
    result: dict[str, Any] = dict(cast("dict[str, Any]", old)) if isinstance(old, dict) else {}
    for key, item in patches.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), item)
    return result


def at(value: Any, *path: str) -> Any:
    """Return what is at a path of nested mappings, None where there is nothing."""
    for key in path:
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return value


def mapping_at(value: Any, *path: str) -> dict[str, Any]:
    """Return the mapping at a path of nested mappings, an empty one where there is none."""
    found = at(value, *path)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def list_at(value: Any, *path: str) -> list[Any]:
    """Return the list at a path of nested mappings, an empty one where there is none."""
    found = at(value, *path)
    return cast("list[Any]", found) if isinstance(found, list) else []
