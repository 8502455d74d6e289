"""Microsoft.Management/managementGroups, to be read only: they are those that the seeded subscriptions lie below."""

from typing import Any

from sandbox.arm.azure import TENANT_ID, Reply, Request, ResourceType
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.scopes import MANAGEMENT_GROUPS, Hierarchy, ManagementGroup, group_id, hierarchy_of
from sandbox.arm.words import words

_VERSIONS = words(
    """
    2017-11-01-preview 2018-01-01-preview 2018-03-01-preview 2019-11-01 2020-02-01 2020-05-01 2020-10-01 2021-04-01
    2023-04-01 2024-02-01-preview
    """
)


def _shown(group: ManagementGroup, hierarchy: Hierarchy) -> dict[str, Any]:
    parent = hierarchy.groups.get(group.above[0]) if group.above else None
    details: dict[str, Any] = {"version": 1}
    if parent:
        details["parent"] = {"id": group_id(parent.name).text, "name": parent.name, "displayName": parent.display_name}
    return {
        "id": group_id(group.name).text,
        "type": MANAGEMENT_GROUPS,
        "name": group.name,
        "properties": {"tenantId": TENANT_ID, "displayName": group.display_name, "details": details},
    }


def _get(request: Request) -> Reply:
    hierarchy = hierarchy_of(request.azure.store)
    found = hierarchy.groups.get(request.resource_id.name.lower())
    if found is None:
        raise ArmError(404, "NotFound", f"The management group '{request.resource_id.name}' could not be found.")
    return Reply(200, _shown(found, hierarchy))


def _list(request: Request) -> Reply:
    hierarchy = hierarchy_of(request.azure.store)
    return Reply(200, {"value": [_shown(one, hierarchy) for _, one in sorted(hierarchy.groups.items())]})


def _subscriptions(request: Request) -> Reply:
    """List the subscriptions directly below a management group."""
    hierarchy = hierarchy_of(request.azure.store)
    name = request.resource_id.name.lower()
    below = [one for one, above in sorted(hierarchy.above.items()) if above[:1] == (name,)]
    resource_type = f"{MANAGEMENT_GROUPS}/subscriptions"
    ids = [ResourceId("", resource_type, (request.resource_id.name, one)) for one in below]
    return Reply(200, {"value": [{"id": one.text, "name": one.name, "type": resource_type} for one in ids]})


TYPES = [
    ResourceType(MANAGEMENT_GROUPS, _VERSIONS, get=_get, list=_list, actions={"GET subscriptions": _subscriptions})
]
