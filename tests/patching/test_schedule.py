# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

import calendar
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from patching import days
from patching import schedule as schedules
from patching.recurrence import LAST_DAY, Hourly, MonthlyDates, MonthlyWeekday, Weekday, Weekly, WeekOfMonth
from patching.schedule import Run, Schedule, duration_in_words, local_text, window_text
from patching.zones import windows_ids
from tests.patching.schedules import WEEKDAYS, intervals, moments, oracle, plain, schedule, starts


@given(plain, moments)
def test_runs_are_those_of_dateutil(recurrence, start):
    expected = list(islice(oracle(recurrence, start), 30))
    assert starts(schedule(recurrence, start), len(expected)) == expected
    assert len(expected) == 30


@given(st.sampled_from(WeekOfMonth), st.sampled_from(Weekday), st.integers(-6, 6), moments)
def test_an_offset_moves_the_nth_weekday_by_days(week, weekday, offset, start):
    early = start - timedelta(days=70)
    rule = rrule.rrule(rrule.MONTHLY, dtstart=early.replace(day=1), byweekday=WEEKDAYS[weekday](int(week)))
    moved = (day + timedelta(days=offset) for day in rule)
    expected = list(islice((day for day in moved if day >= start), 24))
    assert starts(schedule(MonthlyWeekday(1, week, weekday, offset), start), 24) == expected


@given(st.integers(2, 12), st.sampled_from(Weekday), st.integers(-6, 6), moments)
def test_intervals_are_counted_from_the_month_whose_run_the_start_is(interval, weekday, offset, month):
    base = rrule.rrule(rrule.MONTHLY, dtstart=month.replace(day=1), byweekday=WEEKDAYS[weekday](1), interval=interval)
    expected = [day + timedelta(days=offset) for day in islice(base, 10)]
    assert starts(schedule(MonthlyWeekday(interval, WeekOfMonth.FIRST, weekday, offset), expected[0]), 10) == expected


@given(plain, moments, st.integers(0, 5000), st.sampled_from(windows_ids()))
def test_the_next_run_is_the_one_that_walking_there_finds(recurrence, start, days, zone):
    one = schedule(recurrence, start, zone)
    after = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=days * 7)
    later = max(after, start.replace(tzinfo=UTC) + timedelta(days=days))
    if (later - start.replace(tzinfo=UTC)) > timedelta(days=3000):
        later = start.replace(tzinfo=UTC) + timedelta(days=3000)
    walked = next(run for run in one.runs() if run.start_utc >= later)
    assert one.next_run(later) == walked


@given(plain, moments)
def test_after_includes_a_run_that_starts_then(recurrence, start):
    third = list(islice(schedule(recurrence, start).runs(), 3))[2]
    assert schedule(recurrence, start).next_run(third.start) == third
    following = schedule(recurrence, start).next_run(third.start + timedelta(seconds=1))
    assert following is not None
    assert following.start > third.start


@given(plain, moments, st.integers(1, 400))
def test_the_last_run_starts_before_the_expiry(recurrence, start, days):
    expires = start + timedelta(days=days)
    unending = schedule(recurrence, start)
    ending = Schedule(recurrence, start, "UTC", timedelta(hours=2), expires)
    expected = [run.start for run in takewhile(lambda run: run.start.replace(tzinfo=None) < expires, unending.runs())]
    assert [run.start for run in ending.runs()] == expected
    assert ending.next_run(expires.replace(tzinfo=UTC)) is None


def test_the_first_run_is_the_first_on_or_after_the_start():
    assert starts(schedule("Week Monday", "2024-01-17 20:00"), 1) == [datetime(2024, 1, 22, 20)]


def test_an_offset_brings_the_run_of_the_month_before():
    assert starts(schedule("Month Last Sunday Offset3", "2027-02-01 22:00"), 1) == [datetime(2027, 2, 3, 22)]
    assert starts(schedule("Month First Monday Offset-6", "2027-01-05 22:00"), 2) == [
        datetime(2027, 1, 26, 22),
        datetime(2027, 2, 23, 22),
    ]


def test_a_day_that_a_month_does_not_have_is_its_last_and_says_so():
    runs = list(islice(schedule("Month day30,day31", "2027-01-31 05:00").runs(), 4))
    assert [run.start.date() for run in runs] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 30),
        date(2027, 3, 31),
    ]
    assert [bool(run.notes) for run in runs] == [False, True, False, False]
    assert "no day 30" in runs[1].notes[0]


def test_the_last_day_needs_no_note_where_another_day_falls_on_it():
    runs = list(islice(schedule("Month day31,day-1", "2027-02-01 05:00").runs(), 2))
    assert [(run.start.date(), run.notes) for run in runs] == [(date(2027, 2, 28), ()), (date(2027, 3, 31), ())]


def test_a_bare_week_is_marked():
    (run,) = islice(schedule("Week", "2027-01-05 22:00").runs(), 1)
    assert run.start.date() == date(2027, 1, 5)
    assert len(run.notes) == 1


def _weeks_from(first_day, recurrence, start, day):
    def week(one):
        return (one - timedelta(days=(one.weekday() - first_day) % 7)).toordinal() // 7

    return (week(day) - week(start)) % recurrence.interval == 0


@given(st.integers(1, 5), st.sets(st.sampled_from(Weekday), min_size=1), moments)
def test_a_note_says_where_counting_weeks_from_sunday_would_differ(interval, weekdays, start):
    recurrence = Weekly(interval, tuple(sorted(weekdays)))
    for run in islice(schedule(recurrence, start).runs(), 8):
        day = run.start.date()
        assert _weeks_from(0, recurrence, start.date(), day)
        noted = any("weeks are counted from Monday" in note for note in run.notes)
        assert noted is not _weeks_from(6, recurrence, start.date(), day)


@given(plain.filter(lambda one: not isinstance(one, Hourly)), moments)
def test_a_note_says_where_the_start_s_own_week_or_month_has_no_run(recurrence, start):
    first_of_all = next(iter(oracle(replace(recurrence, interval=1), start)))
    for run in islice(schedule(recurrence, start).runs(), 3):
        noted = any("counted from the start's own" in note for note in run.notes)
        assert noted is (first_of_all != next(iter(oracle(recurrence, start))))


dates = st.tuples(st.sets(st.integers(1, 31), max_size=5), st.booleans()).filter(any)


@given(dates, intervals, moments)
def test_dates_that_a_month_lacks_are_its_last_day(chosen, interval, start):
    days, last = chosen
    recurrence = MonthlyDates(interval, (*sorted(days), *([LAST_DAY] if last else [])))
    expected = {}
    for index in range(0, 14 * interval, interval):
        year, month = divmod(start.year * 12 + start.month - 1 + index, 12)
        real = [day for day in calendar.Calendar().itermonthdates(year, month + 1) if day.month == month + 1]
        for day in real:
            lacking = [other for other in days if other > len(real)]
            if day.day in days or (day == real[-1] and (last or lacking)):
                expected[datetime.combine(day, start.time())] = day.day in days or (day == real[-1] and last)
    expected = {at: certain for at, certain in sorted(expected.items()) if at >= start}
    runs = list(islice(schedule(recurrence, start).runs(), len(expected)))
    assert [run.start.replace(tzinfo=None) for run in runs] == list(expected)
    assert [not any("has no day" in note for note in run.notes) for run in runs] == list(expected.values())


@pytest.mark.parametrize("zone", ["Hawaiian Standard Time", "Line Islands Standard Time", "W. Europe Standard Time"])
@pytest.mark.parametrize("start", ["9998-12-31 23:30", "9999-01-01 00:00", "9999-12-31 23:59"])
def test_the_end_of_the_calendar(zone, start):
    one = schedule("Day", start, zone)
    assert not one.start_is_skipped()
    assert len(list(one.runs())) == (1 if start.startswith("9998") else 0)


def test_runs_cost_no_memory_and_the_next_one_no_walking():
    one = schedule("6Hours", "2027-01-01 10:00", "W. Europe Standard Time")
    list(islice(one.runs(), 10))
    tracemalloc.start()
    try:
        for _ in islice(one.runs(), 30_000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    for recurrence in ("6Hours", "Day", "2Weeks Friday", "3Months day31", "Month Last Sunday Offset6"):
        far = schedule(recurrence, "2027-01-01 10:00")
        with (
            mock.patch.object(days, "date", wraps=date) as day,
            mock.patch.object(schedules, "_plus", wraps=schedules._plus) as hours,
        ):
            assert far.next_run(datetime(9000, 1, 1, tzinfo=UTC))
        assert 0 < len(day.mock_calls) + len(hours.mock_calls) < 50


def test_whether_the_start_is_a_run():
    assert schedule("Month Second Tuesday", "2027-01-12 22:00").starts_with_a_run()
    assert not schedule("Month Second Tuesday", "2027-01-11 22:00").starts_with_a_run()
    assert schedule("6Hours", "2027-01-11 22:00").starts_with_a_run()


def test_a_far_away_next_run_is_found_at_once_and_the_calendar_ends_quietly():
    one = schedule("Day", "2000-01-01 12:00", "Tokyo Standard Time")
    run = one.next_run(datetime(9990, 6, 1, tzinfo=UTC))
    assert run is not None
    assert run.start == datetime(9990, 6, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    for recurrence in ("6Hours", "Day", "Week Sunday", "Month day31", "35Months Last Sunday Offset6"):
        last = schedule(recurrence, "9998-12-01 12:00")
        assert len(list(last.runs())) <= 124
        assert last.next_run(datetime(9999, 12, 31, tzinfo=UTC)) is None


def test_before_the_start_there_is_nothing():
    one = schedule("Day", "2027-01-05 22:00", "Samoa Standard Time")
    assert one.next_run(datetime(1, 1, 1, tzinfo=UTC)) == one.first_run()


def test_a_run_says_its_instant():
    run = Run(
        datetime(2027, 1, 5, 22, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2027, 1, 6, 1, tzinfo=ZoneInfo("Europe/Berlin")),
    )
    assert run.start_utc == datetime(2027, 1, 5, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "summary"),
    [
        (
            schedule(
                "Month PatchTuesday Offset4", "2027-01-05 22:00", "W. Europe Standard Time", 3, "2029-01-05 22:00"
            ),
            (
                "Every month on the second Tuesday plus 4 days, at 22:00 (W. Europe Standard Time), for 3 hours, "
                "starting 5 January 2027 until 5 January 2029 22:00"
            ),
        ),
        (
            schedule("6Hours", "2027-01-05 22:15"),
            "Every 6 hours, from 22:15 (UTC), for 3 hours, starting 5 January 2027",
        ),
    ],
)
def test_the_summary_in_words(one, summary):
    assert one.summary() == summary


def test_texts_as_the_service_takes_them():
    assert window_text(timedelta(hours=3, minutes=55)) == "03:55"
    assert duration_in_words(timedelta(hours=1, minutes=30)) == "1 hour 30 minutes"
    assert local_text(datetime(2027, 1, 5, 9, 5)) == "2027-01-05 09:05"
