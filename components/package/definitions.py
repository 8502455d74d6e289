"""What Pulumi's analyzer knows of the components: their arguments, their outputs, and the types in them.

It knows nothing of secrets; they are named here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition, TypeDefinition

from .words import Words

SECRETS: Mapping[str, frozenset[str]] = {"ScheduledVirtualMachine": frozenset({"adminPassword"})}
"""The arguments, by component, that are secrets whether a program marks them so or not."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The components and types of the package, by name."""

    components: Mapping[str, ComponentDefinition]
    types: Mapping[str, TypeDefinition]

    def type_of(self, definition: PropertyDefinition) -> TypeDefinition | None:
        """The type a property refers to; None for what is no type of the package's own."""
        return self.types.get((definition.ref or "").rpartition(":")[2])

    def words(self) -> Words:
        """The names of all properties."""
        return Words({python: name for names in self._names() for name, python in names.items()})

    def _names(self) -> Iterator[Mapping[str, str]]:
        for component in self.components.values():
            yield component.inputs_mapping
            yield component.outputs_mapping
        for type_ in self.types.values():
            yield type_.properties_mapping
