"""Tells of the pre- and post-events of the local Azure in a state directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.arm.events.routes import EVENTS_PATH
from sandbox.engine.progress import Progress
from sandbox.local_azure import Ports, run_or_attach
from sandbox.time_travel import ask

if TYPE_CHECKING:
    from sandbox.state import StateDirectory

_HEADINGS = ("Raised", "Event", "Schedule", "Subscription", "To", "Delivery")


def events_of(state: StateDirectory, after: str | None, until: str | None, form: str) -> str:
    """Return the events between two ISO instants, as `form` says ("text" or "json").

    Raises:
        SandboxError: an instant is none, or there is no local Azure to be had.

    """
    state.prepare()
    between = {name: instant for name, instant in (("after", after), ("until", until)) if instant is not None}
    with (
        run_or_attach(state, ports=Ports(), note=Progress().note) as endpoint,
        httpx.Client(base_url=endpoint.url, timeout=None) as client,  # noqa: S113 - it is on this machine
    ):
        found: list[dict[str, Any]] = ask(client, "GET", EVENTS_PATH, params=between)["value"]
    if form == "json":
        return json.dumps({"events": found}, indent=2)
    return _table([row for event in found for row in _rows(event)])


def _rows(event: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return a line for each delivery of an event; one where nobody was told."""
    raised = (event["time"][:16].replace("T", " "), event["type"].rpartition(".")[2], event["subject"])
    told = [
        (one["subscription"].rpartition("/")[2], _to(one), " ".join(filter(None, (one["status"], one.get("error")))))
        for one in event["deliveries"]
    ]
    return [(*raised, *one) for one in told or [("-", "-", "nobody is told")]]


def _to(delivery: dict[str, Any]) -> str:
    """Return where a delivery goes: a URL, or the kind of a resource and its name."""
    named = delivery["to"]
    return named if "://" in named else f"{delivery['destination']} {named.rpartition('/')[2]}"


def _table(rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "No events."
    lines = [_HEADINGS, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in lines
    )
