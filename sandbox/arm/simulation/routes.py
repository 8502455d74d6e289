"""The local Azure's own routes about time, over plain HTTP and for this machine only.

`GET /_sandbox/clock` answers the time; `POST` with {"until": an ISO instant} moves the clock there through everything
that happens until then, for at most so many "seconds" of real time where the body says so. `GET /_sandbox/runs` answers
the runs between two instants, `after` and `until`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import check
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.simulation.reporting import runs_between
from sandbox.arm.simulation.travel import pass_time
from sandbox.arm.times import instant

CLOCK_PATH = "/_sandbox/clock"
RUNS_PATH = "/_sandbox/runs"
_LAST_YEAR = 9000


def routes(azure: Azure) -> list[Route]:
    """Return the routes about the time of a local Azure."""

    async def clock(http: Request) -> Response:
        return _answer(http, lambda content: _clock(azure, http.method, content), await http.body())

    async def runs(http: Request) -> Response:
        return _answer(http, lambda _: _runs(azure, http.query_params), b"")

    return [Route(CLOCK_PATH, clock, methods=["GET", "POST"]), Route(RUNS_PATH, runs, methods=["GET"])]


def _answer(http: Request, act: Callable[[bytes], dict[str, Any]], content: bytes) -> Response:
    if http.url.scheme != "http" or not http.client or not ip_address(http.client.host).is_loopback:
        return JSONResponse(ArmError(404, "NotFound", "There is nothing here.").body(), 404)
    try:
        return JSONResponse(act(content))
    except ArmError as error:
        return JSONResponse(error.body(), error.status)


def _clock(azure: Azure, method: str, content: bytes) -> dict[str, Any]:
    if method != "POST":
        return {"now": instant(azure.now())}
    try:
        body = json.loads(content)
        check(body, {"until": str})
        seconds = float(body["seconds"]) if body.get("seconds") is not None else None
        until = body["until"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise bad_request("InvalidRequestContent", 'The body is not {"until": an ISO instant}.') from error
    arrived = pass_time(azure, moment_of(until), seconds)
    return {"now": instant(azure.now()), "arrived": arrived}


def _runs(azure: Azure, query: Mapping[str, str]) -> dict[str, Any]:
    after = moment_of(query["after"]) if "after" in query else 0.0
    until = moment_of(query["until"]) if "until" in query else azure.now()
    return {"value": runs_between(azure, after, until)}


def moment_of(text: object) -> float:
    """Return the seconds since the epoch of an ISO 8601 instant, in UTC where it does not say.

    Raises ArmError (400 InvalidInstant).
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.year > _LAST_YEAR or moment.year < 1971:  # noqa: PLR2004 - the epoch, with room for zones
        raise bad_request(
            "InvalidInstant", f"'{str(text)[:40]}' is not an ISO 8601 instant, such as 2027-12-31T00:00Z."
        )
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
