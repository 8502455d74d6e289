"""Network interfaces: their addresses come from the subnets, and what they use knows of them."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from sandbox.arm.azure import Azure, InUse, Reply, Request, ResourceType, get_resource, list_resources
from sandbox.arm.bodies import Shape, at, list_at, mapping_at, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.links import link, referenced, unlink, users
from sandbox.arm.providers.network import common
from sandbox.arm.providers.network.virtual_networks import prefixes
from sandbox.arm.store import Resource

_CONFIGURATION: Shape = {
    "subnet": common.REFERENCE,
    "publicIPAddress": common.REFERENCE,
    "privateIPAddress": str,
    "privateIPAllocationMethod": frozenset({"Static", "Dynamic"}),
    "privateIPAddressVersion": frozenset({"IPv4", "IPv6"}),
    "primary": bool,
}
_INTERFACE: Shape = {
    "ipConfigurations": [{"name": str, "properties": _CONFIGURATION}],
    "networkSecurityGroup": common.REFERENCE,
    "enableAcceleratedNetworking": bool,
    "enableIPForwarding": bool,
    "dnsSettings": {"dnsServers": [str]},
}
_RESERVED_AT_START = 4
_MOST_TRIED = 65536


def _put(request: Request) -> Reply:
    found, location = common.prepare(request, _INTERFACE)
    azure, interface = request.azure, request.resource_id
    given: dict[str, Any] = without_nulls(mapping_at(request.body, "properties"))
    configurations = common.required(given.get("ipConfigurations"), "ipConfigurations", interface)
    earlier = _addresses(found)
    if found:
        _unlink(azure, found)
    properties: dict[str, Any] = {
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
        "disableTcpStateTracking": False,
        "nicType": "Standard",
        "auxiliaryMode": "None",
        "auxiliarySku": "None",
        "vnetEncryptionSupported": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        **given,
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": [], **mapping_at(given, "dnsSettings")},
        "resourceGuid": common.resource_guid(found),
        "ipConfigurations": [
            _configuration(azure, interface, location, one, earlier, primary=number == 0)
            for number, one in enumerate(configurations)
        ],
    }
    if group := _group_id(given):
        target = referenced(azure, group, common.SECURITY_GROUP, interface, location)
        properties["networkSecurityGroup"] = {"id": target.id.text}
        link(azure, target.id, interface.text)
    document = common.document(request, location, properties)
    stored = azure.write(Resource(interface, document, found.private if found else {}), request.api_version)
    return common.accepted(request, stored, created=found is None)


def _group_id(properties: dict[str, Any]) -> str | None:
    return at(properties, "networkSecurityGroup", "id")


def _configuration(
    azure: Azure, interface: ResourceId, location: str, given: dict[str, Any], earlier: set[str], *, primary: bool
) -> dict[str, Any]:
    """Return an IP configuration with its address, and note it with the subnet and the public address it uses."""
    name = common.check_name(common.required(given.get("name"), "ipConfigurations.name", interface))
    asked: dict[str, Any] = mapping_at(given, "properties")
    text = f"{interface.text}/ipConfigurations/{name}"
    properties: dict[str, Any] = {"primary": primary, "privateIPAddressVersion": "IPv4", **asked}
    subnet_id = common.required(at(asked, "subnet", "id"), f"ipConfigurations/{name}.subnet.id", interface)
    subnet = referenced(azure, subnet_id, common.SUBNET, interface, location)
    _check_region(azure, subnet, interface, location)
    properties["privateIPAllocationMethod"] = str(asked.get("privateIPAllocationMethod") or "Dynamic").capitalize()
    static = properties["privateIPAllocationMethod"] == "Static"
    properties["privateIPAddress"] = _static_address(subnet, asked) if static else _next_address(subnet, earlier)
    properties["subnet"] = {"id": subnet.id.text}
    link(azure, subnet.id, text, properties["privateIPAddress"])
    if public := at(asked, "publicIPAddress", "id"):
        target = referenced(azure, public, common.PUBLIC_ADDRESS, interface, location)
        _check_free(target, text)
        properties["publicIPAddress"] = {"id": target.id.text}
        link(azure, target.id, text)
    return common.sub_resource(azure, interface, "ipConfigurations", name, properties)


def _check_region(azure: Azure, subnet: Resource, interface: ResourceId, location: str) -> None:
    network = subnet.id.parent
    if network:
        referenced(azure, network.text, common.VIRTUAL_NETWORK, interface, location)


def _check_free(address: Resource, user: str) -> None:
    others = [one for one in users(address) if one.lower() != user.lower()]
    if others:
        raise bad_request(
            "PublicIPAddressInUse",
            f"Resource {user} is referencing public IP address {address.id.text} that is already allocated to "
            f"resource {others[0]}.",
        )


def _addresses(interface: Resource | None) -> set[str]:
    configurations = list_at(interface.properties, "ipConfigurations") if interface else []
    return {address for one in configurations if (address := at(one, "properties", "privateIPAddress"))}


def _next_address(subnet: Resource, earlier: set[str]) -> str:
    """Return the address that the interface had, if that is still right, or the next free one."""
    taken = set(users(subnet).values())
    kept = [one for one in sorted(earlier - taken) if _inside(one, subnet)]
    return kept[0] if kept else next(_free(subnet, taken))


def _static_address(subnet: Resource, asked: dict[str, Any]) -> str:
    """Return the address asked for, which has to be free and within the subnet."""
    text = str(asked.get("privateIPAddress") or "")
    if not _inside(text, subnet):
        raise bad_request(
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {text} does not belong to the range of subnet prefix "
            f"{', '.join(map(str, prefixes(subnet)))}.",
        )
    if text in users(subnet).values():
        raise bad_request(
            "PrivateIPAddressIsAllocated", f"IP address {text} is already allocated within subnet {subnet.id.text}."
        )
    return text


def _inside(text: str, subnet: Resource) -> bool:
    try:
        return any(ip_address(text) in prefix for prefix in prefixes(subnet))
    except ValueError:
        return False


def _free(subnet: Resource, taken: set[str]) -> Iterator[str]:
    """Yield the free addresses of a subnet; Azure keeps the first four and the last of each for itself."""
    for prefix in prefixes(subnet):
        last = min(prefix.num_addresses - 1, _MOST_TRIED)
        for number in range(_RESERVED_AT_START, last):
            address = str(prefix[number])
            if address not in taken:
                yield address
    raise bad_request("SubnetIsFull", f"Subnet {subnet.id.name} does not have enough capacity for 1 IP addresses.")


def _unlink(azure: Azure, interface: Resource) -> None:
    """Free what an interface uses: before it is written anew, and when it is gone."""
    for one in list_at(interface.properties, "ipConfigurations"):
        for key in ("subnet", "publicIPAddress"):
            if used := at(one, "properties", key, "id"):
                unlink(azure, used, f"{interface.id.text}/ipConfigurations/{one.get('name')}")
    if group := _group_id(interface.properties):
        unlink(azure, group, interface.id.text)


def _present(interface: Resource) -> dict[str, Any]:
    presented = common.present(interface)
    machine = next(iter(users(interface)), None)
    if machine:
        presented["properties"] = {**presented["properties"], "primary": True, "virtualMachine": {"id": machine}}
    return presented


def _in_use(azure: Azure, interface: Resource) -> InUse | None:
    del azure
    machine = next(iter(users(interface)), None)
    if machine is None:
        return None
    refusal = ArmError(
        400,
        "NicInUse",
        f"Network Interface {interface.id.text} is used by existing resource {machine}. In order to delete the "
        "network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
    )
    return InUse((parse(machine),), refusal)


TYPE = ResourceType(
    common.INTERFACE,
    common.VERSIONS,
    get=get_resource,
    put=_put,
    patch=common.patch_tags,
    delete=common.delete,
    list=list_resources,
    present=_present,
    removed=_unlink,
    in_use=_in_use,
    shape=_INTERFACE,
    tracked=True,
)
