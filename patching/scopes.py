"""Dynamic scopes: a filter over machines, evaluated by the service when a run starts.

Source: the REST specification of Microsoft.Maintenance, `ConfigurationAssignmentFilterProperties`. An empty list
filters nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from patching.arm_ids import MACHINE_TYPES, MachineId
from patching.machines import OperatingSystem

RESOURCE_TYPES = tuple(MACHINE_TYPES.values())


class TagOperator(StrEnum):
    """Whether a machine must carry one of the filter's tags, or all of them."""

    ANY = "Any"
    ALL = "All"


@dataclass(frozen=True, slots=True)
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
        _holds(scope.resource_types, MACHINE_TYPES[machine.id.kind])
        and _holds(scope.resource_groups, machine.id.resource_group)
        and (not scope.os_types or machine.os in scope.os_types)
        and (not scope.locations or location_key(machine.location) in map(location_key, scope.locations))
        and _tags_match(scope, machine.tags)
    )


def _holds(allowed: tuple[str, ...], name: str) -> bool:
    return not allowed or name.lower() in (one.lower() for one in allowed)


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
    return (
        _no_common(map(str.lower, one.resource_types), map(str.lower, other.resource_types))
        or _no_common(map(str.lower, one.resource_groups), map(str.lower, other.resource_groups))
        or _no_common(one.os_types, other.os_types)
        or _no_common(map(location_key, one.locations), map(location_key, other.locations))
        or _tags_are_disjoint(one, other)
    )


def _no_common(one: Iterable[str], other: Iterable[str]) -> bool:
    first, second = set(one), set(other)
    return bool(first) and bool(second) and not first & second


def _tags_are_disjoint(one: ScopeFilter, other: ScopeFilter) -> bool:
    """Whether the tags of two filters exclude each other.

    A filter with several tags and the operator Any lets a machine through by any of them, so that the other filter
    would have to exclude each; with All, or with one tag, one contradiction is enough.
    """
    if not one.tags or not other.tags:
        return False
    return all(
        any(_values_differ(choice, other_choice) for choice in ours for other_choice in theirs)
        for ours in _alternatives(one)
        for theirs in _alternatives(other)
    )


def _alternatives(scope: ScopeFilter) -> list[list[tuple[str, frozenset[str]]]]:
    """The ways through a filter's tags: sets of (tag name, values) that must hold together."""
    conditions = [(name.lower(), frozenset(values)) for name, values in scope.tags.items()]
    return [conditions] if scope.tag_operator is TagOperator.ALL else [[condition] for condition in conditions]


def _values_differ(one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]) -> bool:
    return one[0] == other[0] and not one[1] & other[1]
