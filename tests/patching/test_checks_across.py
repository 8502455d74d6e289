# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

from datetime import datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patching.checks.order import first_breach
from patching.checks.overlap import Windows
from patching.limits import Environment, schedule_limits
from patching.recurrence_grammar import parse
from patching.schedule import Schedule


def paths(faults):
    return [fault.path for fault in faults]


def test_overlapping_windows_on_a_machine_that_both_name_are_a_fault(stack, vm_id):
    stack.schedules(one={"machines": [vm_id("db")]}, two={"machines": [vm_id("DB")], "start": "2027-01-12 23:30"})
    assert stack.faults() == [
        (
            'schedules.two.machines: got "DB"; expected windows that do not overlap on one machine: one runs '
            "2027-01-12 22:00 to 01:00 W. Europe Standard Time, two 2027-01-12 23:30 to 02:30 W. Europe Standard Time; "
            "fix: move one of the two, or take the machine out of one"
        )
    ]


def test_the_same_start_on_one_machine_is_a_fault_of_its_own(stack, vm_id):
    stack.schedules(
        one={"machines": [vm_id("db")]},
        two={"machines": [vm_id("db")], "timeZone": "UTC", "start": "2027-01-12 21:00"},
    )
    (fault,) = stack.faults()
    assert "only one of them would run" in fault


@pytest.mark.parametrize(("early", "late"), [("a", "b"), ("b", "a")])
def test_windows_that_meet_do_not_overlap(stack, vm_id, early, late):
    later = {"start": "2027-01-13 01:00", "recurEvery": "Month Second Tuesday Offset1"}
    stack.schedules(**{early: {"machines": [vm_id("db")]}, late: {"machines": [vm_id("db")], **later}})
    assert stack.faults() == []


def test_other_machines_or_other_subscriptions_do_not_overlap(stack, vm_id):
    stack.schedules(
        one={"machines": [vm_id("a")]},
        two={"machines": [vm_id("b")]},
        three={"scopes": {"s": {"subscriptions": ["spoke"]}}},
    )
    assert (stack.faults(), stack.warnings()) == ([], [])


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        ({"tags": {"ring": ["a"]}}, {"tags": {"RING": ["b"]}}, False),
        ({"tags": {"ring": ["a"]}}, {"tags": {"ring": ["b", "a"]}}, True),
        ({"osTypes": ["Linux"]}, {"osTypes": ["Windows"]}, False),
        ({"locations": ["westeurope"]}, {"locations": ["West Europe"]}, True),
        ({"subscriptions": ["main"]}, {"subscriptions": ["spoke"]}, False),
        (
            {"resourceGroup": "rg-a", "locations": ["uksouth"]},
            {"resourceGroup": "RG-B", "locations": ["uksouth"]},
            False,
        ),
        ({"resourceGroup": "rg-a", "locations": ["uksouth"]}, {}, True),
        ({"tags": {"a": ["1"], "b": ["1"]}}, {"tags": {"a": ["2"]}}, True),
        ({"tags": {"a": ["1"], "b": ["1"]}, "tagOperator": "All"}, {"tags": {"a": ["2"]}}, False),
    ],
)
def test_scopes_that_may_share_a_machine_are_a_warning(stack, one, two, overlap):
    stack.schedules(one={"scopes": {"x": one}}, two={"scopes": {"y": two}})
    reading = stack.read()
    assert reading.faults == ()
    assert paths(reading.warnings) == (["schedules.two.scopes.y"] if overlap else [])


@pytest.mark.parametrize(("tags", "overlap"), [({"ring": "test"}, True), ({"ring": "prod"}, False), ({}, False)])
def test_a_machine_of_the_stack_is_judged_by_its_own_tags(stack, tags, overlap):
    stack.machine(tags=tags).schedules(one={"machines": ["web"]}, two={"scopes": {"s": {"tags": {"ring": ["test"]}}}})
    assert bool(stack.warnings()) is overlap
    stack.schedules(one={"scopes": {"s": {"tags": {"ring": ["test"]}}}}, two={"machines": ["web"]})
    assert bool(stack.warnings()) is overlap


def test_a_machine_of_others_may_carry_any_tag_but_is_where_it_is(stack, vm_id):
    stack.schedules(one={"machines": [vm_id("a")]}, two={"scopes": {"s": {"tags": {"ring": ["test"]}}}})
    assert len(stack.warnings()) == 1
    for elsewhere in (
        {"resourceGroups": ["rg-web"]},
        {"locations": ["uksouth"]},
        {"resourceTypes": ["Microsoft.HybridCompute/machines"]},
    ):
        stack.schedules(one={"machines": [vm_id("a")]}, two={"scopes": {"s": elsewhere}})
        assert stack.warnings() == []


def test_a_window_in_the_hour_that_comes_twice_is_compared_by_the_instant(stack, vm_id):
    night = {"timeZone": "W. Europe Standard Time", "recurEvery": "Week Sunday", "machines": [vm_id("a")]}
    stack.schedules(
        one={**night, "start": "2027-10-31 00:30", "expires": "2027-11-01 00:00"},  # ends 02:30 in winter time
        two={**night, "start": "2027-10-31 02:45", "expires": "2027-11-01 00:00"},  # in summer time, 45 minutes earlier
    )
    assert paths(stack.read().faults) == ["schedules.two.machines"]


def test_another_year_s_schedule_overlaps_too(stack, vm_id):
    stack.schedules(
        old={"machines": [vm_id("a")], "start": "1990-01-09 22:00"},
        new={"machines": [vm_id("a")], "start": "2099-12-08 23:00"},
    )
    (fault,) = stack.faults()
    assert "old 2099-12-08 22:00" in fault


def test_two_scopes_of_which_only_the_second_is_shared_are_told_apart(stack):
    stack.schedules(
        one={"scopes": {"a": {"tags": {"ring": ["a"]}}}},
        two={"scopes": {"b": {"tags": {"ring": ["b"]}}, "c": {"tags": {"ring": ["c", "a"]}}}},
    )
    assert paths(stack.read().warnings) == ["schedules.two.scopes.c"]


@pytest.mark.parametrize("first", ["one", "two"])
def test_a_machine_and_a_scope_are_told_at_the_later_schedule(stack, vm_id, first):
    reaching = {"one": {"machines": [vm_id("a")]}, "two": {"scopes": {"s": {}}}}
    other = "two" if first == "one" else "one"
    stack.schedules(a=reaching[first], b=reaching[other])
    assert paths(stack.read().warnings) == ["schedules.b.scopes.s" if other == "two" else "schedules.b.machines"]


def test_hundreds_of_schedules_with_thousands_of_scopes_and_machines_are_judged_in_seconds(stack, vm_id):
    import time

    subscriptions = {f"s{index:03}": {"id": f"{index:08x}-1111-4111-8111-111111111111"} for index in range(200)}
    stack.set(subscriptions=subscriptions)
    entries = {
        f"s{index:03}": {
            "subscription": f"s{index % 200:03}",
            "recurEvery": "Day",
            "machines": [vm_id(f"vm{index}-{n}", subscription=subscriptions[f"s{n:03}"]["id"]) for n in range(4)],
            "scopes": {
                f"r{n}": {"subscriptions": [f"s{(index + n * 4) % 200:03}"], "tags": {"ring": [f"{index}-{n}"]}}
                for n in range(50)
            },
        }
        for index in range(250)
    }
    stack.schedules(**entries)
    begun = time.process_time()
    assert stack.read().faults == ()
    assert time.process_time() - begun < 20  # comparing every two targets and runs would take minutes


schedules = st.builds(
    lambda recurrence, day, hour, minutes: Schedule(
        recurrence, datetime(2027, 1, day, hour), "UTC", timedelta(minutes=minutes)
    ),
    st.sampled_from(
        ["Day", "2Days", "Week Monday", "Week Tuesday,Friday", "Month Second Tuesday", "Month day-1", "7Hours"]
    ).map(parse),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(90, 235),
)


@settings(max_examples=40)
@given(schedules, schedules)
def test_overlaps_are_those_that_comparing_every_two_runs_finds(one, other):
    begin = max(one.start, other.start)
    end = begin + timedelta(days=2 * 366)

    def windows(schedule):
        runs = islice(schedule.runs(), 4000)
        return [
            (run.start.replace(tzinfo=None), run.end.replace(tzinfo=None))
            for run in runs
            if run.start.replace(tzinfo=None) < end
        ]

    ours, theirs = ([window for window in windows(schedule) if window[1] > begin] for schedule in (one, other))
    expected = any(
        start < finish and begins < ends
        for begins, finish in ours
        for start, ends in theirs
        if abs(begins - start) < timedelta(hours=4)
    )
    assert (Windows().first_overlap(one, other) is not None) is expected


def test_ring_order_that_holds(stack):
    stack.schedules(
        canary={},
        prod={
            "follows": {"schedule": "canary", "days": 7},
            "recurEvery": "Month PatchTuesday Offset7",
            "start": "2027-01-19 22:00",
        },
    )
    assert stack.faults() == []


def test_a_leader_that_runs_too_late_is_shown(stack):
    stack.schedules(
        canary={},
        prod={
            "follows": {"schedule": "canary", "days": 7},
            "recurEvery": "Month PatchTuesday Offset6",
            "start": "2027-01-18 22:00",
        },
    )
    assert stack.faults() == [
        (
            'schedules.prod.follows: got "prod 2027-01-18 22:00"; expected no run of canary within the 7 days before; '
            "it runs 2027-01-12 22:00; fix: move prod or canary, or change days"
        )
    ]


def test_a_leader_that_has_not_run_in_between_is_shown(stack):
    stack.schedules(
        canary={"recurEvery": "2Months Second Tuesday"},
        prod={
            "follows": {"schedule": "canary", "days": 7},
            "recurEvery": "Month PatchTuesday Offset7",
            "start": "2027-01-19 22:00",
        },
    )
    (fault,) = stack.faults()
    assert 'got "prod 2027-02-16 22:00"' in fault
    assert "a run of canary since the run before, 2027-01-19 22:00; there is none" in fault


def test_a_leader_that_starts_later_or_at_the_same_time_is_shown(stack):
    stack.schedules(
        canary={"start": "2027-02-09 22:00"},
        prod={"follows": {"schedule": "canary", "days": 0}, "start": "2027-01-12 22:00"},
    )
    assert "its first is 2027-02-09 22:00" in stack.faults()[0]
    stack.schedules(canary={}, prod={"follows": {"schedule": "canary", "days": 0}})
    assert len(stack.faults()) == 1


def test_a_week_is_a_week_over_daylight_saving_time(stack):
    stack.schedules(
        canary={"recurEvery": "4Weeks Sunday", "start": "2027-03-21 22:00"},
        prod={"recurEvery": "4Weeks Sunday", "start": "2027-03-28 22:00", "follows": {"schedule": "canary", "days": 7}},
    )
    assert stack.faults() == []


@settings(max_examples=40)
@given(schedules, schedules, st.integers(0, 10))
def test_order_is_judged_as_its_words_say(follower, leader, days):
    starts = [run.start for run in islice(leader.runs(), 3000)]
    until = max(follower.start, leader.start) + timedelta(days=2 * 366)
    expected, previous = None, None
    for run in islice(follower.runs(), 3000):
        if run.start.replace(tzinfo=None) >= until:
            break
        before = [one for one in starts if one <= run.start and (previous is None or one > previous)]
        near = [
            one for one in starts if one <= run.start and (run.start - one < timedelta(days=days) or one == run.start)
        ]
        if not before or near:
            expected = run
            break
        previous = run.start
    breach = first_breach(follower, leader, days)
    assert (breach.run if breach else None) == expected


def test_sovereign_clouds_have_smaller_limits():
    public, china = schedule_limits(Environment.PUBLIC), schedule_limits(Environment.CHINA)
    assert (public.dynamic_scopes_per_schedule, public.subscriptions_per_schedule) == (200, 200)
    assert (china.dynamic_scopes_per_schedule, china.subscriptions_per_schedule) == (100, 100)
    assert china.machines_per_schedule == public.machines_per_schedule == 3000


@pytest.mark.parametrize(
    ("cloud", "number", "faults"),
    [("public", 100, 0), ("public", 101, 1), ("usgovernment", 50, 0), ("usgovernment", 51, 1)],
)
def test_dynamic_scopes_are_counted_over_subscriptions(stack, cloud, number, faults):
    stack.config["azure-native:environment"] = cloud
    stack.schedule(scopes={f"s{index}": {"tags": {"ring": [str(index)]}} for index in range(number)})
    assert paths(stack.read().faults) == ["schedules.linux.scopes"] * faults


@pytest.mark.parametrize(("number", "faults"), [(3000, 0), (3001, 1)])
def test_machines_of_a_schedule_are_counted(stack, vm_id, number, faults):
    stack.schedule(machines=[vm_id(f"vm{index}") for index in range(number)])
    assert paths(stack.read().faults) == ["schedules.linux.machines"] * faults


@pytest.mark.parametrize(("number", "faults"), [(250, 0), (251, 1)])
def test_schedules_of_a_subscription_are_counted(stack, number, faults):
    stack.schedules(**{f"s{index}": {} for index in range(number)})
    assert paths(stack.read().faults) == ["schedules"] * faults


def test_two_schedules_cannot_share_a_name_in_one_group(stack):
    stack.schedules(a={"name": "mc"}, b={"name": "MC"}, c={"name": "mc", "resourceGroup": "rg-other"})
    assert paths(stack.read().faults) == ["schedules.b"]


def test_two_assignments_cannot_share_a_name_on_one_machine(stack, vm_id):
    stack.schedules(
        a={"machines": [{"id": vm_id("x"), "assignmentName": "mine"}]},
        b={
            "machines": [{"id": vm_id("x"), "assignmentName": "MINE"}],
            "start": "2027-01-13 22:00",
            "recurEvery": "Month Second Tuesday Offset1",
        },
    )
    assert paths(stack.read().faults) == ["schedules.b.machines"]
