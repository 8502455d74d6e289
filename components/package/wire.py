"""Arguments as the engine sends them, before Pulumi's SDK makes values and outputs of them.

Some arguments are plain: they decide which resources there are, so that a component has to know them in a preview. A
language without types, or an older SDK, may send one as an output all the same: a known value is then taken out of it,
and what is said of it (that it is a secret, what it depends on) goes to those values inside that may be outputs.
"""

from dataclasses import dataclass
from typing import Any, cast

from google.protobuf import json_format
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from patching.faults import Fault, Found

from .definitions import Definitions

# By which a value says what it is (source: Pulumi's repository, sdk/go/common/resource/sig and its properties.go).
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (the mark of a secret, not one)


@dataclass(frozen=True, slots=True)
class _Said:
    """What an output says of its value."""

    known: bool = True
    secret: bool = False
    depends_on: frozenset[str] = frozenset()

    def __or__(self, other: "_Said") -> "_Said":
        return _Said(self.known and other.known, self.secret or other.secret, self.depends_on | other.depends_on)


_NOTHING_SAID = _Said()


def with_plain_arguments(
    request: provider_pb2.ConstructRequest, component: ComponentDefinition, definitions: Definitions
) -> tuple[provider_pb2.ConstructRequest, list[Fault]]:
    """A request to construct a component with its plain arguments out of their outputs, and what cannot be."""
    settling = _Settling(definitions)
    settled = provider_pb2.ConstructRequest()
    settled.CopyFrom(request)
    given = json_format.MessageToDict(request.inputs)
    for name, definition in component.inputs.items():
        if name in given and definition.plain:
            beside = request.inputDependencies[name].urns if name in request.inputDependencies else ()
            # Where values say themselves what they depend on, all of it together is said beside them once more.
            said = _NOTHING_SAID if _has_output(given[name]) else _Said(depends_on=frozenset(beside))
            given[name] = settling.plain(given[name], definition, said, name)
            settled.inputDependencies.pop(name, None)
    settled.inputs.Clear()
    json_format.ParseDict(given, settled.inputs)
    return settled, settling.faults


class _Settling:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.faults: list[Fault] = []

    def plain(self, value: Any, definition: PropertyDefinition, around: _Said, path: str) -> Any:
        """A plain value, with what is said of it handed to the values inside that may be outputs."""
        said, inner = _unwrapped(value)
        said |= around
        if not said.known:
            self.faults.append(_unknown(path))
            return None
        type_ = self._definitions.type_of(definition)
        if isinstance(inner, dict):
            entries = cast("dict[str, Any]", inner)
            of_each = definition.additional_properties
            return {
                key: self._inside(one, type_.properties.get(key) if type_ else of_each, said, f"{path}.{key}")
                for key, one in entries.items()
            }
        if isinstance(inner, list):
            items = cast("list[Any]", inner)
            return [self._inside(one, definition.items, said, f"{path}[{index}]") for index, one in enumerate(items)]
        if said.secret:
            self.faults.append(_secret(path))
        return inner

    def _inside(self, value: Any, definition: PropertyDefinition | None, around: _Said, path: str) -> Any:
        if definition is not None and definition.plain:
            return self.plain(value, definition, around, path)
        said, inner = _unwrapped(value)
        return _wrapped(said | around, inner)


def _unwrapped(value: Any) -> tuple[_Said, Any]:
    """What is said of a value, and the value itself; None for one that is not known."""
    if value == rpc.UNKNOWN:
        return _Said(known=False), None
    if not isinstance(value, dict):
        return _NOTHING_SAID, value
    entries = cast("dict[str, Any]", value)
    signature = entries.get(_SIGNATURE)
    if signature == _SECRET:
        said, inner = _unwrapped(entries["value"])
        return said | _Said(secret=True), inner
    if signature == _OUTPUT:
        own = _Said("value" in entries, bool(entries.get("secret")), frozenset(entries.get("dependencies", ())))
        said, inner = _unwrapped(entries.get("value"))
        return said | own, inner
    return _NOTHING_SAID, entries


def _wrapped(said: _Said, value: Any) -> Any:
    if said == _NOTHING_SAID:
        return value
    wrapped = {_SIGNATURE: _OUTPUT, "secret": said.secret, "dependencies": sorted(said.depends_on)}
    return {**wrapped, "value": value} if said.known else wrapped


def _has_output(value: Any) -> bool:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return entries.get(_SIGNATURE) == _OUTPUT or any(_has_output(one) for one in entries.values())
    return isinstance(value, list) and any(_has_output(one) for one in cast("list[Any]", value))


def _unknown(path: str) -> Fault:
    return Fault(
        path,
        Found("an output that is not known in a preview", literal=False),
        "a plain value, because it decides which resources there are",
        "",
        "write the value, or take it from the stack's configuration",
    )


def _secret(path: str) -> Fault:
    return Fault(
        path,
        Found("a secret", literal=False),
        "a value that is no secret, because Azure shows it",
        "",
        "give it as plain text",
    )
