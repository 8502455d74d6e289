"""Resource providers: which namespaces a subscription is registered for."""

from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import PROVIDER, SUBSCRIPTION, ResourceId
from sandbox.arm.regions import REGIONS

ALWAYS_REGISTERED = frozenset({"Microsoft.Authorization", "Microsoft.Resources", "Microsoft.Management"})
REGISTERED_FROM_THE_START = frozenset(
    {
        "Microsoft.Compute",
        "Microsoft.EventGrid",
        "Microsoft.HybridCompute",
        "Microsoft.Insights",
        "Microsoft.Maintenance",
        "Microsoft.ManagedIdentity",
        "Microsoft.Network",
        "Microsoft.PolicyInsights",
    }
)
_NAMESPACES = {one.lower(): one for one in sorted(ALWAYS_REGISTERED | REGISTERED_FROM_THE_START)}


def check_registered(azure: Azure, resource_id: ResourceId) -> None:
    """Check that the subscription of an id is registered for the id's namespace.

    Raises ArmError (409 MissingSubscriptionRegistration). Ids outside of subscriptions are not held to it.
    """
    namespace = resource_id.type.split("/")[0]
    if resource_id.subscription and not is_registered(azure, resource_id.subscription, namespace):
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{namespace}'. "
            "See https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def is_registered(azure: Azure, subscription_id: str, namespace: str) -> bool:
    """Tell whether a subscription is registered for a namespace; one that does not exist is registered for all."""
    known = _NAMESPACES.get(namespace.lower())
    if known is None or known in ALWAYS_REGISTERED:
        return True
    subscription = azure.store.get(ResourceId("", SUBSCRIPTION, (subscription_id,)))
    return subscription is None or known not in subscription.private.get("unregistered", [])


def _namespace(request: Request) -> str:
    name = request.resource_id.name
    found = _NAMESPACES.get(name.lower())
    if found is None:
        raise ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{name}' is invalid. "
            f"The local Azure serves {', '.join(sorted(_NAMESPACES.values()))}.",
        )
    return found


def _present(azure: Azure, subscription: str | None, namespace: str) -> dict[str, Any]:
    always = namespace in ALWAYS_REGISTERED
    registered = subscription is None or is_registered(azure, subscription, namespace)
    types = [one for one in azure.types.values() if one.name.split("/")[0] == namespace]
    body: dict[str, Any] = {
        "namespace": namespace,
        "registrationPolicy": "RegistrationFree" if always else "RegistrationRequired",
        "registrationState": "Registered" if registered else "NotRegistered",
        "resourceTypes": [
            {
                "resourceType": one.name.split("/", 1)[1],
                "locations": list(REGIONS.values()),
                "apiVersions": sorted(one.api_versions, reverse=True),
            }
            for one in types
        ],
    }
    if subscription is not None:
        body["id"] = f"/subscriptions/{subscription}/providers/{namespace}"
    return body


def _get(request: Request) -> Reply:
    request.azure.check_parents(request.resource_id)
    return Reply(200, _present(request.azure, request.resource_id.subscription, _namespace(request)))


def _list(request: Request) -> Reply:
    subscription = request.azure.existing(request.id).id.name if request.id else None
    return Reply(200, {"value": [_present(request.azure, subscription, one) for one in _NAMESPACES.values()]})


def _set_registered(request: Request, *, registered: bool) -> Reply:
    """Answer a registration; it is there at once (Azure takes minutes)."""
    azure, namespace = request.azure, _namespace(request)
    azure.check_parents(request.resource_id)
    subscription = azure.existing(ResourceId("", SUBSCRIPTION, (request.resource_id.subscription or "",)))
    others = {one for one in subscription.private.get("unregistered", []) if one != namespace}
    unregistered = sorted(others if registered else others | {namespace})
    azure.store.put(replace(subscription, private={**subscription.private, "unregistered": unregistered}), azure.now())
    return Reply(200, _present(azure, subscription.id.name, namespace))


def _register(request: Request) -> Reply:
    return _set_registered(request, registered=True)


def _unregister(request: Request) -> Reply:
    return _set_registered(request, registered=False)


TYPE = ResourceType(
    PROVIDER,
    api_versions.RESOURCES,
    get=_get,
    list=_list,
    actions={"POST register": _register, "POST unregister": _unregister},
)
