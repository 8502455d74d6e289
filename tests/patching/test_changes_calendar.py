"""What becomes of each run, by properties: nothing is lost, nothing counted twice, and time runs both ways alike."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.changes.calendar import compare_calendars
from patching.recurrence import MonthlyWeekday, Weekday, WeekOfMonth
from patching.schedule import Schedule
from tests.patching.schedules import plain, schedule

SINCE = datetime(2027, 1, 10, 12, tzinfo=UTC)
UNTIL = datetime(2027, 7, 1, tzinfo=UTC)
ZONES = ("UTC", "W. Europe Standard Time", "Eastern Standard Time", "India Standard Time", "Lord Howe Standard Time")

_offsets = st.builds(
    MonthlyWeekday,
    st.integers(1, 3),
    st.sampled_from(WeekOfMonth),
    st.sampled_from(Weekday),
    st.integers(-6, 6),
)
_starts = st.datetimes(datetime(2026, 11, 1), datetime(2027, 4, 1)).map(lambda at: at.replace(second=0, microsecond=0))  # noqa: DTZ001
_expiries = st.none() | st.datetimes(datetime(2027, 4, 2), datetime(2027, 9, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0)
)
schedules = st.builds(
    Schedule,
    st.one_of(plain, _offsets),
    _starts,
    st.sampled_from(ZONES),
    st.integers(90, 235).map(lambda minutes: timedelta(minutes=minutes)),
    _expiries,
)
stacks = st.dictionaries(st.sampled_from(["canary", "test", "prod"]), schedules, max_size=2)
sinces = st.none() | st.just(SINCE)


def window(stack, since=SINCE, until=UNTIL):
    """The runs of a stack before the end of the window, as (schedule, start, real length)."""
    return Counter(
        (key, run.start_utc, one.duration)
        for key, one in stack.items()
        for run in takewhile(lambda run: run.start < until, one.runs(since))
    )


def identity(key, run, stack):
    return (key, run.start_utc, stack[key].duration)


def within(counter):
    return Counter({one: number for one, number in counter.items() if one[1] < UNTIL})


@given(stacks, sinces)
def test_nothing_changes_between_a_calendar_and_itself(stack, since):
    change = compare_calendars(stack, stack, since=since, until=UNTIL)
    assert change.is_empty
    assert change.same == window(stack, since).total()


@given(stacks, stacks, sinces)
def test_each_run_is_accounted_for_exactly_once(before, after, since):
    change = compare_calendars(before, after, since=since, until=UNTIL)
    earlier = [identity(one.schedule, one.before, before) for one in change.moved]
    earlier += [identity(one.schedule, one.run, before) for one in change.vanished]
    later = [identity(one.schedule, one.after, after) for one in change.moved]
    later += [identity(one.schedule, one.run, after) for one in change.new]
    both = window(before, since) & window(after, since)
    assert change.same == both.total()
    assert within(Counter(earlier)) == window(before, since) - both
    assert within(Counter(later)) == window(after, since) - both
    assert max(Counter(earlier).values(), default=1) == max(Counter(later).values(), default=1) == 1


@given(stacks, stacks, sinces)
def test_swapping_the_versions_mirrors_the_change(before, after, since):
    change = compare_calendars(before, after, since=since, until=UNTIL)
    mirrored = compare_calendars(after, before, since=since, until=UNTIL)
    assert mirrored.vanished == change.new
    assert mirrored.new == change.vanished
    assert mirrored.same == change.same
    there = {(one.schedule, one.before, one.after, one.shift, one.lengthened) for one in change.moved}
    back = {(one.schedule, one.after, one.before, -one.shift, -one.lengthened) for one in mirrored.moved}
    assert there == back


@given(schedules, st.integers(-600, 600).filter(bool))
def test_a_run_that_moves_is_never_paired_with_itself(one, minutes):
    moved = Schedule(one.recurrence, one.start + timedelta(minutes=minutes), one.time_zone, one.duration, one.expires)
    change = compare_calendars({"a": one}, {"a": moved}, since=SINCE, until=UNTIL)
    assert all(pair.shift for pair in change.moved)


def shifts(before, after, since=SINCE, until=UNTIL):
    change = compare_calendars({"ring": before}, {"ring": after}, since=since, until=until)
    return [one.shift for one in change.moved], len(change.vanished), len(change.new)


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "after", "expected", "number"),
    [
        # The month's run, three days and two hours later: six months from January to June.
        (
            schedule("Month Second Tuesday", "2027-01-12 22:00"),
            schedule("Month Second Tuesday Offset4", "2027-01-16 00:00"),
            3 * DAY + timedelta(hours=2),
            6,
        ),
        # From the month's first days to its last: the run of the same month, not the nearest one.
        (schedule("Month day3", "2027-02-03 01:00"), schedule("Month day28", "2027-02-28 01:00"), 25 * DAY, 5),
        # An offset that leaves the month does not take the run out of it.
        (
            schedule("Month Last Sunday", "2027-01-31 01:00"),
            schedule("Month Last Sunday Offset6", "2027-02-06 01:00"),
            6 * DAY,
            6,
        ),
        # A week's run to the next day, although the calendar week ends between them.
        (schedule("Week Sunday", "2027-01-17 22:00"), schedule("Week Monday", "2027-01-18 22:00"), DAY, 24),
        (schedule("Day", "2027-06-20 22:00"), schedule("Day", "2027-06-20 23:30"), timedelta(minutes=90), 11),
    ],
)
def test_a_run_is_paired_with_what_took_its_place(before, after, expected, number):
    moved, gone, new = shifts(before, after)
    assert set(moved) == {expected}
    assert (len(moved), gone, new) == (number, 0, 0)


def test_a_shift_is_by_the_wall_clock_also_over_a_change_of_the_clocks():
    before = schedule("Month Last Saturday", "2027-01-30 22:00", "W. Europe Standard Time")
    after = schedule("Month Last Saturday Offset2", "2027-02-01 22:00", "W. Europe Standard Time")
    moved, _, _ = shifts(before, after, since=datetime(2027, 3, 1, tzinfo=UTC), until=datetime(2027, 4, 1, tzinfo=UTC))
    assert moved == [2 * DAY]  # 27 March 22:00 +01:00 to 29 March 22:00 +02:00: 47 hours


def test_another_zone_moves_runs_by_real_time():
    before = schedule("Week Sunday", "2027-01-17 22:00", "UTC")
    after = schedule("Week Sunday", "2027-01-17 22:00", "India Standard Time")
    moved, gone, new = shifts(before, after)
    assert set(moved) == {timedelta(hours=-5, minutes=-30)}
    assert (gone, new) == (0, 0)


def test_another_zone_with_the_same_instants_changes_no_run():
    before = schedule("Week Sunday", "2027-01-17 22:00", "UTC")
    after = schedule("Week Sunday", "2027-01-17 22:00", "Greenwich Standard Time")
    assert shifts(before, after) == ([], 0, 0)


def test_a_longer_window_is_no_move():
    before = schedule("Month day1", "2027-02-01 22:00", hours=2)
    after = schedule("Month day1", "2027-02-01 22:00", hours=3)
    change = compare_calendars({"a": before}, {"a": after}, since=SINCE, until=UNTIL)
    assert [(one.shift, one.lengthened) for one in change.moved] == [(timedelta(), timedelta(hours=1))] * 5


def test_a_run_that_moves_over_the_end_is_a_move():
    before = schedule("Month day28", "2027-01-28 22:00")
    after = schedule("Month day31", "2027-01-31 22:00")
    moved, gone, new = shifts(before, after, until=datetime(2027, 1, 30, tzinfo=UTC))
    assert (moved, gone, new) == ([3 * DAY], 0, 0)


def test_a_run_that_moves_into_the_past_is_gone():
    before = schedule("Month day15", "2027-01-15 22:00")
    after = schedule("Month day5", "2026-12-05 22:00")
    moved, gone, new = shifts(before, after, until=datetime(2027, 1, 31, tzinfo=UTC))
    assert (moved, gone, new) == ([], 1, 0)


def test_a_month_that_loses_some_of_its_runs():
    before = schedule("Week Monday,Wednesday,Friday", "2027-06-07 22:00")
    after = schedule("Week Tuesday,Thursday", "2027-06-08 22:00")
    moved, gone, new = shifts(before, after, until=datetime(2027, 6, 14, tzinfo=UTC))
    assert (moved, gone, new) == ([DAY, DAY], 1, 0)


def test_a_run_a_whole_interval_away_is_another_one():
    before = schedule("Week Sunday", "2027-01-17 22:00", expires="2027-01-18 00:00")
    after = schedule("Week Sunday", "2027-01-24 22:00", expires="2027-01-25 00:00")
    assert shifts(before, after) == shifts(after, before) == ([], 1, 1)


def test_twelve_months_from_the_first_run_of_either_version():
    before = {"a": schedule("Month day1", "2027-02-01 22:00")}
    after = {"a": schedule("Month day1", "2027-03-01 22:00")}
    change = compare_calendars(before, after)
    assert change.until == datetime(2028, 2, 1, 22, tzinfo=UTC)
    assert (len(change.vanished), change.same, change.since) == (1, 11, None)


def test_without_a_run_there_is_no_window():
    assert compare_calendars({}, {}).until is None


def test_the_end_of_the_calendar_can_be_asked_for():
    ends = schedule("Month day1", "2027-02-01 22:00", expires="2027-04-01 00:00")
    change = compare_calendars({"a": ends}, {}, until=datetime(9999, 12, 31, tzinfo=UTC))
    assert len(change.vanished) == 2
