"""Checks of who is told of runs: whether a pre-event comes in time, and whether each webhook is told of anything."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from patching.event_handlers import EndpointType
from patching.faults import Findings, Found
from patching.limits import PRE_EVENT_LEAD_TIME_MINUTES
from patching.schedule import local_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patching.settings.model import ScheduleSettings


def check_pre_event(path: str, settings: "ScheduleSettings", as_of: datetime | None) -> Findings:
    """Warns where a schedule with a pre-event runs so soon that a change made now would cancel the run.

    `path` is the schedule's key. Only with `as_of`, an aware instant, is anything judged.
    """
    findings = Findings()
    if as_of is None or settings.events is None or not settings.events.before:
        return findings
    following = settings.schedule.next_run(as_of)
    if following is None or following.start >= as_of + timedelta(minutes=PRE_EVENT_LEAD_TIME_MINUTES):
        return findings
    findings.warn(
        f"{path}.events.before",
        local_text(following.start.replace(tzinfo=None)),
        f"a run at least {PRE_EVENT_LEAD_TIME_MINUTES} minutes after {as_of.isoformat()}: Azure cancels a run whose "
        "schedule, with a pre-event, is made or changed later than that",
        "deploy after that run, or know that a change that you deploy now cancels it",
    )
    return findings


def check_webhooks(schedules: "Mapping[str, ScheduleSettings]", webhook_keys: Collection[str] | None) -> Findings:
    """Warns of URLs in `webhookUrls` that no event goes to; None where it is not known which there are."""
    findings = Findings()
    told = {
        handler.target
        for schedule in schedules.values()
        if schedule.events
        for handler in schedule.events.handlers
        if handler.endpoint is EndpointType.WEBHOOK
    }
    for key in webhook_keys or ():
        if key not in told:
            expected = "a webhook that an event of a schedule goes to: this one is told of none"
            fix = f"name it in a schedule's events, or run `pulumi config rm --path webhookUrls.{key}`"
            findings.warn(f"webhookUrls.{key}", Found("a URL", literal=False), expected, fix)
    return findings
