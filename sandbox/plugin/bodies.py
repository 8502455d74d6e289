"""Between the SDK's arguments and outputs on one side and ARM's request and response bodies on the other. Pure.

The rules are azure-native's (`provider/pkg/convert`): only properties the SDK knows pass, in either direction; what ARM
nests in containers (`properties`, …) is flat in the SDK, at the top and inside the objects that are laid out like
resources.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.plugin import sdk_types
from sandbox.plugin.resource_ids import path_arguments
from sandbox.plugin.sdk_types import ObjectType, Property, Shape
from sandbox.plugin.table import NAME_SETS, ResourceType, nested_container
from sandbox.plugin.values import UNKNOWN, Properties, is_array, is_object

Layout = Callable[[str], tuple[str, ...]]
"""From a property's name to the keys of the containers that hold it."""


def body_arguments(resource_type: ResourceType) -> dict[str, Property]:
    """Return the arguments that go into the request's body: all that are not in its path or query."""
    elsewhere = {*resource_type.parameters, *resource_type.query}
    arguments = sdk_types.resource_arguments(resource_type.token).properties
    return {name: argument for name, argument in arguments.items() if name not in elsewhere}


def output_properties(resource_type: ResourceType) -> dict[str, Property]:
    """Return the outputs that come from the response: all but the api-version, which the plugin adds."""
    outputs = sdk_types.resource_outputs(resource_type.token).properties
    return {name: output for name, output in outputs.items() if name != "azureApiVersion"}


# Arguments to the request.


def request_body(resource_type: ResourceType, arguments: Mapping[str, Any]) -> Properties:
    """Return the body of the PUT that makes what `arguments` describe."""
    body: Properties = {}
    _fill_body(body, body_arguments(resource_type), arguments, resource_type.input_container)
    for path in resource_type.required_containers:
        _container(body, path)
    return body


def _fill_body(
    body: Properties, known: Mapping[str, Property], arguments: Mapping[str, Any], layout: Layout
) -> Properties:
    for name, argument in known.items():
        if name in arguments:
            value = _to_body(argument.shape, name, arguments[name])
            _container(body, layout(name))[name] = value
    return body


def _to_body(shape: Shape, name: str, value: Any) -> Any:
    shape = shape.of(value)
    if name in NAME_SETS and is_array(value):
        return {item: Properties() for item in value}
    if is_object(value):
        if shape.kind == "object":
            return _fill_body({}, shape.object_type.properties, value, _nested_layout(shape.object_type))
        if shape.kind == "map" and shape.items is not None:
            return {key: _to_body(shape.items, "", item) for key, item in value.items()}
    if is_array(value) and shape.kind == "array" and shape.items is not None:
        return [_to_body(shape.items, "", item) for item in value]
    return value


def _nested_layout(object_type: ObjectType) -> Layout:
    return lambda name: nested_container(object_type.module, object_type.name, name)


def _container(body: Properties, path: tuple[str, ...]) -> Properties:
    for key in path:
        inner = body.setdefault(key, {})
        if not is_object(inner):
            inner = body[key] = {}
        body = inner
    return body


# The response to outputs.


def outputs(resource_type: ResourceType, response: Mapping[str, Any]) -> Properties:
    """Return the outputs of the resource that ARM answered with, and its api-version."""
    found = _from_body(output_properties(resource_type), response, resource_type.container)
    return {**found, "azureApiVersion": resource_type.api_version}


def getter_result(resource_type: ResourceType, response: Mapping[str, Any]) -> Properties:
    """Return the result of the function that gets a resource, from ARM's answer."""
    known = sdk_types.getter_result(resource_type.token).properties
    return {**_from_body(known, response, resource_type.container), "azureApiVersion": resource_type.api_version}


def _from_body(known: Mapping[str, Property], body: Mapping[str, Any], layout: Layout) -> Properties:
    found: Properties = {}
    for name, prop in known.items():
        value = _look_up(body, layout(name)).get(name)
        if value is not None:
            found[name] = _from_body_value(prop.shape, name, value)
    return found


def _from_body_value(shape: Shape, name: str, value: Any) -> Any:
    shape = shape.of(value)
    if is_object(value):
        if name in NAME_SETS and shape.kind == "array":
            return sorted(value)
        if shape.kind == "object":
            return _from_body(shape.object_type.properties, value, _nested_layout(shape.object_type))
        if shape.kind == "map" and shape.items is not None:
            present = ((key, item) for key, item in value.items() if item is not None)
            return {key: _from_body_value(shape.items, "", item) for key, item in present}
    if is_array(value) and shape.kind == "array" and shape.items is not None:
        return [_from_body_value(shape.items, "", item) for item in value if item is not None]
    return _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    """Return an untyped value without nulls: the state cannot hold them, and one that comes and goes is no drift."""
    if is_object(value):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if is_array(value):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def _look_up(body: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        inner = body.get(key)
        if not is_object(inner):
            return {}
        body = inner
    return body


# Back to arguments.


def imported_arguments(resource_type: ResourceType, identifier: str, response: Mapping[str, Any]) -> Properties:
    """Return the arguments that would make the resource ARM answered with; empty collections are left out.

    Raises PluginError where `identifier` is not of this type.
    """
    found = _from_body(body_arguments(resource_type), response, resource_type.input_container)
    kept = {name: _without_empty(value) for name, value in found.items() if name != "id"}
    present = {name: value for name, value in kept.items() if value is not None}
    return {**path_arguments(resource_type, identifier), **present}


def _without_empty(value: Any) -> Any:
    """Return `value` without empty lists and objects in it; None where nothing is left."""
    if is_object(value):
        members = ((key, _without_empty(item)) for key, item in value.items())
        return {key: item for key, item in members if item is not None} or None
    if is_array(value):
        items = (_without_empty(item) for item in value)
        return [item for item in items if item is not None] or None
    return value


def projected_arguments(resource_type: ResourceType, state: Mapping[str, Any]) -> Properties:
    """Return the part of the outputs `state` that arguments could have set, in the arguments' shape."""
    return _project(body_arguments(resource_type), state)


def _project(known: Mapping[str, Property], state: Mapping[str, Any]) -> Properties:
    return {name: _project_value(prop.shape, name, state[name]) for name, prop in known.items() if name in state}


def _project_value(shape: Shape, name: str, value: Any) -> Any:
    shape = shape.of(value)
    if is_object(value):
        if name in NAME_SETS and shape.kind == "array":
            return sorted(value)
        if shape.kind == "object":
            return _project(shape.object_type.properties, value)
        if shape.kind == "map" and shape.items is not None:
            return {key: _project_value(shape.items, "", item) for key, item in value.items()}
    if is_array(value) and shape.kind == "array" and shape.items is not None:
        return [_project_value(shape.items, "", item) for item in value]
    return value


# Before anything exists.


def preview_outputs(resource_type: ResourceType, arguments: Mapping[str, Any]) -> Properties:
    """Return the outputs as far as the arguments tell them; the rest is unknown."""
    return _preview(output_properties(resource_type), arguments)


def _preview(known: Mapping[str, Property], arguments: Mapping[str, Any]) -> Properties:
    return {name: _preview_value(prop.shape, arguments.get(name, UNKNOWN)) for name, prop in known.items()}


def _preview_value(shape: Shape, value: Any) -> Any:
    shape = shape.of(value)
    if shape.kind == "any":
        return value
    items = shape.items or sdk_types.ANY
    if shape.kind == "object" and is_object(value):
        return _preview(shape.object_type.properties, value)
    if shape.kind == "map" and is_object(value):
        return {key: _preview_value(items, item) for key, item in value.items()}
    if shape.kind == "array" and is_array(value):
        return [_preview_value(items, item) for item in value]
    is_scalar = not is_object(value) and not is_array(value)
    return value if is_scalar and shape.kind not in {"object", "map", "array"} else UNKNOWN
