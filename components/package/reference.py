"""The reference page of the components, made of the package's schema."""

from collections.abc import Iterator

from .changes import type_text
from .schema import Schema

_INTRODUCTION = """\
# Components

The components of the Pulumi package `azure-patching` {version}, for programs in any of Pulumi's languages.
[languages.md](languages.md) has how to use them from each. This page is made of the package's schema,
`components/schema.json`, by `python -m components.package`.

Names are written as in TypeScript, Java and YAML. In Python `resourceGroupName` is `resource_group_name`, in Go and C#
it is `ResourceGroupName`.

- **required**: without it, the component is refused.
- **plain**: it has to be known in a preview, because it decides which resources there are; an output of another
  resource is refused. Values inside of a plain map or list may be outputs, unless they are said to be plain, too.
- **secret**: it is kept encrypted in the state, whether it is marked as a secret or not.
"""


def reference_page(schema: Schema) -> str:
    """The page, as Markdown."""
    return "\n".join([_INTRODUCTION.format(version=schema["version"]), *_parts(schema)]) + "\n"


def _parts(schema: Schema) -> Iterator[str]:
    for token, component in sorted(schema["resources"].items()):
        yield f"## {_name(token)}\n\n{component['description']}\n\nIts type is `{token}`.\n"
        inputs = _rows(component["inputProperties"], component.get("requiredInputs", ()), schema)
        yield _table(f"Inputs of {_name(token)}", ("input", "type", "", "description"), inputs)
        outputs = (row[:2] + row[3:] for row in _rows(component["properties"], (), schema))
        yield _table(f"Outputs of {_name(token)}", ("output", "type", "description"), outputs)
    yield "## Types\n"
    for token, type_ in sorted(schema["types"].items()):
        yield f"### {_name(token)}\n\n{type_['description']}\n"
        properties = _rows(type_["properties"], type_.get("required", ()), schema)
        yield _table("", ("property", "type", "", "description"), properties)


def _rows(properties: Schema, required: tuple[str, ...], schema: Schema) -> Iterator[tuple[str, ...]]:
    """The required ones first, each kind by name."""
    for name, one in sorted(properties.items(), key=lambda item: (item[0] not in required, item[0])):
        marks = [mark for mark in ("plain", "secret") if one.get(mark)]
        marks = ["required", *marks] if name in required else marks
        yield f"`{name}`", _linked(one, schema), ", ".join(marks), one["description"].replace("|", "\\|")


def _linked(definition: Schema, schema: Schema) -> str:
    *before, last = type_text(definition).split(" ")
    names = {_name(token) for token in schema["types"]}
    linked = f"[{last}](#{last.lower()})" if last in names else last
    return " ".join([*before, linked + (" (plain)" if _has_plain_inside(definition) else "")])


def _has_plain_inside(definition: Schema) -> bool:
    inside = definition.get("items") or definition.get("additionalProperties")
    return bool(inside) and (bool(inside.get("plain")) or _has_plain_inside(inside))


def _table(title: str, heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    table = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    return (f"### {title}\n\n" if title else "") + f"{table}\n"


def _name(token: str) -> str:
    return token.rpartition(":")[2]
