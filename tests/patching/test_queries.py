import pytest

from patching.queries import queries_for

WITHOUT_SCHEDULES = {"machinesNotReady", "machinesNotAssessed"}
OF_SCHEDULES = {
    *("machinesNotCovered", "pendingUpdates"),
    *("runs", "failures", "missedRuns", "missedMachines", "assignments"),
}
OF_POLICIES = {"policyCompliance", "machinesNotCompliant"}


def test_queries_name_the_stack_s_configurations_in_lower_case(stack):
    settings = stack.schedules(a={}, b={"name": "MC-B"}).settings()
    queries = queries_for(settings)
    for name in OF_SCHEDULES:
        for schedule in settings.schedules.values():
            assert f'"{schedule.resource_id.lower()}"' in queries[name], name
        assert "CONFIGURATIONS" not in queries[name]


def test_without_schedules_there_is_nothing_to_ask_about_them(stack):
    assert set(queries_for(stack.settings())) == WITHOUT_SCHEDULES


def test_there_is_a_query_for_everything_that_a_stack_has(stack):
    assert set(queries_for(stack.schedule().settings())) == WITHOUT_SCHEDULES | OF_SCHEDULES
    stack.policy(kind="periodicAssessment", scope="main")
    assert set(queries_for(stack.settings())) == WITHOUT_SCHEDULES | OF_SCHEDULES | OF_POLICIES


@pytest.mark.parametrize("name", sorted(WITHOUT_SCHEDULES | {"machinesNotCovered", "pendingUpdates"}))
def test_machines_are_those_of_the_stack_s_subscriptions(stack, name):
    stack.set(subscriptions={"main": {"id": "ABCDEFAB-1111-4111-8111-111111111111"}})
    stack.schedule(scopes={"all": {"tags": {"ring": ["one"]}}})
    assert 'subscriptionId in~ ("abcdefab-1111-4111-8111-111111111111")' in queries_for(stack.settings())[name]


def test_queries_do_not_depend_on_the_order_of_the_stack_file(stack):
    one = queries_for(stack.schedules(a={}, b={"recurEvery": "Day"}).settings())
    assert queries_for(stack.schedules(b={"recurEvery": "Day"}, a={}).settings()) == one


@pytest.mark.parametrize(
    ("recur_every", "due"),
    [
        ("6Hours", "ago(3d)"),
        ("Day", "ago(3d)"),
        ("Week Monday,Friday", "ago(6d)"),
        ("3Weeks Sunday", "ago(23d)"),
        ("4Weeks Sunday", '"2027-02-21", "2027-03-21"'),
        ("Month day1", '"2027-02-01", "2027-03-01"'),
        ("Month day1,day15", "ago(19d)"),
    ],
)
def test_what_is_due_is_counted_by_the_longest_pause_or_by_the_days_of_runs(stack, recur_every, due):
    """Of what is kept for thirty days, a pause of four weeks and two days of delay leave too little to be sure."""
    stack.schedule(start="2027-01-24 04:00", timeZone="UTC", recurEvery=recur_every)
    query = queries_for(stack.settings())["missedRuns"]
    assert due in query
    assert ('dynamic(["2027' in query) is due.startswith('"')


def test_a_schedule_that_ends_is_due_until_then(stack):
    stack.schedule(start="2027-01-24 04:00", timeZone="UTC", recurEvery="Day", expires="2027-03-20 00:00")
    assert "(datetime(2027-01-24) .. datetime(2027-03-20))" in queries_for(stack.settings())["missedRuns"]
    stack.schedule(start="2027-01-24 04:00", timeZone="UTC", recurEvery="Month day1", expires="2027-03-20 00:00")
    assert 'dynamic(["2027-02-01", "2027-03-01"])' in queries_for(stack.settings())["missedRuns"]
