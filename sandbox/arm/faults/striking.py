"""What each effect of a fault rule does to a request."""

import asyncio
import os
import signal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.arm.errors import ArmError
from sandbox.arm.faults.connections import end_connection
from sandbox.arm.faults.rules import Drop, Kill, LoseAnswer, Rule, Stall, Status


async def strike(rule: Rule, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Do to a request what a rule says; `app` is what would answer it."""
    match rule:
        case Status():
            await _refusal(rule)(scope, receive, send)
        case Drop():
            await Request(scope, receive).body()  # what is left unread would make a reset of the end
            await _drop(scope, receive)
        case LoseAnswer():
            await app(scope, receive, _lose)
            await _drop(scope, receive)
        case Kill():
            await app(scope, receive, _lose)
            os.kill(os.getpid(), signal.SIGKILL)
        case Stall():
            await asyncio.sleep(rule.seconds)
            await app(scope, receive, send)


def _refusal(rule: Status) -> Response:
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    return JSONResponse(ArmError(rule.status, rule.error_code, rule.message).body(), rule.status, headers)


async def _lose(_: Message) -> None:
    """Take a part of an answer that nobody shall see."""


async def _drop(scope: Scope, receive: Receive) -> None:
    """End the connection, and return when the server knows: it would make up an answer otherwise."""
    end_connection(scope)
    while (await receive())["type"] != "http.disconnect":
        pass
