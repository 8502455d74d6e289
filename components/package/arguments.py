"""A component's arguments as a program in another language gives them, as the component's Python takes them.

A name that is no argument, an argument that is missing, and a value of another kind are faults, all told at once. What
a value has to be beyond that is the component's own to check.
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition, PropertyType

from patching.faults import NOTHING, Fault, found
from patching.settings.validation import unknown_key

from ..declaring import raise_faults
from .definitions import Definitions

_KINDS: Mapping[PropertyType, tuple[type | tuple[type, ...], str]] = {
    PropertyType.STRING: (str, "text"),
    PropertyType.BOOLEAN: (bool, "true or false"),
    PropertyType.INTEGER: ((int, float), "a whole number"),
    PropertyType.NUMBER: ((int, float), "a number"),
    PropertyType.ARRAY: (list, "a list"),
    PropertyType.OBJECT: (dict, "a map"),
}


def read_arguments(
    where: str, given: Mapping[str, Any], component: ComponentDefinition, definitions: Definitions
) -> dict[str, Any]:
    """The arguments of a component by their Python names, all the way down.

    Raises:
        FaultsError: a name is unknown or missing, or a value is of another kind; the faults have the schema's names.
    """
    reader = _Reader(definitions)
    read = reader.properties(given, component.inputs, component.inputs_mapping, "")
    if reader.faults:
        raise_faults(where, reader.faults)
    return read


class _Reader:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.faults: list[Fault] = []

    def properties(
        self,
        given: Mapping[str, Any],
        properties: Mapping[str, PropertyDefinition],
        names: Mapping[str, str],
        path: str,
    ) -> dict[str, Any]:
        """What an object has, by Python names; null is as good as nothing."""
        there = {name: value for name, value in given.items() if value is not None}
        unknown = sorted(there.keys() - properties.keys())
        self.faults += [unknown_key(_at(path, name), name, sorted(properties)) for name in unknown]
        self.faults += [
            _missing(_at(path, name))
            for name, definition in properties.items()
            if not definition.optional and name not in there
        ]
        return {
            names[name]: self._value(there[name], definition, _at(path, name))
            for name, definition in properties.items()
            if name in there
        }

    def _value(self, value: Any, definition: PropertyDefinition, path: str) -> Any:
        if isinstance(value, pulumi.Output):
            output = cast("pulumi.Output[Any]", value)
            return output.apply(_whole) if definition.type is PropertyType.INTEGER else output
        kind = PropertyType.OBJECT if self._definitions.type_of(definition) else definition.type
        if kind is None:
            return value
        if fault := _other_kind(value, kind, path):
            self.faults.append(fault)
            return value
        return _whole(value) if kind is PropertyType.INTEGER else self._inside(value, definition, path)

    def _inside(self, value: Any, definition: PropertyDefinition, path: str) -> Any:
        if type_ := self._definitions.type_of(definition):
            return self.properties(value, type_.properties, type_.properties_mapping, path)
        if definition.items:
            return [self._value(one, definition.items, f"{path}[{index}]") for index, one in enumerate(value)]
        if of_each := definition.additional_properties:
            return {key: self._value(one, of_each, _at(path, key)) for key, one in value.items()}
        return value


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _whole(value: Any) -> Any:
    """A number as Python's `int`, where it is one: the engine knows numbers with fractions only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _other_kind(value: Any, kind: PropertyType, path: str) -> Fault | None:
    allowed, expected = _KINDS[kind]
    is_kind = isinstance(value, allowed) and isinstance(value, bool) == (kind is PropertyType.BOOLEAN)
    if is_kind and not (kind is PropertyType.INTEGER and isinstance(_whole(value), float)):
        return None
    is_text_unquoted = kind is PropertyType.STRING and isinstance(value, int | float)
    return Fault(
        path, found(_whole(value)), expected, "", "put it in quotes" if is_text_unquoted else f"give {expected}"
    )


def _missing(path: str) -> Fault:
    return Fault(path, NOTHING, "a value, because it is required", "", f"set {path}")
