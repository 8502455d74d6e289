"""The published examples of the policy and remediation APIs, replayed: status, and every field of the published answer.

The examples are Microsoft's and are not part of this project: AZURE_FACTS names a directory that holds them;
without it, and without the usual place beside the checkout, skipped. They are about resources of their own, so a
replay keeps a request's shape and puts in what exists here: the ids, the definition, its parameters.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.arm.azure import Settings
from sandbox.arm.policy.definitions import ASSESSMENT, AUDIT_ASSESSMENT, DEFINITIONS
from tests.arm import published as rest
from tests.arm.policy.clouds import GROUP, ROWS, SCOPE

PUBLISHED = rest.FACTS
ASSIGNMENTS = PUBLISHED / "authorization" / "2024-04-01" / "examples"
REMEDIATIONS = PUBLISHED / "policyinsights" / "2021-10-01" / "examples"
COMPANY = "/providers/Microsoft.Management/managementGroups/company"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/linux01"
SCOPES = {"ManagementGroup": COMPANY, "ResourceGroup": GROUP, "Resource": MACHINE, "Subscription": SCOPE}
# Which of our definitions stand for the one of the example matters only by whether it needs an identity.
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/test-identity"
ONLY_WHERE_SET = {
    "effectiveDefinitionVersion",
    "latestDefinitionVersion",
    "systemData",
    "policyDefinitionReferenceId",
    "selectors",
}

ASSIGNING = rest.Specification(ASSIGNMENTS.parent / "policyAssignments.json") if ASSIGNMENTS.is_dir() else None
REMEDYING = rest.Specification(REMEDIATIONS.parent / "remediations.json") if REMEDIATIONS.is_dir() else None

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published examples are not at {PUBLISHED}")


def examples(folder: Path, prefix: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(folder.glob(f"{prefix}*.json"))]


def missing(theirs: Any, ours: Any) -> list[str]:
    """Return the fields of a published answer that ours has not, those left out that only some resources have."""
    free = (".properties.parameters.", ".properties.metadata.", *(f".{name}" for name in ONLY_WHERE_SET))
    return [path for path in rest.missing(theirs, ours) if not any(one in f"{path}." for one in free)]


def assignment_of(body: dict[str, Any]) -> dict[str, Any]:
    definition = ASSESSMENT if body.get("identity", {}).get("type", "None") != "None" else AUDIT_ASSESSMENT
    properties = {**body["properties"], "policyDefinitionId": DEFINITIONS[definition].id}
    properties.pop("definitionVersion", None)
    properties["parameters"] = {"effect": {"value": "Audit"}} if definition == AUDIT_ASSESSMENT else {}
    for reference in (*properties.get("overrides", []), *properties.get("nonComplianceMessages", [])):
        reference.pop("selectors", None)
        reference.pop("policyDefinitionReferenceId", None)
    if body.get("identity", {}).get("userAssignedIdentities"):
        body = {**body, "identity": {**body["identity"], "userAssignedIdentities": {IDENTITY: {}}}}
    return {**body, "properties": properties}


@pytest.mark.parametrize("path", examples(ASSIGNMENTS, "createPolicyAssignment"))
def test_assignments_are_made_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    cloud.call("PUT", IDENTITY, {"location": "westeurope"}, "2023-01-31")
    body = assignment_of(example["parameters"]["parameters"])
    target = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/example"
    answer = cloud.call("PUT", target, body, example["parameters"]["api-version"])
    assert str(answer.status_code) in example["responses"], answer.text
    assert ASSIGNING.faults_in_answer(path.stem, answer.status_code, answer.json()) == []
    published = example["responses"][str(answer.status_code)]["body"]
    if "userAssignedIdentities" in published.get("identity", {}):
        assert set(answer.json()["identity"]["userAssignedIdentities"][IDENTITY]) == {"principalId", "clientId"}
        published["identity"].pop("userAssignedIdentities")
    assert missing(published, answer.json()) == []
    read = cloud.call("GET", target, None, example["parameters"]["api-version"])
    assert (read.status_code, read.json()) == (200, answer.json())


@pytest.mark.parametrize("path", examples(ASSIGNMENTS, "updatePolicyAssignment"))
def test_assignments_are_patched_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    cloud.call("PUT", IDENTITY, {"location": "eastus"}, "2023-01-31")
    assignment = cloud.assign(ASSESSMENT, location="eastus")
    patch = example["parameters"]["parameters"]
    if patch.get("identity", {}).get("userAssignedIdentities"):
        patch["identity"]["userAssignedIdentities"] = {IDENTITY: {}}
    for override in patch.get("properties", {}).get("overrides", []):
        override.pop("selectors", None)
    answer = cloud.call("PATCH", assignment["id"], patch, example["parameters"]["api-version"])
    assert str(answer.status_code) in example["responses"], answer.text
    assert ASSIGNING.faults_in_answer(path.stem, answer.status_code, answer.json()) == []
    assert answer.json()["properties"]["policyDefinitionId"] == DEFINITIONS[ASSESSMENT].id


@pytest.mark.parametrize("path", examples(ASSIGNMENTS, "getPolicyAssignment"))
def test_assignments_are_read_as_published(cloud, path):
    """One is made of what the example answers, and read."""
    example = json.loads(path.read_text(encoding="utf-8"))
    published = example["responses"]["200"]["body"]
    cloud.call("PUT", IDENTITY, {"location": published.get("location", "westeurope")}, "2023-01-31")
    body = {key: published[key] for key in ("identity", "location", "properties") if key in published}
    target = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/{published['name']}"
    made = cloud.call("PUT", target, assignment_of(json.loads(json.dumps(body))), example["parameters"]["api-version"])
    assert made.status_code == 201, made.text
    answer = cloud.call("GET", target, None, example["parameters"]["api-version"])
    assert answer.status_code == 200
    assert ASSIGNING.faults_in_answer(path.stem, 200, answer.json()) == []
    published.get("identity", {}).pop("userAssignedIdentities", None)
    assert missing(published, answer.json()) == []


@pytest.mark.parametrize("path", examples(ASSIGNMENTS, "deletePolicyAssignment"))
def test_assignments_are_deleted_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    worded = {"displayName": "Assess", "description": "Periodic assessment", "metadata": {"category": "Updates"}}
    assignment = cloud.assign(ASSESSMENT, properties=worded)
    for status in (200, 204):
        answer = cloud.call("DELETE", assignment["id"], None, example["parameters"]["api-version"])
        assert answer.status_code == status
        assert str(status) in example["responses"]
        if status == 200:
            assert ASSIGNING.faults_in_answer(path.stem, 200, answer.json()) == []
            assert missing(example["responses"]["200"]["body"], answer.json()) == []


@pytest.mark.parametrize("path", examples(ASSIGNMENTS, "listPolicyAssignments"))
def test_assignments_are_listed_as_published(cloud, path):
    """At the scope that the example names, with its filter."""
    example = json.loads(path.read_text(encoding="utf-8"))
    name = path.stem.removeprefix("listPolicyAssignments").removeprefix("For") or "Subscription"
    for scope in (COMPANY, SCOPE, GROUP):
        worded = {"displayName": "Assess", "description": "Periodic assessment", "metadata": {"category": "Updates"}}
        cloud.assign(ASSESSMENT, scope, parameters={"osType": "Linux"}, properties=worded)
    parameters = example["parameters"]
    query = {key: value for key, value in parameters.items() if key.startswith("$") and key != "$top"}
    query = {key: value.replace(parameters.get("managementGroupId", "-"), "company") for key, value in query.items()}
    answer = cloud.call(
        "GET",
        f"{SCOPES[name]}/providers/Microsoft.Authorization/policyAssignments",
        None,
        parameters["api-version"],
        **query,
    )
    assert answer.status_code == 200, answer.text
    assert ASSIGNING.faults_in_answer(path.stem, 200, answer.json()) == []
    assert answer.json()["value"]
    published = dict(example["responses"]["200"]["body"]["value"][0])
    assert (
        missing({key: published[key] for key in ("id", "name", "type", "properties")}, answer.json()["value"][0]) == []
    )


@pytest.mark.parametrize("path", examples(REMEDIATIONS, "Remediations_Create"))
def test_remediations_are_made_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    scope = next(scope for name, scope in SCOPES.items() if f"Create{name}Scope" in path.stem)
    assignment = cloud.assign(ASSESSMENT, COMPANY, parameters={"osType": "Linux"})
    body = example["parameters"]["parameters"]
    body["properties"]["policyAssignmentId"] = assignment["id"]
    body["properties"].pop("policyDefinitionReferenceId", None)
    target = f"{scope}/providers/Microsoft.PolicyInsights/remediations/example"
    version = example["parameters"]["api-version"]
    answer = cloud.call("PUT", target, body, version)
    assert answer.status_code == 201, answer.text
    assert missing(example["responses"]["201"]["body"], answer.json()) == []
    assert REMEDYING.faults_in_answer(path.stem, 201, answer.json()) == []
    again = cloud.call("PUT", target, body, version)
    assert again.status_code == 200
    assert missing(example["responses"]["200"]["body"], again.json()) == []
    assert REMEDYING.faults_in_answer(path.stem, 200, again.json()) == []


@pytest.mark.parametrize("path", examples(REMEDIATIONS, "Remediations_ListDeployments"))
def test_deployments_are_listed_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    scope = next(scope for name, scope in SCOPES.items() if f"Deployments{name}Scope" in path.stem)
    assignment = cloud.assign("9905ca54-1471-49c6-8291-7582c04cd4d4", COMPANY)
    cloud.grant(assignment["identity"]["principalId"], COMPANY)
    cloud.remediate(assignment, "example", scope)
    found = cloud.deployments("example", scope)
    assert REMEDYING.faults_in_answer(path.stem, 200, {"value": found}) == []
    published = example["responses"]["200"]["body"]["value"][0]
    assert found
    assert missing(published, found[0]) == []


@pytest.mark.parametrize("verb", ["Get", "List", "Cancel", "Delete"])
@pytest.mark.parametrize("name", SCOPES)
def test_remediations_are_read_and_ended_as_published(make_cloud, verb, name):

    path = REMEDIATIONS / f"Remediations_{verb}{name}Scope.json"
    example = json.loads(path.read_text(encoding="utf-8"))
    cloud = make_cloud(*ROWS, settings=Settings(operation_delay=1000 if verb == "Cancel" else 0))
    assignment = cloud.assign(ASSESSMENT, COMPANY, parameters={"osType": "Linux"})
    target = f"{SCOPES[name]}/providers/Microsoft.PolicyInsights/remediations"
    made = cloud.call(
        "PUT", f"{target}/example", {"properties": {"policyAssignmentId": assignment["id"]}}, "2021-10-01"
    )
    assert made.status_code == 201
    method, suffix = {
        "Get": ("GET", ""),
        "List": ("GET", None),
        "Cancel": ("POST", "/cancel"),
        "Delete": ("DELETE", ""),
    }[verb]
    answer = cloud.call(method, target if suffix is None else f"{target}/example{suffix}", None, "2021-10-01")
    assert answer.status_code == 200, answer.text
    assert REMEDYING.faults_in_answer(path.stem, 200, answer.json()) == []
    theirs, ours = example["responses"]["200"]["body"], answer.json()
    if verb == "List":
        theirs, ours = theirs["value"][0], ours["value"][0]
    theirs["properties"].pop("filters", None)  # the example's task has some
    assert missing(theirs, ours) == []


@pytest.mark.parametrize("path", sorted(REMEDIATIONS.glob("*_WithQuery.json")), ids=lambda path: path.stem)
def test_remediations_are_listed_with_the_published_query(make_cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    name = path.stem.removeprefix("Remediations_List").removesuffix("Scope_WithQuery")
    cloud = make_cloud(*ROWS, settings=Settings(operation_delay=0))
    assignment = cloud.assign(ASSESSMENT, COMPANY, parameters={"osType": "Linux"})
    target = f"{SCOPES[name]}/providers/Microsoft.PolicyInsights/remediations"
    body = {"properties": {"policyAssignmentId": assignment["id"]}}
    for number in range(3):
        assert cloud.call("PUT", f"{target}/example{number}", body, "2021-10-01").status_code == 201
    query = {key: str(value) for key, value in example["parameters"].items() if key.startswith("$")}
    if "$filter" in query:
        query["$filter"] = f"PolicyAssignmentId eq '{assignment['id'].lower()}'"
    answer = cloud.call("GET", target, None, "2021-10-01", **query)
    assert answer.status_code == 200, answer.text
    assert REMEDYING.faults_in_answer(path.stem, 200, answer.json()) == []
    assert len(answer.json()["value"]) == min(int(query.get("$top", 3)), 3)


def test_every_example_is_replayed():
    """What this file's patterns do not name is a new example, or none of ours."""
    replayed = {
        path.stem
        for folder, patterns in (
            (
                ASSIGNMENTS,
                [
                    "createPolicyAssignment*",
                    "updatePolicyAssignment*",
                    "getPolicyAssignment*",
                    "deletePolicyAssignment*",
                    "listPolicyAssignments*",
                ],
            ),
            (
                REMEDIATIONS,
                [
                    "Remediations_Create*",
                    "Remediations_ListDeployments*",
                    "Remediations_*_WithQuery",
                    *(
                        f"Remediations_{verb}{name}Scope"
                        for verb in ("Get", "List", "Cancel", "Delete")
                        for name in SCOPES
                    ),
                ],
            ),
        )
        for pattern in patterns
        for path in folder.glob(f"{pattern}.json")
    }
    assert replayed == {path.stem for folder in (ASSIGNMENTS, REMEDIATIONS) for path in folder.glob("*.json")}
