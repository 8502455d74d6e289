"""What a change of the schema means for programs that use the package already.

Breaking is what makes such a program fail to compile, be refused, or read something else than before: a component, a
type or a property that is gone or of another type, an argument that is newly required or newly has to be plain, an
output that may now be missing. What is new or described otherwise breaks nothing.
"""

from collections.abc import Iterator
from typing import Any, cast

from .schema import Schema

_INPUTS = ("inputProperties", "requiredInputs")
_OUTPUTS = ("properties", "required")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """One line for each breaking change, with its place in the schema."""
    return sorted({*_of_components(old, new), *_of_types(old, new)})


def _of_components(old: Schema, new: Schema) -> Iterator[str]:
    for token, before in old["resources"].items():
        after = new["resources"].get(token)
        if after is None:
            yield f"{_name(token)}: the component is gone"
            continue
        yield from _of_given(_name(token), before, after, _INPUTS)
        yield from _of_read(_name(token), before, after, _OUTPUTS)


def _of_types(old: Schema, new: Schema) -> Iterator[str]:
    given, read = _types_in(new, _INPUTS[0]), _types_in(new, _OUTPUTS[0])
    for token, before in old["types"].items():
        after = new["types"].get(token)
        if after is None:
            yield f"{_name(token)}: the type is gone"
            continue
        if token in given:
            yield from _of_given(_name(token), before, after, _OUTPUTS)
        if token in read:
            yield from _of_read(_name(token), before, after, _OUTPUTS)


def _of_given(where: str, before: Schema, after: Schema, keys: tuple[str, str]) -> Iterator[str]:
    """What breaks a program that gives these properties."""
    properties, required = keys
    yield from _gone_or_other(where, before.get(properties, {}), after.get(properties, {}))
    for name in sorted({*after.get(required, ())} - {*before.get(required, ())}):
        yield f"{where}.{name}: it is required now"
    for name, one in after.get(properties, {}).items():
        was = before.get(properties, {}).get(name)
        if was is not None and one.get("plain") and not was.get("plain"):
            yield f"{where}.{name}: it can no longer be an output"


def _of_read(where: str, before: Schema, after: Schema, keys: tuple[str, str]) -> Iterator[str]:
    """What breaks a program that reads these properties."""
    properties, required = keys
    yield from _gone_or_other(where, before.get(properties, {}), after.get(properties, {}))
    there = {*after.get(properties, {})}
    for name in sorted(({*before.get(required, ())} - {*after.get(required, ())}) & there):
        yield f"{where}.{name}: it may be missing now"


def _gone_or_other(where: str, before: Schema, after: Schema) -> Iterator[str]:
    for name, was in before.items():
        if name not in after:
            yield f"{where}.{name}: it is gone"
        elif (old := type_text(was)) != (new := type_text(after[name])):
            yield f"{where}.{name}: it was {old}, and is {new}"


def type_text(definition: Schema) -> str:
    """A property's type in words: `string`, `list of string`, `map of Updates`."""
    if reference := definition.get("$ref"):
        return _name(str(reference))
    if items := definition.get("items"):
        return f"list of {type_text(items)}"
    if of_each := definition.get("additionalProperties"):
        return f"map of {type_text(of_each)}"
    return str(definition.get("type", "anything"))


def _types_in(schema: Schema, properties: str) -> set[str]:
    """The types in a kind of a component's properties, and those in them."""
    found: set[str] = set()
    to_see: list[Any] = [component.get(properties, {}) for component in schema["resources"].values()]
    while to_see:
        for token in _references(to_see.pop()):
            if token not in found:
                found.add(token)
                to_see.append(schema["types"].get(token, {}))
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            if key == "$ref":
                yield str(one).removeprefix("#/types/")
            else:
                yield from _references(one)


def _name(token: str) -> str:
    return token.rpartition(":")[2]
