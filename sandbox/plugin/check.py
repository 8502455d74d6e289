"""Arguments before anything is done with them: what the plugin fills in, and what it refuses. Pure.

As azure-native does it (`applyDefaults` and `validateType` in `provider/pkg/provider/provider.go`), in its words. It
goes further in one thing: an argument that the resource does not have is refused, where the real plugin drops it in
silence.
"""

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.plugin import sdk_types
from sandbox.plugin.diff import CREATE_BEFORE_DELETE
from sandbox.plugin.sdk_types import Property, Shape
from sandbox.plugin.table import ResourceType, TextLimit
from sandbox.plugin.values import UNKNOWN, Properties, is_array, is_object

_RANDOM_SUFFIX_LENGTH = 8
_UUID_LENGTH = 32
_OF_THE_PLUGIN = frozenset({"azureApiVersion", CREATE_BEFORE_DELETE})
_OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "parameterization", "name"})


@dataclass(frozen=True)
class Autonaming:
    """What the stack's `pulumi:autonaming` configuration says for one resource."""

    mode: Literal["PROPOSE", "ENFORCE", "DISABLE"]
    proposed_name: str


def with_name(
    resource_type: ResourceType,
    arguments: Properties,
    old: Mapping[str, Any],
    *,
    logical_name: str,
    random_seed: bytes,
    autonaming: Autonaming | None,
) -> Properties:
    """Return `arguments` with a name, where the program gives none: the old one, or one made up as the table says."""
    key = resource_type.name_parameter
    if key in arguments:
        return arguments
    if key in old:
        was_random = old.get(CREATE_BEFORE_DELETE) is True
        return _named(arguments, key, old[key], is_random=was_random)
    naming = resource_type.naming
    if autonaming is not None:
        if autonaming.mode == "DISABLE":
            return arguments
        if autonaming.mode == "ENFORCE" or naming != "uuid":
            return _named(arguments, key, autonaming.proposed_name, is_random=True)
    match naming:
        case "random":
            name = logical_name + _random_hex(random_seed, _RANDOM_SUFFIX_LENGTH)
        case "uuid":
            name = str(uuid.UUID(_random_hex(random_seed, _UUID_LENGTH)))
        case "copy":
            name = logical_name
    return _named(arguments, key, name, is_random=naming != "copy")


def _named(arguments: Properties, key: str, name: Any, *, is_random: bool) -> Properties:
    flag = {CREATE_BEFORE_DELETE: True} if is_random else {}
    return {**arguments, key: name, **flag}


def _random_hex(seed: bytes, length: int) -> str:
    """Return hexadecimal digits that the seed decides, so that preview and update agree; without a seed, any."""
    return hashlib.sha256(seed).hexdigest()[:length] if seed else secrets.token_hex(length)[:length]


def takes_location(resource_type: ResourceType) -> bool:
    """Tell whether the resource has a location among its arguments."""
    return "location" in sdk_types.resource_arguments(resource_type.token).properties


def failures(resource_type: ResourceType, arguments: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with `arguments`, in the real plugin's words."""
    known = sdk_types.resource_arguments(resource_type.token).properties
    found = list(_object_failures(known, arguments, ""))
    if resource_type.requires_location and "location" not in arguments:
        found.append(
            "missing required property 'location'. "
            "Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
        )
    name = resource_type.name_parameter
    if name not in arguments and not known[name].required:
        found.append(f"missing required property '{name}'")
    for name, limit in resource_type.limits.items():
        value = arguments.get(name)
        if isinstance(value, str):
            found.extend(_text_failures(limit, value, name))
    return found


def _text_failures(limit: TextLimit, text: str, name: str) -> Iterator[str]:
    length = len(text.encode())
    if length < limit.shortest:
        yield f"'{name}' is too short ({length}): at least {limit.shortest} characters required"
    if limit.longest and length > limit.longest:
        yield f"'{name}' is too long ({length}): at most {limit.longest} characters allowed"
    if limit.pattern and not re.search(limit.pattern, text, re.ASCII):
        yield f"'{name}' does not match expression '{limit.pattern}'"


def _object_failures(known: Mapping[str, Property], values: Mapping[str, Any], context: str) -> Iterator[str]:
    for name, prop in known.items():
        path = f"{context}.{name}" if context else name
        if name in values:
            yield from _value_failures(prop.shape, values[name], path)
        elif prop.required:
            yield f"missing required property '{path}'"
    for name in values:
        if name not in known and not (context == "" and name in _OF_THE_PLUGIN):
            path = f"{context}.{name}" if context else name
            yield f"unexpected property '{path}'. Properties here are: {', '.join(sorted(known))}"


def _value_failures(shape: Shape, value: Any, path: str) -> Iterator[str]:
    shape = shape.of(value)
    if value is UNKNOWN or shape.kind == "any":
        return
    if is_object(value):
        yield from _member_failures(shape, value, path)
    elif is_array(value):
        yield from _item_failures(shape, value, path)
    elif isinstance(value, str):
        yield from _type_failures(shape, {"string"}, "a string", path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _type_failures(shape, {"number", "integer"}, "a number", path)
        if shape.kind == "integer" and value != round(value):
            yield f"'{path}' must be an integer but got {value:f}"


def _member_failures(shape: Shape, value: Properties, path: str) -> Iterator[str]:
    """Yield the failures in an object; that there is one where another type is due, the real plugin leaves to ARM."""
    if shape.kind == "object":
        yield from _object_failures(shape.object_type.properties, value, path)
    elif shape.kind == "map" and shape.items is not None:
        for key, item in value.items():
            yield from _value_failures(shape.items, item, f"{path}.{key}")


def _item_failures(shape: Shape, value: list[Any], path: str) -> Iterator[str]:
    yield from _type_failures(shape, {"array"}, "an array", path)
    if shape.items is not None and shape.kind == "array":
        for index, item in enumerate(value):
            yield from _value_failures(shape.items, item, f"{path}[{index}]")


def _type_failures(shape: Shape, fitting: set[str], article: str, path: str) -> Iterator[str]:
    if shape.kind not in fitting:
        due = "object" if shape.kind == "map" else shape.kind
        yield f"'{path}' should be of type '{due}' but got {article}"


def configuration_failures(configuration: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with a provider's own configuration, as (key, reason)."""
    known = sdk_types.provider_arguments().properties
    ours = {name for name in configuration if not name.startswith("__") and name not in _OF_THE_ENGINE}
    return [
        (name, f"unexpected configuration key '{name}'. The keys are: {', '.join(sorted(known))}")
        for name in sorted(ours - known.keys())
    ]
