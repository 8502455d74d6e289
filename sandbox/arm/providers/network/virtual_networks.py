"""Virtual networks and subnets.

A subnet is a resource of its own; the network's answer carries a copy of each. A PUT of a network without `subnets`
keeps them, one with a list replaces them (Microsoft's documentation of the optional subnet property).
"""

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from sandbox.arm.azure import Azure, InUse, Reply, Request, ResourceType, check_not_in_use, get_resource, list_resources
from sandbox.arm.bodies import Shape, at, check, list_at, mapping_at, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.links import link, referenced, unlink, users
from sandbox.arm.providers.network import common
from sandbox.arm.store import Resource

_SUBNET: Shape = {
    "addressPrefix": str,
    "addressPrefixes": [str],
    "networkSecurityGroup": common.REFERENCE,
    "privateEndpointNetworkPolicies": str,
    "privateLinkServiceNetworkPolicies": str,
    "defaultOutboundAccess": bool,
    "delegations": [{}],
    "serviceEndpoints": [{}],
}
_NETWORK: Shape = {
    "addressSpace": {"addressPrefixes": [str]},
    "dhcpOptions": {"dnsServers": [str]},
    "subnets": [{"name": str, "properties": _SUBNET}],
    "enableDdosProtection": bool,
}
Prefix = IPv4Network | IPv6Network


def _prefix(text: str, owner: ResourceId) -> Prefix:
    try:
        found = ip_network(text, strict=False)
    except ValueError as error:
        raise bad_request(
            "InvalidAddressPrefixFormat",
            f"Address prefix {text} of resource {owner.text} is not formatted correctly. It should follow CIDR "
            "notation, for example 10.0.0.0/24.",
        ) from error
    if str(found).split("/")[0] != text.split("/", maxsplit=1)[0].lower() or "/" not in text:
        raise bad_request(
            "InvalidCIDRNotation",
            f"The address prefix {text} in resource {owner.text} has an invalid CIDR notation. For the given prefix "
            f"length, the address prefix should be {found}.",
        )
    return found


def prefixes(subnet: Resource) -> list[Prefix]:
    """Return the address ranges of a stored subnet."""
    return [_prefix(text, subnet.id) for text in _prefix_texts(subnet.properties)]


def _prefix_texts(properties: dict[str, Any]) -> list[str]:
    single = properties.get("addressPrefix")
    return [single] if single else list(list_at(properties, "addressPrefixes"))


def _put_network(request: Request) -> Reply:
    found, location = common.prepare(request, _NETWORK)
    azure, network = request.azure, request.resource_id
    given: dict[str, Any] = without_nulls(mapping_at(request.body, "properties"))
    space = at(given, "addressSpace", "addressPrefixes")
    for text in common.required(space, "addressSpace.addressPrefixes", network):
        _prefix(text, network)
    subnets = given.pop("subnets", None)
    properties: dict[str, Any] = {
        "enableDdosProtection": False,
        "virtualNetworkPeerings": [],
        **given,
        "resourceGuid": common.resource_guid(found),
        "subnets": found.properties.get("subnets", []) if found else [],
    }
    stored = azure.write(
        Resource(network, common.document(request, location, properties), found.private if found else {}),
        request.api_version,
    )
    if subnets is not None:
        _replace_subnets(request, stored, subnets)
    _check_ranges(azure, stored)
    return common.accepted(request, _copy_subnets(azure, stored), created=found is None)


def _replace_subnets(request: Request, network: Resource, subnets: list[dict[str, Any]]) -> None:
    azure = request.azure
    kept: set[str] = set()
    for one in subnets:
        name = common.check_name(common.required(one.get("name"), "subnets.name", network.id))
        subnet = _subnet_id(network.id, name)
        if subnet.key in kept:
            raise bad_request("InvalidRequestFormat", f"Two subnets of {network.id.text} have the name {name}.")
        kept.add(subnet.key)
        _write_subnet(azure, network, subnet, mapping_at(one, "properties"))
    for other in azure.store.under(network.id.text, common.SUBNET):
        if other.id.key not in kept:
            check_not_in_use(azure, other)
            _remove_subnet(azure, other)


def _subnet_id(network: ResourceId, name: str) -> ResourceId:
    return ResourceId(network.scope, common.SUBNET, (*network.names, name))


def _write_subnet(azure: Azure, network: Resource, subnet: ResourceId, given: dict[str, Any]) -> Resource:
    found = azure.store.get(subnet)
    texts = _prefix_texts(given)
    for text in common.required(texts, "addressPrefix", subnet):
        _prefix(text, subnet)
    group = at(given, "networkSecurityGroup", "id")
    target = referenced(azure, group, common.SECURITY_GROUP, subnet, network.document["location"]) if group else None
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        **given,
    }
    if target:
        properties["networkSecurityGroup"] = {"id": target.id.text}
    _link_group(azure, found, None if target is None else target.id, subnet)
    stored = Resource(subnet, {"properties": properties}, found.private if found else {})
    return azure.store.put(stored, azure.now())


def _link_group(azure: Azure, found: Resource | None, group: ResourceId | None, subnet: ResourceId) -> None:
    earlier = at(found.properties if found else None, "networkSecurityGroup", "id")
    if earlier:
        unlink(azure, earlier, subnet.text)
    if group:
        link(azure, group, subnet.text)


def _remove_subnet(azure: Azure, subnet: Resource) -> None:
    azure.store.delete(subnet.id)
    _link_group(azure, subnet, None, subnet.id)


def _check_ranges(azure: Azure, network: Resource) -> None:
    """Check that each subnet lies within the network and apart from the others."""
    space = [_prefix(text, network.id) for text in network.properties["addressSpace"]["addressPrefixes"]]
    taken: list[Prefix] = []
    for subnet in azure.store.under(network.id.text, common.SUBNET):
        for prefix in prefixes(subnet):
            if not any(_within(prefix, one) for one in space):
                raise bad_request(
                    "NetcfgInvalidSubnet",
                    f"Subnet '{subnet.id.name}' is not valid in virtual network '{network.id.name}'.",
                )
            if any(prefix.overlaps(one) for one in taken if one.version == prefix.version):
                raise bad_request(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{subnet.id.name}' is not valid because its IP address range overlaps with that of an "
                    f"existing subnet in virtual network '{network.id.name}'.",
                )
            taken.append(prefix)


def _within(inner: Prefix, outer: Prefix) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _copy_subnets(azure: Azure, network: Resource) -> Resource:
    """Put the present answer of each subnet into the network's own."""
    copies = [_present_subnet(one) for one in azure.store.under(network.id.text, common.SUBNET)]
    return azure.store.put(network.with_properties(subnets=copies), azure.now())


def _present_subnet(subnet: Resource) -> dict[str, Any]:
    presented = common.present(subnet)
    configurations = [{"id": one} for one in users(subnet)]
    if configurations:
        presented["properties"] = {**presented["properties"], "ipConfigurations": configurations}
    return presented


def _put_subnet(request: Request) -> Reply:
    azure, subnet = request.azure, request.resource_id
    azure.check_parents(subnet)
    common.check_name(subnet.name)
    check(request.body, {"properties": _SUBNET}, refuse=common.invalid_format)
    network = azure.existing(_network_of(subnet))
    created = azure.store.get(subnet) is None
    stored = _write_subnet(azure, network, subnet, without_nulls(mapping_at(request.body, "properties")))
    _check_ranges(azure, network)
    _copy_subnets(azure, network)
    return common.accepted(request, stored, created=created)


def _network_of(subnet: ResourceId) -> ResourceId:
    return ResourceId(subnet.scope, common.VIRTUAL_NETWORK, subnet.names[:-1])


def _removed_subnet(azure: Azure, subnet: Resource) -> None:
    _link_group(azure, subnet, None, subnet.id)
    network = azure.store.get(_network_of(subnet.id))
    if network:
        _copy_subnets(azure, network)


def _subnet_in_use(azure: Azure, subnet: Resource) -> InUse | None:
    del azure
    used_by = list(users(subnet))
    if not used_by:
        return None
    refusal = ArmError(
        400,
        "InUseSubnetCannotBeDeleted",
        f"Subnet {subnet.id.name} is in use by {used_by[0]} and cannot be deleted. In order to delete the subnet, "
        "delete all the resources within the subnet. See aka.ms/deletesubnet.",
    )
    return InUse(tuple(parse(one.split("/ipConfigurations/")[0]) for one in used_by), refusal)


def _network_in_use(azure: Azure, network: Resource) -> InUse | None:
    uses = [_subnet_in_use(azure, one) for one in azure.store.under(network.id.text, common.SUBNET)]
    found = [use for use in uses if use]
    return replace(found[0], by=tuple(one for use in found for one in use.by)) if found else None


TYPES = [
    ResourceType(
        common.VIRTUAL_NETWORK,
        common.VERSIONS,
        get=get_resource,
        put=_put_network,
        patch=common.patch_tags,
        delete=common.delete,
        list=list_resources,
        present=common.present,
        in_use=_network_in_use,
        shape=_NETWORK,
        tracked=True,
    ),
    ResourceType(
        common.SUBNET,
        common.VERSIONS,
        get=get_resource,
        put=_put_subnet,
        delete=common.delete,
        list=list_resources,
        present=_present_subnet,
        removed=_removed_subnet,
        in_use=_subnet_in_use,
        shape=_SUBNET,
    ),
]
