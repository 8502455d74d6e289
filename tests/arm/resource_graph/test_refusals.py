"""Queries that are refused: in Resource Graph's shape, in plain words, and never answered wrongly."""

import pytest

from tests.arm.conftest import refused
from tests.arm.resource_graph.conftest import PATH, post


@pytest.fixture
def details(arm):
    def run(query, **body):
        answer = post(arm, {"query": query, **body})
        refused(answer, 400, "BadRequest")
        first, last = answer.json()["error"]["details"]
        assert first["code"] == "InvalidQuery"
        assert last["message"]
        return last

    return run


@pytest.mark.parametrize(
    ("query", "line", "at", "token"),
    [
        ("resources | where", 1, 17, "<EOF>"),
        ("", 1, 0, "<EOF>"),
        ("resources\n| where type = 'x'", 2, 13, "="),
        ("resources | take 5 5", 1, 19, "5"),
        ("resources | where type == 'x", 1, 26, "'"),
        ("resourceGroup =~ DEV", 1, 14, "=~"),
        ("resources |\n// nothing\n| count", 3, 0, "|"),
        ("resources | order id", 1, 18, "id"),
        ("resources | where name in ('a',)", 1, 31, ")"),
    ],
)
def test_a_query_that_cannot_be_read(details, query, line, at, token):
    found = details(query)
    assert found["code"] == "ParserFailure"
    assert (found["line"], found["characterPositionInLine"], found["token"]) == (line, at, token)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("nosuch | count", "DisallowedLogicalTableName", "Table nosuch is invalid, unsupported or disallowed."),
        ("advisorresources", "DisallowedLogicalTableName", "advisorresources"),
        ("resources | extend x = cout()", "UnknownFunction", "Unknown function: 'cout'."),
        ("resources | evaluate bag_unpack(tags)", "InvalidQueryLanguage", "'evaluate'"),
        ("resources | parse kind=regex id with * '/'", "Default", "simple, relaxed"),
        ("resources | parse id with * name", "Default", "'*' ends"),
        ("resources | parse id with first second", "Default", "'first' ends"),
        ("resources | parse id with first:guid '/'", "Default", "datetime"),
        ("resources | parse id with first:dynamic '/'", "Default", "dynamic"),
        ("resources | parse id with first '/' first '/'", "Default", "two columns"),
        ("resources | parse nosuch with first", "Default", "nosuch"),
        ("resources | mv-expand kind=table tags", "Default", "bag or array"),
        ("resources | extend x = datetime_add('fortnight', 1, now())", "Default", "quarter"),
        ("resources | extend x = datetime_add(name, 1, now())", "Default", "constant"),
        ("resources | extend x = format_datetime(now(), 'MMM')", "Default", "'MMM'"),
        ("resources | extend x = startofmonth(properties.a)", "Default", "todatetime"),
        ("resources | summarize sumif(1)", "Default", "2 to 2 arguments"),
        ("resources | summarize sumif(1, name)", "Default", "bool"),
        ("resources | summarize make_bag(name)", "Default", "dynamic"),
        ("resources | render table", "InvalidQueryLanguage", "'render'"),
        ("resources | join kind=leftanti (resources) on id", "UnsupportedJoinFlavor", "leftanti"),
        ("resources | join kind=LeftOuter (resources) on id", "UnsupportedJoinFlavor", "LeftOuter"),
        ("resources | project nosuch", "Default", "There is no column 'nosuch' here. The columns are: id, name"),
        ("resources | project Name", "Default", "There is no column 'Name'"),
        (
            "resources | project name | where type == 'x'",
            "Default",
            "There is no column 'type' here. The columns are: name.",
        ),
        ("resources | summarize count() by tags", "Default", "tostring"),
        ("resources | summarize count() by properties.a", "Default", "tostring"),
        ("resources | order by properties.a", "Default", "tostring"),
        ("resources | distinct *", "Default", "tostring"),
        ("resources | join resources on properties", "Default", "tostring"),
        ("resources | where properties.a", "Default", "tobool"),
        ("resources | where name", "Default", "bool"),
        ("resources | where properties.a == tags.a", "Default", "Cannot compare values of types dynamic and dynamic"),
        ("resources | where count() > 1", "Default", "summarize"),
        ("resources | summarize toint(count())", "UnknownFunction", "toint"),
        ("resources | summarize name", "Default", "aggregates"),
        ("resources | summarize percentile(1, 2)", "UnknownFunction", "percentile"),
        ("resources | project a = 1, a = 2", "Default", "two columns"),
        ("resources | take -1", "Default", "number of rows"),
        ("resources | take name", "Default", "column 'name'"),
        ("resources | project-away nosuch", "Default", "nosuch"),
        ("resources | mv-expand name", "Default", "dynamic"),
        ("resources | mv-expand tags limit 5000", "Default", "2000"),
        ("let x = nosuch; resources", "Default", "nosuch"),
        ("resources" + " | union resources" * 4, "Default", "at most 3"),
        ("resources" + " | mv-expand tags" * 4, "Default", "at most 3"),
        ("resources | where " + "(" * 200 + "true" + ")" * 200, "Default", "deep"),
        ("resources | where 1 == 1" + " - 1" * 5000, "Default", "deep"),
    ],
)
def test_a_query_that_means_nothing_or_is_not_modelled(details, query, code, words):
    found = details(query)
    assert found["code"] == code
    assert words in found["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"subscriptions": ["44444444-4444-4444-8444-444444444444"]}, "NoValidSubscriptionsInQueryRequest"),
        ({"subscriptions": ["../../.."]}, "NoValidSubscriptionsInQueryRequest"),
        ({"subscriptions": [1]}, "InvalidRequest"),
        ({"subscriptions": "x"}, "InvalidRequest"),
        ({"managementGroups": ["nosuch"]}, "InvalidRequest"),
        ({"managementGroups": ["a"], "subscriptions": ["b"]}, "InvalidRequest"),
        ({"options": {"$top": "5"}}, "InvalidRequest"),
        ({"options": {"authorizationScopeFilter": "AtScopeExact"}}, "InvalidRequest"),
        ({"facets": [{"expression": "location"}]}, "FacetsNotSupported"),
    ],
)
def test_a_request_that_is_refused(details, body, code):
    assert details("resources", **body)["code"] == code


def test_only_a_post_is_answered(arm):
    answer = arm.send("GET", PATH, **{"api-version": "2021-03-01"})
    refused(answer, 405, "MethodNotAllowed")
    refused(post(arm, {}, "2020-01-01"), 400, "InvalidApiVersionParameter")
