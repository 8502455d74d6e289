"""The resources this plugin knows, as data: where each lives in ARM and how its arguments are laid out in the request.

Names, types and required arguments are not repeated here; `sdk_types` reads them from the pinned SDK. Paths,
api-versions and which operations are asynchronous are those of the REST specifications that azure-native 3.29.0 uses by
default; the few properties that replace although they are no part of the path are azure-native's own list
(`provider/pkg/gen/replacement.go`) and those the specifications mark as not mutable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Naming = Literal["random", "copy", "uuid"]
"""How a resource without a name gets one: logical name and random suffix, logical name alone, or a random GUID."""

PROPERTIES: Final = ("properties",)
TOP: Final[tuple[str, ...]] = ()

ENVELOPE: Final = frozenset(
    {
        "etag",
        "extendedLocation",
        "id",
        "identity",
        "kind",
        "location",
        "managedBy",
        "name",
        "placement",
        "plan",
        "sku",
        "systemData",
        "tags",
        "type",
        "zones",
    }
)
"""What ARM keeps at the top of a resource; everything else is inside `properties`, unless a row says otherwise."""

FULL_ID_PARAMETERS: Final = frozenset({"scope", "resourceId"})
"""Path parameters that hold a whole resource id: never percent-encoded, and stripped of slashes at both ends."""

NAME_SETS: Final = frozenset({"userAssignedIdentities"})
"""Lists of ids in the arguments that ARM keeps as an object with an empty object for each id."""

_PARAMETER = re.compile(r"\{(\w+)\}")
_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_SYSTEM_TOPIC = f"{_GROUP}/providers/Microsoft.EventGrid/systemTopics/{{systemTopicName}}"
_MAINTENANCE_WINDOW = ("properties", "maintenanceWindow")


@dataclass(frozen=True)
class TextLimit:
    """What the specification says of a path argument's text, and the real plugin therefore refuses before any call."""

    shortest: int = 0
    longest: int = 0
    pattern: str = ""


_GROUP_NAME: Final = {"resourceGroupName": TextLimit(1, 90)}
_NEW_GROUP_NAME: Final = {"resourceGroupName": TextLimit(1, 90, r"^[-\w\._\(\)]+$")}
_POLICY_NAME: Final = TextLimit(pattern=r"^[^<>*%&:\?.+/]*[^<>*%&:\?.+/ ]+$")


@dataclass(frozen=True)
class ResourceType:
    """One kind of resource.

    `containers` says where in the body a property is, where that is not the envelope rule; `input_containers` the same
    for arguments alone. `maintained` are lists of children that also exist as resources of their own: unset, they are
    left to those. `required_containers` are sent even when nothing is in them. `requires_location`: the SDK never asks
    for a location, because the plugin fills it in. `query` is the query parameter that an argument becomes.
    """

    token: str
    path: str
    api_version: str
    asynchronous_put: bool = False
    asynchronous_delete: bool = False
    replace_on: frozenset[str] = frozenset()
    containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    input_containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    maintained: tuple[str, ...] = ()
    required_containers: tuple[tuple[str, ...], ...] = ()
    requires_location: bool = False
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Mapping[str, TextLimit] = field(default_factory=dict[str, TextLimit])

    @property
    def parameters(self) -> tuple[str, ...]:
        """The arguments that fill the path, in its order, without the subscription, which the provider knows."""
        return tuple(name for name in _PARAMETER.findall(self.path) if name != "subscriptionId")

    @property
    def name_parameter(self) -> str:
        """The argument that names the resource, which is the last of the path."""
        return self.parameters[-1]

    @property
    def naming(self) -> Naming:
        """How the resource is named when the program does not: `copy` for what lives inside another resource."""
        if self.name_parameter == "roleAssignmentName":
            return "uuid"
        _, provider, below = self.path.lower().rpartition("microsoft.")
        return "random" if not provider or below.count("{") == 1 else "copy"

    @property
    def getter(self) -> str:
        """The token of the function that gets one."""
        module, _, name = self.token.partition(":")
        return f"{module}:get{name}"

    def container(self, name: str) -> tuple[str, ...]:
        """Return the keys under which ARM answers with the property `name`."""
        return self.containers.get(name, TOP if name in ENVELOPE else PROPERTIES)

    def input_container(self, name: str) -> tuple[str, ...]:
        """Return the keys under which the argument `name` is sent."""
        return self.input_containers.get(name, self.container(name))


def _assignment(token: str, parent: str) -> ResourceType:
    path = f"{parent}/providers/Microsoft.Maintenance/configurationAssignments/{{configurationAssignmentName}}"
    return ResourceType(token, path, "2023-10-01-preview")


def _remediation(token: str, scope: str) -> ResourceType:
    return ResourceType(
        token, f"{scope}/providers/Microsoft.PolicyInsights/remediations/{{remediationName}}", "2024-10-01"
    )


def _network(token: str, below: str, **layout: tuple[str, ...] | frozenset[str]) -> ResourceType:
    replace_on, maintained = layout.get("replace_on", ()), layout.get("maintained", ())
    return ResourceType(
        token,
        f"{_GROUP}/providers/Microsoft.Network/{below}",
        "2024-05-01",
        asynchronous_put=True,
        asynchronous_delete=True,
        replace_on=frozenset(replace_on),
        maintained=tuple(maintained),
    )


_ROWS: Final = (
    ResourceType(
        "resources:ResourceGroup",
        _GROUP,
        "2024-03-01",
        asynchronous_delete=True,
        replace_on=frozenset({"location"}),
        containers={"properties": TOP},
        requires_location=True,
        limits=_NEW_GROUP_NAME,
    ),
    _network(
        "network:VirtualNetwork",
        "virtualNetworks/{virtualNetworkName}",
        replace_on=("location",),
        maintained=("subnets", "virtualNetworkPeerings"),
    ),
    _network("network:Subnet", "virtualNetworks/{virtualNetworkName}/subnets/{subnetName}"),
    _network(
        "network:NetworkSecurityGroup",
        "networkSecurityGroups/{networkSecurityGroupName}",
        maintained=("securityRules",),
    ),
    _network("network:NetworkInterface", "networkInterfaces/{networkInterfaceName}"),
    _network(
        "network:PublicIPAddress",
        "publicIPAddresses/{publicIpAddressName}",
        replace_on=("location", "publicIPAddressVersion", "publicIPPrefix", "sku"),
    ),
    ResourceType(
        "compute:VirtualMachine",
        f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}",
        "2024-11-01",
        asynchronous_put=True,
        asynchronous_delete=True,
        containers={"resources": TOP},
        requires_location=True,
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "compute:VirtualMachineExtension",
        f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}/extensions/{{vmExtensionName}}",
        "2024-11-01",
        asynchronous_put=True,
        asynchronous_delete=True,
        # The argument is the extension's own type, the output the resource's: azure-native has one name for both.
        input_containers={"type": PROPERTIES},
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "hybridcompute:Machine",
        f"{_GROUP}/providers/Microsoft.HybridCompute/machines/{{machineName}}",
        "2024-07-10",
        replace_on=frozenset({"location"}),
        containers={"resources": TOP},
        requires_location=True,
        query={"expand": "$expand"},
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "maintenance:MaintenanceConfiguration",
        f"{_GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{{resourceName}}",
        "2023-10-01-preview",
        containers={
            "startDateTime": _MAINTENANCE_WINDOW,
            "expirationDateTime": _MAINTENANCE_WINDOW,
            "duration": _MAINTENANCE_WINDOW,
            "timeZone": _MAINTENANCE_WINDOW,
            "recurEvery": _MAINTENANCE_WINDOW,
        },
    ),
    _assignment(
        "maintenance:ConfigurationAssignment", f"{_GROUP}/providers/{{providerName}}/{{resourceType}}/{{resourceName}}"
    ),
    _assignment(
        "maintenance:ConfigurationAssignmentParent",
        f"{_GROUP}/providers/{{providerName}}/{{resourceParentType}}/{{resourceParentName}}/{{resourceType}}/{{resourceName}}",
    ),
    _assignment("maintenance:ConfigurationAssignmentsForResourceGroup", _GROUP),
    _assignment("maintenance:ConfigurationAssignmentsForSubscription", "/subscriptions/{subscriptionId}"),
    ResourceType(
        "authorization:PolicyAssignment",
        "/{scope}/providers/Microsoft.Authorization/policyAssignments/{policyAssignmentName}",
        "2025-01-01",
        limits={"policyAssignmentName": _POLICY_NAME},
    ),
    ResourceType(
        "authorization:PolicyDefinition",
        "/subscriptions/{subscriptionId}/providers/Microsoft.Authorization/policyDefinitions/{policyDefinitionName}",
        "2025-01-01",
        limits={"policyDefinitionName": _POLICY_NAME},
    ),
    ResourceType(
        "authorization:PolicySetDefinition",
        "/subscriptions/{subscriptionId}/providers/Microsoft.Authorization/policySetDefinitions/{policySetDefinitionName}",
        "2025-01-01",
        limits={"policySetDefinitionName": _POLICY_NAME},
    ),
    ResourceType(
        "authorization:RoleAssignment",
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        "2022-04-01",
        replace_on=frozenset({"principalId"}),
        required_containers=(PROPERTIES,),
    ),
    _remediation(
        "policyinsights:RemediationAtManagementGroup",
        "/providers/{managementGroupsNamespace}/managementGroups/{managementGroupId}",
    ),
    _remediation("policyinsights:RemediationAtSubscription", "/subscriptions/{subscriptionId}"),
    _remediation("policyinsights:RemediationAtResourceGroup", _GROUP),
    _remediation("policyinsights:RemediationAtResource", "/{resourceId}"),
    ResourceType(
        "monitor:ScheduledQueryRule",
        f"{_GROUP}/providers/Microsoft.Insights/scheduledQueryRules/{{ruleName}}",
        "2025-01-01-preview",
        replace_on=frozenset({"location"}),
        requires_location=True,
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "monitor:ActionGroup",
        f"{_GROUP}/providers/Microsoft.Insights/actionGroups/{{actionGroupName}}",
        "2024-10-01-preview",
        replace_on=frozenset({"location"}),
        requires_location=True,
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "applicationinsights:Workbook",
        f"{_GROUP}/providers/Microsoft.Insights/workbooks/{{resourceName}}",
        "2023-06-01",
        requires_location=True,
        limits=_GROUP_NAME,
    ),
    ResourceType(
        "eventgrid:SystemTopic",
        _SYSTEM_TOPIC,
        "2025-02-15",
        asynchronous_put=True,
        asynchronous_delete=True,
        replace_on=frozenset({"location"}),
        requires_location=True,
    ),
    ResourceType(
        "eventgrid:SystemTopicEventSubscription",
        f"{_SYSTEM_TOPIC}/eventSubscriptions/{{eventSubscriptionName}}",
        "2025-02-15",
        asynchronous_put=True,
        asynchronous_delete=True,
    ),
    ResourceType(
        "managedidentity:UserAssignedIdentity",
        f"{_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}",
        "2023-01-31",
        replace_on=frozenset({"location"}),
        requires_location=True,
        limits=_GROUP_NAME,
    ),
)

RESOURCE_TYPES: Final[Mapping[str, ResourceType]] = {row.token: row for row in _ROWS}
"""The rows by token, `module:Name`."""

GETTERS: Final[Mapping[str, ResourceType]] = {row.getter: row for row in _ROWS}
"""The rows by the token of the function that gets one, `module:getName`."""

FLATTENED_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "compute": frozenset(
        {
            "NetworkInterfaceReference",
            "VirtualMachineExtension",
            "VirtualMachineNetworkInterfaceConfiguration",
            "VirtualMachineNetworkInterfaceIPConfiguration",
            "VirtualMachinePublicIPAddressConfiguration",
        }
    ),
    "eventgrid": frozenset(
        {
            "AzureFunctionEventSubscriptionDestination",
            "DynamicDeliveryAttributeMapping",
            "EventHubEventSubscriptionDestination",
            "HybridConnectionEventSubscriptionDestination",
            "MonitorAlertEventSubscriptionDestination",
            "NamespaceTopicEventSubscriptionDestination",
            "ServiceBusQueueEventSubscriptionDestination",
            "ServiceBusTopicEventSubscriptionDestination",
            "StaticDeliveryAttributeMapping",
            "StorageBlobDeadLetterDestination",
            "StorageQueueEventSubscriptionDestination",
            "WebHookEventSubscriptionDestination",
        }
    ),
    "hybridcompute": frozenset({"License"}),
    "network": frozenset(
        {
            "ApplicationGatewayBackendAddressPool",
            "ApplicationGatewayIPConfiguration",
            "ApplicationSecurityGroup",
            "BackendAddressPool",
            "Delegation",
            "FlowLog",
            "FrontendIPConfiguration",
            "IPConfiguration",
            "IPConfigurationProfile",
            "InboundNatRule",
            "LoadBalancerBackendAddress",
            "NatGateway",
            "NetworkInterface",
            "NetworkInterfaceIPConfiguration",
            "NetworkInterfaceTapConfiguration",
            "NetworkSecurityGroup",
            "PrivateEndpoint",
            "PrivateEndpointConnection",
            "PrivateEndpointIPConfiguration",
            "PrivateLinkService",
            "PrivateLinkServiceConnection",
            "PrivateLinkServiceIpConfiguration",
            "PublicIPAddress",
            "ResourceNavigationLink",
            "Route",
            "RouteTable",
            "SecurityRule",
            "ServiceAssociationLink",
            "ServiceEndpointPolicy",
            "ServiceEndpointPolicyDefinition",
            "Subnet",
            "VirtualNetworkPeering",
            "VirtualNetworkTap",
        }
    ),
}
"""By SDK module, the objects inside resources that are laid out like resources themselves."""


_PATCH_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(
    ("assessmentMode", "enableHotpatching", "patchMode", "status"), ("patchSettings",)
)
_PRODUCT_PROFILE: Final = (
    "billingEndDate",
    "billingStartDate",
    "disenrollmentDate",
    "enrollmentDate",
    "error",
    "productFeatures",
    "productType",
    "subscriptionStatus",
)

NESTED_CONTAINERS: Final[Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]] = {
    ("hybridcompute", "OSProfileLinuxConfiguration"): _PATCH_SETTINGS,
    ("hybridcompute", "OSProfileWindowsConfiguration"): _PATCH_SETTINGS,
    ("hybridcompute", "LicenseProfileMachineInstanceView"): {
        "softwareAssuranceCustomer": ("softwareAssurance",),
        **dict.fromkeys(_PRODUCT_PROFILE, ("productProfile",)),
    },
    ("network", "BackendAddressPool"): {"location": PROPERTIES},
    ("network", "IpamPoolPrefixAllocation"): {"id": ("pool",)},
}
"""By SDK module and object inside a resource, what is elsewhere than the rules above say."""


DISCRIMINATORS: Final[Mapping[str, frozenset[str]]] = {"eventgrid": frozenset({"endpointType", "type"})}
"""By SDK module, the properties that say which of several types an object is: ARM keeps them at its top."""


def nested_container(module: str, type_name: str, name: str) -> tuple[str, ...]:
    """Return the keys under which ARM keeps the property `name` of the object `type_name`, inside that object."""
    special = NESTED_CONTAINERS.get((module, type_name), {})
    if name in special:
        return special[name]
    if name in DISCRIMINATORS.get(module, frozenset()):
        return TOP
    flattened = type_name in FLATTENED_TYPES.get(module, frozenset())
    return PROPERTIES if flattened and name not in ENVELOPE else TOP
