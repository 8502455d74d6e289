"""Evaluates the stored policy assignments on the stored machines, afresh each time it is asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.arm.azure import Azure
from sandbox.arm.ids import MACHINE_TYPES, ResourceId
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS, Assignment, Part, assignment_of
from sandbox.arm.policy.effects import CONFIGURATION_ASSIGNMENTS
from sandbox.arm.policy.machines import Machine, is_machine, machine_of
from sandbox.arm.policy.rules import compliance
from sandbox.arm.policy.scopes import Hierarchy, management_group_name

BUSY = frozenset({"creating", "updating", "deleting"})
"""The provisioning states in which a machine is being worked on."""

WAIT_FOR_BUSY = 0.05
"""Seconds until a machine that is being changed is looked at again; more than nothing, or settling would not end."""


@dataclass(frozen=True)
class State:
    """The compliance of one machine under one definition that an assignment assigns: `Compliant` or `NonCompliant`."""

    machine: Machine
    assignment: Assignment
    part: Part
    compliance: str


def all_assignments(azure: Azure) -> list[Assignment]:
    """Return every policy assignment."""
    return [assignment_of(one) for one in azure.store.under("", POLICY_ASSIGNMENTS)]


def machines_in(azure: Azure, scope: ResourceId | None, hierarchy: Hierarchy) -> Iterator[Machine]:
    """Return the machines at or below a scope: the tenant, a management group, a subscription, a group, a machine."""
    if scope is not None and is_machine(scope):
        found = azure.store.get(scope)
        if found:
            yield machine_of(found)
        return
    group = management_group_name(scope.text) if scope else None
    roots = [scope.text if scope else ""]
    if group is not None:
        roots = [f"/subscriptions/{one}" for one in hierarchy.subscriptions_below(group)]
    for root in roots:
        for resource_type in MACHINE_TYPES:
            yield from (machine_of(one) for one in azure.store.under(root, resource_type))


def schedules_of(azure: Azure, machine: Machine) -> list[str]:
    """Return the ids of the maintenance configurations that assignments on the machine itself attach it to."""
    found = azure.store.under(machine.id.text, CONFIGURATION_ASSIGNMENTS)
    return [str(one.properties.get("maintenanceConfigurationId")) for one in found]


def state_of(azure: Azure, assignment: Assignment, part: Part, machine: Machine, hierarchy: Hierarchy) -> str | None:
    """Return a machine's compliance state, or None where it is out of scope or the definition is not applicable."""
    if not assignment.reaches(machine, hierarchy):
        return None
    return compliance(part, machine, lambda one: schedules_of(azure, one))


def states(
    azure: Azure, machines: Iterable[Machine], assignments: list[Assignment], hierarchy: Hierarchy
) -> Iterator[State]:
    """Evaluate assignments on machines; what is not applicable is left out."""
    for machine in machines:
        for assignment in assignments:
            for part in assignment.parts:
                found = state_of(azure, assignment, part, machine, hierarchy)
                if found is not None:
                    yield State(machine, assignment, part, found)


def is_busy(machine: Machine) -> bool:
    """Tell whether a machine is being created, changed or deleted right now."""
    return machine.text("provisioningState").lower() in BUSY
