"""A remediation task's own life: what it takes on, how the clock moves it on, how it ends, and what it may not be."""

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.arm.azure import Settings
from sandbox.arm.policy.definitions import ASSESSMENT, AUDIT_ASSESSMENT
from tests.arm.policy.clouds import COMPANY, GROUP, ROWS, SCOPE, SPOKE, virtual_machine


def test_filters_count_and_threshold_decide_what_is_done(make_cloud):
    rows = [virtual_machine(f"vm{at}", "Linux", location="northeurope" if at < 2 else "westeurope") for at in range(6)]
    cloud = make_cloud(*rows)
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    failed = cloud.remediate(assignment, "stopped", parallelDeployments=2, failureThreshold={"percentage": 0.3})
    assert failed["provisioningState"] == "Failed"
    assert failed["deploymentStatus"] == {"totalDeployments": 6, "successfulDeployments": 0, "failedDeployments": 2}
    cloud.grant(assignment["identity"]["principalId"], rows[0]["id"])
    partly = cloud.remediate(assignment, "partly", filters={"locations": ["North Europe"]})
    assert partly["provisioningState"] == "Complete"
    assert partly["deploymentStatus"] == {"totalDeployments": 2, "successfulDeployments": 1, "failedDeployments": 1}
    cloud.grant(assignment["identity"]["principalId"])
    some = cloud.remediate(assignment, "some", resourceCount=3)
    assert some["deploymentStatus"] == {"totalDeployments": 3, "successfulDeployments": 3, "failedDeployments": 0}
    one = cloud.remediate(assignment, "one", filters={"resourceIds": [rows[5]["id"].upper()]})
    assert one["deploymentStatus"]["totalDeployments"] == 1
    rest = cloud.remediate(assignment, "rest", resourceDiscoveryMode="ReEvaluateCompliance")
    assert rest["deploymentStatus"]["totalDeployments"] == 1
    nothing = cloud.remediate(assignment, "nothing")
    assert (nothing["provisioningState"], nothing["deploymentStatus"]["totalDeployments"]) == ("Succeeded", 0)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_task_goes_step_by_step_with_the_clock(make_cloud):
    rows = [virtual_machine(f"vm{at}", "Linux") for at in range(3)]
    cloud = make_cloud(*rows, settings=Settings(machine_delay=0, operation_delay=10))
    clock = Clock()
    cloud.server.azure.now = clock
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    cloud.grant(assignment["identity"]["principalId"])
    seen = [cloud.remediate(assignment, "task", parallelDeployments=2)]
    path = f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations/task"
    for _ in range(3):
        clock.seconds += 10
        seen.append(cloud.call("GET", path).json()["properties"])
    assert [one["provisioningState"] for one in seen] == ["Accepted", "Evaluating", "Evaluating", "Succeeded"]
    assert [one["deploymentStatus"]["successfulDeployments"] for one in seen] == [0, 0, 2, 3]
    cloud.call("PUT", f"{path}-2", {"properties": {"policyAssignmentId": assignment["id"]}})
    clock.seconds += 1000
    assert cloud.call("GET", f"{path}-2").json()["properties"]["provisioningState"] == "Succeeded"


def test_a_role_may_take_its_time_to_spread(make_cloud):
    settings = Settings(machine_delay=0, operation_delay=0, quirks=frozenset({"roles-spread-slowly"}))
    cloud = make_cloud(virtual_machine("vm", "Linux"), settings=settings)
    clock = Clock()
    cloud.server.azure.now = clock
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    cloud.grant(assignment["identity"]["principalId"])
    clock.seconds += 599
    early = cloud.remediate(assignment, "early")
    assert (early["provisioningState"], early["deploymentStatus"]["failedDeployments"]) == ("Failed", 1)
    assert "AuthorizationFailed" in early["statusMessage"]
    clock.seconds += 1
    assert cloud.remediate(assignment, "late")["provisioningState"] == "Succeeded"


def test_an_ended_task_is_kept_for_sixty_days(make_cloud):
    cloud = make_cloud(virtual_machine("vm", "Linux"))
    clock = Clock()
    cloud.server.azure.now = clock
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    cloud.remediate(assignment, "task")
    path = f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations/task"
    clock.seconds += 60 * 86400 - 1
    assert cloud.call("GET", path).status_code == 200
    clock.seconds += 2
    assert cloud.call("GET", path).status_code == 404


def test_a_cancelled_task_stops_and_only_an_ended_one_can_be_deleted(make_cloud):
    cloud = make_cloud(*ROWS, settings=Settings(machine_delay=0, operation_delay=10))
    clock = Clock()
    cloud.server.azure.now = clock
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    cloud.grant(assignment["identity"]["principalId"])
    cloud.remediate(assignment, "task")
    with pytest.raises(HttpResponseError) as refused:
        cloud.insights.remediations.delete_at_subscription("task")
    assert (refused.value.status_code, refused.value.error.code) == (400, "InvalidDeleteRemediationRequest")
    task = cloud.insights.remediations.cancel_at_subscription("task")
    assert task.provisioning_state == "Cancelling"
    clock.seconds += 100
    task = cloud.insights.remediations.get_at_subscription("task")
    assert task.provisioning_state == "Canceled"
    assert cloud.states()["linux01"] == "NonCompliant"
    with pytest.raises(HttpResponseError) as refused:
        cloud.insights.remediations.cancel_at_subscription("task")
    assert (refused.value.status_code, refused.value.error.code) == (400, "InvalidCancelRemediationRequest")
    assert cloud.insights.remediations.delete_at_subscription("task").name == "task"


def test_the_settings_of_a_task_are_fixed_and_the_same_again_does_not_run_again(cloud):
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    first = cloud.remediate(assignment, "task", resourceCount=7)
    path = f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations/task"
    same = {"properties": {"policyAssignmentId": assignment["id"], "resourceCount": 7}}
    answer = cloud.call("PUT", path, same)
    assert (answer.status_code, answer.json()["properties"]) == (200, first)
    same["properties"]["resourceCount"] = 8
    answer = cloud.call("PUT", path, same)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidUpdateRemediationRequest")


REFUSED = {
    "no-assignment": {"policyAssignmentId": None},
    "unknown-assignment": {"policyAssignmentId": f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/none"},
    "not-an-id": {"policyAssignmentId": "nonsense"},
    "not-an-assignment": {"policyAssignmentId": GROUP},
    "no-set": {"policyDefinitionReferenceId": "x"},
    "no-lots": {"parallelDeployments": 0},
    "too-many-at-once": {"parallelDeployments": 31},
    "too-many": {"resourceCount": 50_001},
    "threshold": {"failureThreshold": {"percentage": 10}},
    "mode": {"resourceDiscoveryMode": "Sometimes"},
    "type": {"resourceCount": "all"},
    "ids-and-re-evaluation": {
        "filters": {"resourceIds": [GROUP]},
        "resourceDiscoveryMode": "ReEvaluateCompliance",
    },
    "too-many-ids": {"filters": {"resourceIds": [GROUP] * 101}},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_what_a_task_may_not_be(refusing_cloud, changes):
    assignment = refusing_cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    body = {"properties": {"policyAssignmentId": assignment["id"], **changes}}
    answer = refusing_cloud.call("PUT", f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations/r", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidCreateRemediationRequest")


def test_a_task_elsewhere_of_an_audit_or_re_evaluating_a_management_group_is_refused(cloud):
    audit = cloud.assign(AUDIT_ASSESSMENT, name="audit")
    modify = cloud.assign(ASSESSMENT, COMPANY, name="modify", parameters={"osType": "Linux"})
    spoke = f"/subscriptions/{SPOKE}"
    local = cloud.assign(ASSESSMENT, name="local", parameters={"osType": "Linux"})
    for scope, properties in (
        (SCOPE, {"policyAssignmentId": audit["id"]}),
        (spoke, {"policyAssignmentId": local["id"]}),
        (COMPANY, {"policyAssignmentId": modify["id"], "resourceDiscoveryMode": "ReEvaluateCompliance"}),
    ):
        path = f"{scope}/providers/Microsoft.PolicyInsights/remediations/r"
        answer = cloud.call("PUT", path, {"properties": properties})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidCreateRemediationRequest"), scope
    for scope in (f"/subscriptions/{SPOKE[:-1]}0", "/providers/Microsoft.Management/managementGroups/none"):
        path = f"{scope}/providers/Microsoft.PolicyInsights/remediations/r"
        assert cloud.call("PUT", path, {"properties": {"policyAssignmentId": local["id"]}}).status_code == 404


def test_a_task_whose_assignment_goes_away_fails_and_says_so(make_cloud):
    cloud = make_cloud(*ROWS, settings=Settings(machine_delay=0, operation_delay=10))
    clock = Clock()
    cloud.server.azure.now = clock
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    cloud.remediate(assignment, "task")
    assert cloud.policy.policy_assignments.delete(SCOPE, "a").name == "a"
    clock.seconds += 100
    path = f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations/task"
    task = cloud.call("GET", path).json()["properties"]
    assert (task["provisioningState"], task["statusMessage"]) == ("Failed", "The policy assignment no longer exists.")
