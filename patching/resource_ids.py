"""The ARM ids of what this project declares, from a resource's type and inputs.

The templates are azure-native's own: the path of each type, with the names of its arguments.
"""

from collections.abc import Mapping

_IN_SUBSCRIPTION = "/subscriptions/{subscriptionId}/"
_IN_GROUP = f"{_IN_SUBSCRIPTION}resourceGroups/{{resourceGroupName}}"
_VIRTUAL_NETWORK = f"{_IN_GROUP}/providers/Microsoft.Network/virtualNetworks/{{virtualNetworkName}}"
_SYSTEM_TOPIC = f"{_IN_GROUP}/providers/Microsoft.EventGrid/systemTopics/{{systemTopicName}}"
_ASSIGNMENT = "/providers/Microsoft.Maintenance/configurationAssignments/{configurationAssignmentName}"

ID_TEMPLATES: Mapping[str, str] = {
    "azure-native:resources:ResourceGroup": _IN_GROUP,
    "azure-native:network:VirtualNetwork": _VIRTUAL_NETWORK,
    "azure-native:network:Subnet": f"{_VIRTUAL_NETWORK}/subnets/{{subnetName}}",
    "azure-native:network:NetworkSecurityGroup": (
        f"{_IN_GROUP}/providers/Microsoft.Network/networkSecurityGroups/{{networkSecurityGroupName}}"
    ),
    "azure-native:network:NetworkInterface": (
        f"{_IN_GROUP}/providers/Microsoft.Network/networkInterfaces/{{networkInterfaceName}}"
    ),
    "azure-native:compute:VirtualMachine": f"{_IN_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}",
    "azure-native:compute:VirtualMachineExtension": (
        f"{_IN_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}/extensions/{{vmExtensionName}}"
    ),
    "azure-native:maintenance:MaintenanceConfiguration": (
        f"{_IN_GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{{resourceName}}"
    ),
    "azure-native:maintenance:ConfigurationAssignment": (
        f"{_IN_GROUP}/providers/{{providerName}}/{{resourceType}}/{{resourceName}}{_ASSIGNMENT}"
    ),
    "azure-native:maintenance:ConfigurationAssignmentsForResourceGroup": f"{_IN_GROUP}{_ASSIGNMENT}",
    "azure-native:maintenance:ConfigurationAssignmentsForSubscription": (
        f"/subscriptions/{{subscriptionId}}{_ASSIGNMENT}"
    ),
    "azure-native:authorization:PolicyAssignment": (
        "/{scope}/providers/Microsoft.Authorization/policyAssignments/{policyAssignmentName}"
    ),
    "azure-native:authorization:RoleAssignment": (
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
    ),
    "azure-native:policyinsights:RemediationAtResource": (
        "/{resourceId}/providers/Microsoft.PolicyInsights/remediations/{remediationName}"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": (
        f"{_IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
    ),
    "azure-native:monitor:ScheduledQueryRule": (
        f"{_IN_GROUP}/providers/Microsoft.Insights/scheduledQueryRules/{{ruleName}}"
    ),
    "azure-native:applicationinsights:Workbook": (
        f"{_IN_GROUP}/providers/Microsoft.Insights/workbooks/{{resourceName}}"
    ),
    "azure-native:eventgrid:SystemTopic": _SYSTEM_TOPIC,
    "azure-native:eventgrid:SystemTopicEventSubscription": (
        f"{_SYSTEM_TOPIC}/eventSubscriptions/{{eventSubscriptionName}}"
    ),
}
"""The ARM id of each type this project declares, from its inputs; the subscription is the provider's."""


def is_in_the_providers_subscription(token: str) -> bool:
    """Whether a type is declared here, and the subscription in its id is its provider's."""
    return ID_TEMPLATES.get(token, "").startswith(_IN_SUBSCRIPTION)
