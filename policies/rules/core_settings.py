"""What a stack plans as the core's own settings, so that the core's own checks judge it.

Whatever is not known yet is left out: what is there is certain.
"""

from collections.abc import Iterator
from functools import lru_cache

from patching.arm_ids import MACHINE_TYPES, ArmIdError, MachineId, MachineKind, parse_machine_id, virtual_machine_id
from patching.schedule import Schedule
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
from policies.rules.maintenance_configurations import emergency_of
from policies.rules.planned import (
    AMBIENT,
    ON_GROUP,
    Plan,
    Planned,
    Target,
    filter_of,
    machine_id,
    subscription_of,
    text_of,
)
from policies.rules.rule import Resource, Stack, has_unknown
from policies.rules.virtual_machines import MACHINE, as_inventory_has_it


@lru_cache(maxsize=1)
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
        emergency=emergency_of(resource.props),
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


@lru_cache(maxsize=1)
def core_machines(stack: Stack) -> dict[str, VirtualMachineSettings]:
    """The stack's machines as the core has them, by ARM id: those of which a filter's answer is certain."""
    found: dict[str, VirtualMachineSettings] = {}
    for one in stack.of(MACHINE):
        resource_id, machine = machine_id(stack, one), as_inventory_has_it(one).machine
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


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
