"""The simulation's openings, on dateutil's rules, against the core's runs: two programs that share no line."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patching.recurrence_grammar import parse
from patching.schedule import Schedule
from patching.zones import clock_changes, windows_ids, zone_of
from sandbox.arm.providers.maintenance.occurrences import next_opening, window_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ZONES = sorted(windows_ids())

counts = st.one_of(st.just(""), st.integers(1, 35).map(str))
listed = lambda one: st.lists(one, min_size=1, max_size=4, unique=True).map(",".join)  # noqa: E731
weekly = st.builds(
    "{}Week{}".format, counts, st.one_of(st.just(""), listed(st.sampled_from(WEEKDAYS)).map(" {}".format))
)
dates = listed(st.one_of(st.integers(1, 31), st.just(-1)).map("day{}".format))
offsets = st.one_of(st.just(""), st.integers(-6, 6).map(" Offset{}".format))
nth = st.builds(
    "{} {}{}".format,
    st.sampled_from(("First", "Second", "Third", "Fourth", "Last")),
    st.sampled_from(WEEKDAYS),
    offsets,
)
monthly = st.builds("{}Month {}".format, counts, st.one_of(dates, nth))
recurrences = st.one_of(st.integers(6, 35).map("{}Hours".format), counts.map("{}Day".format), weekly, monthly)


@st.composite
def moments(draw, zone):
    """Wall-clock times, every other one near a change of the zone's clocks."""
    year = draw(st.integers(2005, 2040))
    changes = list(clock_changes(zone_of(zone), year))
    if changes and draw(st.booleans()):
        change = draw(st.sampled_from(changes)).instant.astimezone(zone_of(zone)).replace(tzinfo=None, second=0)
        return change + timedelta(minutes=15 * draw(st.integers(-16, 16)), days=-7 * draw(st.integers(0, 9)))
    return draw(st.datetimes(datetime(year, 1, 1), datetime(year, 12, 31))).replace(second=0, microsecond=0)  # noqa: DTZ001


@st.composite
def schedules(draw):
    zone = draw(st.sampled_from(ZONES))
    start = draw(moments(zone))
    expires = draw(st.one_of(st.none(), st.integers(1, 2000).map(lambda days: start + timedelta(days=days, hours=1))))
    return draw(recurrences), start, zone, expires


def both(recurrence, start, zone, expires):
    window = {
        "recurEvery": recurrence,
        "startDateTime": f"{start:%Y-%m-%d %H:%M}",
        "timeZone": zone,
        "duration": "02:30",
    }
    if expires:
        window["expirationDateTime"] = f"{expires:%Y-%m-%d %H:%M}"
    core = Schedule(parse(recurrence), start, zone, timedelta(hours=2, minutes=30), expires)
    return core, window_of(window)


def openings(window, after):
    while after := next_opening(window, after):
        yield after


@settings(max_examples=400, deadline=None)
@given(schedules(), st.integers(0, 3000))
def test_the_simulation_opens_a_window_when_the_core_says_that_a_run_starts(given_schedule, days):
    core, window = both(*given_schedule)
    after = given_schedule[1].replace(tzinfo=UTC) + timedelta(days=days - 3)
    expected = [run.start_utc for run in islice(core.runs(after), 6)]
    assert list(islice(openings(window, after - timedelta(seconds=1)), 6)) == expected


@pytest.mark.parametrize(
    ("recurrence", "start", "zone", "expected"),
    [
        ("Month Second Tuesday Offset4", "2027-01-01 22:00", "UTC", ["2027-01-16T22:00", "2027-02-13T22:00"]),
        ("Month day-1", "2027-01-01 22:00", "UTC", ["2027-01-31T22:00", "2027-02-28T22:00", "2027-03-31T22:00"]),
        ("Week Monday", "2024-01-17 08:00", "UTC", ["2024-01-22T08:00"]),
        # Every two months are counted from January, whose last Sunday the offset moves to the start.
        ("2Month Last Sunday Offset3", "2027-02-03 22:00", "UTC", ["2027-02-03T22:00", "2027-03-31T22:00"]),
        # In Berlin the clocks skip 02:00 to 03:00 on 28 March 2027, and have it twice on 31 October.
        (
            "Day",
            "2027-03-27 02:30",
            "W. Europe Standard Time",
            ["2027-03-27T01:30", "2027-03-28T01:30", "2027-03-29T00:30"],
        ),
        (
            "Day",
            "2027-10-30 02:30",
            "W. Europe Standard Time",
            ["2027-10-30T00:30", "2027-10-31T00:30", "2027-11-01T01:30"],
        ),
        # Samoa had no 30 December 2011.
        ("Day", "2011-12-29 10:00", "Samoa Standard Time", ["2011-12-29T20:00", "2011-12-30T20:00"]),
    ],
)
def test_openings_that_a_calendar_on_the_wall_gives(recurrence, start, zone, expected):
    _, window = both(recurrence, datetime.fromisoformat(start), zone, None)
    before = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("UTC")) - timedelta(days=2)
    found = list(islice(openings(window, before), len(expected)))
    assert found == [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in expected]
