"""The local Azure's own routes about time, over plain HTTP and for this machine only.

`GET /_sandbox/clock` answers the time; `POST` with {"until": an ISO instant} moves the clock there through everything
that happens until then, for at most so many "seconds" of real time where the body says so; whoever has subscribed to
an event is told of it on the way. `GET /_sandbox/runs` answers the runs between two instants, `after` and `until`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import check
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.events.courier import Courier
from sandbox.arm.simulation.reporting import runs_between
from sandbox.arm.simulation.travel import pass_time
from sandbox.arm.times import instant

CLOCK_PATH = "/_sandbox/clock"
RUNS_PATH = "/_sandbox/runs"
_LAST_YEAR = 9000
_OK = 200


def routes(azure: Azure, courier: Courier) -> list[Route]:
    """Return the routes about the time of a local Azure."""

    async def clock(http: Request) -> Response:
        content = await http.body()
        if http.method != "POST":
            return answered_to(http, lambda: {"now": instant(azure.now())})
        begun = answered_to(http, lambda: _begin(azure, content))
        # Whoever is to be told of something is told at its time, and may act before the clock goes on.
        await courier.deliver()
        if begun.status_code != _OK:
            return begun
        wanted = _asked(content)
        while wanted.seconds is None and azure.now() < wanted.until:
            pass_time(azure, wanted.until)
            await courier.deliver()
        return JSONResponse({"now": instant(azure.now()), "arrived": azure.now() >= wanted.until})

    async def runs(http: Request) -> Response:
        return answered_to(http, lambda: _runs(azure, http.query_params))

    return [Route(CLOCK_PATH, clock, methods=["GET", "POST"]), Route(RUNS_PATH, runs, methods=["GET"])]


def answered_to(http: Request, act: Callable[[], dict[str, Any]]) -> Response:
    """Return what an act answers to a request over plain HTTP from this machine; to any other, that nothing is here."""
    if http.url.scheme != "http" or not http.client or not ip_address(http.client.host).is_loopback:
        return JSONResponse(ArmError(404, "NotFound", "There is nothing here.").body(), 404)
    try:
        return JSONResponse(act())
    except ArmError as error:
        return JSONResponse(error.body(), error.status)


@dataclass(frozen=True)
class _Asked:
    """Where the clock is to go, and for how many seconds of real time at most."""

    until: float
    seconds: float | None


def _begin(azure: Azure, content: bytes) -> dict[str, Any]:
    wanted = _asked(content)
    pass_time(azure, wanted.until, wanted.seconds)
    return {}


def _asked(content: bytes) -> _Asked:
    try:
        body = json.loads(content)
        check(body, {"until": str})
        seconds = float(body["seconds"]) if body.get("seconds") is not None else None
        until = body["until"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise bad_request("InvalidRequestContent", 'The body is not {"until": an ISO instant}.') from error
    return _Asked(moment_of(until), seconds)


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
