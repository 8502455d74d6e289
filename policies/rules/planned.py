"""What a stack's resources plan: each guest patching configuration, and all that is assigned to it.

Whatever is not known yet is left out: what is there is certain.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from patching.arm_ids import (
    ArmIdError,
    maintenance_configuration_id,
    parse_machine_id,
    parse_resource_id,
    virtual_machine_id,
)
from patching.checks.window import check_window
from patching.machines import OperatingSystem
from patching.schedule import Schedule
from patching.scopes import RESOURCE_TYPES, Machine, ScopeFilter, TagOperator, matches
from policies.rules.maintenance_configurations import CONFIGURATION, is_guest_patching, schedule_of
from policies.rules.rule import UNKNOWN, Resource, Stack, a_map, at, has_unknown, words
from policies.rules.virtual_machines import MACHINE, as_inventory_has_it

ON_MACHINE = "maintenance:ConfigurationAssignment"
ON_PART = "maintenance:ConfigurationAssignmentParent"
ON_SUBSCRIPTION = "maintenance:ConfigurationAssignmentsForSubscription"
ON_GROUP = "maintenance:ConfigurationAssignmentsForResourceGroup"
ASSIGNMENTS = (ON_MACHINE, ON_PART, ON_SUBSCRIPTION, ON_GROUP)
POLICY = "authorization:PolicyAssignment"
_GROUP = "resources:ResourceGroup"
_SYSTEMS = {one.lower(): one for one in OperatingSystem}
_OPERATORS = {one.lower(): one for one in TagOperator}

AMBIENT = "00000000-0000-0000-0000-000000000000"
"""Stands for the subscription of a provider that takes it from the environment."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a configuration is assigned to: a resource of the stack, or one outside by its id, as far as is known."""

    machine: Resource | None = None
    id: str | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self.machine is not None or self.id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What is assigned to configurations.

    `targets` are those of assignments of their own, `scopes` the dynamic ones, `policies` the policy assignments that
    attach machines.
    """

    targets: tuple[tuple[Resource, Target], ...]
    scopes: tuple[Resource, ...]
    policies: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Attached):
    """A guest patching configuration of the stack, and everything of the stack that is assigned to it.

    `schedule` is None where it is not known, or refused.
    """

    key: str
    resource: Resource
    schedule: Schedule | None

    @property
    def runs_once(self) -> bool:
        """Whether it ends after one run, as an emergency does, and so is no part of what comes again and again."""
        return self.schedule is not None and len(list(islice(self.schedule.runs(), 2))) == 1


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All guest patching of a stack.

    `elsewhere` is attached to configurations that are not in the stack, `unclear` to ones that are not known yet.
    """

    stack: Stack
    schedules: tuple[Planned, ...]
    elsewhere: Attached
    unclear: tuple[Resource, ...]


def subscription_of(resource: Resource) -> str | None:
    """The subscription a resource is in; None where it is not known yet."""
    return None if resource.subscription is UNKNOWN else str(resource.subscription or AMBIENT).lower()


def text_of(stack: Stack, resource: Resource, prop: str) -> str | None:
    """A property that is text; a resource group's name also where only the program knows which group it is."""
    value = resource.props.get(prop)
    if isinstance(value, str):
        return value
    groups = stack.behind(resource, prop, _GROUP) if prop == "resourceGroupName" else []
    name = groups[0].props.get("resourceGroupName") if len(groups) == 1 else None
    return name if isinstance(name, str) else None


def configuration_id(stack: Stack, resource: Resource) -> str | None:
    """The ARM id of a maintenance configuration, in lower case; None where it is not known yet."""
    parts = (
        subscription_of(resource),
        text_of(stack, resource, "resourceGroupName"),
        text_of(stack, resource, "resourceName"),
    )
    return maintenance_configuration_id(*map(str, parts)).lower() if all(parts) else None


def machine_id(stack: Stack, resource: Resource) -> str | None:
    """The ARM id of a virtual machine, in lower case; None where it is not known yet, or would be none."""
    parts = (subscription_of(resource), text_of(stack, resource, "resourceGroupName"), resource.props.get("vmName"))
    if not all(isinstance(one, str) for one in parts):
        return None
    try:
        return str(parse_machine_id(virtual_machine_id(*map(str, parts)))).lower()
    except ArmIdError:
        return None


def found_by_id(found: Mapping[str, Resource], text: str) -> Resource | None:
    """The resource with an ARM id, in any case; where its provider does not say in which subscription, in any."""
    lowered = text.lower().rstrip("/")
    if lowered in found:
        return found[lowered]
    try:
        subscription = parse_resource_id(lowered).subscription_id
    except ArmIdError:
        return None
    return found.get(lowered.replace(subscription, AMBIENT, 1))


@lru_cache(maxsize=1)
def plan_of(stack: Stack) -> Plan:
    """What a stack plans, worked out once for all rules."""
    configurations = [one for one in stack.of(CONFIGURATION) if is_guest_patching(one.props)]
    others = [one for one in stack.of(CONFIGURATION) if not is_guest_patching(one.props)]
    by_id = {found: one for one in (*configurations, *others) if (found := configuration_id(stack, one))}
    machines = {found: one for one in stack.of(MACHINE) if (found := machine_id(stack, one))}
    assigned: dict[str, list[Resource]] = {}
    elsewhere: list[Resource] = []
    unclear: list[Resource] = []
    for one, prop, written in _attaching(stack):
        configuration = _referred(stack, one, prop, written, by_id)
        if configuration is not None:
            assigned.setdefault(configuration.urn, []).append(one)
        elif written is UNKNOWN:
            unclear.append(one)
        elif isinstance(written, str):
            elsewhere.append(one)
    keys: set[str] = set()
    schedules: list[Planned] = []
    for one in configurations:
        targets, scopes, policies = _sorted(stack, assigned.get(one.urn, ()), machines)
        schedules.append(
            Planned(
                key=_key(stack, one, keys),
                resource=one,
                schedule=_accepted_schedule(one),
                targets=targets,
                scopes=scopes,
                policies=policies,
            )
        )
    targets, scopes, policies = _sorted(stack, elsewhere, machines)
    outside = Attached(targets=targets, scopes=scopes, policies=policies)
    return Plan(stack, tuple(schedules), outside, tuple(unclear))


def _accepted_schedule(configuration: Resource) -> Schedule | None:
    """The schedule, unless Azure refuses it: then another rule says so, and it never runs beside others."""
    schedule = schedule_of(configuration.props)
    return None if schedule is None or check_window("", schedule).faults else schedule


def _attaching(stack: Stack) -> Iterator[tuple[Resource, str, Any]]:
    """All that attaches machines to a configuration: the property that names it, and the id there."""
    for one in stack.of(*ASSIGNMENTS):
        yield one, "maintenanceConfigurationId", one.props.get("maintenanceConfigurationId")
    for one in stack.of(POLICY):
        yield one, "parameters", at(one.props, "parameters", "maintenanceConfigurationResourceId", "value")


def _referred(stack: Stack, one: Resource, prop: str, value: Any, by_id: Mapping[str, Resource]) -> Resource | None:
    """The configuration that a property names: by its id, or, in a preview, as the resource it comes from."""
    if value is None:
        return None
    found = found_by_id(by_id, value) if isinstance(value, str) else None
    if found is not None:
        return found
    behind = stack.behind(one, prop, CONFIGURATION)
    return behind[0] if len(behind) == 1 else None


def _key(stack: Stack, configuration: Resource, keys: set[str]) -> str:
    key = text_of(stack, configuration, "resourceName") or configuration.name
    while key in keys:
        key = f"{key} ({configuration.name})"
    keys.add(key)
    return key


_Sorted = tuple[tuple[tuple[Resource, Target], ...], tuple[Resource, ...], tuple[Resource, ...]]


def _sorted(stack: Stack, assigned: Iterable[Resource], machines: Mapping[str, Resource]) -> _Sorted:
    """What is assigned, by how: to a target of its own, by a dynamic scope, by a policy."""
    found = list(assigned)
    return (
        tuple((one, _target(stack, one, machines)) for one in found if one.kind in {ON_MACHINE, ON_PART}),
        tuple(one for one in found if one.kind in {ON_SUBSCRIPTION, ON_GROUP}),
        tuple(one for one in found if one.kind == POLICY),
    )


def _target(stack: Stack, assignment: Resource, machines: Mapping[str, Resource]) -> Target:
    subscription = subscription_of(assignment)
    group, name = text_of(stack, assignment, "resourceGroupName"), assignment.props.get("resourceName")
    written = assignment.props.get("resourceId")
    target = written if isinstance(written, str) else None
    if subscription is not None and group is not None and isinstance(name, str):
        target = _target_id(assignment, subscription, group, name) or target
    if target is not None:
        return Target(found_by_id(machines, target), target)
    behind = stack.behind(assignment, "resourceName", MACHINE)
    return Target(behind[0] if len(behind) == 1 else None)


def some_target_id(assignment: Resource) -> str | None:
    """The id of something of the kind that an assignment is for, where not even a preview knows which it is."""
    return _target_id(assignment, AMBIENT, "unknown", "unknown")


def _target_id(assignment: Resource, subscription: str, group: str, name: str) -> str | None:
    props = assignment.props
    provider, resource_type = props.get("providerName"), props.get("resourceType")
    if not isinstance(provider, str) or not isinstance(resource_type, str):
        return None
    inner = words([props.get("resourceParentType"), props.get("resourceParentName")])
    path = "/".join((provider, *inner, resource_type, name))
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{path}"


def filter_of(scope: Resource) -> ScopeFilter | None:
    """What a dynamic scope lets through; None where that is not known, or not what Azure takes."""
    given: Any = scope.props.get("filter")
    if has_unknown(given):
        return None
    tags = a_map(at(scope.props, "filter", "tagSettings", "tags"))
    try:
        return ScopeFilter(
            resource_types=words(at(scope.props, "filter", "resourceTypes")) or RESOURCE_TYPES,
            resource_groups=words(at(scope.props, "filter", "resourceGroups")),
            os_types=tuple(_SYSTEMS[one.lower()] for one in words(at(scope.props, "filter", "osTypes"))),
            locations=words(at(scope.props, "filter", "locations")),
            tags={name: words(values) for name, values in tags.items()},
            tag_operator=_OPERATORS[str(at(scope.props, "filter", "tagSettings", "filterOperator") or "any").lower()],
        )
    except KeyError:
        return None


def may_match(scope: Resource, stack: Stack, machine: Resource) -> bool | None:
    """Whether a dynamic scope reaches a machine of the stack; None where that is not known."""
    looks_for, resource_id = filter_of(scope), machine_id(stack, machine)
    if looks_for is None and not has_unknown(scope.props.get("filter")):
        return False  # what Azure does not take reaches nothing
    if looks_for is None or resource_id is None or has_unknown(machine.props.get("tags")):
        return None
    subscription = subscription_of(scope)
    parsed = parse_machine_id(resource_id)
    if subscription != parsed.subscription_id:
        return None if subscription is None else False
    group = text_of(stack, scope, "resourceGroupName")
    if scope.kind == ON_GROUP and (group or "").lower() != parsed.resource_group.lower():
        return None if group is None else False
    seen = as_inventory_has_it(machine).machine
    if (looks_for.os_types and seen.os is None) or (
        looks_for.locations and not isinstance(machine.props.get("location"), str)
    ):
        return None
    location = machine.props.get("location")
    return matches(looks_for, Machine(parsed, seen.os, location if isinstance(location, str) else "", seen.tags))
