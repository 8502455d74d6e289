"""Which two schedules may reach one machine through a dynamic scope.

There may be hundreds of schedules with thousands of scopes and machines: they are compared within one subscription
only, machines that no filter can tell apart are compared once, and so are scopes that look at many subscriptions.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import TYPE_CHECKING

from patching.arm_ids import parse_machine_id
from patching.limits import ScheduleLimits
from patching.scopes import Machine, ScopeFilter, are_disjoint, location_key, looks_at, matches

if TYPE_CHECKING:
    from patching.settings.model import MachineTarget, ScheduleSettings, VirtualMachineSettings

Pair = tuple[int, int]
"""Two schedules, by their places in the file, the earlier first."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """A dynamic scope on one subscription or group; `place` is its schedule's, `position` its own in there."""

    place: int
    position: int
    group: str | None
    filter: ScopeFilter


@dataclass(slots=True)
class _Subscription:
    """What looks at one subscription, and the machines named in it: each with the schedules that name it."""

    scopes: list[_Scope] = field(default_factory=list[_Scope])
    machines: "dict[object, tuple[MachineTarget, set[int]]]" = field(
        default_factory=dict[object, "tuple[MachineTarget, set[int]]"]
    )


def reached_by_both(
    schedules: "Sequence[ScheduleSettings]",
    virtual_machines: "Mapping[str, VirtualMachineSettings]",
    limits: ScheduleLimits,
) -> dict[Pair, str]:
    """Where in the later of two schedules a machine may come from that the earlier may reach too, by the two.

    A subscription with more scopes than the service takes, which is a fault, is left out.
    """
    found: dict[Pair, int] = {}
    by_subscription = _by_subscription(schedules, virtual_machines)
    judged = [one for one in by_subscription.values() if len(one.scopes) <= limits.dynamic_scopes_per_target_and_region]
    shared = chain(_shared_by_scopes(judged), *(_shared_by_machines(one, virtual_machines) for one in judged))
    for pair, position in shared:
        found[pair] = min(position, found.get(pair, position))
    keys = [list(schedule.scopes) for schedule in schedules]
    return {
        pair: "machines" if position == _NAMED else f"scopes.{keys[pair[1]][position]}"
        for pair, position in found.items()
    }


def _by_subscription(
    schedules: "Sequence[ScheduleSettings]", virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> Mapping[str, _Subscription]:
    subscriptions: dict[str, _Subscription] = defaultdict(_Subscription)
    for place, schedule in enumerate(schedules):
        for position, scope in enumerate(schedule.scopes.values()):
            for target in scope.targets:
                group = target.resource_group.lower() if target.resource_group else None
                one = _Scope(place, position, group, scope.filter)
                subscriptions[target.subscription_id.lower()].scopes.append(one)
        for machine in schedule.machines:
            alike = subscriptions[machine.subscription_id.lower()].machines
            _, naming = alike.setdefault(_what_filters_see(machine, virtual_machines), (machine, set()))
            naming.add(place)
    return subscriptions


def _what_filters_see(machine: "MachineTarget", virtual_machines: "Mapping[str, VirtualMachineSettings]") -> object:
    """The same for machines that every filter treats alike."""
    if _own(machine, virtual_machines):
        return machine.resource_id.lower()
    return machine.kind, machine.resource_group.lower(), location_key(machine.location)


def _shared_by_scopes(subscriptions: Sequence[_Subscription]) -> Iterator[tuple[Pair, int]]:
    """Two schedules whose scopes may share a machine of one subscription, and the position of the later one's scope."""
    # Subscriptions with the same scopes tell the same, and two scopes have the same filters in all of them.
    alike = {tuple((one.place, one.position, one.group) for one in each.scopes): each.scopes for each in subscriptions}
    disjoint: dict[tuple[int, int, int, int], bool] = {}
    for scopes in alike.values():
        for one, other in combinations(scopes, 2):
            if one.place != other.place and _same_place(one, other):
                both = (one.place, one.position, other.place, other.position)
                if both not in disjoint:
                    disjoint[both] = are_disjoint(one.filter, other.filter)
                if not disjoint[both]:
                    yield (one.place, other.place), other.position


def _shared_by_machines(
    subscription: _Subscription, virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> Iterator[tuple[Pair, int]]:
    """Two schedules that share a machine which one of them names, and the position of the scope in the later one.

    Where the later one names the machine itself, that is `_NAMED`.
    """
    for machine, naming in subscription.machines.values():
        for scope in subscription.scopes:
            if naming != {scope.place} and _may_match(machine, scope, virtual_machines):
                for place in naming - {scope.place}:
                    if place < scope.place:
                        yield (place, scope.place), scope.position
                    else:
                        yield (scope.place, place), _NAMED


_NAMED = 1_000_000
"""Behind the last scope of any schedule."""


def _same_place(one: _Scope, other: _Scope) -> bool:
    return one.group is None or other.group is None or one.group == other.group


def _own(
    machine: "MachineTarget", virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> "VirtualMachineSettings | None":
    """The machine as this stack makes it, if it does."""
    own = virtual_machines.get(machine.key)
    return own if own is not None and own.resource_id.lower() == machine.resource_id.lower() else None


def _may_match(
    machine: "MachineTarget", scope: _Scope, virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> bool:
    """Whether a machine that is named may be in a scope on its subscription.

    Of a machine that the stack does not make, operating system and tags are unknown.
    """
    if scope.group is not None and machine.resource_group.lower() != scope.group:
        return False
    own = _own(machine, virtual_machines)
    if own is not None:
        return matches(scope.filter, Machine(parse_machine_id(own.resource_id), own.os, own.location, own.tags))
    return looks_at(scope.filter, machine.kind, machine.resource_group, machine.location)
