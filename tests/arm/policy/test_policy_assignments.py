"""Policy assignments, definitions, roles and identities: what the service answers, and what it refuses."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.resource.policy.models import PolicyAssignment

from sandbox.arm.policy.definitions import (
    ARC_ASSESSMENT,
    ASSESSMENT,
    AUDIT_ASSESSMENT,
    DEFINITIONS,
    ESSENTIAL_MANAGEMENT,
    PREREQUISITE,
    RECURRING_UPDATES,
)
from tests.arm.policy.clouds import CONTRIBUTOR, GROUP, SCOPE, SPOKE, SUBSCRIPTION

COMPANY = "/providers/Microsoft.Management/managementGroups/company"
MESSAGE = "Your machine doesn't have periodic assessment enabled."
ROLES = "/providers/Microsoft.Authorization/roleDefinitions/"


def assignment_path(scope: str = SCOPE, name: str = "a") -> str:
    return f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"


def body_of(definition: str = ASSESSMENT, **properties) -> dict:
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {"policyDefinitionId": DEFINITIONS[definition].id, **properties},
    }


def code_of(error: HttpResponseError) -> tuple[int, str]:
    return error.status_code, error.error.code


def test_microsofts_client_makes_reads_lists_changes_and_deletes_an_assignment(cloud):
    body = body_of(
        displayName="Assessment",
        parameters={"osType": {"value": "Linux"}},
        nonComplianceMessages=[{"message": MESSAGE}],
        metadata={"assignedBy": "platform team"},
    )
    made = cloud.policy.policy_assignments.create(SCOPE, "assess", PolicyAssignment(body))
    assert made.scope == SCOPE
    assert made.identity.type == "SystemAssigned"
    assert (made.definition_version, made.enforcement_mode, made.not_scopes) == ("4.*.*", "Default", [])
    assert made.non_compliance_messages[0].message == MESSAGE
    assert made.metadata["assignedBy"] == "platform team"
    assert made.metadata["createdBy"]
    assert made.system_data.created_at
    read = cloud.policy.policy_assignments.get(SCOPE, "assess")
    assert read.as_dict() == made.as_dict()
    expanded = cloud.policy.policy_assignments.get(
        SCOPE, "assess", expand="EffectiveDefinitionVersion,LatestDefinitionVersion"
    )
    assert (expanded.effective_definition_version, expanded.latest_definition_version) == ("4.10.0", "4.10.0")
    assert [one.name for one in cloud.policy.policy_assignments.list()] == ["assess"]
    patched = cloud.policy.policy_assignments.update(
        SCOPE,
        "assess",
        {"properties": {"resourceSelectors": [{"selectors": [{"kind": "resourceLocation", "in": ["x"]}]}]}},
    )
    assert patched.identity.principal_id == made.identity.principal_id
    assert patched.display_name == "Assessment"
    assert cloud.policy.policy_assignments.delete(SCOPE, "assess").name == "assess"
    with pytest.raises(ResourceNotFoundError) as missing:
        cloud.policy.policy_assignments.get(SCOPE, "assess")
    assert code_of(missing.value) == (404, "PolicyAssignmentNotFound")
    assert cloud.call("DELETE", assignment_path(name="assess"), version="2025-01-01").status_code == 204


def test_a_principal_stays_over_updates_and_is_new_after_a_new_start(cloud):
    first = cloud.assign(ASSESSMENT)
    assert first["identity"]["tenantId"]
    again = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    assert again["identity"] == first["identity"]
    assert again["properties"]["instanceId"] == first["properties"]["instanceId"]
    cloud.call("DELETE", assignment_path(), version="2025-01-01")
    new = cloud.assign(ASSESSMENT)
    assert new["identity"]["principalId"] != first["identity"]["principalId"]
    assert new["properties"]["instanceId"] != first["properties"]["instanceId"]


def test_an_assignment_without_enforcement_and_without_identity_may_only_audit(cloud):
    answer = cloud.call("PUT", assignment_path(), {"properties": body_of(AUDIT_ASSESSMENT)["properties"]}, "2025-01-01")
    assert answer.status_code == 201
    assert "identity" not in answer.json()
    disabled = body_of(PREREQUISITE, parameters={"effect": {"value": "Disabled"}})
    answer = cloud.call("PUT", assignment_path(name="b"), {"properties": disabled["properties"]}, "2025-01-01")
    assert answer.status_code == 201


LONG_ARRAY = [f"{SCOPE}/resourceGroups/g{at}" for at in range(401)]
REFUSED = {
    "unknown-definition": (
        {"policyDefinitionId": f"{DEFINITIONS[ASSESSMENT].id[:-1]}0"},
        404,
        "PolicyDefinitionNotFound",
    ),
    "unknown-set": (
        {"policyDefinitionId": f"{ESSENTIAL_MANAGEMENT.id[:-1]}0"},
        404,
        "PolicySetDefinitionNotFound",
    ),
    "no-definition": ({"policyDefinitionId": None}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "another-type": ({"policyDefinitionId": GROUP}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "unknown-parameter": ({"parameters": {"os": {"value": "Linux"}}}, 400, "UndefinedPolicyParameter"),
    "not-allowed": ({"parameters": {"osType": {"value": "Solaris"}}}, 400, "PolicyParameterValueNotAllowed"),
    "allowed-in-another-case": ({"parameters": {"osType": {"value": "linux"}}}, 400, "PolicyParameterValueNotAllowed"),
    "pairs-for-an-object": (
        {"parameters": {"tagValues": {"value": [{"key": "a", "value": "b"}]}}},
        400,
        "InvalidPolicyParameterType",
    ),
    "text-for-an-array": ({"parameters": {"locations": {"value": "westeurope"}}}, 400, "InvalidPolicyParameterType"),
    "no-value": ({"parameters": {"osType": {}}}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "parameters-not-an-object": ({"parameters": []}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "unknown-version": ({"definitionVersion": "3.*.*"}, 404, "PolicyDefinitionVersionNotFound"),
    "version-of-another-form": ({"definitionVersion": "latest"}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "enforcement": ({"enforcementMode": "Sometimes"}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "long-name": ({"displayName": "x" * 129}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "long-description": ({"description": "x" * 513}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "long-metadata": ({"metadata": {"a": "x" * 1025}}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "too-many-exclusions": ({"notScopes": LONG_ARRAY}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "exclusion-not-an-id": ({"notScopes": ["nonsense"]}, 400, "InvalidResourceId"),
    "message-without-text": ({"nonComplianceMessages": [{}]}, 400, "InvalidCreatePolicyAssignmentRequest"),
    "message-for-no-member": (
        {"nonComplianceMessages": [{"message": "m", "policyDefinitionReferenceId": "x"}]},
        400,
        "InvalidCreatePolicyAssignmentRequest",
    ),
    "selector": (
        {"resourceSelectors": [{"selectors": [{"kind": "resourceType", "in": ["a"], "notIn": ["b"]}]}]},
        400,
        "InvalidCreatePolicyAssignmentRequest",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_an_assignment_may_not_say(refusing_cloud, case):
    properties, status, code = case
    body = body_of()
    body["properties"].update(properties)
    answer = refusing_cloud.call("PUT", assignment_path(), body, "2025-01-01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert refusing_cloud.call("GET", assignment_path(), version="2025-01-01").status_code == 404


def test_a_required_parameter_must_be_given_and_pairs_are_no_object(cloud):
    answer = cloud.call("PUT", assignment_path(), body_of(RECURRING_UPDATES), "2025-01-01")
    assert answer.json()["error"]["code"] == "MissingPolicyParameter"
    answer = cloud.call(
        "PUT", assignment_path(), body_of(PREREQUISITE, parameters={"tagValues": {"value": {"a": "b"}}}), "2025-01-01"
    )
    assert answer.json()["error"]["code"] == "InvalidPolicyParameterType"


IDENTITIES = {
    "none": ({"identity": None}, "ResourceIdentityRequired"),
    "none-said": ({"identity": {"type": "None"}}, "ResourceIdentityRequired"),
    "no-location": ({"location": None}, "LocationRequired"),
    "global": ({"location": "global"}, "LocationRequired"),
    "no-region": ({"location": "atlantis"}, "LocationNotAvailableForResourceType"),
    "no-user": ({"identity": {"type": "UserAssigned"}}, "InvalidCreatePolicyAssignmentRequest"),
    "unknown-user": (
        {
            "identity": {
                "type": "UserAssigned",
                "userAssignedIdentities": {
                    f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none": {}
                },
            }
        },
        "InvalidCreatePolicyAssignmentRequest",
    ),
    "unknown-type": ({"identity": {"type": "Magic"}}, "InvalidCreatePolicyAssignmentRequest"),
}


@pytest.mark.parametrize("definition", [ASSESSMENT, PREREQUISITE])
@pytest.mark.parametrize("case", IDENTITIES.values(), ids=IDENTITIES.keys())
def test_what_changes_machines_needs_an_identity_in_a_region(refusing_cloud, case, definition):
    changes, code = case
    answer = refusing_cloud.call("PUT", assignment_path(), {**body_of(definition), **changes}, "2025-01-01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text


def test_the_location_of_an_identity_is_fixed(cloud):
    cloud.assign(ASSESSMENT)
    answer = cloud.call("PUT", assignment_path(), {**body_of(), "location": "northeurope"}, "2025-01-01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidLocationUpdate")
    assert (
        cloud.call("PUT", assignment_path(), {**body_of(), "location": "West Europe"}, "2025-01-01").status_code == 201
    )


@pytest.mark.parametrize(
    ("scope", "name", "status"),
    [
        (SCOPE, "x" * 64, 201),
        (SCOPE, "x" * 65, 400),
        (COMPANY, "x" * 24, 201),
        (COMPANY, "x" * 25, 400),
        (GROUP, "a<b", 400),
        (GROUP, "a%20", 400),
        (f"{SCOPE}/resourceGroups/none", "a", 404),
        (f"/subscriptions/{SPOKE[:-1]}0", "a", 404),
        ("/providers/Microsoft.Management/managementGroups/none", "a", 404),
        (f"{GROUP}/providers/Microsoft.Compute/virtualMachines/linux01", "a", 201),
    ],
)
def test_names_and_scopes(refusing_cloud, scope, name, status):
    answer = refusing_cloud.call("PUT", assignment_path(scope, name), body_of(), "2025-01-01")
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["error"]["code"] == "InvalidPolicyAssignmentName"


def test_lists_show_what_applies_at_a_scope(cloud):
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/linux01"
    for name, scope in {
        "mg": COMPANY,
        "sub": SCOPE,
        "group": GROUP,
        "vm": machine,
        "spoke": f"/subscriptions/{SPOKE}",
    }.items():
        cloud.assign(ASSESSMENT, scope, name)

    def listed(scope: str, **query: str) -> set[str]:
        path = f"{scope}/providers/Microsoft.Authorization/policyAssignments"
        return {one["name"] for one in cloud.call("GET", path, version="2025-01-01", **query).json()["value"]}

    assert listed(SCOPE) == {"mg", "sub", "group", "vm"}
    assert listed(SCOPE, **{"$filter": "atScope()"}) == {"mg", "sub"}
    assert listed(GROUP, **{"$filter": "atExactScope()"}) == {"group"}
    assert listed(machine, **{"$filter": "atScope()"}) == {"mg", "sub", "group", "vm"}
    assert listed(SCOPE, **{"$filter": f"policyDefinitionId eq '{DEFINITIONS[ARC_ASSESSMENT].id}'"}) == set()
    assert [
        one.name
        for one in cloud.policy.policy_assignments.list_for_resource_group("rg-legacy", filter="atExactScope()")
    ] == ["group"]
    path = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments"
    answer = cloud.call("GET", path, version="2025-01-01", **{"$filter": "name eq 'x'"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFilterInQueryString")


def test_built_in_definitions_are_read_by_microsofts_client(cloud):
    one = cloud.policy.policy_definitions.get_built_in(ASSESSMENT)
    assert one.id == DEFINITIONS[ASSESSMENT].id
    assert one.policy_type == "BuiltIn"
    assert one.parameters["osType"].allowed_values == ["Windows", "Linux"]
    role = one.policy_rule["then"]["details"]["roleDefinitionIds"]
    assert role == [ROLES + CONTRIBUTOR]
    assert {one.name for one in cloud.policy.policy_definitions.list()} == set(DEFINITIONS)
    built_in = cloud.policy.policy_set_definitions.get_built_in(ESSENTIAL_MANAGEMENT.name)
    assert len(built_in.policy_definitions) == 4
    with pytest.raises(ResourceNotFoundError) as missing:
        cloud.policy.policy_definitions.get_built_in(str(uuid.uuid4()))
    assert code_of(missing.value) == (404, "PolicyDefinitionNotFound")


def role_body(principal: str, role: str = CONTRIBUTOR, principal_type: str | None = "ServicePrincipal"):
    return RoleAssignmentCreateParameters(
        role_definition_id=f"{SCOPE}{ROLES}{role}", principal_id=principal, principal_type=principal_type
    )


def test_microsofts_client_grants_reads_lists_and_revokes_a_role(cloud):
    principal = cloud.assign(ASSESSMENT)["identity"]["principalId"]
    roles = cloud.authorization.role_assignments
    name = str(uuid.uuid4())
    made = roles.create(GROUP, name, role_body(principal, principal_type=None))
    assert (made.scope, made.principal_type) == (GROUP, "ServicePrincipal")
    assert made.role_definition_id == f"{SCOPE}{ROLES}{CONTRIBUTOR}"
    assert roles.get(GROUP, name).id == made.id
    assert [one.name for one in roles.list_for_scope(SCOPE)] == [name]
    assert not list(roles.list_for_scope(SCOPE, filter="atScope()"))
    assert [one.name for one in roles.list_for_scope(GROUP, filter=f"atScope() and assignedTo('{principal}')")] == [
        name
    ]
    assert not list(roles.list_for_scope(GROUP, filter=f"principalId eq '{uuid.uuid4()}'"))
    assert roles.create(GROUP, name, role_body(principal)).id == made.id
    (contributor,) = cloud.authorization.role_definitions.list(SCOPE, filter="roleName eq 'Contributor'")
    assert contributor.id == made.role_definition_id
    assert roles.delete(GROUP, name).name == name
    assert cloud.call("DELETE", made.id, version="2022-04-01").status_code == 204


def test_role_assignments_that_azure_refuses(cloud):
    principal = cloud.assign(ASSESSMENT)["identity"]["principalId"]
    other = cloud.assign(ASSESSMENT, name="other")["identity"]["principalId"]
    roles = cloud.authorization.role_assignments
    name = str(uuid.uuid4())
    roles.create(SCOPE, name, role_body(principal))

    def refused(scope: str, name: str, body: RoleAssignmentCreateParameters) -> tuple[int, str]:
        with pytest.raises(HttpResponseError) as found:
            roles.create(scope, name, body)
        return code_of(found.value)

    with pytest.raises(ResourceExistsError) as exists:
        roles.create(SCOPE, str(uuid.uuid4()), role_body(principal))
    assert code_of(exists.value) == (409, "RoleAssignmentExists")
    assert refused(SCOPE, name, role_body(other)) == (400, "RoleAssignmentUpdateNotPermitted")
    assert refused(GROUP, name, role_body(principal)) == (400, "RoleAssignmentUpdateNotPermitted")
    assert refused(SCOPE, "not-a-guid", role_body(other)) == (400, "InvalidRoleAssignmentId")
    assert refused(SCOPE, str(uuid.uuid4()), role_body(other, str(uuid.uuid4()))) == (400, "RoleDefinitionDoesNotExist")
    unknown = str(uuid.uuid4())
    assert refused(SCOPE, str(uuid.uuid4()), role_body(unknown, principal_type=None)) == (400, "PrincipalNotFound")
    assert refused(SCOPE, str(uuid.uuid4()), role_body(other, principal_type="User")) == (400, "UnmatchedPrincipalType")
    assert roles.create(SCOPE, str(uuid.uuid4()), role_body(unknown)).principal_id == unknown
    assert roles.create(GROUP, str(uuid.uuid4()), role_body(principal)).scope == GROUP


def test_an_identity_of_ones_own_keeps_its_ids(cloud):
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patching"
    made = cloud.call("PUT", path, {"location": "westeurope"}, "2023-01-31")
    again = cloud.call("PUT", path, {"location": "westeurope", "tags": {"a": "b"}}, "2023-01-31")
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["properties"] == again.json()["properties"]
    assert {"principalId", "clientId", "tenantId"} <= set(made.json()["properties"])
    patched = cloud.call("PATCH", path, {"tags": {"c": "d"}}, "2023-01-31").json()
    assert patched["tags"] == {"c": "d"}
    assert cloud.call("DELETE", path, version="2023-01-31").status_code == 200
    assert cloud.call("GET", path, version="2023-01-31").status_code == 404


def test_management_groups_are_those_of_the_seeded_subscriptions(cloud):
    found = cloud.call("GET", f"{COMPANY}", version="2021-04-01").json()
    assert found["properties"]["displayName"] == "Company"
    platform = cloud.call("GET", COMPANY.replace("company", "Platform"), version="2021-04-01").json()
    assert platform["properties"]["details"]["parent"]["name"] == "company"
    listed = cloud.call("GET", "/providers/Microsoft.Management/managementGroups", version="2021-04-01").json()["value"]
    assert [one["name"] for one in listed] == ["company", "platform"]
    below = cloud.call("GET", f"{COMPANY}/subscriptions", version="2021-04-01").json()["value"]
    assert [one["name"] for one in below] == [SPOKE]
    assert SUBSCRIPTION not in str(below)
