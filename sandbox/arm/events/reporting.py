"""Tells of the events of a time, and of what became of each delivery, as JSON."""

from datetime import datetime
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.events import names
from sandbox.arm.events.bodies_sent import in_schema
from sandbox.arm.events.publishing import DELIVERED


def events_between(azure: Azure, after: float, until: float) -> list[dict[str, Any]]:
    """Return the events that were raised later than one moment and not later than another, in order.

    Each has its `time`, `type`, `source` (an ARM id) and `data`, and its `deliveries`: the event subscription, where it
    went (`destination`, `to`), its `status` (Delivered, Failed, Waiting, NotSent), the `error` where there is one, and
    for a webhook or a queue the `message`.
    """
    found: list[tuple[float, dict[str, Any]]] = []
    for raised in azure.store.under("", names.RAISED_EVENT):
        event: dict[str, Any] = raised.private["event"]
        moment = datetime.fromisoformat(event["time"]).timestamp()
        if after < moment <= until:
            deliveries = [_shown(event, one) for one in raised.private["deliveries"].values()]
            found.append((moment, {**event, "deliveries": deliveries}))
    return [event for _, event in sorted(found, key=lambda one: (one[0], one[1]["id"], one[1]["type"]))]


def _shown(event: dict[str, Any], delivery: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in delivery.items() if key not in ("schema", "sent")}
    if "sent" in delivery:
        return {**shown, "message": delivery["sent"]}
    if delivery["status"] == DELIVERED:
        return {**shown, "message": in_schema(event, delivery["schema"])}
    return shown
