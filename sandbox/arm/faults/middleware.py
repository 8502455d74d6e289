"""Between the server and ARM: each request is logged and held against the fault rules, and a user can change these.

The routes below `/_sandbox/` exist over plain HTTP and for this machine only: a client that signs in meets ARM alone.
"""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.arm.errors import ArmError
from sandbox.arm.faults.asked import Asked, FaultRuleError
from sandbox.arm.faults.desk import Entry, FaultDesk

if TYPE_CHECKING:
    from sandbox.arm.faults.rules import Rule

_OURS = "/_sandbox/"
FAULTS_PATH = f"{_OURS}faults"
REQUESTS_PATH = f"{_OURS}requests"


class FaultMiddleware:
    """Wraps an ASGI application; what a user asks this server below `/_sandbox/` is no request to Azure."""

    def __init__(self, app: ASGIApp, desk: FaultDesk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or do not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in {FAULTS_PATH, REQUESTS_PATH} and _is_our_own(scope):
            answer = self._administer(scope, await Request(scope, receive).body())
            await answer(scope, receive, send)
        elif scope["path"].startswith(_OURS) and _is_our_own(scope):
            await self._app(scope, receive, send)
        else:
            entry, rule = self._desk.meet(_asked(scope))
            await self._serve(rule, entry, scope, receive, send)

    async def _serve(self, rule: "Rule | None", entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        if rule is None:
            await self._app(scope, receive, noting)
        else:
            from sandbox.arm.faults.striking import strike  # noqa: PLC0415 - slow to load, and rarely needed

            await strike(rule, self._app, scope, receive, noting)

    def _administer(self, scope: Scope, content: bytes) -> Response:
        match scope["method"], scope["path"]:
            case "GET", str(path) if path == REQUESTS_PATH:
                return JSONResponse({"value": self._desk.requests()})
            case "GET", _:
                return JSONResponse({"value": self._desk.shown()})
            case "PUT", str(path) if path == FAULTS_PATH:
                try:
                    self._desk.replace(content)
                except FaultRuleError as error:
                    return _error(ArmError(400, "InvalidFaultRules", str(error)))
                return JSONResponse({"value": self._desk.shown()})
            case "DELETE", str(path) if path == FAULTS_PATH:
                self._desk.clear()
                return Response(status_code=204)
            case method, path:
                return _error(ArmError(405, "MethodNotAllowed", f"'{method}' is not allowed on '{path}'."))


def _is_our_own(scope: Scope) -> bool:
    client = scope.get("client")
    return scope["scheme"] == "http" and bool(client) and ip_address(client[0]).is_loopback


def _asked(scope: Scope) -> Asked:
    query = dict[str, Any](parse_qsl(scope["query_string"].decode("latin-1")))
    return Asked(scope["method"], scope["path"], str(query.get("api-version", "")))


def _error(error: ArmError) -> Response:
    return JSONResponse(error.body(), error.status)
