"""The HTTP face of the local Azure: from a request's path to the handler of its resource type, and ARM's answers."""

import base64
import binascii
import json
import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.arm.access import check_access, limited_to
from sandbox.arm.azure import CALLER_ID, Azure, Handler, Reply, Request, ResourceType
from sandbox.arm.bodies import check_envelope, mapping_at
from sandbox.arm.contents import parsed, received
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.events.courier import Courier
from sandbox.arm.events.routes import routes as event_routes
from sandbox.arm.ids import Target, parse_path
from sandbox.arm.outer_refusals import OwnNames, answer_http_error
from sandbox.arm.providers.resources import check_registered
from sandbox.arm.sign_in import Question, SignIn
from sandbox.arm.simulation.routes import routes as time_routes
from sandbox.arm.tokens import Caller

_METHODS = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"]
_WRITES = frozenset({"PUT", "PATCH"})
_log = logging.getLogger(__name__)


def application(azure: Azure, sign_in: SignIn, courier: Courier, around: Sequence[Middleware] = ()) -> Starlette:
    """Return the ASGI application that serves one local Azure, over HTTP to everybody and over HTTPS by token.

    `courier` tells webhooks, after each answer, what is to be told. `around` is put around what answers, the first
    outermost.
    """

    async def serve(http: HttpRequest) -> Response:
        content = await received(http)
        reply = _answer(azure, sign_in, http, content)
        courier.wake()
        return _response(http.headers, reply)

    return Starlette(
        routes=[*time_routes(azure, courier), *event_routes(azure), Route("/{path:path}", serve, methods=_METHODS)],
        middleware=[Middleware(OwnNames), *around],
        exception_handlers={HTTPException: answer_http_error},
    )


def _answer(azure: Azure, sign_in: SignIn, http: HttpRequest, content: bytes) -> Reply:
    try:
        base = sign_in.base(http.url.hostname)
        path = str(http.scope["path"])
        signing_in = sign_in.answer(Question(http.method, path, http.query_params, content, base))
        if signing_in:
            return signing_in
        caller = sign_in.check(http.headers.get("authorization"), base) if http.url.scheme == "https" else None
        with azure.store.transaction():
            azure.settle()
        with azure.store.transaction():
            return _dispatch(azure, http, content, caller)
    except ArmError as error:
        return Reply(error.status, error.body(), error.headers)
    except Exception:  # noqa: BLE001
        _log.exception("The local Azure failed on %s %s.", http.method, http.url.path)
        fault = ArmError(500, "InternalServerError", "The local Azure itself failed; its log says where.")
        return Reply(fault.status, fault.body())


def _dispatch(azure: Azure, http: HttpRequest, content: bytes, caller: Caller | None) -> Reply:
    target = parse_path(str(http.scope["path"]))
    remaining = azure.budgets.spend(
        http.method,
        target.id.subscription if target.id else None,
        caller.client if caller else CALLER_ID,
        azure.settings.quirks,
    )
    resource_type, handler = _handler(azure, http.method, target)
    request = Request(
        azure=azure,
        method=http.method,
        id=azure.canonical(target.id) if target.id else None,
        type=resource_type,
        api_version=_api_version(resource_type, http.query_params.get("api-version")),
        body=parsed(http.method, http.headers.get("content-type"), content),
        query=dict(http.query_params),
        headers=dict(http.headers),
        base_url=str(http.base_url).rstrip("/"),
        url=str(http.url),
        limited_to=limited_to(caller),
    )
    check_access(request, target)
    if http.method in _WRITES:
        check_envelope(request.body)
        request = _without_null_tags(request)
    if target.tail is None:
        _check_conditions(request)
    if http.method == "PUT":
        check_registered(azure, request.resource_id)
    reply = handler(request)
    reply = replace(reply, headers={**remaining, **reply.headers})
    if http.method == "HEAD":
        return replace(reply, status=204, body=None)
    return _paged(request, reply) if http.method == "GET" and target.tail is not None else reply


def _without_null_tags(request: Request) -> Request:
    tags = mapping_at(request.body, "tags")
    kept = {name: value for name, value in tags.items() if value is not None}
    return replace(request, body={**request.body, "tags": kept}) if len(kept) < len(tags) else request


def _handler(azure: Azure, method: str, target: Target) -> tuple[ResourceType, Handler]:
    verb = "GET" if method == "HEAD" else method
    if target.tail is not None and target.id is not None:
        owner = azure.types.get(target.id.type.lower())
        action = owner.actions.get(f"{verb} {target.tail.lower()}") if owner else None
        if owner and action:
            return owner, action
    if target.tail is not None:
        resource_type = azure.resource_type(target.collection or target.tail)
        handler = resource_type.list if verb == "GET" else None
    elif target.id is not None:
        resource_type = azure.resource_type(target.id.type)
        verbs: dict[str, Handler | None] = {
            "GET": resource_type.get,
            "PUT": resource_type.put,
            "PATCH": resource_type.patch,
            "DELETE": resource_type.delete,
        }
        handler = verbs.get(verb)
    else:
        raise bad_request("InvalidResourceId", "The path names nothing.")
    if handler is None:
        raise ArmError(405, "MethodNotAllowed", f"'{method}' is not allowed on '{resource_type.name}'.")
    return resource_type, handler


def _api_version(resource_type: ResourceType, given: str | None) -> str:
    if not given:
        raise bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if given.lower() not in resource_type.api_versions:
        raise bad_request(
            "InvalidApiVersionParameter",
            f"The api-version '{given}' is invalid for '{resource_type.name}'. "
            f"The supported versions are '{_listed(resource_type.api_versions)}'.",
        )
    return given.lower()


def _listed(versions: Iterable[str]) -> str:
    return ", ".join(sorted(versions, reverse=True))


def _check_conditions(request: Request) -> None:
    """Hold a request to its If-Match and If-None-Match headers (RFC 9110), as ARM's own types do."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is None and unwanted is None:
        return
    found = request.azure.store.get(request.resource_id)
    if wanted is not None and not (found and _matches(wanted, found.etag)):
        raise ArmError(412, "PreconditionFailed", f"The condition 'If-Match: {wanted}' is not met.")
    if unwanted is not None and request.method in _WRITES and found and _matches(unwanted, found.etag):
        raise ArmError(412, "PreconditionFailed", f"The condition 'If-None-Match: {unwanted}' is not met.")


def _matches(condition: str, etag: str) -> bool:
    tags = {one.strip().removeprefix("W/").strip('"') for one in condition.split(",")}
    return "*" in tags or etag in tags


def _paged(request: Request, reply: Reply) -> Reply:
    """Cut a list into pages: `$top` or the setting's number of items, and a nextLink where there are more."""
    body = cast("dict[str, Any]", reply.body) if isinstance(reply.body, dict) else {}
    if reply.status != 200 or not isinstance(body.get("value"), list):  # noqa: PLR2004
        return reply
    items = sorted(cast("list[dict[str, Any]]", body["value"]), key=_id)
    after = _skip_token(request.query)
    items = [item for item in items if _id(item) > after] if after else items
    size = _top(request.query) or request.azure.settings.page_size
    page = {**body, "value": items[:size]}
    if len(items) > size:
        token = base64.urlsafe_b64encode(_id(items[size - 1]).encode()).decode()
        query = urlencode({**request.query, "$skiptoken": token}, safe="$")
        page["nextLink"] = f"{request.url.split('?')[0]}?{query}"
    return replace(reply, body=page)


def _id(item: Mapping[str, Any]) -> str:
    return str(item.get("id") or item.get("name") or "").lower()


def _skip_token(query: Mapping[str, str]) -> str:
    try:
        return base64.b64decode(query.get("$skiptoken", "").encode(), b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise bad_request("InvalidSkipToken", "The $skiptoken is not one that a nextLink carried.") from error


def _top(query: Mapping[str, str]) -> int | None:
    given = query.get("$top")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and int(given[:9]) > 0 and len(given) <= 9):  # noqa: PLR2004
        raise bad_request("InvalidTopParameter", f"The $top query parameter '{given[:40]}' is not a positive integer.")
    return int(given)


def _response(asked: Mapping[str, str], reply: Reply) -> Response:
    """Return the answer, with the ids by which a client knows its requests, if it sent some and wants them back."""
    content = b"" if reply.body is None else json.dumps(reply.body).encode()
    request_id = str(uuid.uuid4())
    headers = {
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": asked.get("x-ms-correlation-request-id") or request_id,
        **reply.headers,
    }
    own_id = asked.get("x-ms-client-request-id")
    if own_id and asked.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = own_id
    return Response(content, reply.status, headers, "application/json" if content else None)
