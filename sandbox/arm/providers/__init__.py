"""The resource providers of the local Azure, one module or package each."""

from sandbox.arm import resource_graph
from sandbox.arm.azure import ResourceType, WriteHook
from sandbox.arm.providers import (
    authorization,
    compute,
    event_grid,
    hybrid_compute,
    insights,
    maintenance,
    managed_identity,
    management_groups,
    network,
    policy_insights,
    resources,
)


def resource_types() -> list[ResourceType]:
    """Return every resource type that the local Azure serves."""
    return [
        *resources.TYPES,
        *management_groups.TYPES,
        *network.TYPES,
        *compute.TYPES,
        *hybrid_compute.TYPES,
        *insights.TYPES,
        *managed_identity.TYPES,
        *maintenance.TYPES,
        *event_grid.TYPES,
        *authorization.TYPES,
        *policy_insights.TYPES,
        *resource_graph.TYPES,
    ]


def write_hooks() -> list[WriteHook]:
    """Return what sees each write of a client before it is stored: the effects of policy."""
    return [*policy_insights.WRITE_HOOKS]
