import pulumi
import pytest

from components import AzurePolicy, MachineAssignments
from patching.policy_definitions import PolicyKind

ASSIGNMENT = "azure-native:authorization:PolicyAssignment"
ROLE = "azure-native:authorization:RoleAssignment"
REMEDIATION = "azure-native:policyinsights:RemediationAtResource"
SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-web"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/platform"
CONFIGURATION = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/linux"
OUTPUTS = (
    "name",
    "resource_ids",
    "principal_ids",
    "remediation_ids",
    "remediations",
    "roles_to_grant",
    "warnings",
    "ended",
)


@pytest.fixture
def assign(record, provider_options):
    def run(name="policy", *, preview=False, after=None, monitor=None, **changes):
        args = {"kind": "schedulingPrerequisite", "scope": SUBSCRIPTION, "location": "westeurope"} | changes
        args = {key: value for key, value in args.items() if value is not None}

        def program():
            options = provider_options()
            policy = AzurePolicy(name, args, options)
            for output in OUTPUTS:
                pulumi.export(output, getattr(policy, output))
            if after:
                after(policy, options)

        return record(program, preview=preview, **(monitor or {}))

    return run


def _answer(state, *, total=2, failed=0, message=None):
    deployments = {"totalDeployments": total, "successfulDeployments": total - failed, "failedDeployments": failed}
    return {"provisioningState": state, "statusMessage": message, "deploymentStatus": deployments}


def test_assessment_is_one_assignment_role_and_task_for_each_system_and_sort_of_machine(assign):
    recording = assign(kind="periodicAssessment", tags={"env": "prod"}, mode="ImageDefault")
    keys = {"linux", "windows", "linux-arc", "windows-arc"}
    assignments = recording.of_type(ASSIGNMENT)
    assert set(assignments) == {f"policy-{key}" for key in keys}
    assert set(recording.of_type(REMEDIATION)) == {f"policy-{key}" for key in keys}
    assert len(recording.of_type(ROLE)) == len(keys)
    assert {key: one.inputs["parameters"]["osType"]["value"] for key, one in assignments.items()} == {
        "policy-linux": "Linux",
        "policy-windows": "Windows",
        "policy-linux-arc": "Linux",
        "policy-windows-arc": "Windows",
    }
    assert all(one.inputs["parameters"]["tagValues"]["value"] == {"env": "prod"} for one in assignments.values())
    assert all(one.inputs["parameters"]["assessmentMode"]["value"] == "ImageDefault" for one in assignments.values())
    assert len({one.inputs["policyAssignmentName"] for one in assignments.values()}) == len(keys)
    assert set(recording.outputs["resource_ids"]) == keys


def test_what_is_left_out_is_not_assigned(assign):
    recording = assign(kind="periodicAssessment", operating_systems=["Linux"], machines=["arc"])
    assert set(recording.of_type(ASSIGNMENT)) == {"policy-linux-arc"}


def test_parameters_have_the_definitions_own_shape(assign):
    parameters = assign(tags={"env": "prod"}).one(ASSIGNMENT).inputs["parameters"]
    assert parameters["tagValues"] == {"value": [{"key": "env", "value": "prod"}]}
    assert parameters["operatingSystemTypes"] == {"value": ["Linux", "Windows"]}


@pytest.mark.parametrize("known", [True, False])
def test_recurring_updates_carry_the_configuration(assign, later, known):
    configuration = CONFIGURATION if known else later(CONFIGURATION)
    recording = assign(kind="recurringUpdates", maintenance_configuration_id=configuration)
    parameters = recording.one(ASSIGNMENT).inputs["parameters"]
    assert parameters["maintenanceConfigurationResourceId"] == {"value": CONFIGURATION}


def test_an_assignment_has_an_identity_is_protected_and_replaced_where_azure_cannot_change_it(assign):
    recording = assign(non_compliance_message="Not ready.", enforcement_mode="DoNotEnforce", not_scopes=[GROUP])
    made = recording.one(ASSIGNMENT)
    assert made.inputs["identity"] == {"type": "SystemAssigned"}
    assert made.inputs["location"] == "westeurope"
    assert made.inputs["nonComplianceMessages"] == [{"message": "Not ready."}]
    assert made.inputs["enforcementMode"] == "DoNotEnforce"
    assert made.inputs["notScopes"] == [GROUP]
    assert made.parent == recording.one("azure-patching:index:AzurePolicy").urn
    assert made.protect
    assert set(made.replace_on_changes) == {"location", "scope", "policyDefinitionId"}
    assert made.delete_before_replace


def test_protection_can_be_switched_off(assign):
    assert not assign(protect=False).one(ASSIGNMENT).protect


@pytest.mark.parametrize("kind", [kind.value for kind in PolicyKind if kind.is_audit])
def test_audits_have_no_identity_no_role_and_no_task(assign, kind):
    recording = assign(kind=kind, location=None)
    made = recording.one(ASSIGNMENT)
    assert "identity" not in made.inputs
    assert "location" not in made.inputs
    assert not recording.of_type(ROLE)
    assert not recording.of_type(REMEDIATION)
    assert recording.outputs["principal_ids"] == {}
    assert recording.outputs["ended"] == "0 of 0 remediation tasks have ended"


def test_the_identity_gets_exactly_the_definitions_role_at_the_scope(assign):
    recording = assign(kind="periodicAssessment", operating_systems=["Linux"], scope=GROUP)
    roles = recording.of_type(ROLE)
    assert {name: role.inputs["roleDefinitionId"].rpartition("/")[2] for name, role in roles.items()} == {
        "policy-linux-role-b24988ac": "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "policy-linux-arc-role-cd570a14": "cd570a14-e51a-42ad-bac8-bafd67325302",
    }
    for role in roles.values():
        assert role.inputs["scope"] == GROUP
        assert role.inputs["principalType"] == "ServicePrincipal"
        assert set(role.replace_on_changes) == {"principalId", "roleDefinitionId", "scope"}
        assert role.delete_before_replace
    principals = {role.inputs["principalId"] for role in roles.values()}
    assert principals == set(recording.outputs["principal_ids"].values())


OTHER_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-other"


@pytest.mark.parametrize(
    ("scope", "said", "elsewhere"),
    [
        (SUBSCRIPTION, None, False),
        (f"{SUBSCRIPTION}/resourceGroups/RG", None, False),
        (OTHER_GROUP, None, True),
        (SUBSCRIPTION.replace("1", "2"), None, True),
        (MANAGEMENT_GROUP, None, True),
        (MANAGEMENT_GROUP, True, False),
    ],
)
def test_the_identity_can_read_the_configuration_wherever_it_lies(assign, scope, said, elsewhere):
    changes = {"kind": "recurringUpdates", "maintenance_configuration_id": CONFIGURATION, "scope": scope}
    recording = assign(configuration_within_scope=said, **changes)
    granted = {role.inputs["scope"]: role for role in recording.of_type(ROLE).values()}
    assert set(granted) == {scope, CONFIGURATION} if elsewhere else {scope}
    assert len({role.inputs["roleAssignmentName"] for role in granted.values()}) == len(granted)
    assert {role.urn for role in granted.values()} <= set(recording.one(REMEDIATION).dependencies)
    told = assign(configuration_within_scope=said, assign_roles=False, **changes).outputs["roles_to_grant"]
    assert {one["scope"] for one in told} == set(granted)


@pytest.mark.parametrize(("said", "places"), [(None, 2), (False, 2), (True, 1)])
def test_a_configuration_that_is_not_known_yet_counts_as_elsewhere_unless_said(assign, later, said, places):
    recording = assign(
        kind="recurringUpdates", maintenance_configuration_id=later(CONFIGURATION), configuration_within_scope=said
    )
    assert len(recording.of_type(ROLE)) == places


def test_a_role_has_one_guid_for_one_identity_role_and_scope(assign):
    def guid(**changes):
        return assign(**changes).one(ROLE).inputs["roleAssignmentName"]

    assert guid() == guid()
    assert len({guid(), guid(scope=GROUP), guid(name="other")}) == 3


def test_the_task_comes_after_the_roles_and_is_never_deleted(assign):
    recording = assign()
    task = recording.one(REMEDIATION)
    assert recording.names(task.dependencies) == {"policy-assignment", "policy-assignment-role-b24988ac"}
    assert recording.order.index(task.urn) > recording.order.index(recording.one(ROLE).urn)
    assert task.retain_on_delete
    assert task.inputs["resourceId"] == SUBSCRIPTION
    assert task.inputs["policyAssignmentId"] == recording.outputs["resource_ids"]["assignment"]


def test_how_the_task_works_is_sent(assign):
    how = {
        "parallel_deployments": 5,
        "resource_count": 50,
        "failure_threshold": 0.1,
        "locations": ["westeurope"],
        "discovery": "ReEvaluateCompliance",
    }
    sent = assign(remediation=how).one(REMEDIATION).inputs
    assert sent["parallelDeployments"] == 5
    assert sent["resourceCount"] == 50
    assert sent["failureThreshold"] == {"percentage": 0.1}
    assert sent["filters"] == {"locations": ["westeurope"]}
    assert sent["resourceDiscoveryMode"] == "ReEvaluateCompliance"


def test_a_task_is_another_one_when_and_only_when_what_it_must_redo_is(assign):
    def name(**changes):
        return assign(**changes).one(REMEDIATION).inputs["remediationName"]

    same = {
        name(),
        name(non_compliance_message="Not ready."),
        name(enforcement_mode="DoNotEnforce"),
        name(protect=False),
        name(remediation={"wait_minutes": 1}),
        name(remediation={"attempt": 1}),
    }
    others = [
        name(remediation={"attempt": 2}),
        name(tags={"env": "prod"}),
        name(locations=["westeurope"]),
        name(scope=GROUP),
        name(remediation={"locations": ["westeurope"]}),
    ]
    assert len(same) == 1
    assert len(same | set(others)) == 1 + len(others)


def test_an_assignment_that_was_made_anew_gets_a_task_of_its_own(assign):
    """The old one is still there after a destroy, and two of one name cannot be."""

    def name(principal):
        recording = assign(monitor={"principals": lambda _: principal})
        return recording.one(REMEDIATION).inputs["remediationName"]

    assert name("first") == name("first") != name("second")


def test_names_fit_a_management_group(assign):
    recording = assign(name="a-policy-with-a-long-name", kind="periodicAssessment", scope=MANAGEMENT_GROUP)
    given = [entry.inputs["policyAssignmentName"] for entry in recording.of_type(ASSIGNMENT).values()]
    assert all(len(name) <= 24 for name in given)
    assert len(set(given)) == len(given)


def test_a_task_is_read_until_it_has_ended_and_its_counts_are_told(assign):
    states = ["Accepted", "Evaluating", "Succeeded"]
    recording = assign(monitor={"remediations": lambda _, earlier: _answer(states[min(earlier, 2)])})
    assert len(recording.calls) == 3
    assert recording.outputs["remediations"] == {
        "assignment": {"state": "Succeeded", "total": 2, "successful": 2, "failed": 0}
    }
    assert recording.outputs["warnings"] == []
    assert recording.logged == []
    assert recording.outputs["ended"] == "1 of 1 remediation tasks have ended"
    assert all(recording.registrations[provider].name == "main" for *_, provider in recording.calls)


def test_a_failed_task_is_a_warning_with_its_reason_and_not_an_error(assign):
    recording = assign(monitor={"remediations": lambda *_: _answer("Failed", failed=2, message="AuthorizationFailed")})
    (warning,) = recording.outputs["warnings"]
    assert "2 of 2 deployments failed: AuthorizationFailed" in warning
    assert any("AuthorizationFailed" in line for line in recording.logged)
    assert recording.outputs["remediations"]["assignment"]["state"] == "Failed"


def test_a_task_that_does_not_end_in_time_is_a_warning(assign):
    recording = assign(monitor={"remediations": lambda *_: _answer("Evaluating")}, remediation={"wait_minutes": 0})
    (warning,) = recording.outputs["warnings"]
    assert "had not ended after 0 minutes" in warning
    assert recording.outputs["ended"] == "0 of 1 remediation tasks have ended"


@pytest.mark.parametrize("exists", [True, False])
def test_a_preview_reads_nothing_and_says_what_is_not_known(assign, exists):
    recording = assign(preview=True, kind="periodicAssessment", monitor={"exists": exists})
    assert not recording.calls
    assert isinstance(recording.outputs["remediations"], pulumi.output.Unknown)
    assert recording.outputs["ended"] == "not waited for in a preview"
    assert recording.outputs["warnings"] == []


@pytest.mark.parametrize("preview", [True, False])
def test_what_waits_for_the_end_depends_on_the_tasks(assign, preview):
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web01"

    def after(policy, options):
        MachineAssignments(
            "machines",
            {
                "maintenance_configuration_id": CONFIGURATION,
                "machines": {"web": machine},
                "wait_for": {"web": [policy.ended]},
            },
            options,
        )

    recording = assign(preview=preview, after=after)
    attached = recording.one("azure-native:maintenance:ConfigurationAssignment")
    assert recording.one(REMEDIATION).urn in attached.dependencies
    assert recording.order.index(attached.urn) > recording.order.index(recording.one(REMEDIATION).urn)


def test_what_another_team_must_grant_is_told_and_nothing_is_remediated(assign):
    recording = assign(assign_roles=False)
    assert not recording.of_type(ROLE)
    assert not recording.of_type(REMEDIATION)
    (grant,) = recording.outputs["roles_to_grant"]
    principal = recording.outputs["principal_ids"]["assignment"]
    assert grant["principal_id"] == principal
    assert grant["scope"] == SUBSCRIPTION
    assert grant["role_definition_id"].endswith("b24988ac-6180-42a0-ab88-20f7382dd24c")
    assert grant["command"] == (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal "
        f"--role b24988ac-6180-42a0-ab88-20f7382dd24c --scope {SUBSCRIPTION}"
    )


def test_granted_roles_let_the_next_run_remediate(assign):
    recording = assign(assign_roles=False, roles_granted=True)
    assert not recording.of_type(ROLE)
    assert recording.names(recording.one(REMEDIATION).dependencies) == {"policy-assignment"}


def test_remediation_can_be_left_out(assign):
    recording = assign(remediate=False)
    assert recording.of_type(ROLE)
    assert not recording.of_type(REMEDIATION)


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"kind": "assessment"}, ["kind"]),
        ({"scope": "main"}, ["scope"]),
        ({"location": None}, ["location"]),
        ({"kind": "recurringUpdates"}, ["maintenance_configuration_id"]),
        ({"maintenance_configuration_id": CONFIGURATION}, ["maintenance_configuration_id"]),
        ({"machines": ["vm"], "tag_operator": "any"}, ["machines", "tag_operator"]),
        ({"remediation": {"failure_threshold": 10}}, ["remediation.failure_threshold"]),
        ({"kind": "assessment", "scope": "main", "mode": "Auto"}, ["kind", "scope", "mode"]),
    ],
)
def test_what_is_wrong_is_told_at_once(assign, changes, paths):
    with pytest.raises(pulumi.RunError) as raised:
        assign(**changes)
    lines = str(raised.value).splitlines()[1:]
    assert len(lines) == len(paths)
    for path in paths:
        assert any(line.startswith(f"  {path}") for line in lines)


def test_a_scope_that_is_an_output_gives_the_same_resources(assign, later):
    plain, of_output = assign(), assign(scope=later(SUBSCRIPTION))
    assert {urn: entry.inputs for urn, entry in plain.registrations.items()} == {
        urn: entry.inputs for urn, entry in of_output.registrations.items()
    }
    with pytest.raises(pulumi.RunError, match="scope: got"):
        assign(scope=later("nowhere"))
