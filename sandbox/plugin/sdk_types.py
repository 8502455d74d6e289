"""What the pinned `pulumi-azure-native` SDK says of a type: its properties, their names in the API, which are required.

The real plugin carries this as metadata inside its binary; the SDK is generated from the same source and says the same,
so it is read there and nowhere repeated. Modules are imported when the first of their resources is met.
"""

import collections.abc
import importlib
import inspect
import re
import threading
import types
import typing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import pulumi

Kind = Literal["any", "string", "boolean", "integer", "number", "array", "map", "object"]


@dataclass(frozen=True)
class ObjectType:
    """An object of the SDK: its bare name (`SubnetArgs` and `SubnetResponse` are both `Subnet`) and its properties."""

    module: str
    name: str
    properties: dict[str, "Property"]


@dataclass(frozen=True)
class Shape:
    """The shape of a value: of an array's or map's items where it is one, of an object's class where it is one.

    `choices` are the classes of which a value of any kind is one, told apart by a property that says which.
    """

    kind: Kind
    items: "Shape | None" = None
    sdk_class: type | None = None
    choices: tuple[type, ...] = ()

    def of(self, value: object) -> "Shape":
        """Return the shape of a value: that of the class it says that it is, otherwise this."""
        if isinstance(value, dict):
            for sdk_class in self.choices:
                name, expected = discriminator(sdk_class) or ("", "")
                if cast("dict[str, Any]", value).get(name) == expected:
                    return Shape("object", sdk_class=sdk_class)
        return self

    @property
    def object_type(self) -> ObjectType:
        """The object's type. Raises TypeError where `kind` is not `object`."""
        if self.sdk_class is None:
            raise TypeError(f"a value of kind {self.kind} has no object type")
        return object_type(self.sdk_class)


@dataclass(frozen=True)
class Property:
    """A property under its name in the API, in camelCase."""

    name: str
    shape: Shape
    required: bool


ANY = Shape("any")
_SCALARS: dict[object, Kind] = {str: "string", bool: "boolean", int: "integer", float: "number"}
# `pulumi.Input[X]` keeps a reference to `Output[T]` by these names, which a module that only uses it does not have.
_INPUT_NAMES: dict[str, Any] = {"Output": pulumi.Output, "T": typing.TypeVar("T")}
_EXPECTED_VALUE = re.compile(r"Expected value is '([^']+)'")
_SUFFIXES = ("InitArgs", "Args", "Result")
# The SDK's modules load themselves when first touched, and a second thread would find them half loaded.
_LOADING = threading.RLock()


def resource_arguments(token: str) -> ObjectType:
    """Return the arguments of the resource `token` (`module:Name`). Raises `AttributeError` if the SDK has none."""
    # A resource that shares its name with a nested type has its arguments in `<Name>InitArgs`.
    return _described(token, "{}InitArgs", "{}Args")


def resource_outputs(token: str) -> ObjectType:
    """Return the outputs of the resource `token` (`module:Name`), without `id`. Raises `AttributeError` if unknown."""
    return _described(token, "{}")


def getter_result(token: str) -> ObjectType:
    """Return the result of the function that gets the resource `token`. Raises `AttributeError` if there is none."""
    return _described(token, "Get{}Result")


def provider_arguments() -> ObjectType:
    """Return the configuration of the provider itself."""
    with _LOADING:
        return object_type(importlib.import_module("pulumi_azure_native").ProviderArgs)


@cache
def _described(token: str, *class_names: str) -> ObjectType:
    """Return what the first of a token's classes that the SDK has describes; `{}` stands for the token's name."""
    module_name, _, name = token.partition(":")
    wanted = [pattern.format(name) for pattern in class_names]
    with _LOADING:
        module = importlib.import_module(f"pulumi_azure_native.{module_name}")
        found = next((one for one in wanted if hasattr(module, one)), wanted[-1])
        return object_type(getattr(module, found))


@cache
def object_type(sdk_class: type) -> ObjectType:
    """Return what `sdk_class`, a class of the SDK with a property for each argument or output, describes."""
    required = _required_parameters(sdk_class)
    properties: dict[str, Property] = {}
    with _LOADING:
        for attribute, member in vars(sdk_class).items():
            if isinstance(member, property) and member.fget is not None:
                name = getattr(member.fget, "_pulumi_name", attribute)
                hints = typing.get_type_hints(member.fget, localns=_INPUT_NAMES)
                properties[name] = Property(name, _shape_of(hints.get("return", Any)), attribute in required)
    module = sdk_class.__module__.removeprefix("pulumi_azure_native.").partition(".")[0]
    return ObjectType(module, _bare_name(sdk_class.__name__), properties)


def _required_parameters(sdk_class: type) -> frozenset[str]:
    parameters = inspect.signature(sdk_class).parameters.values()
    return frozenset(p.name for p in parameters if p.default is p.empty and p.kind is p.KEYWORD_ONLY)


def _bare_name(name: str) -> str:
    """Return the name of a type without what tells its argument and output forms apart (`XResponseY` is `XY`)."""
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name.replace("Response", "")


def _shape_of(hint: object) -> Shape:
    """Return the shape of the value that the annotation `hint` describes, whatever `Input` or `Output` is around it."""
    candidates = list(dict.fromkeys(_alternatives(hint)))
    shapes = list(dict.fromkeys(_concrete_shape(candidate) for candidate in candidates))
    if len(shapes) == 1:
        return shapes[0]
    classes = [shape.sdk_class for shape in shapes if shape.sdk_class and discriminator(shape.sdk_class)]
    return Shape("any", choices=tuple(classes)) if len(classes) == len(shapes) else ANY


@cache
def discriminator(sdk_class: type) -> tuple[str, str] | None:
    """Return the property, under its name in the API, by which a class is told from its siblings, and its value."""
    for attribute, member in vars(sdk_class).items():
        if isinstance(member, property) and member.fget is not None:
            expected = _EXPECTED_VALUE.search(member.fget.__doc__ or "")
            if expected:
                return getattr(member.fget, "_pulumi_name", attribute), expected[1]
    return None


def _alternatives(hint: object) -> collections.abc.Iterator[object]:
    """Yield what a value may be, without None, and without the awaitable and output forms of the same."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        plain = [a for a in typing.get_args(hint) if a is not type(None) and not _is_wrapper(a)]
        for alternative in plain:
            yield from _alternatives(alternative)
    elif _is_wrapper(hint):
        yield from _alternatives(typing.get_args(hint)[0])
    else:
        yield hint


def _is_wrapper(hint: object) -> bool:
    return typing.get_origin(hint) in {pulumi.Output, collections.abc.Awaitable}


def _concrete_shape(hint: object) -> Shape:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SCALARS:
        return Shape(_SCALARS[hint])
    if origin is collections.abc.Sequence:
        return Shape("array", items=_shape_of(arguments[0]))
    if origin is collections.abc.Mapping:
        return Shape("map", items=_shape_of(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, str):
        return Shape("string")  # an enumeration, which the real plugin does not check either
    if isinstance(hint, type) and hint.__module__.startswith("pulumi_azure_native."):
        return Shape("object", sdk_class=hint)
    return ANY
