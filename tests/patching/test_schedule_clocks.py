"""Runs where a zone changes its clocks, and where it leaves out a day."""

# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.recurrence_grammar import parse
from patching.schedule import Schedule
from patching.zones import clock_changes, windows_ids, zone_of
from tests.patching.schedules import oracle, plain, schedule


@pytest.mark.parametrize("zone", windows_ids())
def test_runs_keep_their_wall_clock_in_every_zone(zone):
    runs = list(islice(schedule("Day", "2026-01-01 00:30", zone).runs(), 800))
    for run in runs:
        real = run.start.astimezone(UTC).astimezone(zone_of(zone))
        assert real.replace(tzinfo=None) == run.start.replace(tzinfo=None)
        assert run.end.astimezone(UTC) - run.start.astimezone(UTC) == timedelta(hours=3)
        moved = (run.start.hour, run.start.minute) != (0, 30)
        assert moved is any("skipped" in note for note in run.notes)
    days = [run.start.date() for run in runs]
    assert days == [date(2026, 1, 1) + timedelta(days=index) for index in range(800)]


def test_a_skipped_hour_starts_as_much_later_and_says_so():
    run = list(islice(schedule("Day", "2027-03-27 02:30", "W. Europe Standard Time").runs(), 2))[1]
    assert run.start.isoformat() == "2027-03-28T03:30:00+02:00"
    assert run.notes == ("02:30 is skipped by daylight saving time on that day: 03:30 is shown",)
    assert run.end.isoformat() == "2027-03-28T06:30:00+02:00"


def test_a_repeated_hour_means_the_first_and_says_so():
    run = list(islice(schedule("Day", "2027-10-30 02:30", "W. Europe Standard Time").runs(), 2))[1]
    assert run.start.isoformat() == "2027-10-31T02:30:00+02:00"
    assert run.notes == ("02:30 comes twice on that day: the first is shown, at UTC+02:00",)
    assert run.end.isoformat() == "2027-10-31T04:30:00+01:00"


@pytest.mark.parametrize(("clock", "skipped"), [("01:59", False), ("02:00", True), ("02:59", True), ("03:00", False)])
def test_the_edges_of_the_skipped_hour(clock, skipped):
    assert schedule("Day", f"2027-03-28 {clock}", "W. Europe Standard Time").start_is_skipped() is skipped


@pytest.mark.parametrize(
    ("zone", "skipped", "exists"),
    [
        ("W. Europe Standard Time", "2027-03-28 02:10", "2027-03-28 03:10"),
        ("Lord Howe Standard Time", "2027-10-03 02:10", "2027-10-03 02:40"),  # clocks jump by half an hour
        ("Cuba Standard Time", "2024-03-10 00:00", "2024-03-10 01:00"),
        ("Samoa Standard Time", "2011-12-30 09:00", "2011-12-31 09:00"),  # the day that Samoa left out
    ],
)
def test_the_nearest_start_that_exists(zone, skipped, exists):
    assert schedule("Day", skipped, zone).start_that_exists() == datetime.fromisoformat(exists)
    assert not schedule("Day", exists, zone).start_is_skipped()


def test_the_service_s_own_example_of_a_skipped_start():
    assert schedule("Day", "2025-10-05 02:00", "AUS Eastern Standard Time").start_is_skipped()


def _instants(zone, local):
    """Every instant at which a zone's wall clocks show a time, in order."""
    around = [local.replace(tzinfo=UTC) + timedelta(minutes=15 * step) for step in range(-60, 61)]
    return [instant for instant in around if instant.astimezone(zone_of(zone)).replace(tzinfo=None) == local]


EDGES = [
    ("W. Europe Standard Time", datetime(2027, 3, 28, 2, 30)),
    ("W. Europe Standard Time", datetime(2027, 10, 31, 2, 30)),
    ("GMT Standard Time", datetime(2027, 3, 28, 1)),
    ("GMT Standard Time", datetime(2027, 10, 31, 1, 45)),
    ("Cuba Standard Time", datetime(2026, 3, 8)),
    ("Cuba Standard Time", datetime(2026, 11, 1, 0, 15)),
    ("Middle East Standard Time", datetime(2026, 3, 29)),
    ("Pacific SA Standard Time", datetime(2025, 9, 7)),
    ("Pacific SA Standard Time", datetime(2025, 4, 5, 23, 30)),
    ("Lord Howe Standard Time", datetime(2027, 10, 3, 2, 15)),
    ("Lord Howe Standard Time", datetime(2027, 4, 4, 1, 45)),
    ("Morocco Standard Time", datetime(2025, 2, 23, 2, 30)),
    ("Morocco Standard Time", datetime(2025, 4, 6, 2, 30)),
    ("Egypt Standard Time", datetime(2025, 4, 25)),
    ("E. South America Standard Time", datetime(2018, 11, 4)),
    ("Azores Standard Time", datetime(2027, 3, 28)),
]


@pytest.mark.parametrize(("zone", "local"), EDGES)
@pytest.mark.parametrize("recurrence", ["Day", "24Hours", "Week", "Month day{day}"])
def test_the_edges_of_daylight_saving_time(zone, local, recurrence):
    one = schedule(recurrence.format(day=local.day), local - timedelta(days=7), zone)
    run = next(run for run in one.runs() if run.start.replace(tzinfo=None) >= local)
    instants = _instants(zone, local)
    notes = [note for note in run.notes if "on that day" in note]
    if len(instants) == 2:
        assert run.start_utc == instants[0]
        assert "the first is shown" in notes[0]
    elif instants:
        assert run.start_utc == instants[0]
        assert not notes
    else:
        assert f"{run.start:%H:%M} is shown" in notes[0]
        assert run.start.replace(tzinfo=None) > local
        before = run.start_utc - timedelta(hours=3)
        assert run.start_utc == local.replace(tzinfo=UTC) - before.astimezone(zone_of(zone)).utcoffset()
        assert schedule("Day", local, zone).start_is_skipped()
    assert run.end.astimezone(UTC) == run.start_utc + timedelta(hours=3)
    assert run.end.astimezone(zone_of(zone)).replace(tzinfo=None) == run.end.replace(tzinfo=None)


@given(
    plain,
    st.sampled_from(windows_ids()),
    st.datetimes(datetime(1991, 1, 1), datetime(2036, 1, 1)).map(
        lambda at: at.replace(minute=0, second=0, microsecond=0)
    ),
    st.timedeltas(timedelta(minutes=90), timedelta(hours=4)),
)
def test_every_run_is_an_instant_that_shows_its_wall_clock(recurrence, zone, start, duration):
    runs = list(islice(Schedule(recurrence, start, zone, duration).runs(), 60))
    assert all(one.start_utc < other.start_utc for one, other in pairwise(runs))
    for run in runs:
        assert run.start_utc.astimezone(zone_of(zone)).replace(tzinfo=None) == run.start.replace(tzinfo=None)
        assert run.end.astimezone(UTC) - run.start_utc == duration
        assert run.end.astimezone(UTC).astimezone(zone_of(zone)).replace(tzinfo=None) == run.end.replace(tzinfo=None)


@pytest.mark.parametrize("recurrence", ["Day", "Week Friday", "6Hours", "7Hours", "Month Last Friday"])
def test_a_day_that_the_date_line_swallows_has_no_run(recurrence):
    runs = list(islice(schedule(recurrence, "2011-12-01 10:00", "Samoa Standard Time").runs(), 200))
    assert date(2011, 12, 30) not in {run.start.date() for run in runs}
    assert all(one.start_utc < other.start_utc for one, other in pairwise(runs))
    naive = takewhile(
        lambda at: at < runs[-1].start.replace(tzinfo=None), oracle(parse(recurrence), datetime(2011, 12, 1, 10))
    )
    assert [run.start.replace(tzinfo=None) for run in runs[:-1]] == [
        at for at in naive if at.date() != date(2011, 12, 30)
    ]


def test_a_change_of_the_clocks_at_new_year_is_seen_from_both_years():
    seen = 0
    for zone in windows_ids():
        for year in range(1990, 2030):
            new_year = datetime(year + 1, 1, 1, tzinfo=UTC)
            changes = (*clock_changes(zone_of(zone), year), *clock_changes(zone_of(zone), year + 1))
            if not any(abs(change.instant - new_year) < timedelta(days=2) for change in changes):
                continue
            seen += 1
            for hour in range(24):
                one = schedule("Day", datetime(year, 12, 28, hour, 15), zone)
                for run in islice(one.runs(), 9):
                    real = run.start_utc.astimezone(zone_of(zone)).replace(tzinfo=None)
                    assert real == run.start.replace(tzinfo=None)
                    assert run.end.astimezone(UTC) == run.start_utc + one.duration
                    assert run.end.astimezone(UTC).astimezone(zone_of(zone)).replace(tzinfo=None) == run.end.replace(
                        tzinfo=None
                    )
    assert seen


def test_hours_say_where_real_ones_would_give_another_time():
    for run in islice(schedule("6Hours", "2027-03-20 10:00", "W. Europe Standard Time").runs(), 1200):
        real_hours = (run.start_utc - datetime(2027, 3, 20, 9, tzinfo=UTC)) / timedelta(hours=6)
        assert any("hours are counted" in note for note in run.notes) is (real_hours % 1 != 0)


def test_the_expiry_itself_has_no_run_nor_has_a_run_that_the_clock_moves_to_it():
    assert len(list(schedule("Day", "2027-01-01 10:00", expires="2027-01-03 10:00").runs())) == 2
    assert len(list(schedule("Day", "2027-01-01 10:00", expires="2027-01-03 10:01").runs())) == 3
    for expires, number in (("2027-03-28 03:00", 1), ("2027-03-28 03:30", 1), ("2027-03-28 03:31", 2)):
        moved = schedule("Day", "2027-03-27 02:30", "W. Europe Standard Time", expires=expires)
        assert len(list(moved.runs())) == number


def test_the_second_of_two_equal_times_cannot_be_meant_by_a_start():
    first, second = (
        schedule("Week", datetime(2027, 10, 31, 2, 30, fold=fold), "W. Europe Standard Time") for fold in (0, 1)
    )
    assert list(islice(first.runs(), 20)) == list(islice(second.runs(), 20))
    assert first.first_run().start_utc == second.first_run().start_utc == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_after_is_an_instant_in_any_zone():
    one = schedule("Day", "2027-10-30 02:30", "W. Europe Standard Time")
    second_half_past_two = datetime(2027, 10, 31, 2, 30, tzinfo=one.zone, fold=1)
    assert one.next_run(second_half_past_two).start == datetime(2027, 11, 1, 2, 30, tzinfo=one.zone)
    assert one.next_run(datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))) is None
    assert one.next_run(datetime.min.replace(tzinfo=timezone(timedelta(hours=12)))) == one.first_run()
