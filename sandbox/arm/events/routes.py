"""The local Azure's own routes about events, over plain HTTP and for this machine only.

`GET /_sandbox/events` answers the events between two instants, `after` and `until`, with what became of their
deliveries. A webhook that was asked whether it wants events may visit `GET /_sandbox/events/validate?id=…` instead of
answering.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.arm.azure import Azure
from sandbox.arm.errors import ArmError
from sandbox.arm.events.reporting import events_between
from sandbox.arm.providers.event_grid.handshake import VALIDATE_PATH, validated_by_visit
from sandbox.arm.simulation.routes import answered_to, moment_of

EVENTS_PATH = "/_sandbox/events"


def routes(azure: Azure) -> list[Route]:
    """Return the routes about the events of a local Azure."""

    async def events(http: Request) -> Response:
        return answered_to(http, lambda: _events(azure, http.query_params))

    async def validate(http: Request) -> Response:
        return answered_to(http, lambda: _validate(azure, http.query_params))

    return [Route(EVENTS_PATH, events, methods=["GET"]), Route(VALIDATE_PATH, validate, methods=["GET"])]


def _events(azure: Azure, query: Mapping[str, str]) -> dict[str, Any]:
    after = moment_of(query["after"]) if "after" in query else 0.0
    until = moment_of(query["until"]) if "until" in query else azure.now()
    return {"value": events_between(azure, after, until)}


def _validate(azure: Azure, query: Mapping[str, str]) -> dict[str, Any]:
    with azure.store.transaction():
        azure.settle()
        found = validated_by_visit(azure, query.get("id", ""))
    if not found:
        raise ArmError(404, "NotFound", "Nothing waits for this visit: it was made already, or comes too late.")
    return {"validated": True}
