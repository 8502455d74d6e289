"""Subscriptions, the tenant, and a subscription's locations."""

from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import TENANT_ID, Reply, Request, ResourceType, get_resource
from sandbox.arm.bodies import mapping_at
from sandbox.arm.ids import SUBSCRIPTION, TENANT, ResourceId
from sandbox.arm.providers.resources.listing import list_tracked
from sandbox.arm.regions import REGIONS
from sandbox.arm.store import Resource


def new_subscription(subscription_id: str, name: str, tags: dict[str, str] | None = None) -> Resource:
    """Return an enabled subscription, with the namespaces registered that guest patching needs."""
    document: dict[str, Any] = {"displayName": name, "state": "Enabled", "tags": tags or {}}
    return Resource(ResourceId("", SUBSCRIPTION, (subscription_id.lower(),)), document)


def _present(subscription: Resource) -> dict[str, Any]:
    return {
        "id": subscription.id.text,
        "subscriptionId": subscription.id.name,
        "tenantId": TENANT_ID,
        "displayName": subscription.document.get("displayName"),
        "state": subscription.document.get("state"),
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": mapping_at(subscription.document, "tags"),
    }


def _list(request: Request) -> Reply:
    azure = request.azure
    return Reply(200, {"value": [azure.present(one) for one in azure.store.under("", SUBSCRIPTION)]})


def _list_locations(request: Request) -> Reply:
    subscription = request.azure.existing(request.resource_id)
    locations = [
        {
            "id": f"{subscription.id.text}/locations/{name}",
            "subscriptionId": subscription.id.name,
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        for name, display in REGIONS.items()
    ]
    return Reply(200, {"value": locations})


def _list_tenants(_: Request) -> Reply:
    tenant = {
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
        "displayName": "Local Azure",
        "tenantCategory": "Home",
        "defaultDomain": "localazure.onmicrosoft.com",
    }
    return Reply(200, {"value": [tenant]})


TYPES = [
    ResourceType(
        SUBSCRIPTION,
        api_versions.RESOURCES,
        get=get_resource,
        list=_list,
        present=_present,
        actions={"GET locations": _list_locations, "GET resources": list_tracked},
    ),
    ResourceType(TENANT, api_versions.RESOURCES, list=_list_tenants),
]
