"""The functions of instants and periods, held against plain Python and the examples of their documentation."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arm.resource_graph.conftest import value_of

instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
EXACT = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "millisecond": timedelta(milliseconds=1),
    "microsecond": timedelta(microseconds=1),
}


def of(expression, instant):
    return value_of(expression.format("todatetime(s)"), {"s": instant.isoformat()})


@pytest.mark.parametrize(
    ("period", "later", "earlier", "wanted"),
    [
        ("year", "2017-01-01", "2000-12-31", 17),
        ("quarter", "2017-07-01", "2017-03-30", 2),
        ("month", "2017-01-01", "2015-12-30", 13),
        ("week", "2017-10-29 00:00", "2017-09-30 23:59", 5),
        ("day", "2017-10-29 00:00", "2017-09-30 23:59", 29),
        ("Hour", "2017-10-31 01:00", "2017-10-30 23:59", 2),
        ("minute", "2017-10-30 23:05:01", "2017-10-30 23:00:59", 5),
        ("SECOND", "2017-10-30 23:00:10.100", "2017-10-30 23:00:00.900", 10),
        ("millisecond", "2017-10-30 23:00:00.200100", "2017-10-30 23:00:00.100900", 100),
    ],
)
def test_a_difference_counts_the_periods_that_begin(period, later, earlier, wanted):
    assert value_of(f"datetime_diff('{period}', datetime({later}), datetime({earlier}))") == wanted
    assert value_of(f"datetime_diff('{period}', datetime({earlier}), datetime({later}))") == -wanted


@pytest.mark.parametrize(
    ("period", "number", "wanted"),
    [
        ("year", 1, "2018-01-01"),
        ("Quarter", 1, "2017-04-01"),
        ("month", 1, "2017-02-01"),
        ("week", 1, "2017-01-08"),
        ("year", -5, "2012-01-01"),
        ("quarter", 12, "2020-01-01"),
        ("month", -15, "2015-10-01"),
        ("week", 100, "2018-12-02"),
    ],
)
def test_periods_are_added(period, number, wanted):
    found = value_of(f"datetime_add('{period}', {number}, datetime(2017-01-01))")
    assert found == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


@given(instants, st.integers(-5000, 5000), st.sampled_from(sorted(EXACT)))
def test_exact_periods_are_so_many_times_their_length(instant, number, period):
    assert of(f"datetime_add('{period}', {number}, {{}})", instant) == instant + number * EXACT[period]


@given(instants, instants, st.sampled_from(["year", "month", "week", "day"]))
def test_a_difference_leads_from_the_start_of_one_period_to_that_of_the_other(one, other, period):
    number = value_of(f"datetime_diff('{period}', todatetime(s), todatetime(d))", {"s": str(one), "d": str(other)})
    start = of(f"startof{period}({{}})", other)
    assert of(f"datetime_add('{period}', {number}, {{}})", start) == of(f"startof{period}({{}})", one)


@given(instants, instants)
def test_a_difference_in_quarters(one, other):
    number = value_of("datetime_diff('quarter', todatetime(s), todatetime(d))", {"s": str(one), "d": str(other)})
    quarters = [instant.year * 4 + (instant.month - 1) // 3 for instant in (one, other)]
    assert number == quarters[0] - quarters[1]


@given(instants, st.integers(-(10**12), 10**12), st.sampled_from(["hour", "minute", "second", "millisecond"]))
def test_a_difference_in_exact_periods_is_less_than_one_off(instant, microseconds, period):
    apart = timedelta(microseconds=microseconds)
    row = {"s": str(instant + apart), "d": str(instant)}
    number = value_of(f"datetime_diff('{period}', todatetime(s), todatetime(d))", row)
    assert abs(number * EXACT[period] - apart) < EXACT[period]


@given(instants, st.integers(-30, 30))
def test_starts_of_periods(instant, offset):
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    assert of("startofday({})", instant) == midnight
    assert of("startofmonth({})", instant) == midnight.replace(day=1)
    assert of("startofyear({})", instant) == midnight.replace(day=1, month=1)
    assert of(f"startofyear({{}}, {offset})", instant) == datetime(instant.year + offset, 1, 1, tzinfo=UTC)
    week = of("startofweek({})", instant)
    assert week.strftime("%A %H:%M:%S.%f") == "Sunday 00:00:00.000000"
    assert timedelta(0) <= instant - week < timedelta(days=7)
    assert of(f"startofweek({{}}, {offset})", instant) == week + timedelta(weeks=offset)


@given(instants)
def test_parts_of_an_instant(instant):
    assert of("dayofweek({})", instant) == timedelta(days=int(instant.strftime("%w")))
    assert of("dayofyear({})", instant) == int(instant.strftime("%j"))
    parts = of("pack_array(getyear({0}), getmonth({0}), dayofmonth({0}), hourofday({0}))", instant)
    assert parts == [instant.year, instant.month, instant.day, instant.hour]
    assert of("monthofyear({})", instant) == instant.month


@given(instants)
def test_an_instant_is_formatted(instant):
    shown = of("format_datetime({}, 'yyyy-MM-dd [HH:mm:ss.ffffff] hh:mm tt, yy/M/d')", instant)
    wanted = f"{instant:%Y-%m-%d [%H:%M:%S.%f] %I:%M %p, %y}/{instant.month}/{instant.day}"
    assert shown == wanted


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("yyyy-M-dd [H:mm:ss]", "2017-1-29 [9:00:05]"),
        ("yy-MM-dd [hh:mm:ss tt]", "17-01-29 [09:00:05 AM]"),
        ("f FF fff FFFF fffffff", "0  007 0075 0075000"),
        ("y_s,h", "17_5,9"),
    ],
)
def test_a_format(form, wanted):
    assert value_of(f"format_datetime(datetime(2017-01-29 09:00:05.0075), '{form}')") == wanted


@pytest.mark.parametrize(
    "expression",
    [
        "datetime_add('year', 9000, now())",
        "datetime_add('day', n, now())",
        "datetime_diff('day', todatetime(s), now())",
        "startofweek(datetime(0001-01-01))",
        "startofyear(now(), 9000)",
        "startofmonth(now(), -99999)",
    ],
)
def test_what_there_is_not_is_null(expression):
    assert value_of(expression) is None


def test_the_last_of_a_month_stays_in_its_month():
    assert value_of("datetime_add('month', 1, datetime(2024-01-31))") == datetime(2024, 2, 29, tzinfo=UTC)
