"""Microsoft.Insights: what is kept, what is refused, and how it is answered."""

import copy
import json
import uuid

import pytest

from tests.arm.conftest import SUBSCRIPTION, made, refused

RULES = "2025-01-01-preview"
WORKBOOKS = "2023-06-01"
GROUPS = "2023-01-01"
QUERY = 'arg("").maintenanceresources | where type =~ "microsoft.maintenance/applyupdates" | project id'


class Insights:
    """Requests below `Microsoft.Insights` of one group, each with the api-version of its type."""

    def __init__(self, arm, group):
        self.arm, self.group = arm, group

    def path(self, kind, name=""):
        return f"{self.group}/providers/Microsoft.Insights/{kind}{f'/{name}' if name else ''}"

    def send(self, method, kind, name="", body=None, version=None, **query):
        versions = {"scheduledQueryRules": RULES, "workbooks": WORKBOOKS, "actionGroups": GROUPS}
        query = {"api-version": version or versions[kind], **query}
        return self.arm.send(method, self.path(kind, name), body, **query)


@pytest.fixture
def insights(arm, group):
    return Insights(arm, group)


@pytest.fixture
def identity(arm, group):
    path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ask"
    made(arm.send("PUT", path, {"location": "westeurope"}, **{"api-version": "2023-01-31"}))
    return path


def rule(**changes):
    """A rule that is taken; a change of None removes a property, `condition` changes its condition."""
    condition = {
        "query": "Heartbeat | where TimeGenerated > ago(5m)",
        "timeAggregation": "Count",
        "operator": "GreaterThan",
        "threshold": 0,
        "dimensions": [{"name": "Computer", "operator": "Include", "values": ["*"]}],
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
        **changes.pop("condition", {}),
    }
    body = {
        "location": "westeurope",
        "properties": {
            "severity": 1,
            "enabled": True,
            "scopes": [f"/subscriptions/{SUBSCRIPTION}"],
            "evaluationFrequency": "PT1H",
            "windowSize": "P1D",
            "criteria": {"allOf": [{key: value for key, value in condition.items() if value is not None}]},
        },
    }
    for name, value in changes.items():
        place = body if name in ("location", "identity", "kind", "tags") else body["properties"]
        place[name] = value
        if value is None:
            del place[name]
    return body


def asking(identity):
    return {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}


def test_a_rule_is_kept_and_answered_as_the_examples_have_it(insights):
    body = rule(tags={"owner": "platform"})
    first = insights.send("PUT", "scheduledQueryRules", "Failed", body)
    assert first.status_code == 201
    assert insights.send("PUT", "scheduledQueryRules", "Failed", body).status_code == 200
    answer = made(insights.send("GET", "scheduledQueryRules", "Failed"))
    group = insights.group.replace("resourceGroups", "resourcegroups")
    assert answer["id"] == f"{group}/providers/microsoft.insights/scheduledqueryrules/Failed"
    assert answer["type"] == "microsoft.insights/scheduledqueryrules"
    assert (answer["kind"], answer["location"], answer["tags"]) == ("LogAlert", "westeurope", {"owner": "platform"})
    assert body["properties"].items() <= answer["properties"].items()
    assert answer["properties"]["createdWithApiVersion"] == RULES
    assert answer["properties"]["autoMitigate"] is True
    assert answer["systemData"]["createdAt"]
    listed = made(insights.send("GET", "scheduledQueryRules"))["value"]
    assert listed == [answer]
    assert insights.send("DELETE", "scheduledQueryRules", "failed").status_code == 200
    assert insights.send("DELETE", "scheduledQueryRules", "failed").status_code == 204
    assert insights.send("GET", "scheduledQueryRules", "Failed").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"severity": None}, "severity"),
        ({"enabled": None}, "enabled"),
        ({"criteria": None}, "criteria"),
        ({"windowSize": None}, "windowSize"),
        ({"evaluationFrequency": None}, "evaluationFrequency"),
        ({"severity": 5}, "0 to 4"),
        ({"severity": 1.5}, "0 to 4"),
        ({"evaluationFrequency": "PT7M"}, "PT7M"),
        ({"evaluationFrequency": "P2D"}, "P2D"),
        ({"windowSize": "PT12H"}, "PT12H"),
        ({"evaluationFrequency": "P1D", "windowSize": "PT1H"}, "longer than"),
        ({"windowSize": "P1D", "condition": {"failingPeriods": {"numberOfEvaluationPeriods": 3}}}, "48 hours"),
        ({"condition": {"query": None}}, "query"),
        ({"condition": {"operator": None}}, "operator"),
        ({"condition": {"threshold": None}}, "threshold"),
        ({"condition": {"timeAggregation": "Average"}}, "metricMeasureColumn"),
        ({"condition": {"metricMeasureColumn": "n"}}, "metricMeasureColumn"),
        ({"condition": {"dimensions": [{"name": "a", "operator": "Include"}]}}, "dimension"),
        ({"condition": {"dimensions": [{"name": "a", "operator": "Include", "values": ["*"]}] * 7}}, "dimensions"),
        ({"condition": {"failingPeriods": {"minFailingPeriodsToAlert": 2}}}, "periods"),
        ({"condition": {"failingPeriods": {"numberOfEvaluationPeriods": 7}}}, "periods"),
        ({"muteActionsDuration": "PT1H"}, "muted"),
        ({"overrideQueryTimeRange": "PT1H"}, "time range"),
        ({"actions": {"actionGroups": ["/subscriptions/x/y"] * 6}}, "action groups"),
        ({"identity": {"type": "UserAssigned"}}, "userAssignedIdentities"),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/no/such": {}}}}, "/no/such"),
        ({"condition": {"query": QUERY}}, "'adx' pattern"),
    ],
)
def test_what_a_rule_may_not_say(insights, changes, said):
    answer = insights.send("PUT", "scheduledQueryRules", "r", rule(**copy.deepcopy(changes)))
    assert said in refused(answer, 400, "BadRequest")


@pytest.mark.parametrize("scopes", [[f"/subscriptions/{SUBSCRIPTION}"] * 2])
def test_a_rule_has_one_scope(insights, scopes):
    answer = insights.send("PUT", "scheduledQueryRules", "r", rule(scopes=scopes))
    assert "exactly 1 resource Id" in refused(answer, 400, "InvalidRequestContent")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"location": None}, "LocationRequired"),
        ({"location": "moon"}, "LocationNotAvailableForResourceType"),
        ({"kind": "LogToMetric"}, "InvalidRequestContent"),
        ({"scopes": ["main"]}, "InvalidRequestContent"),
        ({"condition": {"timeAggregation": "Sum"}}, "InvalidRequestContent"),
    ],
)
def test_what_is_no_rule(insights, changes, code):
    refused(insights.send("PUT", "scheduledQueryRules", "r", rule(**changes)), 400, code)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (QUERY + " | nonsense 1", "nonsense"),
        (QUERY + " | join kind=inner (resources | project id) on id", "join"),
        (QUERY + " | mv-expand a = dynamic([1]) limit 401", "400"),
        (QUERY + " | summarize n = countif(id == 'a')", "countif"),
        (QUERY + " | summarize arg_max(id, *)", "arg_max"),
    ],
)
def test_a_query_of_resource_graph_is_read(insights, identity, query, said):
    body = rule(condition={"query": query}, identity=asking(identity))
    assert said in refused(insights.send("PUT", "scheduledQueryRules", "r", body), 400, "BadRequest")
    made(insights.send("PUT", "scheduledQueryRules", "r", rule(**{**_kept(body), "skipQueryValidation": True})))


def _kept(body):
    (condition,) = body["properties"]["criteria"]["allOf"]
    return {"condition": condition, "identity": body["identity"]}


def test_a_user_assigned_identity_is_answered_with_its_principal(insights, identity, arm):
    known = made(arm.send("GET", identity, **{"api-version": "2023-01-31"}))["properties"]
    body = rule(condition={"query": QUERY}, identity=asking(identity))
    answer = made(insights.send("PUT", "scheduledQueryRules", "r", body))
    (shown,) = answer["identity"]["userAssignedIdentities"].values()
    assert shown == {key: known[key] for key in ("principalId", "clientId")}


def test_a_system_assigned_identity_keeps_its_principal(insights):
    body = rule(condition={"query": QUERY}, identity={"type": "SystemAssigned"})
    first = made(insights.send("PUT", "scheduledQueryRules", "r", body))["identity"]
    assert uuid.UUID(first["principalId"])
    role = {
        "principalId": first["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    }
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    made(insights.arm.send("PUT", path, {"properties": role}, **{"api-version": "2022-04-01"}))
    assert made(insights.send("PUT", "scheduledQueryRules", "r", body))["identity"] == first
    patched = made(insights.send("PATCH", "scheduledQueryRules", "r", {"properties": {"enabled": False}}))
    assert patched["identity"] == first
    assert patched["properties"]["enabled"] is False
    assert patched["properties"]["severity"] == 1


def test_a_rule_cannot_move(insights):
    made(insights.send("PUT", "scheduledQueryRules", "r", rule()))
    moved = insights.send("PUT", "scheduledQueryRules", "r", rule(location="northeurope"))
    refused(moved, 409, "InvalidResourceLocation")


def workbook(**changes):
    properties = {"displayName": "Ours", "category": "workbook", "serializedData": json.dumps({"items": []})}
    return {"location": "westeurope", "kind": "shared", "properties": {**properties, **changes}}


NAME = "deadb33f-5e0d-4064-8ebb-1a4ed0313eb2"


def test_a_workbook_is_answered_without_its_content_unless_that_is_asked_for(insights):
    body = workbook()
    answer = insights.send("PUT", "workbooks", NAME, body)
    assert answer.status_code == 201
    assert answer.json()["properties"]["serializedData"] == body["properties"]["serializedData"]
    bare = made(insights.send("GET", "workbooks", NAME))
    assert bare["properties"]["serializedData"] is None
    assert bare["properties"]["displayName"] == "Ours"
    assert bare["tags"] == {"hidden-title": "Ours"}
    whole = made(insights.send("GET", "workbooks", NAME, canFetchContent="true"))
    assert whole["properties"]["serializedData"] == body["properties"]["serializedData"]
    assert whole["type"] == "microsoft.insights/workbooks"
    assert insights.send("PUT", "workbooks", NAME, body).status_code == 200
    assert insights.send("DELETE", "workbooks", NAME).status_code == 200


def test_workbooks_are_listed_by_category(insights):
    made(insights.send("PUT", "workbooks", NAME, workbook()))
    assert len(made(insights.send("GET", "workbooks", category="workbook"))["value"]) == 1
    assert made(insights.send("GET", "workbooks", category="TSG"))["value"] == []
    refused(insights.send("GET", "workbooks"), 400, "BadRequest")


def test_a_workbook_is_changed_in_place(insights):
    made(insights.send("PUT", "workbooks", NAME, workbook()))
    first = made(insights.send("GET", "workbooks", NAME))["properties"]["revision"]
    patched = made(insights.send("PATCH", "workbooks", NAME, {"properties": {"displayName": "Theirs"}}))
    assert patched["properties"]["displayName"] == patched["tags"]["hidden-title"] == "Theirs"
    assert patched["properties"]["revision"] != first


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("patching", {}, "GUID"),
        (NAME, {"serializedData": "{"}, "JSON"),
        (NAME, {"serializedData": ""}, "serializedData"),
        (NAME, {"displayName": None}, "displayName"),
        (NAME, {"category": None}, "category"),
    ],
)
def test_what_a_workbook_may_not_say(insights, name, changes, said):
    assert said in refused(insights.send("PUT", "workbooks", name, workbook(**changes)), 400, "BadRequest")


def test_an_action_group_is_kept(insights):
    receivers = [{"name": "one", "emailAddress": "one@example.com", "useCommonAlertSchema": True}]
    properties = {"groupShortName": "oncall", "enabled": True, "emailReceivers": receivers}
    answer = insights.send("PUT", "actionGroups", "oncall", {"location": "Global", "properties": properties})
    assert answer.status_code == 201
    found = made(insights.send("GET", "actionGroups", "oncall"))
    assert found["location"] == "Global"
    assert found["properties"]["emailReceivers"] == receivers
    assert found["properties"]["smsReceivers"] == []
    assert len(made(insights.send("GET", "actionGroups"))["value"]) == 1
    patched = made(insights.send("PATCH", "actionGroups", "oncall", {"properties": {"enabled": False}}))
    assert patched["properties"]["enabled"] is False
    assert patched["properties"]["groupShortName"] == "oncall"


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "groupShortName"),
        ({"groupShortName": "thirteen-long"}, "12"),
        ({"groupShortName": "a", "emailReceivers": [{"name": "x"}], "smsReceivers": [{"name": "X"}]}, "unique"),
    ],
)
def test_what_an_action_group_may_not_say(insights, properties, said):
    body = {"location": "Global", "properties": properties}
    assert said in refused(insights.send("PUT", "actionGroups", "g", body), 400, "BadRequest")


def test_an_api_version_that_is_none_is_refused(insights):
    answer = insights.send("GET", "scheduledQueryRules", version="2018-04-16")
    refused(answer, 400, "InvalidApiVersionParameter")


def test_nothing_of_it_is_below_a_group_that_is_not_there(arm):
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/none/providers/Microsoft.Insights/scheduledQueryRules/r"
    refused(arm.send("PUT", path, rule(), **{"api-version": RULES}), 404, "ResourceGroupNotFound")


def test_they_are_resources_of_their_group_and_of_resource_graph(insights, arm):
    made(insights.send("PUT", "scheduledQueryRules", "r", rule()))
    made(insights.send("PUT", "workbooks", NAME, workbook()))
    listed = made(arm.send("GET", f"{insights.group}/resources", **{"api-version": "2021-04-01"}))["value"]
    assert {one["type"].lower() for one in listed} == {
        "microsoft.insights/scheduledqueryrules",
        "microsoft.insights/workbooks",
    }
