"""Lists of children that are also resources of their own, such as a network's subnets. Pure.

A program that does not set such a list leaves the children to their own resources: nothing is sent that would remove
them, and what appears in them is no drift (azure-native's `MaintainSubResourceIfUnset`).
"""

import copy
from collections.abc import Mapping
from typing import Any

from sandbox.plugin.table import ResourceType
from sandbox.plugin.values import Properties, is_object


def set_to_empty(resource_type: ResourceType, body: Properties) -> None:
    """Send an empty list for each such list that the program does not set, as a new resource has no children yet."""
    for name in resource_type.maintained:
        _inner(body, resource_type.input_container(name)).setdefault(name, [])


def keep_current(resource_type: ResourceType, body: Properties, current: Mapping[str, Any]) -> None:
    """Send what ARM has now for each such list that the program does not set."""
    for name in unset(resource_type, body):
        there = _find(current, resource_type.container(name))
        if there is not None and name in there:
            _inner(body, resource_type.input_container(name))[name] = copy.deepcopy(there[name])


def unset(resource_type: ResourceType, body: Mapping[str, Any]) -> list[str]:
    """Return the lists of children that `body` does not set."""
    missing: list[str] = []
    for name in resource_type.maintained:
        there = _find(body, resource_type.input_container(name))
        if there is None or name not in there:
            missing.append(name)
    return missing


def without_foreign(
    resource_type: ResourceType, state: Mapping[str, Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the outputs `state` without the lists of children that `arguments` do not set."""
    foreign = {name for name in resource_type.maintained if name not in arguments}
    return {name: value for name, value in state.items() if name not in foreign}


def _find(body: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any] | None:
    for key in path:
        inner = body.get(key)
        if not is_object(inner):
            return None
        body = inner
    return body


def _inner(body: Properties, path: tuple[str, ...]) -> Properties:
    for key in path:
        body = body.setdefault(key, {})
    return body
