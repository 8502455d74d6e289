"""Runs as an iCalendar file: one event for each run, for Outlook, Google Calendar and the like.

Events are in their schedule's own time zone, whose rules are in the file. The same runs give the same file: an event's
UID comes from its schedule and its start, and its time stamp is its start, because there is no clock here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from patching.report.icalendar_zone import time_zone_in_rules
from patching.report.planned import PlannedRun
from patching.schedule import Run

_PRODUCT = "-//azure-patching//calendar//EN"
_UTC = "Etc/UTC"


def as_icalendar(runs: Iterable[PlannedRun]) -> str:
    """The iCalendar text, with the line ends that the format asks for."""
    planned_runs = list(runs)
    calendar = cast("Any", Calendar())  # typed only in part
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    time_zones = _time_zones([planned.run for planned in planned_runs])
    for _, component in sorted(time_zones.items()):
        calendar.add_component(component)
    for planned in planned_runs:
        calendar.add_component(_event(planned, time_zones))
    return calendar.to_ical().decode()


def _time_zones(runs: Iterable[Run]) -> dict[str, Timezone]:
    """The rules of the runs' time zones by their names: of those that have rules which every calendar reads."""
    by_zone: defaultdict[ZoneInfo, list[datetime]] = defaultdict(list)
    for run in runs:
        if isinstance(run.start.tzinfo, ZoneInfo) and run.start.tzinfo.key != _UTC:
            by_zone[run.start.tzinfo] += (run.start, run.end)
    found = {
        zone.key: time_zone_in_rules(zone, min(moments).astimezone(UTC), max(moments).astimezone(UTC))
        for zone, moments in by_zone.items()
    }
    return {key: component for key, component in found.items() if component is not None}


def _event(planned: PlannedRun, time_zones: dict[str, Timezone]) -> Event:
    run = planned.run
    identity = f"{planned.schedule}\n{run.start_utc.isoformat()}"
    local = f"{run.start:%Y-%m-%d %H:%M} to {run.end:%Y-%m-%d %H:%M}, {run.start.tzinfo}"
    event = cast("Any", Event())
    event.add("uid", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@azure-patching")
    event.add("dtstamp", run.start_utc)
    # An end rather than a duration: readers disagree on whether an hour of a duration is a real one across a change
    # of the clocks.
    for name, moment in (("dtstart", run.start), ("dtend", run.end)):
        if str(moment.tzinfo) in time_zones and not _comes_twice(moment):
            event.add(name, moment.replace(tzinfo=None), parameters={"TZID": str(moment.tzinfo)})
        else:
            event.add(name, moment.astimezone(UTC))
    event.add("summary", f"Patching: {planned.schedule}")
    event.add("description", "\n".join((local, *planned.notes)))
    event.add("transp", "TRANSPARENT")
    return event


def _comes_twice(moment: datetime) -> bool:
    """Whether its wall-clock time is of an hour that the clocks repeat.

    There, local time means the first to the format, and the second to Windows; UTC means one instant to all.
    """
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
