"""The built-in roles that matter here, and what an action needs.

Names, ids and actions are Azure's (source: learn.microsoft.com/azure/role-based-access-control/built-in-roles);
actions are kept only as far as the resource types of the local Azure need them.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

ROLES_ROOT = "/providers/Microsoft.Authorization/roleDefinitions/"


@dataclass(frozen=True)
class Role:
    """One built-in role: what it may do, less what it may not."""

    name: str
    title: str
    what: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Tell whether the role alone allows an action; actions are compared without case."""
        return _matches(action, self.actions) and not _matches(action, self.not_actions)


def _matches(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


ROLES = {
    role.name: role
    for role in (
        Role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "May do everything, and grant access.", ("*",)),
        Role(
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            "May do everything but grant access.",
            ("*",),
            (
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
            ),
        ),
        Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "May read everything.", ("*/read",)),
        Role(
            "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
            "User Access Administrator",
            "May grant access.",
            ("*/read", "Microsoft.Authorization/*"),
        ),
        Role(
            "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
            "Role Based Access Control Administrator",
            "May assign roles.",
            (
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.Authorization/roleAssignments/delete",
                "*/read",
            ),
        ),
        Role(
            "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
            "Virtual Machine Contributor",
            "May manage virtual machines.",
            (
                "Microsoft.Authorization/*/read",
                "Microsoft.Compute/virtualMachines/*",
                "Microsoft.Resources/deployments/*",
            ),
        ),
        Role(
            "cd570a14-e51a-42ad-bac8-bafd67325302",
            "Azure Connected Machine Resource Administrator",
            "May manage Arc-enabled servers.",
            (
                "Microsoft.HybridCompute/machines/read",
                "Microsoft.HybridCompute/machines/write",
                "Microsoft.HybridCompute/machines/delete",
                "Microsoft.HybridCompute/machines/extensions/*",
                "Microsoft.HybridCompute/*/read",
                "Microsoft.Resources/deployments/*",
            ),
        ),
        Role(
            "cd08ab90-6b14-449c-ad9a-8f8e549482c6",
            "Scheduled Patching Contributor",
            "May manage maintenance configurations for guest patching, and what they are attached to.",
            (
                "Microsoft.Maintenance/maintenanceConfigurations/read",
                "Microsoft.Maintenance/maintenanceConfigurations/write",
                "Microsoft.Maintenance/maintenanceConfigurations/delete",
                "Microsoft.Maintenance/configurationAssignments/read",
                "Microsoft.Maintenance/configurationAssignments/write",
                "Microsoft.Maintenance/configurationAssignments/delete",
                "Microsoft.Maintenance/applyUpdates/read",
            ),
        ),
        Role(
            "4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
            "Tag Contributor",
            "May manage tags, without access to what carries them.",
            (
                "Microsoft.Authorization/*/read",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/subscriptions/resources/read",
                "Microsoft.Resources/tags/*",
            ),
        ),
        Role(
            "36243c78-bf99-498c-9df9-86d9f8d28608",
            "Resource Policy Contributor",
            "May manage policies.",
            ("*/read", "Microsoft.Authorization/policyassignments/*", "Microsoft.PolicyInsights/*"),
        ),
        Role(
            "f1a07417-d97a-45cb-824c-7a7467783830",
            "Managed Identity Operator",
            "May read and assign user-assigned identities.",
            (
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            ),
        ),
    )
}
