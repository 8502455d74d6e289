"""The package's schema: what `pulumi package add` makes SDKs of, and what their readers read.

Pulumi's SDK makes a schema of annotations and docstrings, for readers of Python. Here it gets the names that other
languages have in descriptions and of types, secrets, and what the project says of itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pulumi.provider.experimental.analyzer import Dependency
from pulumi.provider.experimental.schema import generate_schema

from ..declaring import PACKAGE
from .definitions import SECRETS, Definitions
from .project import Project
from .words import Words

Schema = dict[str, Any]
_DISPLAY_NAME = "Azure Patching"
_CATEGORIES = ("category/infrastructure", "kind/component")
_ARGS = "Args"


def package_schema(definitions: Definitions, dependencies: Iterable[Dependency], project: Project) -> Schema:
    """The schema of a package with these components."""
    made = generate_schema(
        PACKAGE,
        project.version,
        None,
        dict(definitions.components),
        dict(definitions.types),
        sorted(dependencies, key=lambda one: one.name),
    )
    schema = _with_names(_without_args(made.to_json()), definitions.words())
    for component, arguments in SECRETS.items():
        inputs = schema["resources"][f"{PACKAGE}:index:{component}"]["inputProperties"]
        for argument in arguments:
            inputs[argument]["secret"] = True
    return {name: value for name, value in {**schema, **_of(project)}.items() if value}


def _of(project: Project) -> Schema:
    return {
        "displayName": _DISPLAY_NAME,
        "description": project.description,
        "keywords": [*project.keywords, *_CATEGORIES],
        "license": project.licence,
        "homepage": project.addresses.get("homepage"),
        "repository": project.addresses.get("repository"),
    }


def _without_args(schema: Schema) -> Schema:
    """The schema with types named without `Args`, which each language's SDK adds where it is its custom."""
    taken = {*schema["resources"], *schema["types"]}
    names = {token: token.removesuffix(_ARGS) for token in schema["types"]}
    renamed = {token: name for token, name in names.items() if name == token or name not in taken}
    references = {f"#/types/{token}": f"#/types/{name}" for token, name in renamed.items()}
    schema["types"] = {renamed.get(token, token): type_ for token, type_ in schema["types"].items()}
    return cast("Schema", _referring(schema, references))


def _referring(value: object, references: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        inner = cast("dict[str, object]", value)
        return {
            key: references.get(str(one), one) if key == "$ref" else _referring(one, references)
            for key, one in inner.items()
        }
    return [_referring(one, references) for one in cast("list[object]", value)] if isinstance(value, list) else value


def _with_names(value: Any, words: Words) -> Any:
    """The schema with each description as readers of other languages expect it, said once for each property."""
    if not isinstance(value, dict):
        return value
    inner = cast("dict[str, Any]", value)
    described = {
        key: words.of_docstring(one) if key == "description" and isinstance(one, str) else _with_names(one, words)
        for key, one in inner.items()
    }
    for element in ("items", "additionalProperties"):
        _say_once(described.get(element))
    return described


def _say_once(element: Any) -> None:
    while isinstance(element, dict):
        inner = cast("dict[str, Any]", element)
        inner.pop("description", None)
        if inner.get("$ref"):
            # Pulumi's generator for Go refers to a type that it does not make where an object in a map is plain.
            inner.pop("plain", None)
        element = inner.get("items", inner.get("additionalProperties"))
