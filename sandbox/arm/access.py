"""What a caller with a token may do: everything, but for the one application that is there to be refused.

Sources: learn.microsoft.com/azure/role-based-access-control/resource-provider-operations, for the names of actions; and
learn.microsoft.com/azure/governance/resource-graph/overview#permissions-in-azure-resource-graph: who queries needs no
right to do so, and sees what it may read.
"""

from sandbox.arm.azure import LIMITED_CLIENT_ID, Request
from sandbox.arm.ids import RESOURCE_GRAPH, RESOURCE_GROUP, Target
from sandbox.arm.policy.effects import Permission
from sandbox.arm.policy.scopes import hierarchy_of
from sandbox.arm.providers.authorization.principals import check_permission
from sandbox.arm.tokens import Caller

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"


def limited_to(caller: Caller | None) -> str | None:
    """Return the principal whose roles decide what a caller may do; None for one that may do everything."""
    return caller.principal if caller and caller.client == LIMITED_CLIENT_ID else None


def check_access(request: Request, target: Target) -> None:
    """Check that a caller may do what it asks for; lists of the whole tenant are open to everybody.

    Raises ArmError (403 AuthorizationFailed) where the limited application has no role that allows it.
    """
    if request.limited_to is None or request.id is None or request.type.name == RESOURCE_GRAPH:
        return
    permission = Permission(_action(request, target), request.id.text)
    check_permission(request.azure, hierarchy_of(request.azure.store), request.limited_to, permission)


def _action(request: Request, target: Target) -> str:
    """Return the action as Azure names it, such as `Microsoft.Compute/virtualMachines/start/action`."""
    kind = _GROUPS if request.type.name == RESOURCE_GROUP else request.type.name
    verb = _VERBS.get(request.method)
    return f"{kind}/{target.tail}/action" if verb is None else f"{kind}/{verb}"
