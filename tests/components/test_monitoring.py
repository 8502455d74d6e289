"""`PatchAlerts`, `PatchWorkbook`, and what a stack makes of `monitoring`."""

import json

import pulumi
import pytest

from components import PatchAlerts, PatchWorkbook

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
CONFIGURATION = (
    f"/subscriptions/{MAIN}/resourceGroups/rg-MC/providers/Microsoft.Maintenance/maintenanceConfigurations/Linux"
)
ACTION_GROUP = f"/subscriptions/{MAIN}/resourceGroups/rg-oncall/providers/microsoft.insights/actionGroups/oncall"
IDENTITY = f"/subscriptions/{MAIN}/resourceGroups/rg-id/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ask"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
RULE = "azure-native:monitor:ScheduledQueryRule"
ROLE = "azure-native:authorization:RoleAssignment"
USER_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
WORKBOOK = "azure-native:applicationinsights:Workbook"
SCHEDULE = {
    "start": "2027-01-12 22:00",
    "timeZone": "UTC",
    "duration": "03:00",
    "recurEvery": "Month Second Tuesday",
    "updates": {"linux": {"classifications": ["Critical"]}},
    "scopes": {"all": {"tags": {"ring": ["one"]}}},
}


@pytest.fixture
def alerts(record, provider_options):
    def run(preview=False, **more):
        args = {"resource_group_name": "rg-watch", "subscription_ids": [MAIN, SPOKE], "location": "westeurope", **more}

        def program():
            made = PatchAlerts("watch", args, provider_options())
            pulumi.export("ids", made.resource_ids)
            pulumi.export("identity", made.identity_id)
            pulumi.export("toGrant", made.roles_to_grant)

        return record(program, preview=preview)

    return run


@pytest.fixture
def workbook(record, provider_options):
    def run(**more):
        queries = {"failures": "maintenanceresources", "machinesNotReady": "resources"}
        args = {"resource_group_name": "rg-watch", "subscription_ids": [MAIN], "queries": queries, **more}

        def program():
            made = PatchWorkbook("watch", args, provider_options())
            pulumi.export("id", made.resource_id)
            pulumi.export("name", made.name)

        return record(program)

    return run


def condition(rule):
    (only,) = rule.inputs["criteria"]["allOf"]
    return only


def test_rules_ask_as_one_identity_that_may_read_every_subscription_before_they_are_made(alerts):
    recording = alerts(maintenance_configuration_ids=[CONFIGURATION], action_group_ids=[ACTION_GROUP])
    identity = recording.one(USER_IDENTITY)
    roles = recording.of_type(ROLE)
    rules = recording.of_type(RULE)
    assert {one.inputs["scope"] for one in roles.values()} == {f"/subscriptions/{one}" for one in (MAIN, SPOKE)}
    for role in roles.values():
        assert role.inputs["roleDefinitionId"].endswith(READER)
        assert role.inputs["principalId"] == f"principal-of-{identity.inputs['resourceName']}"
        assert role.inputs["principalType"] == "ServicePrincipal"
    assert set(rules) == {"watch-failedRuns", "watch-machinesNotReady"}
    for rule in rules.values():
        assert {role.urn for role in roles.values()} <= rule.dependencies
        assert rule.inputs["identity"]["type"] == "UserAssigned"
        (asks,) = rule.inputs["identity"]["userAssignedIdentities"]
        assert asks.endswith(identity.inputs["resourceName"])
        assert rule.inputs["actions"]["actionGroups"] == [ACTION_GROUP]
        assert rule.inputs["scopes"] == [f"/subscriptions/{MAIN}"]
        assert rule.inputs["kind"] == "LogAlert"
        assert rule.inputs["skipQueryValidation"] is True
        assert condition(rule)["query"].startswith('arg("").')
        assert "join" not in condition(rule)["query"]
        asked = [condition(rule)[key] for key in ("timeAggregation", "operator", "threshold")]
        assert asked == ["Count", "GreaterThan", 0]
    assert CONFIGURATION.lower() in condition(rules["watch-failedRuns"])["query"]
    assert set(recording.outputs["ids"]) == {"failedRuns", "machinesNotReady"}
    assert recording.outputs["toGrant"] == []


def test_the_names_are_the_same_in_every_run_and_others_in_another_stack(alerts, record, provider_options):
    def names(**options):
        args = {"resource_group_name": "rg", "subscription_ids": [MAIN]}
        recording = record(lambda: PatchAlerts("watch", args, provider_options()), **options)
        entries = [*recording.of_type(RULE).values(), recording.one(USER_IDENTITY), *recording.of_type(ROLE).values()]
        return [
            next(entry.inputs[key] for key in ("ruleName", "resourceName", "roleAssignmentName") if key in entry.inputs)
            for entry in entries
        ]

    assert names() == names()
    assert not set(names()) & set(names(stack_name="other"))
    assert not set(names()) & set(names(project="other"))


def test_an_identity_that_is_there_is_used_and_granted_nothing(alerts):
    recording = alerts(identity=IDENTITY)
    assert recording.of_type(USER_IDENTITY) == {}
    assert recording.of_type(ROLE) == {}
    rule = recording.one(RULE)
    assert rule.inputs["identity"]["userAssignedIdentities"] == [IDENTITY]
    assert recording.outputs["identity"] == IDENTITY


def test_roles_that_somebody_else_grants_are_told(alerts):
    recording = alerts(assign_roles=False)
    assert recording.of_type(ROLE) == {}
    told = recording.outputs["toGrant"]
    assert {one["scope"] for one in told} == {f"/subscriptions/{one}" for one in (MAIN, SPOKE)}
    principal = f"principal-of-{recording.one(USER_IDENTITY).inputs['resourceName']}"
    for one in told:
        assert one["principal_id"] == principal
        assert one["command"].startswith("az role assignment create ")
        assert READER in one["command"]
        assert principal in one["command"]


def test_a_rule_is_what_its_arguments_say(alerts):
    rule = {"query": 'arg("").resources', "severity": 4.0, "frequency": "PT6H", "enabled": False}
    found = alerts(rules={"missedRuns": rule}).one(RULE)
    assert [found.inputs[key] for key in ("severity", "evaluationFrequency", "enabled")] == [4, "PT6H", False]
    assert condition(found)["query"] == 'arg("").resources'


def test_configurations_that_are_outputs_are_asked_about_when_they_are_known(alerts, later):
    recording = alerts(maintenance_configuration_ids=[later(CONFIGURATION)])
    assert CONFIGURATION.lower() in condition(recording.of_type(RULE)["watch-failedRuns"])["query"]


def test_all_faults_are_told_at_once(alerts):
    wrong = {
        "failedRun": {},
        "missedRuns": {"severity": 7},
        "failedRuns": {"frequency": "PT1M"},
    }
    with pytest.raises(pulumi.RunError) as error:
        alerts(rules=wrong, action_group_ids=[CONFIGURATION], subscription_ids=[])
    message = str(error.value)
    for part in (
        "rules.failedRun",
        "rules.missedRuns.severity",
        "rules.missedRuns.query",
        "rules.failedRuns.frequency",
        "maintenance_configuration_ids",
        "action_group_ids[0]",
        "subscription_ids",
    ):
        assert part in message


def test_a_workbook_is_shared_named_by_a_guid_and_shows_the_queries_it_was_given(workbook):
    recording = workbook(display_name="Ours", location="westeurope")
    made = recording.one(WORKBOOK)
    assert made.inputs["kind"] == "shared"
    assert made.inputs["category"] == "workbook"
    assert made.inputs["displayName"] == "Ours"
    assert made.inputs["resourceName"] == workbook().one(WORKBOOK).inputs["resourceName"]
    document = json.loads(made.inputs["serializedData"])
    shown = {item["name"]: item["content"] for item in document["items"] if item["type"] == 3}
    assert {name: one["query"] for name, one in shown.items()} == {
        "failures": "maintenanceresources",
        "machinesNotReady": "resources",
    }
    assert all(one["crossComponentResources"] == [f"/subscriptions/{MAIN}"] for one in shown.values())
    assert recording.outputs["id"].endswith(made.inputs["resourceName"])


def test_a_workbook_needs_queries_and_subscriptions(workbook):
    with pytest.raises(pulumi.RunError, match="subscription_ids") as error:
        workbook(queries={}, subscription_ids=[])
    assert "queries" in str(error.value)


def watched(**monitoring):
    return {
        "subscriptions": {"main": {"id": MAIN}, "spoke": {"id": SPOKE}},
        "schedules": {"linux": SCHEDULE},
        "tags": {"owner": "platform"},
        "monitoring": monitoring,
    }


def test_a_stack_makes_what_monitoring_asks_for_and_says_where_it_is(stack):
    recording = stack(watched(alerts={"actionGroups": [ACTION_GROUP]}, workbook={}))
    rules = recording.of_type(RULE)
    assert set(rules) == {"alerts-failedRuns", "alerts-missedRuns", "alerts-machinesNotReady"}
    queries = recording.outputs["queries"]
    assert condition(rules["alerts-missedRuns"])["query"] == f'arg("").{queries["missedRuns"]}'
    assert condition(rules["alerts-machinesNotReady"])["query"] == f'arg("").{queries["machinesNotReady"]}'
    assert condition(rules["alerts-failedRuns"])["query"].startswith(f'arg("").{queries["failures"]}')
    book = recording.one(WORKBOOK)
    shown = json.loads(book.inputs["serializedData"])["items"]
    assert {one["name"]: one["content"]["query"] for one in shown if one["type"] == 3} == queries
    assert book.inputs["tags"] == {"owner": "platform"}
    assert all(rule.inputs["tags"] == {"owner": "platform"} for rule in rules.values())
    told = recording.outputs["monitoring"]
    assert set(told["alerts"]["ruleIds"]) == {"failedRuns", "missedRuns", "machinesNotReady"}
    assert told["alerts"]["rolesToGrant"] == []
    assert told["workbook"]["resourceId"].endswith(book.inputs["resourceName"])


def test_without_monitoring_nothing_is_made_of_it(stack):
    config = watched()
    del config["monitoring"]
    recording = stack(config)
    assert not any(recording.of_type(one) for one in (RULE, WORKBOOK, USER_IDENTITY, ROLE))
    assert "monitoring" not in recording.outputs


def test_a_preview_makes_the_same(stack):
    config = watched(alerts={"assignRoles": False}, workbook={"displayName": "Ours", "subscription": "spoke"})
    seen = stack(config, preview=True)
    made = stack(config)
    assert seen.registrations.keys() == made.registrations.keys()
    assert made.names({made.one(WORKBOOK).provider}) == {"spoke"}
    assert {one["scope"] for one in made.outputs["monitoring"]["alerts"]["rolesToGrant"]} == {
        f"/subscriptions/{MAIN}",
        f"/subscriptions/{SPOKE}",
    }
