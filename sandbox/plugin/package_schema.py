"""The package schema of what is modelled, for the engine's own commands that ask for it (`pulumi import`)."""

from typing import Any, Final

from sandbox.engine.versions import AZURE_NATIVE
from sandbox.plugin import sdk_types
from sandbox.plugin.sdk_types import Property, Shape
from sandbox.plugin.table import RESOURCE_TYPES

_ANY: Final = {"$ref": "pulumi.json#/Any"}


def package_schema() -> dict[str, Any]:
    """Return the schema (pulumi.com/docs/iac/extending-pulumi/schema); objects inside resources are untyped."""
    return {
        "name": "azure-native",
        "version": AZURE_NATIVE,
        "resources": {f"azure-native:{token}": _resource(token) for token in RESOURCE_TYPES},
    }


def _resource(token: str) -> dict[str, Any]:
    arguments = sdk_types.resource_arguments(token).properties
    outputs = sdk_types.resource_outputs(token).properties
    return {
        "inputProperties": _properties(arguments),
        "requiredInputs": [name for name, argument in arguments.items() if argument.required],
        "properties": _properties(outputs),
    }


def _properties(properties: dict[str, Property]) -> dict[str, Any]:
    return {name: _type(prop.shape) for name, prop in properties.items() if name != "id"}


def _type(shape: Shape) -> dict[str, Any]:
    match shape.kind:
        case "array":
            return {"type": "array", "items": _type(shape.items or sdk_types.ANY)}
        case "map":
            return {"type": "object", "additionalProperties": _type(shape.items or sdk_types.ANY)}
        case "any" | "object":
            return _ANY
        case scalar:
            return {"type": scalar}
