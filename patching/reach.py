"""Which schedules reach which machines of an inventory, and by what; 100,000 machines in about a second.

Machines that every filter and every policy of a stack sees alike are alike: one of them is judged, by the rules of
`patching.scopes` and `patching.policy_reach`, for all. What tells machines apart is only what the stack's own filters
name, so that their number follows the stack file, not the inventory.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from patching.arm_ids import ScopeKind
from patching.policy_definitions import PolicyKind
from patching.policy_reach import ManagementGroups, PolicyReach, remediating
from patching.scopes import Machine, ScopeFilter, location_key, matches

if TYPE_CHECKING:
    from patching.settings.model import ScopeTarget, Settings


class By(StrEnum):
    """What attaches a machine to a schedule: an assignment of its own, or a dynamic scope."""

    STATIC = "static"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Reach:
    """A schedule that reaches a machine; `policy` is the one that makes the static assignment, where one does."""

    schedule: str
    by: By
    scope: str | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScopePlace:
    """A dynamic scope where it looks: the service counts the machines of each by itself."""

    schedule: str
    scope: str
    target: "ScopeTarget"
    filter: ScopeFilter

    def holds(self, machine: Machine) -> bool:
        """Whether the machine lies in it and passes the filter."""
        return self.looks_at(machine) and matches(self.filter, machine)

    def looks_at(self, machine: Machine) -> bool:
        """Whether the machine lies in its subscription, or its resource group."""
        target, place = self.target, machine.id
        if target.subscription_id.lower() != place.subscription_id.lower():
            return False
        return target.resource_group is None or target.resource_group.lower() == place.resource_group.lower()


@dataclass(frozen=True, slots=True, eq=False)
class Membership:
    """What machines that are alike are in: dynamic scopes, and the policies whose remediation changes them.

    `nearly` says why they are in no scope, where the case of a tag's value is all that is wrong.
    """

    places: tuple[ScopePlace, ...]
    policies: tuple[PolicyReach, ...]
    nearly: str | None


class Reaches:
    """The scopes, static assignments and policies of a stack, ready to be asked about many machines."""

    def __init__(self, settings: "Settings", management_groups: ManagementGroups) -> None:
        self._management_groups = management_groups
        self._places: dict[str, list[ScopePlace]] = defaultdict(list)
        places = list(_scope_places(settings))
        for place in places:
            self._places[place.target.subscription_id.lower()].append(place)
        self._policies = remediating(settings.azure_policies.values())
        self._named: dict[str, list[Reach]] = defaultdict(list)
        for schedule in settings.schedules.values():
            for machine in schedule.machines:
                self._named[machine.resource_id.lower()].append(Reach(schedule.key, By.STATIC))
        self._told_apart = _ToldApart(places, self._policies)
        self._known: dict[Hashable, Membership] = {}
        self._order = {key: index for index, key in enumerate(settings.schedules)}

    def membership(self, machine: Machine) -> Membership:
        """What a machine is in; the same object for machines that are alike."""
        key = self._told_apart.key(machine)
        membership = self._known.get(key)
        if membership is None:
            membership = self._known[key] = self._judge(machine)
        return membership

    def named(self, machine: Machine) -> tuple[Reach, ...]:
        """The schedules that name a machine."""
        return tuple(self._named.get(str(machine.id).lower(), ()))

    def reaching(self, named: Iterable[Reach], membership: Membership) -> tuple[Reach, ...]:
        """All that reaches a machine, in the order of the stack's schedules."""
        by_policy = (
            Reach(policy.policy.schedule_key, By.STATIC, policy=policy.policy.key)
            for policy in membership.policies
            if policy.policy.kind is PolicyKind.RECURRING_UPDATES and policy.policy.schedule_key is not None
        )
        by_scope = (Reach(place.schedule, By.SCOPE, place.scope) for place in membership.places)
        reaches = dict.fromkeys((*named, *by_policy, *by_scope))
        return tuple(sorted(reaches, key=lambda reach: self._order.get(reach.schedule, 0)))

    def _judge(self, machine: Machine) -> Membership:
        near = self._places.get(machine.id.subscription_id.lower(), [])
        places = tuple(place for place in near if place.holds(machine))
        policies = tuple(policy for policy in self._policies if policy.changes(machine, self._management_groups))
        nearly = None if places else next(filter(None, (_nearly(one, machine) for one in near)), None)
        return Membership(places, policies, nearly)


def _scope_places(settings: "Settings") -> Iterator[ScopePlace]:
    for schedule in settings.schedules.values():
        for scope in schedule.scopes.values():
            for target in scope.targets:
                yield ScopePlace(schedule.key, scope.key, target, scope.filter)


def _nearly(place: ScopePlace, machine: Machine) -> str | None:
    """What to say of a machine that a scope would hold if tag values had no case."""
    wanted = place.filter.tags
    loose = replace(place.filter, tags={name: tuple(map(str.lower, values)) for name, values in wanted.items()})
    lowered = replace(machine, tags={name: value.lower() for name, value in machine.tags.items()})
    if not wanted or not place.looks_at(machine) or not matches(loose, lowered):
        return None
    for name, value in machine.tags.items():
        for wanted_name, values in wanted.items():
            meant = next((one for one in values if one.lower() == value.lower() and one != value), None)
            if wanted_name.lower() == name.lower() and value not in values and meant is not None:
                return f'its tag {name} is "{value}", and the scope {place.scope} of {place.schedule} wants "{meant}"'
    return None


class _ToldApart:
    """What the filters and policies of a stack tell machines apart by; all else of a machine is passed over."""

    def __init__(self, places: Iterable[ScopePlace], policies: Iterable[PolicyReach]) -> None:
        groups: set[str] = set()
        locations: set[str] = set()
        excluded: set[str] = set()
        tags: dict[str, set[str]] = defaultdict(set)
        pairs: set[tuple[str, str]] = set()
        for place in places:
            groups |= {place.target.resource_group.lower()} if place.target.resource_group else set()
            groups |= set(map(str.lower, place.filter.resource_groups))
            locations |= set(map(location_key, place.filter.locations))
            for name, values in place.filter.tags.items():
                tags[name.lower()] |= set(map(str.lower, values))
        for reach in policies:
            scope = reach.policy.scope
            groups |= {(scope.name or "").lower()} if scope.kind is ScopeKind.RESOURCE_GROUP else set()
            excluded |= set(reach.excluded)
            locations |= reach.locations
            pairs |= set(reach.policy.tags.items())
        self._groups, self._locations = frozenset(groups), frozenset(locations)
        self._excluded = tuple(excluded)
        self._tags: Mapping[str, frozenset[str]] = {name: frozenset(values) for name, values in tags.items()}
        self._pairs = frozenset(pairs)

    def key(self, machine: Machine) -> Hashable:
        """Equal for machines that every filter and policy sees alike."""
        place = machine.id
        group, location = place.resource_group.lower(), location_key(machine.location)
        return (
            place.subscription_id.lower(),
            place.kind,
            machine.os,
            group if group in self._groups else None,
            location if location in self._locations else None,
            tuple(
                (name, value)
                for name, value in sorted(machine.tags.items())
                if (name, value) in self._pairs or value.lower() in self._tags.get(name.lower(), ())
            ),
            self._exclusions(machine) if self._excluded else (),
        )

    def _exclusions(self, machine: Machine) -> tuple[str, ...]:
        here = f"{str(machine.id).lower()}/"
        return tuple(one for one in self._excluded if here.startswith(one))
