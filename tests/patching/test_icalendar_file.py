# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from patching.recurrence_grammar import parse
from patching.report.icalendar_file import as_icalendar
from patching.report.icalendar_zone import time_zone_in_rules
from patching.report.planned import planned_runs
from patching.schedule import Schedule
from patching.zones import clock_changes, windows_ids, zone_of

YEARLY = re.compile(r"FREQ=YEARLY;BYDAY=(-1|[1-4])[A-Z]{2};BYMONTH=\d{1,2}")
"""All of a rule that Outlook reads."""


def runs(zone="W. Europe Standard Time", count=6, start=datetime(2027, 1, 12, 22), recurrence="Month Second Tuesday"):
    schedule = Schedule(parse(recurrence), start, zone, timedelta(hours=3))
    return list(planned_runs({"linux, ring 1": schedule}, count=count))


def events(planned):
    return Calendar.from_ical(as_icalendar(planned)).events


def instants_by_the_rules_in_the_file(text):
    """Start and end of each event, in UTC, by nothing but the file's own rules: names of zones are not looked up."""
    calendar = Calendar.from_ical(text)
    zones = {str(zone["TZID"]): zone.to_tz(lookup_tzid=False) for zone in calendar.walk("VTIMEZONE")}
    others = tz.tzical(io.StringIO(text)) if zones else None

    def instant(value):
        if "TZID" not in value.params:
            assert value.dt.utcoffset() == timedelta()
            return value.dt
        local, name = value.dt.replace(tzinfo=None), value.params["TZID"]
        found = local.replace(tzinfo=zones[name]).astimezone(UTC)
        assert local.replace(tzinfo=others.get(name)).astimezone(UTC) == found
        return found

    return [(instant(event["DTSTART"]), instant(event["DTEND"])) for event in calendar.walk("VEVENT")]


def real_instants(planned):
    return [(one.run.start_utc, one.run.end.astimezone(UTC)) for one in planned]


def test_every_run_is_an_event_at_its_instant():
    planned = runs(count=12)
    found = [(event.start.astimezone(UTC), event.end.astimezone(UTC)) for event in events(planned)]
    assert found == real_instants(planned)
    assert {event["summary"] for event in events(planned)} == {"Patching: linux, ring 1"}
    assert events(planned)[0]["description"] == "2027-01-12 22:00 to 2027-01-13 01:00, Europe/Berlin"


def test_events_are_in_their_own_time_zone():
    text = as_icalendar(runs(count=1))
    assert "DTSTART;TZID=Europe/Berlin:20270112T220000\r\nDTEND;TZID=Europe/Berlin:20270113T010000\r\n" in text
    assert text.count("BEGIN:VTIMEZONE") == 1


@given(
    st.sampled_from(windows_ids()),
    st.sampled_from(["Day", "7Hours", "Week Sunday", "Month Last Sunday", "Month day1,day-1", "5Months Second Sunday"]),
    st.datetimes(datetime(1995, 1, 1), datetime(2032, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 25),
)
def test_the_rules_in_the_file_give_each_run_s_instant(zone, recurrence, start, count):
    planned = runs(zone, count, start, recurrence)
    text = as_icalendar(planned)
    assert instants_by_the_rules_in_the_file(text) == real_instants(planned)
    assert "RDATE" not in text
    assert all(YEARLY.fullmatch(rule) for rule in re.findall("RRULE:(.*)\r\n", text))
    assert len(re.findall("BEGIN:(?:STANDARD|DAYLIGHT)", text)) in {0, 1, 2}


@pytest.mark.parametrize("zone", windows_ids())
def test_every_hour_of_three_years_is_told_by_the_rules(zone):
    rules = zone_of(zone)
    component = time_zone_in_rules(rules, datetime(2027, 1, 1, tzinfo=UTC), datetime(2029, 12, 31, tzinfo=UTC))
    if component is None:
        pytest.skip("its clocks do not change by a yearly rule in these years")
    calendar = Calendar()
    calendar.add_component(component)
    read = tz.tzical(io.StringIO(calendar.to_ical().decode())).get(rules.key)
    for hour in range(0, 3 * 365 * 24, 7):
        local = datetime(2027, 1, 1, hour % 24, 30) + timedelta(days=hour // 24)
        aware = local.replace(tzinfo=rules)
        if aware.utcoffset() == aware.replace(fold=1).utcoffset():
            assert local.replace(tzinfo=read).utcoffset() == aware.utcoffset()


def test_two_changes_that_do_not_lead_back_are_no_yearly_rules():
    found = 0
    for zone in map(zone_of, windows_ids()):
        for year in range(1990, 2030):
            changes = clock_changes(zone, year)
            if len(changes) == 2 and changes[0].before != changes[1].after:
                found += 1
                first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)
                assert time_zone_in_rules(zone, first, last) is None
    assert found


def test_nearly_all_zones_have_rules_that_every_calendar_reads():
    first, last = datetime(2028, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)
    without = [zone for zone in windows_ids() if time_zone_in_rules(zone_of(zone), first, last) is None]
    assert len(without) <= 5


@pytest.mark.parametrize(
    ("zone", "start", "clocks"),
    [
        ("W. Europe Standard Time", datetime(2027, 10, 31, 2, 30), ["20271031T003000Z", "20271031T043000"]),
        ("W. Europe Standard Time", datetime(2027, 10, 31, 0, 30), ["20271031T003000", "20271031T013000Z"]),
        ("W. Europe Standard Time", datetime(2027, 3, 28, 1, 30), ["20270328T013000", "20270328T053000"]),
        ("W. Europe Standard Time", datetime(2027, 3, 27, 23), ["20270327T230000", "20270328T030000"]),
        ("UTC", datetime(2027, 3, 27, 23), ["20270327T230000Z", "20270328T020000Z"]),
    ],
)
def test_a_time_that_comes_twice_is_said_in_utc(zone, start, clocks):
    planned = runs(zone, 1, start, "Day")
    text = as_icalendar(planned)
    assert re.findall(r"DT(?:START|END)(?:;TZID=[\w/]+)?:(\w+)", text.partition("BEGIN:VEVENT")[2]) == clocks
    assert instants_by_the_rules_in_the_file(text) == real_instants(planned)


def test_a_zone_without_yearly_rules_is_said_in_utc():
    planned = runs("Samoa Standard Time", 30, datetime(2011, 12, 1, 10), "Day")
    text = as_icalendar(planned)
    assert "VTIMEZONE" not in text
    assert "TZID" not in text
    assert instants_by_the_rules_in_the_file(text) == real_instants(planned)


def test_each_zone_is_in_the_file_once():
    one, other = (
        Schedule(parse("Day"), datetime(2027, 1, 1, 10), zone, timedelta(hours=2)) for zone in windows_ids()[:2]
    )
    text = as_icalendar(planned_runs({"a": one, "b": other, "c": one}, count=3))
    assert re.findall(r"BEGIN:VTIMEZONE\r\nTZID:(.*)\r\n", text) == sorted({one.zone.key, other.zone.key})


def test_the_same_runs_give_the_same_file_and_other_runs_other_uids():
    assert as_icalendar(runs()) == as_icalendar(runs())
    uids = [event["uid"] for event in events(runs(count=20))]
    assert len(set(uids)) == 20
    shorter = {event["uid"] for event in events(runs(count=3))}
    assert shorter == set(uids[:3])


def test_lines_end_and_fold_as_the_format_asks():
    text = as_icalendar(runs())
    assert text.replace("\r\n", "").count("\n") == 0
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_notes_are_in_the_description():
    planned = runs(start=datetime(2027, 3, 9, 2, 30), zone="Pacific Standard Time", count=1)
    noted = [type(planned[0])(planned[0].schedule, planned[0].run, ("one", "two; three, four"))]
    (event,) = events(noted)
    assert event["description"].splitlines()[1:] == ["one", "two; three, four"]


def test_no_runs_are_an_empty_calendar():
    assert not Calendar.from_ical(as_icalendar([])).events
