"""Schedules for tests, by hand and generated, and dateutil's word on when they run."""

# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

from datetime import datetime, timedelta
from itertools import islice

from dateutil import rrule
from hypothesis import strategies as st

from patching.recurrence import LAST_DAY, Daily, Hourly, MonthlyDates, MonthlyWeekday, Weekday, Weekly, WeekOfMonth
from patching.recurrence_grammar import parse
from patching.schedule import Schedule

WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)


def schedule(recurrence, start, zone="UTC", hours=3, expires=None):
    moment = datetime.fromisoformat(start) if isinstance(start, str) else start
    ends = datetime.fromisoformat(expires) if expires else None
    return Schedule(
        parse(recurrence) if isinstance(recurrence, str) else recurrence, moment, zone, timedelta(hours=hours), ends
    )


def starts(one, number, after=None):
    return [run.start.replace(tzinfo=None) for run in islice(one.runs(after), number)]


intervals = st.integers(1, 35)
plain = st.one_of(
    st.builds(Hourly, st.integers(6, 35)),
    st.builds(Daily, intervals),
    st.builds(Weekly, intervals, st.sets(st.sampled_from(Weekday)).map(lambda days: tuple(sorted(days)))),
    st.builds(
        MonthlyDates,
        intervals,
        st.sets(st.one_of(st.integers(1, 28), st.just(LAST_DAY)), min_size=1, max_size=5).map(
            lambda days: tuple(sorted(days, key=lambda day: day if day > 0 else 99))
        ),
    ),
    st.builds(MonthlyWeekday, intervals, st.sampled_from(WeekOfMonth), st.sampled_from(Weekday), st.just(0)),
)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0))


def oracle(recurrence, start):
    match recurrence:
        case Hourly(interval):
            return rrule.rrule(rrule.HOURLY, dtstart=start, interval=interval)
        case Daily(interval):
            return rrule.rrule(rrule.DAILY, dtstart=start, interval=interval)
        case Weekly(interval, weekdays):
            days = [WEEKDAYS[day] for day in weekdays] or None
            return rrule.rrule(rrule.WEEKLY, dtstart=start, interval=interval, byweekday=days)
        case MonthlyDates(interval, days):
            return rrule.rrule(rrule.MONTHLY, dtstart=start, interval=interval, bymonthday=days)
        case MonthlyWeekday(interval, week, weekday, 0):
            return rrule.rrule(rrule.MONTHLY, dtstart=start, interval=interval, byweekday=WEEKDAYS[weekday](int(week)))
