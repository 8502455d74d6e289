"""The properties of a resource as plain values, whatever the policy SDK wraps them in."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pulumi_policy.proxy import UnknownValueError

from policies.rules.rule import UNKNOWN


def plain(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as plain dicts and lists, with `UNKNOWN` for what a preview does not know."""
    return {key: _value(props, key) for key in props}


def _value(container: Any, key: str | int) -> Any:
    try:
        value = container[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return plain(cast("Mapping[str, Any]", value))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_value(value, index) for index in range(len(cast("Sequence[Any]", value)))]
    return value
