# ruff: noqa: PT017 (either outcome is right, and each is judged)

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.recurrence import (
    LAST_DAY,
    Daily,
    Hourly,
    MonthlyDates,
    MonthlyWeekday,
    PatchTuesday,
    Weekday,
    Weekly,
    WeekOfMonth,
    in_words,
    patch_tuesday,
)
from patching.recurrence_grammar import RecurrenceError, parse, patch_tuesday_of
from patching.recurrence_nearest import nearest_form

intervals = st.integers(1, 35)
recurrences = st.one_of(
    st.builds(Hourly, st.integers(6, 35)),
    st.builds(Daily, intervals),
    st.builds(Weekly, intervals, st.sets(st.sampled_from(Weekday)).map(lambda days: tuple(sorted(days)))),
    st.builds(
        MonthlyDates,
        intervals,
        st.tuples(st.sets(st.integers(1, 31), max_size=6), st.booleans())
        .filter(lambda chosen: chosen[0] or chosen[1])
        .map(lambda chosen: tuple(sorted(chosen[0])) + ((LAST_DAY,) if chosen[1] else ())),
    ),
    st.builds(MonthlyWeekday, intervals, st.sampled_from(WeekOfMonth), st.sampled_from(Weekday), st.integers(-6, 6)),
)


@given(recurrences)
def test_reading_what_was_printed_gives_the_same(recurrence):
    assert parse(str(recurrence)) == recurrence


@given(recurrences, st.randoms(use_true_random=False))
def test_case_and_spaces_do_not_matter(recurrence, random):
    text = "".join(char.upper() if random.random() < 0.5 else char.lower() for char in str(recurrence))
    text = text.replace(" ", " " * random.randint(1, 3)).replace(",", random.choice([",", " , ", ", "]))
    assert parse(f"{' ' * random.randint(0, 2)}{text} ") == recurrence


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1Day", "Day"),
        ("5days", "5Days"),
        ("1Week Monday,Wednesday,Friday", "Week Monday,Wednesday,Friday"),
        ("Week Saturday, Sunday", "Week Saturday,Sunday"),
        ("Week Sunday,Monday,Sunday", "Week Monday,Sunday"),
        ("6Hour", "6Hours"),
        ("3Weeks", "3Weeks"),
        ("2 Months day-1,day15", "2Months day15,day-1"),
        ("1Month Second Tuesday Offset4", "Month Second Tuesday Offset4"),
        ("Month last sunday offset -3", "Month Last Sunday Offset-3"),
        ("Month Third Sunday Offset +6", "Month Third Sunday Offset6"),
        ("Month First Monday Offset0", "Month First Monday"),
        ("Month PatchTuesday", "Month Second Tuesday"),
        ("Month Patch Tuesday Offset 14", "Month Fourth Tuesday"),
    ],
)
def test_lenient_forms_are_sent_in_the_canonical_one(written, canonical):
    assert str(parse(written)) == canonical


@pytest.mark.parametrize(
    ("text", "position", "nearest"),
    [
        ("", 0, None),
        ("Month", 5, "Month day1"),
        ("2Months", 7, "2Months day1"),
        ("5Hours", 0, "6Hours"),
        ("36Days", 0, "35Days"),
        ("0Weeks", 0, "Week"),
        ("-1Day", 0, "Day"),
        ("Moth day1", 0, "Month day1"),
        ("Weekday", 0, "Week Monday,Tuesday,Wednesday,Thursday,Friday"),
        ("Month Secnd Tusday", 6, "Month Second Tuesday"),
        ("Month Tuesday", 6, "Month First Tuesday"),
        ("Month day1,15", 11, "Month day1,day15"),
        ("Month day32", 9, "Month day-1"),
        ("Month day0", 9, "Month day1"),
        ("Month day-2", 9, "Month day-1"),
        ("Week Mon,Tue", 5, "Week Monday,Tuesday"),
        ("Month Second Tuesday Offset9", 21, "Month Third Tuesday Offset2"),
        ("Month Last Sunday Offset-7", 18, "Month Last Sunday Offset-6"),
        ("Month PatchTuesday Offset21", 19, "Month Fourth Tuesday Offset6"),
        ("Month PatchTuesday Offset-8", 19, "Month First Tuesday"),
        ("Day of rest", 4, "Day"),
        ("Week Monday,", 12, "Week Monday"),
        ("Month day", 9, "Month day1"),
        ("Month Second Tuesday Offset", 27, "Month Second Tuesday"),
        ("whenever", 0, None),
    ],
)
def test_an_error_points_at_the_place_and_names_the_nearest_form(text, position, nearest):
    with pytest.raises(RecurrenceError) as raised:
        parse(text)
    assert (raised.value.position, raised.value.nearest) == (position, nearest)


@pytest.mark.parametrize(
    ("marked", "nearest"),
    [
        ("|Monthly Second Tuesday", "Month Second Tuesday"),
        ("2|nd Tuesday", "Month Second Tuesday"),
        ("|Second Tuesday of every month", "Month Second Tuesday"),
        ("Month |2nd Tue +4", "Month Second Tuesday Offset4"),
        ("Month |2 Tuesday", "Month Second Tuesday"),
        ("Month |SecondTuesday", "Month Second Tuesday"),
        ("|MonthSecondTuesday", "Month Second Tuesday"),
        ("Month |on the second Tuesday", "Month Second Tuesday"),
        ("Month Second |Tues", "Month Second Tuesday"),
        ("Month Second Tuesday|,Thursday", "Month Second Tuesday"),
        ("Month Second|,Fourth Tuesday", "Month Second Tuesday"),
        ("Month |Fifth Friday", "Month Last Friday"),
        ("Month |5th Friday", "Month Last Friday"),
        ("Month Second Tuesday Offset 4 |days", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday |+4", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday Offset|=4", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday |plus 4 days", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday |Ofset4", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday Offset |four", "Month Second Tuesday Offset4"),
        ("Month Second Tuesday Offset4 |22:00", "Month Second Tuesday Offset4"),
        ("Month last Friday |-3", "Month Last Friday Offset-3"),
        ("3 days |before last Friday", "Month Last Friday Offset-3"),
        ("Month Second Tuesday |Offset-7", "Month First Tuesday"),
        ("|Patch Tuesday + 4", "Month Second Tuesday Offset4"),
        ("|PatchTuesday Offset 16", "Month Fourth Tuesday Offset2"),
        ("Month PatchTuesday|+9", "Month Third Tuesday Offset2"),
        ("Month |Patch-Tuesday", "Month Second Tuesday"),
        ("Month Last |day", "Month day-1"),
        ("Month |lastday", "Month day-1"),
        ("Month day |last", "Month day-1"),
        ("Month day |- 1", "Month day-1"),
        ("Month day 30, |last", "Month day30,day-1"),
        ("Month Last|", "Month day-1"),
        ("Month First |Day", "Month day1"),
        ("Month |1st", "Month day1"),
        ("Month |15", "Month day15"),
        ("Month day1, |15", "Month day1,day15"),
        ("Month day1 |and day15", "Month day1,day15"),
        ("Month day1|-5", "Month day1,day2,day3,day4,day5"),
        ("Month day31|st", "Month day31"),
        ("Month Last |Weekday", None),
        ("3 Months|", "3Months day1"),
        ("|Quarterly", "3Months day1"),
        ("|Weekly Mon", "Week Monday"),
        ("|Every 2 Weeks Monday", "2Weeks Monday"),
        ("|Two Weeks Monday", "2Weeks Monday"),
        ("|Biweekly Monday", "2Weeks Monday"),
        ("|every other week on Friday", "2Weeks Friday"),
        ("|Every Monday", "Week Monday"),
        ("|Mondays and Thursdays", "Week Monday,Thursday"),
        ("Week |on Monday", "Week Monday"),
        ("Week|;Monday", "Week Monday"),
        ("Week Monday |Tuesday", "Week Monday,Tuesday"),
        ("Week |Mon, Tue and Wed", "Week Monday,Tuesday,Wednesday"),
        ("Week Monday|-Friday", "Week Monday,Tuesday,Wednesday,Thursday,Friday"),
        ("Week |Fri-Mon", "Week Monday,Friday,Saturday,Sunday"),
        ("Week |Sat/Sun", "Week Saturday,Sunday"),
        ("|Weekend", "Week Saturday,Sunday"),
        ("|Daily", "Day"),
        ("|Every Day", "Day"),
        ("|Every 3rd day", "3Days"),
        ("|Every 12 hours", "12Hours"),
        ("12|h", "12Hours"),
        ("|Hourly", "6Hours"),
        ("|99 Weeks Friday", "35Weeks Friday"),
        ("0 |22 * * 2", None),
    ],
)
def test_believable_mistakes_are_placed_and_understood(marked, nearest):
    with pytest.raises(RecurrenceError) as raised:
        parse(marked.replace("|", ""))
    assert (raised.value.position, raised.value.nearest) == (marked.index("|"), nearest)


@pytest.mark.parametrize("text", ["Month Second Tuesday Offset--4", "Month Second Tuesday Offset+-4"])
def test_one_sign_is_enough(text):
    with pytest.raises(RecurrenceError, match="two signs"):
        parse(text)


@given(recurrences)
def test_the_nearest_form_of_a_right_one_is_itself(recurrence):
    assert nearest_form(str(recurrence)) == str(recurrence)


def test_a_message_shows_the_whole_word():
    with pytest.raises(
        RecurrenceError, match=r'^"2nd" is no day or week of the month: First, Second, Third, Fourth, Last'
    ):
        parse("Month 2nd Tue")


@given(st.one_of(st.text(max_size=60), st.text("MonthWeekDayHur 0123456789,-+Offset\n", max_size=60)))
def test_no_text_ends_in_anything_but_a_recurrence_or_its_error(text):
    try:
        recurrence = parse(text)
    except RecurrenceError as error:
        assert 0 <= error.position <= len(text)
        if error.nearest is not None:
            assert str(parse(error.nearest)) == error.nearest
    else:
        assert parse(str(recurrence)) == recurrence


@pytest.mark.parametrize(
    "text", ["Month " + "1," * 5000, "Week " + "Mon," * 200, "9" * 5000, "Month day" + "9" * 5000 + ","]
)
def test_long_texts_are_refused_in_no_time(text):
    with pytest.raises(RecurrenceError):
        parse(text)


def _second_tuesday(year, month):
    tuesdays = [
        day for day in calendar.Calendar().itermonthdates(year, month) if day.month == month and day.weekday() == 1
    ]
    return tuesdays[1]


def _nth(year, month, recurrence):
    days = [
        day
        for day in calendar.Calendar().itermonthdates(year, month)
        if day.month == month and day.weekday() == recurrence.weekday
    ]
    return days[recurrence.week - 1 if recurrence.week > 0 else -1] + timedelta(days=recurrence.offset)


@pytest.mark.parametrize("offset", range(-7, 21))
def test_patch_tuesday_is_the_same_day_as_its_plain_form_from_2024_to_2059(offset):
    plain = patch_tuesday(1, offset)
    assert -6 <= plain.offset <= 6
    months = [(year, month) for year in range(2024, 2060) for month in range(1, 13)]
    assert [_nth(*month, plain) for month in months] == [
        _second_tuesday(*month) + timedelta(days=offset) for month in months
    ]


@pytest.mark.parametrize("offset", range(-7, 21))
def test_leaving_the_month_is_said_exactly_where_it_happens(offset):
    months = [(year, month) for year in range(2024, 2060) for month in range(1, 13)]
    leaves = any((_second_tuesday(*one) + timedelta(days=offset)).month != one[1] for one in months)
    assert PatchTuesday(offset).can_leave_month is leaves


@pytest.mark.parametrize("offset", [-8, 21])
def test_patch_tuesday_reaches_no_further(offset):
    with pytest.raises(ValueError, match="-7 to 20"):
        patch_tuesday(1, offset)


def test_the_extension_is_told_from_the_plain_form():
    assert patch_tuesday_of("2Months PatchTuesday Offset16") == PatchTuesday(16)
    assert patch_tuesday_of("Month Second Tuesday") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Day", "every day"),
        ("6Hours", "every 6 hours"),
        ("2Weeks Saturday,Sunday", "every 2 weeks on Saturday and Sunday"),
        ("Week", "every week on the weekday of the start"),
        ("Month day1,day22,day-1", "every month on the 1st, 22nd and last day"),
        ("Month day11,day13", "every month on the 11th and 13th"),
        ("Month Second Tuesday Offset4", "every month on the second Tuesday plus 4 days"),
        ("3Months Last Sunday Offset-1", "every 3 months on the last Sunday minus 1 day"),
    ],
)
def test_words(text, words):
    assert in_words(parse(text)) == words


def test_the_oracle_itself():
    assert _second_tuesday(2027, 1) == date(2027, 1, 12)
