"""Microsoft.Resources: subscriptions, resource groups, provider registrations, tags and lists of resources."""

from sandbox.arm import api_versions
from sandbox.arm.operations import results_type
from sandbox.arm.providers.resources import groups, namespaces, subscriptions, tags
from sandbox.arm.providers.resources.groups import new_group
from sandbox.arm.providers.resources.namespaces import check_registered
from sandbox.arm.providers.resources.subscriptions import new_subscription

__all__ = ["TYPES", "check_registered", "new_group", "new_subscription"]

TYPES = [
    *subscriptions.TYPES,
    groups.TYPE,
    namespaces.TYPE,
    tags.TYPE,
    results_type(api_versions.RESOURCES),
]
