"""What a stack grants to the identities that handle its schedules' events: each role at each scope once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patching.arm_ids import MACHINE_TYPES, MachineKind, resource_group_id, subscription_id
from patching.event_handlers import CANCEL_RUNS, MACHINE_ROLES, HandlerRole

if TYPE_CHECKING:
    from patching.settings.model import ScheduleSettings, Settings


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for an identity at a scope, an ARM id, in one of the stack's subscriptions.

    `place` names the scope in the stack file's own words. `schedule_key` is the schedule whose configuration it is,
    `machine_key` the machine of `schedules.*.machines` that it is; both are empty for any other scope.
    """

    principal_id: str
    role: HandlerRole
    scope_id: str
    subscription_key: str
    place: str
    schedule_key: str | None = None
    machine_key: str = ""


def grants_of(settings: "Settings") -> list[Grant]:
    """The grants that the schedules of a stack ask for, in their order.

    Azure keeps one role assignment for an identity, a role and a scope, so that two schedules share theirs.
    """
    found: dict[tuple[str, str, str], Grant] = {}
    for schedule in settings.schedules.values():
        for grant in _grants(schedule):
            found.setdefault((grant.principal_id, grant.role.definition_id, grant.scope_id.lower()), grant)
    return list(found.values())


def _grants(schedule: "ScheduleSettings") -> Iterator[Grant]:
    asked = schedule.events.grant if schedule.events else None
    if asked is None:
        return
    for scope_id, subscription_key, place in _scopes(schedule):
        for role in MACHINE_ROLES:
            yield Grant(asked.principal_id, role, scope_id, subscription_key, place)
    for machine in schedule.machines:
        if machine.kind is MachineKind.AZURE:
            place = f"{machine.subscription_key}/machines/{machine.key}"
            for role in MACHINE_ROLES:
                yield Grant(
                    asked.principal_id,
                    role,
                    machine.resource_id,
                    machine.subscription_key,
                    place,
                    machine_key=machine.key,
                )
    if asked.cancel:
        yield Grant(
            asked.principal_id,
            CANCEL_RUNS,
            schedule.resource_id,
            schedule.subscription_key,
            schedule.key,
            schedule.key,
        )


def _scopes(schedule: "ScheduleSettings") -> Iterator[tuple[str, str, str]]:
    """Where dynamic scopes look for Azure machines: ARM id, subscription, and the place in the file's words.

    Arc machines are left out, here and above: Azure cannot start them.
    """
    azure = MACHINE_TYPES[MachineKind.AZURE]
    for scope in schedule.scopes.values():
        if azure not in scope.filter.resource_types:
            continue
        for target in scope.targets:
            if target.resource_group is None:
                yield subscription_id(target.subscription_id), target.subscription_key, target.subscription_key
            else:
                group_id = resource_group_id(target.subscription_id, target.resource_group)
                yield group_id, target.subscription_key, f"{target.subscription_key}/{target.resource_group}"
