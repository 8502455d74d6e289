"""Public IP addresses."""

import zlib
from typing import Any

from sandbox.arm.azure import Azure, InUse, Reply, Request, ResourceType, get_resource, list_resources
from sandbox.arm.bodies import Shape, mapping_at, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import parse
from sandbox.arm.links import users
from sandbox.arm.providers.network import common
from sandbox.arm.store import Resource

_ADDRESS: Shape = {
    "publicIPAllocationMethod": frozenset({"Static", "Dynamic"}),
    "publicIPAddressVersion": frozenset({"IPv4", "IPv6"}),
    "idleTimeoutInMinutes": int,
    "dnsSettings": {"domainNameLabel": str},
}


def _put(request: Request) -> Reply:
    found, location = common.prepare(request, _ADDRESS)
    azure, address = request.azure, request.resource_id
    given: dict[str, Any] = without_nulls(mapping_at(request.body, "properties"))
    sku = {"name": "Standard", "tier": "Regional", **mapping_at(request.body, "sku")}
    method = given.get("publicIPAllocationMethod", "Static" if sku["name"] == "Standard" else "Dynamic")
    if sku["name"] == "Standard" and method.lower() != "static":
        raise bad_request(
            "PublicIPAllocationMethodInvalidForSku",
            f"Standard sku publicIp {address.text} must have AllocationMethod set to Static.",
        )
    properties: dict[str, Any] = {
        "publicIPAddressVersion": "IPv4",
        "idleTimeoutInMinutes": 4,
        "ipTags": [],
        **given,
        "publicIPAllocationMethod": method,
        "resourceGuid": common.resource_guid(found),
    }
    if method.lower() == "static":
        properties["ipAddress"] = _documentation_address(address.key)
    document = {**common.document(request, location, properties), "sku": sku}
    stored = azure.write(Resource(address, document, found.private if found else {}), request.api_version)
    return common.accepted(request, stored, created=found is None)


def _documentation_address(key: str) -> str:
    """Return an address of a range reserved for documentation (RFC 5737), the same for the same resource."""
    return f"203.0.113.{zlib.crc32(key.encode()) % 254 + 1}"


def _present(address: Resource) -> dict[str, Any]:
    presented = common.present(address)
    used_by = next(iter(users(address)), None)
    if used_by:
        presented["properties"] = {**presented["properties"], "ipConfiguration": {"id": used_by}}
    return presented


def _in_use(azure: Azure, address: Resource) -> InUse | None:
    del azure
    used_by = next(iter(users(address)), None)
    if used_by is None:
        return None
    refusal = ArmError(
        400,
        "PublicIPAddressCannotBeDeleted",
        f"Public IP address {address.id.text} can not be deleted since it is still allocated to resource {used_by}. "
        "In order to delete the public IP, disassociate/detach the Public IP address from the resource. "
        "To learn how to do this, see aka.ms/deletepublicip.",
    )
    return InUse((parse(used_by.split("/ipConfigurations/")[0]),), refusal)


TYPE = ResourceType(
    common.PUBLIC_ADDRESS,
    common.VERSIONS,
    get=get_resource,
    put=_put,
    patch=common.patch_tags,
    delete=common.delete,
    list=list_resources,
    present=_present,
    in_use=_in_use,
    shape=_ADDRESS,
    tracked=True,
)
