"""What a caller with a token may do: everything, but for the one application that is there to be refused."""

from sandbox.arm.azure import LIMITED_CLIENT_ID, Request
from sandbox.arm.ids import Target
from sandbox.arm.policy.effects import Permission
from sandbox.arm.policy.scopes import hierarchy_of
from sandbox.arm.providers.authorization.principals import check_permission
from sandbox.arm.tokens import Caller

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def check_access(request: Request, target: Target, caller: Caller) -> None:
    """Check that a caller may do what it asks for; lists of the whole tenant are open to everybody.

    Raises ArmError (403 AuthorizationFailed) where the limited application has no role that allows it.
    """
    if caller.client != LIMITED_CLIENT_ID or request.id is None:
        return
    permission = Permission(_action(request, target), request.id.text)
    check_permission(request.azure, hierarchy_of(request.azure.store), caller.principal, permission)


def _action(request: Request, target: Target) -> str:
    """Return the action as Azure names it, such as `Microsoft.Compute/virtualMachines/start/action`."""
    verb = _VERBS.get(request.method)
    if verb is None:
        return f"{request.type.name}/{target.tail}/action"
    return f"{request.type.name}/{verb}"
