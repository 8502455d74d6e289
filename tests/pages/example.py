"""A stack whose runs change their day between time zones, with both daylight-saving edges and freezes of both kinds."""

from __future__ import annotations

from datetime import UTC, datetime

from patching.report.calendar_page import Span, as_html, rings_of
from patching.report.planned import planned_runs, with_freezes
from patching.settings import read_settings

SPAN = Span(datetime(2026, 12, 31, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
HOLIDAYS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:Plant closed
DTSTART;VALUE=DATE:20270731
DTEND;VALUE=DATE:20270803
END:VEVENT
END:VCALENDAR
"""
_UPDATES = {"linux": {"classifications": ["Security"]}}
SCHEDULES = {
    "berlin-sunday": ("Week Sunday", "2027-01-03 02:30", "W. Europe Standard Time"),
    "america-ring-2-with-a-very-long-name-indeed": ("Month PatchTuesday", "2027-01-12 22:00", "Pacific Standard Time"),
    "tokyo-first": ("Month day1", "2027-01-01 00:30", "Tokyo Standard Time"),
    "line-islands": ("Month day1,day15", "2027-01-01 00:30", "Line Islands Standard Time"),
    "short-months": ("Month day31", "2027-01-31 18:00", "W. Europe Standard Time"),
    "noon": ("Day", "2027-01-01 12:00", "UTC"),
}
FREEZES = {
    "easter": {
        "from": "2027-03-25 12:00",
        "to": "2027-03-30 00:00",
        "timeZone": "W. Europe Standard Time",
        "reason": "Easter",
    },
    "plant": {"calendar": "holidays.ics"},
}


def read(schedules=None, freezes=None):
    entries = {
        key: {"recurEvery": every, "start": start, "timeZone": zone, "duration": "03:00", "updates": _UPDATES}
        for key, (every, start, zone) in (SCHEDULES if schedules is None else schedules).items()
    }
    config = {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": "11111111-1111-4111-8111-111111111111",
        "azure-patching:schedules": entries,
        "azure-patching:freezes": FREEZES if freezes is None else freezes,
    }
    reading = read_settings(config, project="azure-patching", stack="test", read_file=lambda _: HOLIDAYS)
    assert reading.faults == ()
    return reading


def calendar(reading, span=SPAN):
    """The page of what was read, and the runs on it."""
    settings = reading.settings
    schedules = {key: schedule.schedule for key, schedule in settings.schedules.items()}
    planned = with_freezes(list(planned_runs(schedules, after=span.start, until=span.end)), settings.freezes)
    page = as_html(
        settings.stack,
        planned,
        rings=rings_of(settings),
        span=span,
        freezes=settings.freezes,
        warnings=reading.warnings,
    )
    return page, planned
