"""Tells of the runs of a time: what each maintenance configuration did to each machine, as JSON."""

from collections import defaultdict
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.providers.maintenance import apply_updates, names
from sandbox.arm.times import instant


def runs_between(azure: Azure, after: float, until: float) -> list[dict[str, Any]]:
    """Return the runs whose window opened later than one moment and not later than another, in order.

    Each has its `configuration` (an ARM id), `start`, `end` and `status`, and for each of its `machines` the same with
    the numbers of updates (`counts`) or an `error`; `skipped` machines were another run's, with the reason.
    """
    found: list[tuple[apply_updates.Run, dict[str, str]]] = []
    machines: defaultdict[str, list[apply_updates.Run]] = defaultdict(list)
    for kept in azure.store.under("", names.APPLY_UPDATE):
        run = apply_updates.read(kept)
        if not after < run.window_starts <= until:
            continue
        if run.resource == run.configuration:
            found.append((run, kept.private["skipped"]))
        else:
            machines[run.correlation_id].append(run)
    found.sort(key=lambda one: (one[0].window_starts, one[0].configuration.key))
    now = azure.now()
    return [
        {
            "configuration": run.configuration.text,
            **_shown(run, now),
            "machines": [_on_machine(one, now) for one in machines[run.correlation_id]],
            "skipped": [{"id": machine, "reason": reason} for machine, reason in skipped.items()],
        }
        for run, skipped in found
    ]


def _shown(run: apply_updates.Run, now: float) -> dict[str, Any]:
    status = apply_updates.shown_status(run, now)
    return {"start": instant(run.starts), "end": instant(run.ends), "status": status}


def _on_machine(run: apply_updates.Run, now: float) -> dict[str, Any]:
    code, message = run.error or ("", "")
    return {
        "id": run.resource.text,
        **_shown(run, now),
        **({"counts": run.counts} if run.counts else {}),
        **({"error": {"code": code, "message": message}} if code else {}),
    }
