"""Dynamic scopes: a filter over machines, evaluated by the service when a run starts.

Source: the REST specification of Microsoft.Maintenance, `ConfigurationAssignmentFilterProperties`. An empty list
filters nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from patching.arm_ids import MACHINE_TYPES, MachineId, MachineKind
from patching.machines import OperatingSystem

RESOURCE_TYPES = tuple(MACHINE_TYPES.values())


class TagOperator(StrEnum):
    """Whether a machine must carry one of the filter's tags, or all of them."""

    ANY = "Any"
    ALL = "All"


@dataclass(frozen=True)
class ScopeFilter:
    """What a dynamic scope lets through; each field that is not empty must match.

    A tag has any number of values, one of which matches.
    """

    resource_types: tuple[str, ...] = RESOURCE_TYPES
    resource_groups: tuple[str, ...] = ()
    os_types: tuple[OperatingSystem, ...] = ()
    locations: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tag_operator: TagOperator = TagOperator.ANY

    @cached_property
    def allowed(self) -> tuple[frozenset[str], ...]:
        """What it lets through of types, groups, systems and locations, for comparison; an empty set is everything."""
        return (
            frozenset(map(str.lower, self.resource_types)),
            frozenset(map(str.lower, self.resource_groups)),
            frozenset(self.os_types),
            frozenset(map(location_key, self.locations)),
        )

    @cached_property
    def ways(self) -> tuple[dict[str, frozenset[str]], ...]:
        """The ways through its tags: values by tag name in lower case, which must hold together."""
        values = {name.lower(): frozenset(values) for name, values in self.tags.items()}
        return (values,) if self.tag_operator is TagOperator.ALL else tuple({name: values[name]} for name in values)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of an inventory, as far as a filter looks at it. `os` is None where the inventory does not say."""

    id: MachineId
    os: OperatingSystem | None
    location: str
    tags: Mapping[str, str]


def location_key(location: str) -> str:
    """A location for comparison: "West Europe" and "westeurope" are the same."""
    return location.replace(" ", "").lower()


def matches(scope: ScopeFilter, machine: Machine) -> bool:
    """Whether a machine passes a filter. Names match without regard to case, tag values exactly."""
    return (
        looks_at(scope, machine.id.kind, machine.id.resource_group, machine.location)
        and (not scope.os_types or machine.os in scope.os_types)
        and _tags_match(scope, machine.tags)
    )


def looks_at(scope: ScopeFilter, kind: MachineKind, resource_group: str, location: str) -> bool:
    """Whether a filter lets a machine of this kind and place through, as far as no system and no tags are asked for."""
    types, groups, _, locations = scope.allowed
    return (
        (not types or MACHINE_TYPES[kind].lower() in types)
        and (not groups or resource_group.lower() in groups)
        and (not locations or location_key(location) in locations)
    )


def _tags_match(scope: ScopeFilter, tags: Mapping[str, str]) -> bool:
    if not scope.tags:
        return True
    by_name = {name.lower(): value for name, value in tags.items()}
    hits = (by_name.get(name.lower()) in values for name, values in scope.tags.items())
    return all(hits) if scope.tag_operator is TagOperator.ALL else any(hits)


def are_disjoint(one: ScopeFilter, other: ScopeFilter) -> bool:
    """Whether no machine can ever pass both filters.

    A machine has one type, group, system and location, and one value for each tag.
    """
    if any(
        ours and theirs and ours.isdisjoint(theirs) for ours, theirs in zip(one.allowed, other.allowed, strict=True)
    ):
        return True
    return bool(one.ways and other.ways) and all(
        _contradict(ours, theirs) for ours in one.ways for theirs in other.ways
    )


def _contradict(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> bool:
    """Whether a tag cannot have a value for both.

    A filter with several tags and the operator Any lets a machine through by any of them, so that the other filter
    would have to exclude each way; with All, or with one tag, one contradiction is enough.
    """
    return any(name in other and values.isdisjoint(other[name]) for name, values in one.items())
