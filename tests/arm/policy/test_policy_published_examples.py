"""The published examples of the policy and remediation APIs, replayed: status, and every field of the published answer.

The examples are Microsoft's and are not part of this project: AZURE_FACTS names a directory that holds them;
without it, and without the usual place beside the checkout, skipped. They are about resources of their own, so a
replay keeps a request's shape and puts in what exists here: the ids, the definition, its parameters.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.arm.azure import Settings
from sandbox.arm.policy.definitions import ASSESSMENT, AUDIT_ASSESSMENT, DEFINITIONS
from tests.arm.policy.clouds import GROUP, ROWS, SCOPE

REPOSITORY = Path(__file__).resolve().parents[3]
PUBLISHED = Path(os.environ.get("AZURE_FACTS", REPOSITORY.parent / "shared" / "azure")) / "data"
ASSIGNMENTS = PUBLISHED / "authorization" / "2024-04-01" / "examples"
REMEDIATIONS = PUBLISHED / "policyinsights" / "2021-10-01" / "examples"
COMPANY = "/providers/Microsoft.Management/managementGroups/company"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/linux01"
SCOPES = {"ManagementGroup": COMPANY, "ResourceGroup": GROUP, "Resource": MACHINE, "Subscription": SCOPE}
# Which of our definitions stand for the one of the example matters only by whether it needs an identity.
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/test-identity"
ONLY_WHERE_SET = {"effectiveDefinitionVersion", "latestDefinitionVersion", "systemData", "policyDefinitionReferenceId"}

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published examples are not at {PUBLISHED}")


def examples(folder: Path, prefix: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(folder.glob(f"{prefix}*.json"))]


def missing(theirs: Any, ours: Any, path: str = "") -> list[str]:
    """Return the fields of a published answer that ours has not."""
    if isinstance(theirs, dict):
        return [
            fault
            for key, value in theirs.items()
            if key not in ONLY_WHERE_SET and path not in (".properties.parameters", ".properties.metadata")
            for fault in (missing(value, ours[key], f"{path}.{key}") if key in (ours or {}) else [f"{path}.{key}"])
        ]
    return []


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
    assert answer.json()["properties"]["policyDefinitionId"] == DEFINITIONS[ASSESSMENT].id


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
    again = cloud.call("PUT", target, body, version)
    assert again.status_code == 200
    assert missing(example["responses"]["200"]["body"], again.json()) == []


@pytest.mark.parametrize("path", examples(REMEDIATIONS, "Remediations_ListDeployments"))
def test_deployments_are_listed_as_published(cloud, path):
    example = json.loads(path.read_text(encoding="utf-8"))
    scope = next(scope for name, scope in SCOPES.items() if f"Deployments{name}Scope" in path.stem)
    assignment = cloud.assign("9905ca54-1471-49c6-8291-7582c04cd4d4", COMPANY)
    cloud.grant(assignment["identity"]["principalId"], COMPANY)
    cloud.remediate(assignment, "example", scope)
    found = cloud.deployments("example", scope)
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
    theirs, ours = example["responses"]["200"]["body"], answer.json()
    if verb == "List":
        theirs, ours = theirs["value"][0], ours["value"][0]
    theirs["properties"].pop("filters", None)  # the example's task has some
    assert missing(theirs, ours) == []
