"""As whom a policy acts: an identity of its own or a given one, its roles, and what a preview knows of it."""

import pulumi
import pytest

from components import AzurePolicy

ASSIGNMENT = "azure-native:authorization:PolicyAssignment"
ROLE = "azure-native:authorization:RoleAssignment"
REMEDIATION = "azure-native:policyinsights:RemediationAtResource"
SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
IDENTITY = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patching"
OTHER = IDENTITY.replace("patching", "other")
CONFIGURATION = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/linux"


@pytest.fixture
def assign(record, provider_options):
    def run(name="policy", *, preview=False, monitor=None, **changes):
        args = {"kind": "periodicAssessment", "scope": SUBSCRIPTION, "location": "westeurope"} | changes

        def program():
            policy = AzurePolicy(name, args, provider_options())
            for output in ("principal_ids", "remediation_ids", "roles_to_grant"):
                pulumi.export(output, getattr(policy, output))

        return record(program, preview=preview, **(monitor or {}))

    return run


def roles_of(recording):
    return {role.inputs["roleDefinitionId"][-8:] for role in recording.of_type(ROLE).values()}


@pytest.mark.parametrize("known", [True, False])
def test_a_given_identity_acts_for_all_assignments_and_has_each_role_once(assign, later, known):
    recording = assign(identity=IDENTITY if known else later(IDENTITY))
    identities = [one.inputs["identity"] for one in recording.of_type(ASSIGNMENT).values()]
    assert identities == [{"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]}] * 4
    assert set(recording.of_type(ROLE)) == {"policy-role-b24988ac", "policy-role-cd570a14"}
    assert {role.inputs["principalId"] for role in recording.of_type(ROLE).values()} == {f"principal-of-{IDENTITY}"}
    assert set(recording.outputs["principal_ids"].values()) == {f"principal-of-{IDENTITY}"}
    for name, task in recording.of_type(REMEDIATION).items():
        own = "policy-role-cd570a14" if name.endswith("-arc") else "policy-role-b24988ac"
        assert recording.names(task.dependencies) >= {name, own}


def test_its_roles_stay_as_they_are_when_an_assignment_goes(assign):
    all_of_it, less = assign(identity=IDENTITY), assign(identity=IDENTITY, operating_systems=["Windows"])
    assert {one.urn: one.inputs for one in all_of_it.of_type(ROLE).values()} == {
        one.urn: one.inputs for one in less.of_type(ROLE).values()
    }


def test_it_reads_a_configuration_elsewhere_too(assign):
    changes = {
        "kind": "recurringUpdates",
        "maintenance_configuration_id": CONFIGURATION,
        "scope": f"{SUBSCRIPTION[:-1]}2",
    }
    recording = assign(identity=IDENTITY, **changes)
    assert {role.inputs["scope"] for role in recording.of_type(ROLE).values()} == {changes["scope"], CONFIGURATION}


def test_what_another_team_must_grant_it_is_told_once(assign):
    told = assign(identity=IDENTITY, assign_roles=False).outputs["roles_to_grant"]
    assert len(told) == 2
    assert {one["principal_id"] for one in told} == {f"principal-of-{IDENTITY}"}


def test_another_identity_is_another_task(assign):
    def names(identity):
        made = assign(identity=identity).of_type(REMEDIATION).values()
        return {one.inputs["remediationName"] for one in made}

    assert names(IDENTITY) == names(IDENTITY)
    assert not names(IDENTITY) & names(OTHER)


def test_a_version_is_pinned_and_part_of_what_a_task_must_redo(assign):
    def made(**changes):
        recording = assign(kind="schedulingPrerequisite", **changes)
        version = recording.one(ASSIGNMENT).inputs.get("definitionVersion")
        return version, recording.one(REMEDIATION).inputs["remediationName"]

    (free, first), (minor, second), (major, third) = (
        made(),
        made(definition_version="1.2.*"),
        made(definition_version="1.*.*"),
    )
    assert (free, minor, major) == (None, "1.2.*", "1.*.*")
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"identity": SUBSCRIPTION}, "identity"),
        ({"identity": CONFIGURATION}, "identity"),
        ({"definition_version": "4"}, "definition_version"),
        ({"definition_version": "4.*.1"}, "definition_version"),
        ({"definition_version": "4.*.*"}, "definition_version"),
        ({"definition_version": "2.*.*", "machines": ["azure"]}, "definition_version"),
    ],
)
def test_what_is_wrong_is_told_at_once(assign, changes, path):
    with pytest.raises(pulumi.RunError) as raised:
        assign(**changes)
    (line,) = str(raised.value).splitlines()[1:]
    assert line.startswith(f"  {path}:")


def system_assigned(principal="principal-there"):
    return {"*": {"identity": {"type": "SystemAssigned", "principalId": principal}}}


ONE = {"machines": ["arc"], "operating_systems": ["Linux"]}


def test_the_preview_of_a_change_in_place_knows_role_and_task(assign):
    """Unknown, they would be previewed as replaced, which they are not."""
    deployed = assign(**ONE, monitor={"principals": lambda _: "principal-there"})
    preview = assign(**ONE, preview=True, monitor={"exists": True, "edited": True, "there": system_assigned()})
    for token in (ROLE, REMEDIATION):
        assert preview.one(token).inputs == deployed.one(token).inputs
    assert preview.outputs["principal_ids"] == {"linux-arc": "principal-there"}
    name = deployed.one(ASSIGNMENT).inputs["policyAssignmentName"]
    assert [arguments for _, arguments, _ in preview.calls] == [{"scope": SUBSCRIPTION, "policyAssignmentName": name}]


def test_so_does_that_of_a_given_identity(assign):
    there = {"*": {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {"principalId": "one"}}}}}
    changes = ONE | {"identity": IDENTITY}
    preview = assign(**changes, preview=True, monitor={"exists": True, "edited": True, "there": there})
    assert preview.one(ROLE).inputs["principalId"] == "one"


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        ({}, {}),
        (system_assigned(), {"identity": IDENTITY}),
        ({"*": {"identity": {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {"principalId": "x"}}}}}, {}),
        (
            {"*": {"identity": {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {"principalId": "x"}}}}},
            {"identity": IDENTITY},
        ),
        ({"*": {}}, {}),
    ],
)
def test_a_preview_claims_nothing_where_the_identity_may_become_another(assign, there, changes):
    preview = assign(**ONE, **changes, preview=True, monitor={"exists": True, "edited": True, "there": there})
    assert repr(preview.one(ROLE).inputs["principalId"]) == "<unknown>"
    assert repr(preview.one(REMEDIATION).inputs["remediationName"]) == "<unknown>"


@pytest.mark.parametrize("exists", [True, False])
def test_no_other_preview_asks(assign, exists):
    assert assign(preview=True, monitor={"exists": exists}).calls == []


@pytest.mark.parametrize("settle", [0, 10])
@pytest.mark.parametrize("preview", [True, False])
def test_the_task_depends_on_its_role_whether_or_not_it_waits_for_it_to_spread(assign, settle, preview, monkeypatch):
    waits = []

    async def wait(granted, settle, _report):
        waits.append((granted, settle.total_seconds()))

    monkeypatch.setattr("components.spreading.wait_to_spread", wait)
    recording = assign(**ONE, remediation={"settle_minutes": settle}, preview=preview)
    task = recording.one(REMEDIATION)
    assert recording.one(ROLE).urn in task.dependencies
    assert waits == ([([None], 600)] if settle and not preview else [])
    assert (
        task.inputs.get("remediationName")
        == assign(**ONE, preview=preview).one(REMEDIATION).inputs.get("remediationName")
        or repr(task.inputs["remediationName"]) == "<unknown>"
    )
