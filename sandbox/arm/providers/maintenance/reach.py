"""Which machines a maintenance configuration reaches now: by its assignments to machines, and by its dynamic scopes."""

from sandbox.arm.azure import Azure
from sandbox.arm.ids import MACHINE_TYPES, ResourceId, parse
from sandbox.arm.providers.maintenance import names
from sandbox.arm.providers.maintenance.filters import matches
from sandbox.arm.store import Resource


def machines_reached(azure: Azure, configuration: ResourceId) -> list[ResourceId]:
    """Return the machines that a run of a configuration would be for, each once, in the order of their ids.

    Whether a machine is ready for it is not asked here.
    """
    reached: dict[str, ResourceId] = {}
    for assignment in azure.store.under("", names.ASSIGNMENT):
        if str(assignment.properties.get("maintenanceConfigurationId")).lower() == configuration.key:
            reached |= {machine.id.key: machine.id for machine in _machines(azure, assignment)}
    return [reached[key] for key in sorted(reached)]


def _machines(azure: Azure, assignment: Resource) -> list[Resource]:
    wanted = assignment.properties.get("filter")
    if wanted is None:
        machine = azure.store.get(parse(assignment.id.scope))
        return [machine] if machine else []
    found = [one for kind in MACHINE_TYPES for one in azure.store.under(assignment.id.scope, kind)]
    return [machine for machine in found if matches(machine, wanted)]
