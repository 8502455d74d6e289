"""What a rule is, and what it judges: plain values, with `UNKNOWN` for what a preview does not know."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Literal, cast

from patching.faults import Fault

Plain = Mapping[str, Any]
"""The properties of a resource, or the settings of a rule, as plain values."""
Severity = Literal["low", "medium", "high", "critical"]
Path = tuple[str, ...]


class Unknown(Enum):
    """Stands for a value that a preview does not know; a rule leaves it until the update knows it."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource of a program or of a state; one is equal to itself alone.

    `kind` is its type without package and API version: `maintenance:MaintenanceConfiguration`. `props` are its inputs,
    and its outputs where no input says otherwise; `outputs` are what Azure answered, as far as that is known.
    `subscription` is its provider's, None where the provider takes it from the environment. `depends` has the URNs of
    the resources that each property comes from. What is not `managed` is only read, and somebody else's to mend.
    """

    kind: str
    props: Plain
    urn: str = ""
    name: str = ""
    protect: bool = False
    ignored: tuple[str, ...] = ()
    subscription: str | Unknown | None = None
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    outputs: Plain = field(default_factory=dict[str, Any])
    managed: bool = True


@dataclass(frozen=True, eq=False)
class Stack:
    """All resources of a program or of a state that a rule may look at; one is equal to itself alone."""

    resources: Sequence[Resource]

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        """The resources by URN."""
        return {one.urn: one for one in self.resources}

    @cached_property
    def by_kind(self) -> Mapping[str, Sequence[Resource]]:
        """The resources of each kind, in the program's order."""
        found: dict[str, list[Resource]] = {}
        for one in self.resources:
            found.setdefault(one.kind, []).append(one)
        return found

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of some kinds."""
        return [one for kind in kinds for one in self.by_kind.get(kind, ())]

    def behind(self, resource: Resource, prop: str, *kinds: str) -> list[Resource]:
        """The resources of some kinds that a property comes from: what tells them while a preview has no ids."""
        found = (self.by_urn.get(urn) for urn in resource.depends.get(prop, ()))
        return [one for one in found if one is not None and one.kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What every rule says of itself.

    `refused` says that Azure refuses what the rule finds, so that it stops an update unless configured otherwise.
    `settings` is the JSON schema of each setting, its default included.
    """

    name: str
    description: str
    severity: Severity
    url: str
    refused: bool = False
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def with_defaults(self, settings: Plain) -> Plain:
        """Settings with the default of each that is not set."""
        return {name: schema.get("default") for name, schema in self.settings.items()} | dict(settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(_Described):
    """A rule on one resource by itself.

    `judge` returns one message for each thing that is wrong: what, why, and how to mend it. `mend` returns the right
    value for each place where only one can be meant.
    """

    kinds: tuple[str, ...]
    judge: Callable[[Resource, Plain], Iterable[str]]
    mend: Callable[[Plain], Mapping[Path, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """What a stack rule finds wrong, and the URN of the resource to change; empty where it is the stack."""

    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(_Described):
    """A rule on resources beside each other."""

    judge: Callable[[Stack, Plain], Iterable[Violation]]


AnyRule = Rule | StackRule


def at(props: Plain, *path: str) -> Any:
    """The value at a path of nested maps: None where nothing is there, `UNKNOWN` where that is not known."""
    value: Any = props
    for name in path:
        if value is UNKNOWN:
            return UNKNOWN
        if not isinstance(value, Mapping):
            return None
        value = cast("Plain", value).get(name)
    return value


def a_map(value: Any) -> Plain:
    """The value if it is a map, or an empty one: what another program has there may be anything."""
    return cast("Plain", value) if isinstance(value, dict) else {}


def last_part(resource_id: str) -> str:
    """The name at the end of an ARM id, in lower case."""
    return resource_id.rstrip("/").rpartition("/")[2].lower()


def words(value: Any) -> tuple[str, ...]:
    """The texts in a list; none where the value is no list."""
    items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
    return tuple(one for one in items if isinstance(one, str))


def has_unknown(value: Any) -> bool:
    """Whether anything in a value is not known."""
    if isinstance(value, Mapping):
        return any(has_unknown(inner) for inner in cast("Plain", value).values())
    if isinstance(value, list | tuple):
        return any(has_unknown(inner) for inner in cast("Sequence[Any]", value))
    return value is UNKNOWN


def said(fault: Fault, names: Mapping[str, str] | None = None) -> str:
    """A finding of the core as a rule's message; `names` are azure-native's names for the core's."""
    place = (names or {}).get(fault.path, fault.path)
    return f"{place} is {fault.got}, but should be {fault.expected}. To mend it: {fault.fix}."
