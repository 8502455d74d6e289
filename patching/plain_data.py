"""Plain data, as YAML and JSON give it: what kind of thing a value is, said once for the type checker."""

from collections.abc import Mapping, Sequence
from typing import cast


def as_map(value: object) -> Mapping[object, object] | None:
    """The value, if it is a map."""
    return cast("Mapping[object, object]", value) if isinstance(value, Mapping) else None


def in_key_order(value: object) -> object:
    """The value with every map in it in the order of its keys, as the engine, which knows no other, hands maps on."""
    if (entries := as_map(value)) is not None:
        return {key: in_key_order(entries[key]) for key in sorted(entries, key=str)}
    if (items := as_list(value)) is not None:
        return [in_key_order(item) for item in items]
    return value


def as_list(value: object) -> Sequence[object] | None:
    """The value, if it is a list."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else None
