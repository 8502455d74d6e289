"""Microsoft.Maintenance: maintenance configurations, their assignments, and their runs."""

from sandbox.arm import api_versions
from sandbox.arm.azure import Reply, Request, ResourceType
from sandbox.arm.providers.maintenance import apply_updates, assignments, configurations, names
from sandbox.arm.providers.maintenance.reach import machines_reached

__all__ = ["TYPES", "machines_reached"]


def _list_public(_: Request) -> Reply:
    return Reply(200, {"value": []})


TYPES = [
    *configurations.TYPES,
    assignments.TYPE,
    apply_updates.TYPE,
    ResourceType(names.PUBLIC_CONFIGURATION, api_versions.MAINTENANCE, list=_list_public),
]
