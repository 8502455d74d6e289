"""Each definition on each kind of machine: found wanting, refused without the role, put right with it."""

import pytest
from azure.mgmt.policyinsights.models import Remediation
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.policy.definitions import (
    ARC_ASSESSMENT,
    ASSESSMENT,
    DEFINITIONS,
    ESSENTIAL_MANAGEMENT,
    PREREQUISITE,
    RECURRING_UPDATES,
)
from sandbox.arm.policy.effects import schedule_assignment_name
from tests.arm.policy.clouds import (
    COMPANY,
    GROUP,
    READER,
    SCOPE,
    SPOKE,
    SUBSCRIPTION,
    arc_machine,
    specialised_machine,
    subscription,
    virtual_machine,
)

CONFIGURATION = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/weekly"
_VMS = {"Linux": virtual_machine("linux01", "Linux"), "Windows": virtual_machine("windows01", "Windows")}
_ARC = {"Linux": arc_machine("arc-linux", "Linux"), "Windows": arc_machine("arc-windows", "Windows")}
ASSESSED = {"assessmentMode": "AutomaticByPlatform"}
READY = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}
CASES = [
    *((ASSESSMENT, _VMS[os_type], os_type, {"osType": os_type}, ASSESSED) for os_type in _VMS),
    *((ARC_ASSESSMENT, _ARC[os_type], os_type, {"osType": os_type}, ASSESSED) for os_type in _ARC),
    *((PREREQUISITE, _VMS[os_type], os_type, {}, READY) for os_type in _VMS),
    *(
        (RECURRING_UPDATES, _VMS[os_type], os_type, {"maintenanceConfigurationResourceId": CONFIGURATION}, READY)
        for os_type in _VMS
    ),
    *(
        (RECURRING_UPDATES, _ARC[os_type], os_type, {"maintenanceConfigurationResourceId": CONFIGURATION}, {})
        for os_type in _ARC
    ),
]


def make_schedule(cloud) -> None:
    body = {
        "location": "westeurope",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": "2030-01-01 03:00",
                "duration": "02:00",
                "timeZone": "UTC",
                "recurEvery": "Day",
            },
            "installPatches": {
                "rebootSetting": "IfRequired",
                "linuxParameters": {"classificationsToInclude": ["Critical"]},
                "windowsParameters": {"classificationsToInclude": ["Critical"]},
            },
        },
    }
    answer = cloud.call("PUT", CONFIGURATION, body, "2023-04-01")
    assert answer.status_code < 300, answer.text


def schedules_of(cloud, row) -> list[str]:
    path = f"{row['id']}/providers/Microsoft.Maintenance/configurationAssignments"
    found = cloud.call("GET", path, version="2023-04-01").json()["value"]
    return [one["properties"]["maintenanceConfigurationId"].lower() for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0][:8]}-{case[1]['name']}")
def test_a_machine_is_put_right_only_with_the_role(make_cloud, case):
    definition, row, os_type, parameters, wanted = case
    cloud = make_cloud(row)
    make_schedule(cloud)
    assignment = cloud.assign(definition, parameters=parameters)
    before = cloud.machine(row)
    assert cloud.states() == {row["name"]: "NonCompliant"}

    failed = cloud.remediate(assignment, "without-role")
    assert failed["provisioningState"] == "Failed"
    assert failed["deploymentStatus"] == {"totalDeployments": 1, "successfulDeployments": 0, "failedDeployments": 1}
    assert "AuthorizationFailed" in failed["statusMessage"]
    assert [one["error"]["code"] for one in cloud.deployments("without-role")] == ["AuthorizationFailed"]
    assert cloud.machine(row) == before
    assert cloud.states() == {row["name"]: "NonCompliant"}

    for role in DEFINITIONS[definition].roles:
        cloud.grant(assignment["identity"]["principalId"], role=role)
    done = cloud.remediate(assignment, "with-role")
    assert done["provisioningState"] == "Succeeded", done
    assert done["deploymentStatus"] == {"totalDeployments": 1, "successfulDeployments": 1, "failedDeployments": 0}
    assert cloud.states() == {row["name"]: "Compliant"}
    found = cloud.patch_settings(row, os_type)
    assert {key: found.get(key) for key in wanted} == wanted
    if definition == RECURRING_UPDATES:
        assert schedules_of(cloud, row) == [CONFIGURATION.lower()]


def test_microsofts_clients_read_states_and_remediations(cloud):
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    found = list(cloud.insights.policy_states.list_query_results_for_subscription("latest", SUBSCRIPTION))
    states = {one.resource_id.rsplit("/", 1)[-1]: one.compliance_state for one in found}
    assert states == {"linux01": "NonCompliant", "windows01": "Compliant"}
    assert found[0].policy_definition_action == "modify"
    cloud.grant(assignment["identity"]["principalId"])
    task = cloud.insights.remediations.create_or_update_at_subscription(
        "task", Remediation(policy_assignment_id=assignment["id"])
    )
    assert (task.provisioning_state, task.deployment_status.total_deployments) == ("Accepted", 0)
    task = cloud.insights.remediations.get_at_subscription("task")
    assert (task.provisioning_state, task.deployment_status.successful_deployments) == ("Succeeded", 1)
    (deployment,) = cloud.insights.remediations.list_deployments_at_subscription("task")
    assert deployment.status == "Succeeded"
    assert deployment.remediated_resource_id.endswith("/linux01")
    assert [one.name for one in cloud.insights.remediations.list_for_subscription()] == ["task"]
    vm = cloud.compute.virtual_machines.get("rg-legacy", "linux01")
    assert vm.os_profile.linux_configuration.patch_settings.assessment_mode == "AutomaticByPlatform"
    summary = cloud.insights.policy_states.summarize_for_subscription("latest", SUBSCRIPTION).value[0]
    assert summary.results.non_compliant_resources == 0
    cloud.insights.remediations.delete_at_subscription("task")
    assert not list(cloud.insights.remediations.list_for_subscription())


@pytest.mark.parametrize("scope", [SCOPE, GROUP, _VMS["Linux"]["id"], COMPANY])
def test_every_scope_remediates_what_is_below_it(cloud, scope):
    assignment = cloud.assign(ASSESSMENT, scope, parameters={"osType": "Linux"})
    cloud.grant(assignment["identity"]["principalId"], scope)
    assert cloud.remediate(assignment, "r", scope)["deploymentStatus"]["successfulDeployments"] == 1
    assert cloud.states(scope)["linux01"] == "Compliant"
    assert cloud.states(assignment["id"])["linux01"] == "Compliant"


def test_a_management_group_covers_the_subscriptions_below_it_and_no_other(make_cloud):
    spoke_group = f"/subscriptions/{SPOKE}/resourceGroups/rg-spoke"
    rows = [subscription(SUBSCRIPTION, "platform", "company"), subscription(SPOKE, "company")]
    cloud = make_cloud(*rows, virtual_machine("here", "Linux"), virtual_machine("there", "Linux", spoke_group))
    cloud.assign(
        ASSESSMENT, "/providers/Microsoft.Management/managementGroups/platform", parameters={"osType": "Linux"}
    )
    assert cloud.states(COMPANY) == {"here": "NonCompliant"}
    assert cloud.states(f"/subscriptions/{SPOKE}") == {}


def test_a_role_at_another_scope_or_of_another_kind_does_not_do(cloud):
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    principal = assignment["identity"]["principalId"]
    cloud.grant(principal, role=READER)
    cloud.grant(principal, f"/subscriptions/{SPOKE}")
    assert cloud.remediate(assignment, "r")["provisioningState"] == "Failed"
    cloud.grant(principal, GROUP)
    assert cloud.remediate(assignment, "again")["provisioningState"] == "Succeeded"


def test_the_schedule_policy_must_read_the_configuration_wherever_it_is(make_cloud):
    other_group = f"{SCOPE}/resourceGroups/rg-other"
    row = arc_machine("arc", "Linux", other_group)
    cloud = make_cloud(row, virtual_machine("v", "Linux"))
    make_schedule(cloud)
    parameters = {"maintenanceConfigurationResourceId": CONFIGURATION}
    assignment = cloud.assign(RECURRING_UPDATES, other_group, parameters=parameters)
    cloud.grant(assignment["identity"]["principalId"], other_group)
    assert cloud.remediate(assignment, "r", other_group)["provisioningState"] == "Failed"
    cloud.grant(assignment["identity"]["principalId"], GROUP)
    assert cloud.remediate(assignment, "again", other_group)["provisioningState"] == "Succeeded"
    assert schedules_of(cloud, row) == [CONFIGURATION.lower()]


def test_a_machine_that_drifts_from_its_patch_mode_stays_compliant_with_the_schedule_policy(make_cloud):
    row = _VMS["Linux"]
    cloud = make_cloud(row)
    make_schedule(cloud)
    recurring = cloud.assign(
        RECURRING_UPDATES, name="recurring", parameters={"maintenanceConfigurationResourceId": CONFIGURATION}
    )
    cloud.grant(recurring["identity"]["principalId"])
    assert cloud.remediate(recurring, "r")["provisioningState"] == "Succeeded"
    drifted = cloud.machine(row)
    drifted["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"] = {"patchMode": "ImageDefault"}
    answer = cloud.call("PUT", row["id"], drifted, "2024-07-01")
    assert answer.status_code == 200, answer.text
    assert cloud.patch_settings(row, "Linux")["patchMode"] == "ImageDefault"
    assert cloud.states(recurring["id"]) == {"linux01": "Compliant"}
    prerequisite = cloud.assign(PREREQUISITE, name="prerequisite")
    assert cloud.states(prerequisite["id"]) == {"linux01": "NonCompliant"}


def test_a_specialised_machine_is_put_right_by_a_remediation_only(make_cloud):
    row = specialised_machine("special")
    cloud = make_cloud(row)
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    assert cloud.call("PATCH", row["id"], {"tags": {"touched": "yes"}}, "2024-07-01").status_code == 200
    assert cloud.states() == {"special": "NonCompliant"}
    cloud.grant(assignment["identity"]["principalId"])
    assert cloud.remediate(assignment, "r")["provisioningState"] == "Succeeded"
    assert cloud.patch_settings(row, "Linux")["assessmentMode"] == "AutomaticByPlatform"


def test_an_initiative_is_remediated_one_member_at_a_time(cloud):
    rule = {"value": "/subscriptions/x/providers/Microsoft.Insights/dataCollectionRules/r"}
    body = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "policyDefinitionId": ESSENTIAL_MANAGEMENT.id,
            "parameters": {
                "dataCollectionRuleIdForChangeTracking": rule,
                "dataCollectionRuleIdForAzureMonitor": rule,
            },
        },
    }
    path = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/set"
    assignment = cloud.call("PUT", path, body, "2025-01-01").json()
    cloud.grant(assignment["identity"]["principalId"])
    remediations = f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations"
    for reference in (None, "no-such-member"):
        body = {"properties": {"policyAssignmentId": assignment["id"], "policyDefinitionReferenceId": reference}}
        answer = cloud.call("PUT", f"{remediations}/r", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidCreateRemediationRequest")
    done = cloud.remediate(assignment, "arc", policyDefinitionReferenceId="azureUpdateManagerArc-Linux")
    assert done["deploymentStatus"]["successfulDeployments"] == 1
    states = cloud.states(**{"$filter": "policyDefinitionReferenceId eq 'AzureUpdateManagerArc-Linux'"})
    assert states == {"arc-linux": "Compliant", "arc-windows": "Compliant"}
    states = cloud.states(**{"$filter": "policyDefinitionReferenceId eq 'AzureUpdateManagerVm-Windows'"})
    assert states == {"windows01": "NonCompliant", "linux01": "Compliant"}


def test_a_user_assigned_identity_acts(cloud):
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patching"
    made = cloud.call("PUT", identity, {"location": "westeurope"}, "2023-01-31")
    assert made.status_code == 201
    assignment = cloud.assign(
        ASSESSMENT,
        parameters={"osType": "Linux"},
        identity={"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
    )
    principal = made.json()["properties"]["principalId"]
    assert assignment["identity"]["userAssignedIdentities"][identity]["principalId"] == principal
    cloud.grant(principal)
    assert cloud.remediate(assignment, "r")["provisioningState"] == "Succeeded"


@given(st.text(min_size=1))
def test_the_name_of_a_schedule_by_policy_is_stable_and_in_arms_form(text):
    name = schedule_assignment_name(text)
    assert name == schedule_assignment_name(text)
    prefix, suffix = name.split("-")
    assert suffix == "AzPolicy"
    assert len(prefix) == 13
    assert set(prefix) <= set("abcdefghijklmnopqrstuvwxyz234567")
