"""Pages, as Microsoft's own client asks for them, one after another."""

import base64
import json

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from sandbox.arm.seed import seed
from tests.arm.conftest import SUBSCRIPTION, _Credential, made
from tests.arm.policy.clouds import GROUP, arc_machine, virtual_machine
from tests.arm.resource_graph.conftest import post

NAMES = [f"vm{number:04}" for number in range(2500)]
MACHINES = "resources | where type =~ 'microsoft.compute/virtualmachines'"


@pytest.fixture
def client(server):
    with ResourceGraphClient(
        _Credential(), base_url=server.url, authentication_policy=SansIOHTTPPolicy()
    ) as made_client:
        yield made_client


@pytest.fixture
def fleet(tmp_path, server):
    """2,500 machines, loaded in no order."""
    names = sorted(NAMES, key=lambda name: name[::-1])
    seed(tmp_path, [virtual_machine(name, "Linux") for name in names])


def pages(client, query, **options):
    token, found = None, []
    while True:
        asked = QueryRequestOptions(skip_token=token, **options)
        answer = client.resources(QueryRequest(query=query, subscriptions=[SUBSCRIPTION], options=asked))
        found.append(answer)
        token = answer.skip_token
        if not token:
            return found


@pytest.mark.parametrize(
    ("size", "counts"), [(None, [1000, 1000, 500]), (1000, [1000, 1000, 500]), (900, [900, 900, 700])]
)
def test_every_page_of_many_machines(fleet, client, size, counts):
    found = pages(client, f"{MACHINES} | order by id", **({"top": size} if size else {}))
    assert [page.count for page in found] == counts
    assert {page.total_records for page in found} == {2500}
    assert {page.result_truncated for page in found} == {"false"}
    assert [row["name"] for page in found for row in page.data] == NAMES[::-1]


def test_without_an_order_no_machine_is_missed_or_doubled(fleet, client):
    names = [row["name"] for page in pages(client, MACHINES) for row in page.data]
    assert sorted(names) == NAMES


def test_pages_in_the_table_format(fleet, client):
    found = pages(client, f"{MACHINES} | project name, id | order by name asc", result_format="table")
    assert [one["name"] for one in found[0].data["columns"]] == ["name", "id"]
    assert [row[0] for page in found for row in page.data["rows"]] == NAMES


def test_what_comes_changes_and_goes_between_pages_is_not_seen(fleet, client, arm):
    asked = {"query": f"{MACHINES} | order by id asc", "options": {"$top": 1000}}
    first = made(post(arm, asked))
    made(arm.delete(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{NAMES[0]}"))
    made(arm.delete(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{NAMES[1500]}"))
    made(arm.put(f"{GROUP}/providers/Microsoft.HybridCompute/machines/new", {"location": "westeurope"}))
    arm.http.get("/subscriptions", params={"api-version": "2022-09-01"})
    names = [row["name"] for row in first["data"]]
    token = first["$skipToken"]
    while token:
        page = made(post(arm, {**asked, "options": {"$top": 1000, "$skipToken": token}}))
        assert page["totalRecords"] == 2500
        names += [row["name"] for row in page["data"]]
        token = page.get("$skipToken")
    assert names == NAMES
    assert made(post(arm, asked))["totalRecords"] == 2498


def test_the_same_token_again_is_the_same_page(fleet, arm):
    """A client whose answer was lost asks again."""
    asked = {"query": MACHINES, "options": {"$top": 10}}
    token = made(post(arm, asked))["$skipToken"]
    again = {**asked, "options": {"$top": 10, "$skipToken": token}}
    assert made(post(arm, again))["data"] == made(post(arm, again))["data"]


def test_a_token_whose_answer_is_forgotten_skips_the_rows_as_azure_does(fleet, arm):
    asked = {"query": f"{MACHINES} | order by id asc", "options": {"$top": 1000}}
    token = made(post(arm, asked))["$skipToken"]
    for number in range(6):
        made(post(arm, {"query": f"{MACHINES} | where name != '{number}'", "options": {"$top": 1}}))
    page = made(post(arm, {**asked, "options": {"$top": 1000, "$skipToken": token}}))
    assert [row["name"] for row in page["data"]] == NAMES[1000:2000]


def test_rows_without_an_id_are_cut_off_and_said_to_be(fleet, client):
    (page,) = pages(client, f"{MACHINES} | project name")
    assert (page.count, page.total_records, page.result_truncated, page.skip_token) == (1000, 2500, "true", None)


def test_skip_and_top(fleet, client):
    found = pages(client, f"{MACHINES} | order by id asc", skip=2400, top=70)
    assert [page.count for page in found] == [70, 30]
    assert [row["name"] for page in found for row in page.data] == NAMES[2400:]
    # Documented: the query's own limit makes the option be ignored.
    (page,) = pages(client, f"{MACHINES} | order by id asc | take 5", skip=3)
    assert [row["name"] for row in page.data] == NAMES[:5]


def test_the_headers_that_say_what_may_still_be_asked(arm):
    answer = post(arm, {"query": "resources | count"})
    assert int(answer.headers["x-ms-user-quota-remaining"]) > 0
    assert answer.headers["x-ms-user-quota-resets-after"].count(":") == 2


def test_facets_are_an_empty_list_and_no_token_is_no_key(arm):
    assert made(post(arm, {"query": "resources | count"})) == {
        "totalRecords": 1,
        "count": 1,
        "data": [{"Count": 0}],
        "facets": [],
        "resultTruncated": "false",
    }


@pytest.mark.parametrize("version", ["2021-03-01", "2022-10-01", "2024-04-01"])
def test_each_api_version(arm, version):
    assert made(post(arm, {"query": "resources"}, version))["count"] == 0


def token_of(**values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    "options",
    [
        {"top": 0},
        {"top": 1001},
        {"skip": -1},
        {"skip_token": "nonsense"},
        {"skip_token": token_of(answer="a", rowsToSkip=-1, query="b")},
        {"skip_token": token_of(answer="a", rowsToSkip=1, query="b")},
        {"result_format": "xml"},
    ],
)
def test_options_that_are_refused(client, options):
    with pytest.raises(HttpResponseError) as refusal:
        client.resources(QueryRequest(query="resources", options=QueryRequestOptions(**options)))
    assert refusal.value.status_code == 400
    assert refusal.value.error.code == "BadRequest"


def test_two_kinds_of_machines_come_in_the_order_of_their_ids(tmp_path, server, client):
    seed(tmp_path, [arc_machine("b", "Linux"), virtual_machine("a", "Linux"), arc_machine("A2", "Linux")])
    (page,) = pages(client, "resources | project id, name")
    assert [row["id"].lower() for row in page.data] == sorted(row["id"].lower() for row in page.data)
    assert len(page.data) == 3
