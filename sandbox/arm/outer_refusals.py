"""What is refused before it is a request to ARM, in ARM's error form all the same."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.arm.errors import ArmError
from sandbox.arm.sign_in import HOST_NAMES


class OwnNames:
    """Wraps an ASGI application: refuses requests that were sent to another name than the server's own.

    A page in a browser could reach a loopback port under a name of its own that resolves to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer 400."""
        if scope["type"] != "http" or Headers(scope=scope).get("host", "").split(":")[0] in HOST_NAMES:
            await self._app(scope, receive, send)
            return
        message = f"The host of the request is not one of this local Azure's own: {', '.join(HOST_NAMES)}."
        await _answer(ArmError(400, "InvalidHostName", message))(scope, receive, send)


def answer_http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer what the router refuses: a method that HTTP has and ARM does not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "MethodNotAllowed" if status == 405 else "InvalidRequest"  # noqa: PLR2004
    return _answer(ArmError(status, code, "Azure Resource Manager does not answer such a request."))


def _answer(error: ArmError) -> JSONResponse:
    return JSONResponse(error.body(), error.status)
