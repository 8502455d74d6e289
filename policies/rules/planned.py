"""What a stack's resources plan, as the core's own settings, so that the core's own checks judge them.

Whatever is not known yet is left out: what is there is certain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from patching.arm_ids import (
    MACHINE_TYPES,
    ArmIdError,
    MachineId,
    MachineKind,
    maintenance_configuration_id,
    parse_machine_id,
    parse_resource_id,
    virtual_machine_id,
)
from patching.machines import OperatingSystem
from patching.schedule import Schedule
from patching.scopes import RESOURCE_TYPES, Machine, ScopeFilter, TagOperator, matches
from patching.settings.model import (
    DynamicScope,
    ExistingMachine,
    Image,
    MachineTarget,
    Reboot,
    ScheduleSettings,
    ScopeTarget,
    Updates,
    VirtualMachineSettings,
)
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


@dataclass(frozen=True, slots=True)
class Planned:
    """A guest patching configuration of the stack, and everything of the stack that is assigned to it.

    `schedule` is None where it is not known or not right; `targets` are those of assignments of its own, `scopes` the
    dynamic ones, `policies` the policy assignments that attach machines to it.
    """

    key: str
    resource: Resource
    schedule: Schedule | None
    targets: tuple[tuple[Resource, Target], ...]
    scopes: tuple[Resource, ...]
    policies: tuple[Resource, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Plan:
    """All guest patching of a stack. `unclear` are assignments whose configuration is not known."""

    stack: Stack
    schedules: tuple[Planned, ...]
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
    """The ARM id of a virtual machine, in lower case; None where it is not known yet."""
    parts = (subscription_of(resource), text_of(stack, resource, "resourceGroupName"), resource.props.get("vmName"))
    return virtual_machine_id(*map(str, parts)).lower() if all(isinstance(one, str) for one in parts) else None


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


def plan_of(stack: Stack) -> Plan:
    """What a stack plans."""
    configurations = [one for one in stack.of(CONFIGURATION) if is_guest_patching(one.props)]
    others = [one for one in stack.of(CONFIGURATION) if not is_guest_patching(one.props)]
    by_id = {found: one for one in (*configurations, *others) if (found := configuration_id(stack, one))}
    machines = {found: one for one in stack.of(MACHINE) if (found := machine_id(stack, one))}
    assigned: dict[str, list[Resource]] = {}
    unclear: list[Resource] = []
    for one in stack.of(*ASSIGNMENTS):
        written = one.props.get("maintenanceConfigurationId")
        configuration = _referred(stack, one, "maintenanceConfigurationId", written, by_id)
        if configuration is not None:
            assigned.setdefault(configuration.urn, []).append(one)
        elif written is UNKNOWN:
            unclear.append(one)
    for one in stack.of(POLICY):
        written = at(one.props, "parameters", "maintenanceConfigurationResourceId", "value")
        configuration = _referred(stack, one, "parameters", written, by_id) if written else None
        if configuration is not None:
            assigned.setdefault(configuration.urn, []).append(one)
    keys: set[str] = set()
    schedules = tuple(_planned(stack, one, assigned.get(one.urn, []), machines, keys) for one in configurations)
    return Plan(stack, schedules, tuple(unclear))


def _referred(stack: Stack, one: Resource, prop: str, value: Any, by_id: Mapping[str, Resource]) -> Resource | None:
    """The configuration that a property names: by its id, or, in a preview, as the resource it comes from."""
    found = found_by_id(by_id, value) if isinstance(value, str) else None
    if found is not None:
        return found
    behind = stack.behind(one, prop, CONFIGURATION)
    return behind[0] if len(behind) == 1 else None


def _planned(
    stack: Stack,
    configuration: Resource,
    assigned: list[Resource],
    machines: Mapping[str, Resource],
    keys: set[str],
) -> Planned:
    key = text_of(stack, configuration, "resourceName") or configuration.name
    while key in keys:
        key = f"{key} ({configuration.name})"
    keys.add(key)
    return Planned(
        key=key,
        resource=configuration,
        schedule=schedule_of(configuration.props),
        targets=tuple((one, _target(stack, one, machines)) for one in assigned if one.kind in {ON_MACHINE, ON_PART}),
        scopes=tuple(one for one in assigned if one.kind in {ON_SUBSCRIPTION, ON_GROUP}),
        policies=tuple(one for one in assigned if one.kind == POLICY),
    )


def _target(stack: Stack, assignment: Resource, machines: Mapping[str, Resource]) -> Target:
    props = assignment.props
    parts = (
        subscription_of(assignment),
        text_of(stack, assignment, "resourceGroupName"),
        props.get("providerName"),
        props.get("resourceType"),
        props.get("resourceName"),
    )
    written = props.get("resourceId")
    target = None
    if all(isinstance(one, str) for one in parts):
        subscription, group, provider, resource_type, name = map(str, parts)
        parent = [props.get("resourceParentType"), props.get("resourceParentName")]
        inner = [str(one) for one in parent if isinstance(one, str)]
        middle = "/".join((provider, *inner, resource_type, name))
        target = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{middle}"
    elif isinstance(written, str):
        target = written
    if target is not None:
        return Target(found_by_id(machines, target), target)
    behind = stack.behind(assignment, "resourceName", MACHINE)
    return Target(behind[0] if len(behind) == 1 else None)


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
            os_types=tuple(OperatingSystem(one) for one in words(at(scope.props, "filter", "osTypes"))),
            locations=words(at(scope.props, "filter", "locations")),
            tags={name: words(values) for name, values in tags.items()},
            tag_operator=TagOperator(at(scope.props, "filter", "tagSettings", "filterOperator") or TagOperator.ANY),
        )
    except (TypeError, ValueError):
        return None


def core_schedules(plan: Plan) -> dict[str, ScheduleSettings]:
    """The stack's schedules as the core has them, by key: those whose windows are known and right."""
    return {one.key: _settings(plan.stack, one, one.schedule) for one in plan.schedules if one.schedule is not None}


def _settings(stack: Stack, planned: Planned, schedule: Schedule) -> ScheduleSettings:
    resource = planned.resource
    subscription = subscription_of(resource) or f"unknown:{resource.urn}"
    machines = (_machine_target(stack, one, target) for one, target in planned.targets)
    return ScheduleSettings(
        key=planned.key,
        # A name that is not known yet is surely its own.
        name=text_of(stack, resource, "resourceName") or f"unknown:{resource.urn}",
        subscription_key=subscription,
        subscription_id=subscription,
        resource_group=text_of(stack, resource, "resourceGroupName") or f"unknown:{resource.urn}",
        location=_text(resource.props.get("location")),
        description=None,
        schedule=schedule,
        updates=Updates(Reboot.IF_REQUIRED, None, None),
        machines=tuple(one for one in machines if one is not None),
        scopes=dict(_scopes(stack, planned)),
        follows=None,
        protect=resource.protect,
        adopt=False,
        tags={},
    )


def _machine_target(stack: Stack, assignment: Resource, target: Target) -> MachineTarget | None:
    own = target.machine
    text = (machine_id(stack, own) if own else None) or target.id
    if own is not None and text is None:
        text = virtual_machine_id(AMBIENT, f"unknown:{own.urn}", own.name)
        parsed = MachineId(AMBIENT, f"unknown:{own.urn}", *_vm_type(), own.name, MachineKind.AZURE)
    else:
        try:
            parsed = parse_machine_id(text or "")
        except ArmIdError:
            return None
    return ExistingMachine(
        key=str(parsed).lower(),
        resource_id=str(parsed),
        subscription_key=parsed.subscription_id,
        subscription_id=parsed.subscription_id,
        resource_group=parsed.resource_group,
        provider=parsed.provider,
        resource_type=parsed.resource_type,
        name=parsed.name,
        kind=parsed.kind,
        location=_text(assignment.props.get("location")),
        assignment_name=_text(assignment.props.get("configurationAssignmentName")) or assignment.urn,
    )


def _vm_type() -> tuple[str, str]:
    provider, resource_type = MACHINE_TYPES[MachineKind.AZURE].split("/")
    return provider, resource_type


def _scopes(stack: Stack, planned: Planned) -> Iterator[tuple[str, DynamicScope]]:
    for one in planned.scopes:
        looks_for, subscription = filter_of(one), subscription_of(one)
        group = text_of(stack, one, "resourceGroupName") if one.kind == ON_GROUP else None
        if looks_for is None or subscription is None or (one.kind == ON_GROUP and group is None):
            continue
        name = _text(one.props.get("configurationAssignmentName")) or one.urn
        target = ScopeTarget(subscription, subscription, group, _text(one.props.get("location")), name)
        yield one.name, DynamicScope(one.name, looks_for, (target,))


def core_machines(stack: Stack) -> dict[str, VirtualMachineSettings]:
    """The stack's machines as the core has them, by ARM id: those of which a filter's answer is certain."""
    found: dict[str, VirtualMachineSettings] = {}
    for one in stack.of(MACHINE):
        resource_id, machine = machine_id(stack, one), as_inventory_has_it(one.props).machine
        if resource_id is None or machine.os is None or has_unknown(one.props.get("tags")):
            continue
        parsed = parse_machine_id(resource_id)
        found[str(parsed).lower()] = VirtualMachineSettings(
            key=parsed.name,
            os=machine.os,
            size="",
            image=Image("", "", "", ""),
            subnet_id=None,
            subscription_key=parsed.subscription_id,
            subscription_id=parsed.subscription_id,
            resource_group=parsed.resource_group,
            location=_text(one.props.get("location")),
            admin_username="",
            ssh_public_key=None,
            health_probe=None,
            tags=machine.tags,
        )
    return found


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
    seen = as_inventory_has_it(machine.props).machine
    if looks_for.os_types and seen.os is None:
        return None
    return matches(looks_for, Machine(parsed, seen.os, _text(machine.props.get("location")), seen.tags))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
