"""The provider that makes components for programs in other languages.

What it adds to Pulumi's own: the schema, arguments that are checked (Pulumi's drops what it does not know, and an
object that is an output), and names of outputs that are right inside of maps and lists, too.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from ..declaring import PACKAGE
from .arguments import read_arguments
from .definitions import Definitions
from .project import this_project
from .schema import Schema, package_schema


class PackageProvider(ComponentProvider):
    """Makes these components, and tells their schema."""

    def __init__(self, components: Sequence[type[pulumi.ComponentResource]]) -> None:
        project = this_project()
        super().__init__(list(components), PACKAGE, version=project.version)
        self.definitions = Definitions(self._component_defs, self._type_defs)
        self.package_schema: Schema = package_schema(self.definitions, self._dependencies, project)
        self.schema = json.dumps(self.package_schema)

    def component(self, token: str) -> ComponentDefinition:
        """The component with a type token.

        Raises:
            pulumi.RunError: there is none.
        """
        known = self.definitions.components
        name = token.rpartition(":")[2]
        if token != f"{PACKAGE}:index:{name}" or name not in known:
            version = self.package_schema["version"]
            raise pulumi.RunError(
                f"{PACKAGE} {version} has no {token}; it has {', '.join(sorted(known))}. "
                f"Is the program's SDK of another version? `pulumi package add` makes it anew"
            )
        return known[name]

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Makes one component.

        Raises:
            pulumi.RunError: the program is at fault.
        """
        component = self.component(resource_type)
        arguments = read_arguments(f'{component.name} "{name}"', inputs, component, self.definitions)
        try:
            made = self._components[component.name](name, arguments, options)  # type: ignore[call-arg]
        except Exception as error:
            if isinstance(error, pulumi.RunError):
                raise
            # Which Pulumi shows with the places in the component's source: a fault of ours.
            raise ComponentInitError(error) from error
        return ConstructResult(made.urn, self.get_state(made, component))

    def get_state(self, instance: pulumi.ComponentResource, component_def: ComponentDefinition) -> dict[str, Any]:
        """A component's outputs, by the schema's names all the way down."""
        outputs = {name: getattr(instance, component_def.outputs_mapping[name], None) for name in component_def.outputs}
        return {
            name: self._named(value, component_def.outputs[name])
            for name, value in outputs.items()
            if value is not None
        }

    def _named(self, value: Any, definition: PropertyDefinition) -> Any:
        if isinstance(value, pulumi.Output):
            output = cast("pulumi.Output[Any]", value)
            return output.apply(lambda known: self._named(known, definition)) if self._has_names(definition) else output
        if type_ := self.definitions.type_of(definition):
            return {
                name: self._named(value.get(type_.properties_mapping[name]), inner)
                for name, inner in type_.properties.items()
            }
        if definition.items:
            return [self._named(one, definition.items) for one in value]
        if definition.additional_properties:
            return {key: self._named(one, definition.additional_properties) for key, one in value.items()}
        return value

    def _has_names(self, definition: PropertyDefinition) -> bool:
        """Whether there is anything in a property that Python names its own way."""
        inside = definition.items or definition.additional_properties
        return bool(self.definitions.type_of(definition)) or (inside is not None and self._has_names(inside))
