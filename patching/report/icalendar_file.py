"""Runs as an iCalendar file: one event for each run, for Outlook, Google Calendar and the like.

Events are in UTC, and say the schedule's local time in words: a calendar that is given a zone's name applies its own
rules to it, which can be older than those here, and then shows another hour. The same runs give the same file: an
event's UID comes from its schedule and its start, and its time stamp is its start, because there is no clock here.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC
from typing import Any, cast

from icalendar import Calendar, Event

from patching.report.planned import PlannedRun

_PRODUCT = "-//azure-patching//calendar//EN"


def as_icalendar(runs: Iterable[PlannedRun]) -> str:
    """The iCalendar text, with the line ends that the format asks for."""
    calendar = cast("Any", Calendar())  # typed only in part
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    for planned in runs:
        calendar.add_component(_event(planned))
    return calendar.to_ical().decode()


def _event(planned: PlannedRun) -> Event:
    run = planned.run
    identity = f"{planned.schedule}\n{run.start_utc.isoformat()}"
    local = f"{run.start:%Y-%m-%d %H:%M} to {run.end:%Y-%m-%d %H:%M}, {run.start.tzinfo}"
    event = cast("Any", Event())
    event.add("uid", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@azure-patching")
    event.add("dtstamp", run.start_utc)
    event.add("dtstart", run.start_utc)
    event.add("dtend", run.end.astimezone(UTC))
    event.add("summary", f"Patching: {planned.schedule}")
    event.add("description", "\n".join((local, *planned.notes)))
    event.add("transp", "TRANSPARENT")
    return event
