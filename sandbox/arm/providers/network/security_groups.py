"""Network security groups, their rules within them, and the default rules that every group has."""

from typing import Any

from sandbox.arm.azure import Azure, InUse, Reply, Request, ResourceType, get_resource, list_resources
from sandbox.arm.bodies import Shape, list_at, mapping_at, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.links import users
from sandbox.arm.providers.network import common
from sandbox.arm.store import Resource

_RULE: Shape = {
    "protocol": str,
    "access": frozenset({"Allow", "Deny"}),
    "direction": frozenset({"Inbound", "Outbound"}),
    "priority": int,
    "sourceAddressPrefix": str,
    "sourceAddressPrefixes": [str],
    "sourcePortRange": str,
    "sourcePortRanges": [str],
    "destinationAddressPrefix": str,
    "destinationAddressPrefixes": [str],
    "destinationPortRange": str,
    "destinationPortRanges": [str],
    "description": str,
}
_GROUP: Shape = {"securityRules": [{"name": str, "properties": _RULE}], "flushConnection": bool}
_NEEDED = ("protocol", "access", "direction", "priority")
_LISTS = ("destinationAddressPrefixes", "destinationPortRanges", "sourceAddressPrefixes", "sourcePortRanges")
_PRIORITIES = range(100, 4097)
_DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Inbound", 65001, "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Inbound", 65500, "Deny", "*", "*"),
    ("AllowVnetOutBound", "Outbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Outbound", 65001, "Allow", "*", "Internet"),
    ("DenyAllOutBound", "Outbound", 65500, "Deny", "*", "*"),
)


def _put(request: Request) -> Reply:
    found, location = common.prepare(request, _GROUP)
    azure, group = request.azure, request.resource_id
    given: dict[str, Any] = without_nulls(mapping_at(request.body, "properties"))
    properties: dict[str, Any] = {
        **given,
        "resourceGuid": common.resource_guid(found),
        "securityRules": [_rule(azure, group, one) for one in list_at(given, "securityRules")],
        "defaultSecurityRules": [_default_rule(azure, group, one) for one in _DEFAULT_RULES],
    }
    _check_rules(group, properties["securityRules"])
    document = common.document(request, location, properties)
    stored = azure.write(Resource(group, document, found.private if found else {}), request.api_version)
    return common.accepted(request, stored, created=found is None)


def _rule(azure: Azure, group: ResourceId, rule: dict[str, Any]) -> dict[str, Any]:
    name = common.check_name(common.required(rule.get("name"), "securityRules.name", group))
    properties: dict[str, Any] = mapping_at(rule, "properties")
    for key in _NEEDED:
        common.required(properties.get(key), f"securityRules/{name}.{key}", group)
    filled: dict[str, Any] = {**{key: [] for key in _LISTS}, **properties}
    return common.sub_resource(azure, group, "securityRules", name, filled)


def _default_rule(azure: Azure, group: ResourceId, rule: tuple[str, str, int, str, str, str]) -> dict[str, Any]:
    name, direction, priority, access, source, destination = rule
    properties = {
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": priority,
        "direction": direction,
        **{key: list[str]() for key in _LISTS},
    }
    return common.sub_resource(azure, group, "defaultSecurityRules", name, properties)


def _check_rules(group: ResourceId, rules: list[dict[str, Any]]) -> None:
    """Check the priorities of the rules: 100 to 4096, each once for a direction."""
    seen: dict[tuple[str, int], str] = {}
    for rule in rules:
        priority, direction = rule["properties"]["priority"], rule["properties"]["direction"]
        if priority not in _PRIORITIES:
            raise bad_request(
                "SecurityRuleInvalidPriority",
                f"Security rule has invalid Priority. Value provided: {priority} Allowed range 100-4096.",
            )
        other = seen.setdefault((direction.lower(), priority), rule["name"])
        if other != rule["name"]:
            raise bad_request(
                "SecurityRuleConflict",
                f"Security rule {rule['name']} conflicts with rule {other} of {group.text}. Rules cannot have the same "
                "Priority and Direction.",
            )


def _in_use(azure: Azure, group: Resource) -> InUse | None:
    del azure
    used_by = list(users(group))
    if not used_by:
        return None
    refusal = ArmError(
        400,
        "InUseNetworkSecurityGroupCannotBeDeleted",
        f"Network security group {group.id.text} cannot be deleted because it is in use by the following resources: "
        f"[{', '.join(used_by)}]. In order to delete the Network security group, remove the association with the "
        "resource(s). To learn how to do this, see aka.ms/deletensg.",
    )
    return InUse(tuple(parse(one) for one in used_by), refusal)


TYPE = ResourceType(
    common.SECURITY_GROUP,
    common.VERSIONS,
    get=get_resource,
    put=_put,
    patch=common.patch_tags,
    delete=common.delete,
    list=list_resources,
    present=common.present,
    in_use=_in_use,
    shape=_GROUP,
    tracked=True,
)
