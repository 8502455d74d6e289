"""Property values of Pulumi's provider protocol, as plain Python.

The protocol carries properties as `google.protobuf.Struct`; what a Struct cannot say (a secret, an output, a reference
to a resource) is an object with a signature key, and a value that is not known yet is a string of its own (pulumi/sdk
`go/common/resource/plugin/rpc.go`). Like the real plugin, this one asks the engine for neither secrets nor outputs nor
references: the engine keeps track of secrets itself and marks the results. Those that arrive all the same are read as
the plain values in them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeGuard

from google.protobuf import struct_pb2

Properties = dict[str, Any]
"""Values by property name: None, bool, int, float, str, list, dict or `UNKNOWN`."""

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a marker, not a secret)
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFERENCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"

UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_STRINGS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown:
    """A value that will be known only after another resource exists; there is one, `UNKNOWN`."""

    def __repr__(self) -> str:
        """Return the name it goes by."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def is_object(value: object) -> TypeGuard[Properties]:
    """Tell whether `value` is an object, that is, a dict with names for keys."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Tell whether `value` is a list."""
    return isinstance(value, list)


def contains_unknowns(value: object) -> bool:
    """Tell whether `value` is unknown, or holds something that is."""
    if value is UNKNOWN:
        return True
    if is_object(value):
        return any(contains_unknowns(item) for item in value.values())
    return is_array(value) and any(contains_unknowns(item) for item in value)


def read_properties(struct: struct_pb2.Struct) -> Properties:
    """Return the properties in `struct`; nulls are left out, as the real plugin leaves them out."""
    return _read_members(struct.fields)


def _read_members(fields: Mapping[str, struct_pb2.Value]) -> Properties:
    members = ((name, _read_value(value)) for name, value in fields.items())
    return {name: value for name, value in members if value is not None}


def _read_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWN_STRINGS else value.string_value
        case "list_value":
            items = (_read_value(item) for item in value.list_value.values)
            return [item for item in items if item is not None]
        case "struct_value":
            return _read_object(value.struct_value)
        case _:
            return None


def _read_object(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    match fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else None:
        case None:
            return _read_members(fields)
        case value if value == SECRET_SIGNATURE:
            return _read_value(fields["value"])
        case value if value == OUTPUT_SIGNATURE:
            return _read_value(fields["value"]) if "value" in fields else UNKNOWN
        case value if value == REFERENCE_SIGNATURE:
            return _read_value(fields["id"]) if "id" in fields else fields["urn"].string_value
        case _:
            return _read_members(fields)


def write_properties(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return `properties` as the protocol carries them; nulls are left out."""
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        if value is not None:
            _write_value(struct.fields[name], value)
    return struct


def _write_value(target: struct_pb2.Value, value: object) -> None:
    if value is UNKNOWN:
        target.string_value = UNKNOWN_STRING
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif is_object(value):
        target.struct_value.CopyFrom(write_properties(value))
    elif is_array(value):
        _write_items(target.list_value, value)
    else:
        msg = f"a property cannot hold a {type(value).__name__}"
        raise TypeError(msg)


def _write_items(target: struct_pb2.ListValue, items: Iterable[object]) -> None:
    target.SetInParent()
    for item in items:
        if item is not None:
            _write_value(target.values.add(), item)
