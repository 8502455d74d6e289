"""Runs inside change freezes: periods of the stack file, and events of iCalendar files."""

import pytest


@pytest.mark.parametrize("on_run", ["warn", "fail"])
def test_a_run_inside_a_freeze_is_named_at_the_freeze(stack, on_run):
    freeze = {
        "from": "2027-02-09 23:59",
        "to": "2027-03-01 00:00",
        "timeZone": "W. Europe Standard Time",
        "reason": "Peak",
        "onRun": on_run,
    }
    reading = stack.schedule().set(freezes={"peak": freeze}).read()
    found, other = (reading.faults, reading.warnings) if on_run == "fail" else (reading.warnings, reading.faults)
    assert other == ()
    (one,) = found
    assert (one.path, one.got.text) == ("freezes.peak", "linux 2027-02-09 22:00")
    assert "(Peak)" in one.expected


def test_a_freeze_that_a_window_only_touches_is_quiet(stack):
    before = {"from": "2027-01-01 00:00", "to": "2027-01-12 22:00", "timeZone": "W. Europe Standard Time"}
    after = {"from": "2027-01-13 01:00", "to": "2027-02-09 22:00", "timeZone": "W. Europe Standard Time"}
    assert stack.schedule().set(freezes={"before": before, "after": after}).warnings() == []


def test_many_runs_in_a_freeze_are_counted(stack):
    freeze = {"from": "2027-02-01 00:00", "to": "2027-03-01 00:00", "timeZone": "W. Europe Standard Time"}
    warnings = stack.schedule(recurEvery="Day").set(freezes={"month": freeze}).read().warnings
    assert len(warnings) == 11
    assert warnings[-1].got.text == "linux, 19 more runs"


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:1
SUMMARY:Inventory
DTSTART;VALUE=DATE:20270209
DTEND;VALUE=DATE:20270210
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Elections
DTSTART:20270413T210000Z
DTEND:20270413T220000Z
END:VEVENT
END:VCALENDAR
"""


def test_every_event_of_a_calendar_is_a_freeze(stack):
    files = {"calendars/change.ics": CALENDAR.replace("\n", "\r\n").encode()}
    stack.schedules(linux={}, tokyo={"timeZone": "Tokyo Standard Time", "start": "2027-01-12 10:00"}).set(
        freezes={"c": {"calendar": "calendars/change.ics"}}
    )
    found = [warning.got.text for warning in stack.read(read_file=files.__getitem__).warnings]
    into_the_next_day = "linux 2028-02-08 22:00"
    assert found == ["linux 2027-02-09 22:00", "linux 2027-04-13 22:00", into_the_next_day, "tokyo 2027-02-09 10:00"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:x\r\nEND:VEVENT\r\nEND:VCALENDAR",
    ],
)
def test_a_calendar_that_is_none_is_a_fault(stack, content):
    stack.schedule().set(freezes={"c": {"calendar": "x.ics"}})
    assert [fault.path for fault in stack.read(read_file=lambda _: content).faults] == ["freezes.c.calendar"]


@pytest.mark.parametrize("often", ["SECONDLY", "minutely", "HOURLY"])
def test_a_calendar_whose_events_never_cease_is_a_fault(stack, often):
    stack.schedule().set(freezes={"c": {"calendar": "x.ics"}})
    content = CALENDAR.replace("FREQ=YEARLY", f"FREQ={often}").replace("\n", "\r\n").encode()
    (fault,) = stack.faults(read_file=lambda _: content)
    assert "more often than once a day" in fault


def test_a_calendar_that_is_not_there_is_a_fault(stack, tmp_path):
    from patching.stack_file import files_beside

    stack.schedule().set(freezes={"c": {"calendar": "x.ics"}})
    (fault,) = stack.faults(read_file=files_beside(tmp_path))
    assert "no such file or directory" in fault
    stack.set(freezes={"c": {"calendar": "https://example.com/x.ics"}})
    (fault,) = stack.faults(read_file=files_beside(tmp_path))
    assert "fix: download it beside the stack file" in fault


OUTLOOK = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:closing
SUMMARY:Month-end closing
DTSTART;TZID=W. Europe Standard Time:20270112T210000
DTEND;TZID=W. Europe Standard Time:20270112T223000
RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=6
EXDATE;TZID=W. Europe Standard Time:20270209T210000
END:VEVENT
BEGIN:VEVENT
UID:closing
RECURRENCE-ID;TZID=W. Europe Standard Time:20270309T210000
SUMMARY:Month-end closing, moved
DTSTART;TZID=W. Europe Standard Time:20270310T210000
DTEND;TZID=W. Europe Standard Time:20270310T223000
END:VEVENT
BEGIN:VEVENT
UID:fair
SUMMARY:Trade fair
STATUS:CANCELLED
DTSTART;VALUE=DATE:20270713
DTEND;VALUE=DATE:20270714
END:VEVENT
END:VCALENDAR
"""


def test_exceptions_zones_and_cancelled_events_of_a_calendar_are_understood(stack):
    """Second Tuesdays at 22:00 are January to June, less one left out and one moved; what is cancelled is no freeze."""
    content = OUTLOOK.replace("\n", "\r\n").encode()
    stack.schedule().set(freezes={"c": {"calendar": "x.ics"}})
    found = [warning.got.text for warning in stack.read(read_file=lambda _: content).warnings]
    days = ("01-12", "04-13", "05-11", "06-08")
    assert found == [f"linux 2027-{day} 22:00" for day in days]
