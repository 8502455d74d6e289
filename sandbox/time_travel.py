"""Moves the clock of the local Azure in a state directory, and tells what happened on the way."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.engine.progress import Progress
from sandbox.errors import SandboxError
from sandbox.local_azure import Ports, run_or_attach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.state import StateDirectory

_CLOCK, _RUNS = "/_sandbox/clock", "/_sandbox/runs"
_STEP_SECONDS = 1.0
_HEADINGS = ("Schedule", "Runs", "Machines", "Succeeded", "Warnings", "Failed", "Skipped", "Cancelled", "Updates")
_STATUSES = ("Succeeded", "CompletedWithWarnings", "Failed")


def run_until(state: StateDirectory, until: str, form: str) -> str:
    """Move the clock to an ISO instant; returns what ran on the way, as `form` says ("text" or "json").

    Raises:
        SandboxError: the instant is none, or past, or there is no local Azure to be had.

    """
    state.prepare()
    progress = Progress()
    with (
        run_or_attach(state, ports=Ports(), note=progress.note) as endpoint,
        httpx.Client(base_url=endpoint.url, timeout=None) as client,  # noqa: S113 - a year takes as long as it takes
    ):
        before = ask(client, "GET", _CLOCK)["now"]
        # In steps: others are answered between them, and Ctrl-C is heard.
        step = {"until": until, "seconds": _STEP_SECONDS}
        with progress.watch("Moving the clock") as tell:
            while not (reached := ask(client, "POST", _CLOCK, json=step))["arrived"]:
                tell(f"{reached['now'][:16].replace('T', ' ')} UTC, from {before[:10]} to {until[:10]}")
        runs = ask(client, "GET", _RUNS, params={"after": before, "until": reached["now"]})["value"]
    if form == "json":
        return json.dumps({"from": before, "until": reached["now"], "runs": runs}, indent=2)
    return _table(runs) + f"\nThe local Azure's clock went from {before} to {reached['now']}."


def ask(client: httpx.Client, method: str, path: str, **content: Any) -> dict[str, Any]:
    """Return what one of the local Azure's own routes answers.

    Raises:
        SandboxError: it refuses, or does not answer.

    """
    try:
        reply = client.request(method, path, **content)
    except httpx.HTTPError as error:
        raise SandboxError(
            f"the local Azure ended before it answered ({error}). Run again: it goes on from where its clock is."
        ) from error
    try:
        answer = reply.json()
    except ValueError as error:
        raise SandboxError(f"the local Azure failed (status {reply.status_code}); its log says where.") from error
    if reply.is_error:
        raise SandboxError(answer["error"]["message"])
    return answer


@dataclass
class _Line:
    """What is counted of one maintenance configuration."""

    runs: int = 0
    cancelled: int = 0
    skipped: int = 0
    updates: int = 0
    machines: set[str] = field(default_factory=set[str])
    statuses: Counter[str] = field(default_factory=Counter[str])

    def add(self, run: dict[str, Any]) -> None:
        self.runs += 1
        self.cancelled += run["status"] == "Cancelled"
        self.skipped += len(run["skipped"])
        for one in run["machines"]:
            self.machines.add(one["id"].lower())
            self.statuses[one["status"]] += 1
            self.updates += one.get("counts", {}).get("installedPatchCount", 0)

    def cells(self, name: str) -> tuple[str, ...]:
        counted = (self.statuses[status] for status in _STATUSES)
        numbers = (self.runs, len(self.machines), *counted, self.skipped, self.cancelled, self.updates)
        return name, *map(str, numbers)


def _table(runs: Iterable[dict[str, Any]]) -> str:
    """Return a line for each configuration; from the fourth column on, each machine counts once for each run."""
    lines: dict[str, _Line] = {}
    for run in runs:
        lines.setdefault(run["configuration"], _Line()).add(run)
    if not lines:
        return "Nothing ran."
    rows = [_HEADINGS, *(line.cells(_name(one)) for one, line in sorted(lines.items()))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def _name(configuration: str) -> str:
    return configuration.rsplit("/", 1)[-1]
