"""`monitoring` of a stack file: what is asked for, what is wrong, and what its alert rules and workbook say."""

import json

import pytest

from patching.limits import Environment
from patching.queries import queries_for
from patching.settings.monitoring_model import DEFAULT_RULES, AlertKind, AlertRuleSettings, Frequency, Monitoring
from patching.watching.alerts import alert_queries
from patching.watching.workbook import workbook_data
from sandbox.arm.providers.insights.alert_queries import check_query

MAIN = "/subscriptions/11111111-1111-4111-8111-111111111111"
ACTION_GROUP = f"{MAIN}/resourceGroups/rg-oncall/providers/Microsoft.Insights/actionGroups/oncall"
IDENTITY = f"{MAIN}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ask"


def monitored(stack, **monitoring):
    return stack.schedule().set(monitoring=monitoring)


class TestAskedFor:
    def test_nothing_is_made_that_is_not_asked_for(self, stack):
        assert stack.schedule().settings().monitoring == Monitoring()

    def test_without_more_it_is_where_the_stack_is_and_by_the_defaults(self, stack):
        settings = monitored(stack, alerts={}, workbook={}).settings()
        alerts, workbook = settings.monitoring.alerts, settings.monitoring.workbook
        for one in (alerts, workbook):
            assert (one.subscription_key, one.resource_group) == ("main", "rg-patching-test")
            assert one.location == "westeurope"
        assert (alerts.action_groups, alerts.identity, alerts.assign_roles) == ((), None, True)
        assert alerts.rules == DEFAULT_RULES
        assert workbook.display_name == "Patching: test"

    @pytest.mark.parametrize("rules", [{}, {"failedRuns": {}, "missedRuns": {}, "machinesNotReady": {}}])
    def test_a_rule_without_more_is_its_default(self, stack, rules):
        assert monitored(stack, alerts={"rules": rules}).settings().monitoring.alerts.rules == DEFAULT_RULES

    @pytest.mark.parametrize("key", ["alerts", "workbook"])
    def test_one_comes_without_the_other(self, stack, key):
        monitoring = monitored(stack, **{key: {}}).settings().monitoring
        assert (monitoring.alerts is None, monitoring.workbook is None) == (key != "alerts", key != "workbook")

    def test_everything_can_be_said(self, stack):
        place = {"subscription": "spoke", "resourceGroup": "rg-watch", "location": "North Europe"}
        rules = {"missedRuns": {"severity": 0, "frequency": "PT6H"}, "machinesNotReady": {"enabled": False}}
        settings = monitored(
            stack,
            alerts={**place, "actionGroups": [ACTION_GROUP], "identity": IDENTITY, "rules": rules},
            workbook={**place, "displayName": "Ours"},
        ).settings()
        alerts, workbook = settings.monitoring.alerts, settings.monitoring.workbook
        for one in (alerts, workbook):
            assert (one.subscription_key, one.resource_group) == ("spoke", "rg-watch")
            assert one.location in {"North Europe", "northeurope"}
        assert (alerts.action_groups, alerts.identity) == ((ACTION_GROUP,), IDENTITY)
        assert alerts.rules == DEFAULT_RULES | {
            AlertKind.MISSED_RUNS: AlertRuleSettings(0, Frequency.SIX_HOURS, enabled=True),
            AlertKind.MACHINES_NOT_READY: AlertRuleSettings(2, Frequency.DAY, enabled=False),
        }
        assert workbook.display_name == "Ours"

    def test_without_schedules_readiness_alone_is_looked_for(self, stack):
        settings = stack.set(monitoring={"alerts": {}}).settings()
        assert set(settings.monitoring.alerts.rules) == {AlertKind.MACHINES_NOT_READY}
        assert set(alert_queries(settings)) == {AlertKind.MACHINES_NOT_READY}


@pytest.mark.parametrize(
    ("monitoring", "where", "said"),
    [
        ({}, "monitoring", "alerts, a workbook, or both"),
        (None, "monitoring", "map"),
        (["alerts"], "monitoring", "map"),
        ({"alert": {}}, "monitoring.alert", "alerts"),
        ({"alerts": "yes"}, "monitoring.alerts", "map"),
        ({"alerts": {"subscription": "nosuch"}}, "monitoring.alerts.subscription", "main"),
        ({"workbook": {"subscription": "nosuch"}}, "monitoring.workbook.subscription", "main"),
        ({"alerts": {"resourceGroup": "rg."}}, "monitoring.alerts.resourceGroup", "not ending in a dot"),
        ({"alerts": {"rules": {"failedRuns": None}}}, "monitoring.alerts.rules.failedRuns", "give the key a value"),
        ({"workbook": None}, "monitoring.workbook", "give the key a value"),
        ({"workbook": {"location": 3}}, "monitoring.workbook.location", "text"),
        ({"workbook": {"displayName": ""}}, "monitoring.workbook.displayName", "text"),
        ({"alerts": {"actionGroups": "oncall"}}, "monitoring.alerts.actionGroups", "list"),
        ({"alerts": {"actionGroups": ["oncall"]}}, "monitoring.alerts.actionGroups", "action group"),
        ({"alerts": {"actionGroups": [IDENTITY]}}, "monitoring.alerts.actionGroups", "which Microsoft.ManagedIdentity"),
        ({"alerts": {"actionGroups": [f"{ACTION_GROUP}{i}" for i in range(6)]}}, "monitoring.alerts.actionGroups", "5"),
        ({"alerts": {"identity": ACTION_GROUP}}, "monitoring.alerts.identity", "identity"),
        ({"alerts": {"identity": IDENTITY, "assignRoles": False}}, "monitoring.alerts.assignRoles", "whoever made it"),
        ({"alerts": {"assignRoles": "no"}}, "monitoring.alerts.assignRoles", "true or false"),
        ({"alerts": {"rules": {"failedRun": {}}}}, "monitoring.alerts.rules.failedRun", "failedRuns"),
        ({"alerts": {"rules": {"failedRuns": {"severity": 5}}}}, "monitoring.alerts.rules.failedRuns.severity", "4"),
        (
            {"alerts": {"rules": {"failedRuns": {"frequency": "PT1M"}}}},
            "monitoring.alerts.rules.failedRuns.frequency",
            "PT5M",
        ),
        (
            {"alerts": {"rules": {"failedRuns": {"enabled": "on"}}}},
            "monitoring.alerts.rules.failedRuns.enabled",
            "true or false",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_is(stack, monitoring, where, said):
    (fault,) = stack.schedule().set(monitoring=monitoring).faults()
    assert fault.startswith((f"{where}:", f"{where}[0]:")), fault
    assert said in fault


def test_all_faults_are_told_at_once(stack):
    rules = {"failedRuns": {"severity": 9, "frequency": "often"}, "nosuch": {}}
    faults = monitored(stack, alerts={"identity": 1, "rules": rules}, workbook={"colour": "blue"}).faults()
    assert [one.split(":")[0] for one in faults] == [
        "monitoring.alerts.identity",
        "monitoring.alerts.rules.failedRuns.severity",
        "monitoring.alerts.rules.failedRuns.frequency",
        "monitoring.alerts.rules.nosuch",
        "monitoring.workbook.colour",
    ]


@pytest.mark.parametrize("rule", ["failedRuns", "missedRuns"])
def test_a_rule_on_runs_needs_schedules(stack, rule):
    (fault,) = stack.set(monitoring={"alerts": {"rules": {rule: {}}}}).faults()
    assert fault.startswith(f"monitoring.alerts.rules.{rule}:")
    assert "no schedules" in fault


@pytest.mark.parametrize("environment", [Environment.US_GOVERNMENT, Environment.CHINA])
def test_in_sovereign_clouds_there_is_the_workbook_only(stack, environment):
    stack.config["azure-native:environment"] = environment.value
    (fault,) = monitored(stack, alerts={}).faults()
    assert fault.startswith("monitoring.alerts:")
    assert monitored(stack, workbook={}).faults() == []


class TestAlerts:
    def test_what_is_asked_is_what_azure_monitor_can_ask(self, stack):
        stack.schedules(a={}, b={"recurEvery": "Day"}, c={"recurEvery": "Week Monday", "timeZone": "UTC"})
        queries = alert_queries(stack.set(monitoring={"alerts": {}}).settings())
        assert set(queries) == set(AlertKind)
        for query in queries.values():
            assert query.startswith('arg("").')
            check_query(query)

    def test_it_is_what_the_outputs_ask(self, stack):
        settings = monitored(stack, alerts={}).settings()
        asked, shown = alert_queries(settings), queries_for(settings)
        assert asked[AlertKind.MACHINES_NOT_READY] == f'arg("").{shown["machinesNotReady"]}'
        assert asked[AlertKind.MISSED_RUNS] == f'arg("").{shown["missedRuns"]}'
        assert asked[AlertKind.FAILED_RUNS].startswith(f'arg("").{shown["failures"]}')

    def test_a_rule_says_no_more_than_azure_takes(self, stack):
        """The ids of three hundred configurations with long names are more; of one hundred, they are not."""

        def many(number):
            found = {}
            for i in range(number):
                where = {"subscription": ("main", "spoke")[i % 2], "scopes": {"own": {"tags": {"ring": [str(i)]}}}}
                where["scopes"]["own"]["subscriptions"] = [where["subscription"]]
                found[f"ring-{i}"] = {"name": f"{'m' * 80}{i}", **where}
            return stack.schedules(**found).set(monitoring={"alerts": {}}).faults()

        assert many(100) == []
        assert [one.split(":")[0] for one in many(320)] == [
            "monitoring.alerts.rules.failedRuns",
            "monitoring.alerts.rules.missedRuns",
        ]


class TestWorkbook:
    def test_every_query_has_a_part_that_asks_the_stack_s_subscriptions(self, stack):
        stack.schedule().policy(kind="periodicAssessment", scope="main")
        settings = stack.set(monitoring={"workbook": {}}).settings()
        queries = queries_for(settings)
        subscription_ids = [one.id for one in settings.subscriptions.values()]
        document = json.loads(workbook_data('"Ours"', queries, subscription_ids))
        title, *parts = document["items"]
        assert title["content"]["json"] == '# "Ours"'
        assert {part["name"]: part["content"]["query"] for part in parts} == queries
        for part in parts:
            assert part["type"] == 3
            assert part["content"]["queryType"] == 1
            assert part["content"]["resourceType"] == "microsoft.resourcegraph/resources"
            assert part["content"]["crossComponentResources"] == [f"/subscriptions/{one}" for one in subscription_ids]

    def test_what_charts_show_is_in_their_queries(self, stack):
        stack.schedule().policy(kind="periodicAssessment", scope="main")
        document = json.loads(workbook_data("Ours", queries_for(stack.settings()), []))
        charts = [part["content"] for part in document["items"] if "chartSettings" in part["content"]]
        assert len(charts) == 2
        for content in charts:
            settings = content["chartSettings"]
            for column in (settings["xAxis"], *settings["yAxis"], settings["group"]):
                assert f"{column}," in content["query"] or f"{column} =" in content["query"], column

    def test_it_is_the_same_in_every_run(self, stack):
        queries = queries_for(stack.schedule().settings())
        assert workbook_data("a", queries, ["b"]) == workbook_data("a", dict(reversed(queries.items())), ["b"])
