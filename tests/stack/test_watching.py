"""`monitoring` on the stack dev: what lands, that it stays as it is, and that rules and workbook ask what they say."""

import json
from collections import Counter

import httpx
import pytest

from sandbox.arm.providers.insights.alert_queries import graph_query
from tests.conftest import REPOSITORY
from tests.stack.clients import FACTORY, MAIN, SPOKE
from tests.stack.test_a_year import ask, name_of
from tests.stack.test_lifecycle import UP, changed_urns, changes, edit, resource_ids

pytestmark = pytest.mark.xdist_group("watching")

GROUP = f"/subscriptions/{MAIN}/resourceGroups/rg-patching-dev/providers"
ON_CALL = f"/subscriptions/{MAIN}/resourceGroups/rg-legacy/providers/Microsoft.Insights/actionGroups/oncall"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
MONITORING = f"""\
  azure-patching:monitoring:
    alerts:
      actionGroups: [{ON_CALL}]
    workbook:
      displayName: Patching in the lab
"""


def read(lab, path, version, **query):
    answer = httpx.get(lab.url + path, params={"api-version": version, **query}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rules_of(lab):
    listed = read(lab, f"{GROUP}/Microsoft.Insights/scheduledQueryRules", "2021-08-01")["value"]
    return {one["properties"]["displayName"]: one for one in listed}


def the_workbook(lab):
    listed = read(lab, f"{GROUP}/Microsoft.Insights/workbooks", "2023-06-01", category="workbook")["value"]
    (found,) = listed
    return read(lab, found["id"], "2023-06-01", canFetchContent="true")


def a_machine_that_is_gone():
    """An Arc machine of the stack's own subscription whose agent is not connected."""
    rows = json.loads((REPOSITORY / "sandbox" / "estate.json").read_text())["data"]
    (row,) = [one for one in rows if one["name"] == "arc04"]
    return row | {"name": "gone", "id": f"{row['id'].replace(FACTORY, MAIN).rpartition('/')[0]}/gone"}


def queries_of(lab):
    return json.loads(lab.pulumi("stack", "output", "queries", "--json").stdout)


def test_a_life_with_alerts_and_a_workbook(serve_lab):
    lab = serve_lab("dev")
    before = resource_ids(lab)
    httpx.put(
        f"{lab.url}{ON_CALL}",
        params={"api-version": "2023-01-01"},
        json={"location": "Global", "properties": {"groupShortName": "oncall", "enabled": True}},
    ).raise_for_status()
    edit(lab, "config:\n", f"config:\n{MONITORING}")
    made = changed_urns(lab.pulumi(*UP, "--json"))
    assert {operation for operation, _ in made} == {"create"}
    assert Counter(name.partition("-")[0] for _, name in made) == {"alerts": 7, "workbook": 2}, made

    assert changes(lab.pulumi(*UP)) == {}
    assert changes(lab.pulumi("refresh", "--yes", "--skip-preview")) == {}
    assert changes(lab.pulumi(*UP)) == {}

    told = json.loads(lab.pulumi("stack", "output", "monitoring", "--json").stdout)
    rules, workbook = rules_of(lab), the_workbook(lab)
    assert set(told["alerts"]["ruleIds"].values()) == {one["id"] for one in rules.values()}
    assert told["workbook"]["resourceId"] == workbook["id"]
    (identity,) = {next(iter(one["identity"]["userAssignedIdentities"])) for one in rules.values()}
    assert told["alerts"]["identityId"].lower() == identity.lower()
    assert all(one["properties"]["actions"]["actionGroups"] == [ON_CALL] for one in rules.values())
    assert workbook["properties"]["displayName"] == "Patching in the lab"

    edit(lab, f"[{ON_CALL}]", f"[{ON_CALL}]\n      rules: {{failedRuns: {{severity: 0}}}}")
    assert changed_urns(lab.pulumi(*UP, "--json")) == {("update", "alerts-failedRuns")}
    assert rules_of(lab)["Patching: runs failed"]["properties"]["severity"] == 0
    edit(lab, "Patching in the lab", "Ours")
    assert changed_urns(lab.pulumi(*UP, "--json")) == {("update", "workbook-workbook")}
    assert json.loads(the_workbook(lab)["properties"]["serializedData"])["items"][0]["content"]["json"] == "# Ours"

    text = lab.stack_file.read_text()
    start, end = text.index("    alerts:\n      actionGroups"), text.index("    workbook:\n")
    lab.stack_file.write_text(text[:start] + text[end:])
    assert {operation for operation, _ in changed_urns(lab.pulumi(*UP, "--json"))} == {"delete"}
    assert rules_of(lab) == {}
    assert resource_ids(lab) - before == {ON_CALL.lower(), workbook["id"].lower()}
    assert changes(lab.pulumi("destroy", "--yes", "--skip-preview")).keys() == {"deleted"}
    assert {one for one in resource_ids(lab) if "rg-patching-dev" in one} == set()


@pytest.fixture(scope="module")
def watched(engine, tmp_path_factory):
    """The lab with alerts and a workbook, two months later."""
    from tests.stack.conftest import _labs

    for make in _labs(tmp_path_factory):
        lab = make("dev")
        edit(lab, "config:\n", f"config:\n{MONITORING}")
        assert changes(lab.pulumi(*UP)).keys() == {"created"}
        gone = lab.state / "gone.json"
        gone.write_text(json.dumps([a_machine_that_is_gone()]))
        assert lab.sandbox("seed", str(gone)).returncode == 0
        ended = lab.sandbox("run-until", "2027-03-10T13:30:00+00:00", "--format", "json")
        assert ended.returncode == 0, ended.stderr
        yield lab, json.loads(ended.stdout)


def test_the_identity_of_the_rules_may_read_the_stacks_subscriptions_and_no_other(watched):
    lab, _ = watched
    found = {}
    for clients, subscription in ((lab.main, MAIN), (lab.spoke, SPOKE), (lab.factory, FACTORY)):
        for one in clients.authorization.role_assignments.list_for_subscription():
            if one.role_definition_id.endswith(READER):
                found.setdefault(one.principal_id, set()).add(one.scope)
                assert one.scope == f"/subscriptions/{subscription}"
    (rule, *_) = rules_of(lab).values()
    ((_, identity),) = rule["identity"]["userAssignedIdentities"].items()
    assert found == {identity["principalId"]: {f"/subscriptions/{one}" for one in (MAIN, SPOKE)}}


def test_rules_and_the_workbook_ask_what_the_outputs_do(watched):
    lab, _ = watched
    queries = queries_of(lab)
    asked = {
        title: ask(lab, graph_query(rule["properties"]["criteria"]["allOf"][0]["query"]))
        for title, rule in rules_of(lab).items()
    }
    (not_ready,) = asked["Patching: machines not ready"]
    assert name_of(not_ready["id"]) == "gone"
    assert [not_ready] == ask(lab, queries["machinesNotReady"])
    assert asked["Patching: runs missed"] == ask(lab, queries["missedRuns"])
    day_before = "2027-03-09T13:30:00"
    failed = [row for row in ask(lab, queries["failures"]) if row["started"] > day_before]
    assert sorted(row["id"] for row in asked["Patching: runs failed"]) == sorted(row["id"] for row in failed)
    shown = json.loads(the_workbook(lab)["properties"]["serializedData"])
    assert {one["name"]: one["content"]["query"] for one in shown["items"][1:]} == queries


def test_the_columns_that_rules_name_are_there_and_their_resources_too(watched):
    """An alert is told about the resource that its row names, and split by a column that has to be there."""
    lab, told = watched
    for rule in rules_of(lab).values():
        condition = rule["properties"]["criteria"]["allOf"][0]
        (kind,) = rule["properties"]["targetResourceTypes"]
        named = {one["name"] for one in condition.get("dimensions", [])}
        for row in ask(lab, graph_query(condition["query"])):
            assert named <= row.keys()
            assert row[condition["resourceIdColumn"]].lower().startswith("/subscriptions/")
            assert kind.lower().rpartition("/")[2] in row[condition["resourceIdColumn"]].lower() or "hybridcompute" in (
                row[condition["resourceIdColumn"]].lower()
            )
    assert told["runs"]


def test_runs_are_those_of_the_simulation(watched):
    lab, told = watched
    queries = queries_of(lab)
    counted = Counter()
    for row in ask(lab, queries["runs"]):
        counted[row["schedule"], row["status"]] += row["runs"]
    assert counted == Counter((name_of(run["configuration"]), run["status"]) for run in told["runs"])
    failed = {
        (name_of(run["configuration"]), machine["id"].lower())
        for run in told["runs"]
        for machine in run["machines"]
        if machine["status"] not in ("Succeeded", "InProgress")
    }
    assert {(row["schedule"], row["machine"]) for row in ask(lab, queries["failures"])} == failed


def test_compliance_is_what_microsofts_client_reads(watched):
    lab, _ = watched
    queries = queries_of(lab)
    expected = set[tuple[str, str]]().union(*(clients.non_compliant() for clients in (lab.main, lab.spoke)))
    rows = ask(lab, queries["machinesNotCompliant"])
    assert {(row["machine"], row["policy"].lower()) for row in rows} == expected
    counted = {(row["policy"].lower(), row["state"]): row["machines"] for row in ask(lab, queries["policyCompliance"])}
    states = Counter()
    for clients, subscription in ((lab.main, MAIN), (lab.spoke, SPOKE)):
        for state in clients.insights.policy_states.list_query_results_for_subscription("latest", subscription):
            states[state.policy_assignment_name.lower(), state.compliance_state] += 1
    assert counted == states
