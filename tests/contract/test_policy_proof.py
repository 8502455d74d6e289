"""Before and after, as PolicyInsights has it: each kind at each scope; and what an edit of a policy changes."""

import json
import uuid

import pytest
from azure.mgmt.policyinsights.models import QueryOptions

from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.contract.world import config, edit, linux_machine, schedule, settled, touched

SYSTEMS = ("Linux", "Windows")
AZURE = {f"azure-{system}".lower() for system in SYSTEMS}
ARC = {f"arc-{system}".lower() for system in SYSTEMS}
KINDS = {"periodicAssessment": AZURE | ARC, "schedulingPrerequisite": AZURE, "recurringUpdates": AZURE | ARC}


def estate(scope):
    for system in SYSTEMS:
        yield virtual_machine(f"azure-{system}".lower(), system, f"{scope}/resourceGroups/rg-one")
        yield arc_machine(f"arc-{system}".lower(), system, f"{scope}/resourceGroups/rg-one")


def states(here, state):
    """The machines in a compliance state for each policy, whose key is what an assignment's name starts with."""
    found = {}
    rows = here.clients.insights.policy_states.list_query_results_for_subscription(
        "latest", here.id, QueryOptions(filter=f"ComplianceState eq '{state}'")
    )
    for row in rows:
        key = row.policy_assignment_name.split("-")[0]
        found.setdefault(key, set()).add(row.resource_id.rsplit("/", 1)[-1])
    return found


def test_each_kind_makes_machines_compliant_at_each_scope(pulumi_stack, subscription, seeded):
    team = f"mg-{uuid.uuid4().hex[:6]}"
    places = {"subscription": subscription(), "group": subscription(), "management": subscription(team, "mg-root")}
    scopes = {
        "subscription": "main",
        "group": f"{places['group'].scope}/resourceGroups/rg-one",
        "management": f"/providers/Microsoft.Management/managementGroups/{team}",
    }
    for here in places.values():
        seeded(*estate(here.scope))
    policies = {
        f"{kind}{place}": {"kind": kind, "scope": scope, "remediate": False, "enforcementMode": "DoNotEnforce"}
        | ({"schedule": "all"} if kind == "recurringUpdates" else {})
        for kind in KINDS
        for place, scope in scopes.items()
    }
    both = {"linux": {"classifications": ["Critical"]}, "windows": {"classifications": ["Critical"]}}
    stack = pulumi_stack(config(*places.values(), schedules={"all": schedule(updates=both)}, azurePolicies=policies))
    stack.up()
    expected = {place: {f"{kind}{place}": machines for kind, machines in KINDS.items()} for place in places}
    # At a management group a name has 24 characters, so that the keys of its policies are cut.
    cut = {f"{kind}management"[:15]: machines for kind, machines in KINDS.items()}
    assert {place: states(here, "NonCompliant") for place, here in places.items()} == expected | {"management": cut}
    # Of each assessment assignment's machines those of the other system are compliant from the start.
    before = {key for here in places.values() for key in states(here, "Compliant")}
    assert {key for key in before if not key.startswith("periodic")} == set()

    edit(stack, lambda own: [one.update(remediate=True) for one in own["azurePolicies"].values()])
    settled(stack)
    assert stack.outputs()["warnings"] == [one for one in stack.outputs()["warnings"] if one.startswith("schedules.")]
    assert {place: states(here, "Compliant") for place, here in places.items()} == expected | {"management": cut}
    assert all(states(here, "NonCompliant") == {} for here in places.values())
    stack.destroy()


ONE = {"kind": "periodicAssessment", "scope": "main", "machines": ["azure"], "operatingSystems": ["Linux"]}


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        ({"nonComplianceMessage": "Not ready."}, {("update", "assess-linux")}),
        ({"enforcementMode": "DoNotEnforce"}, {("update", "assess-linux")}),
        ({"remediation": {"attempt": 2}}, {("task", "assess-linux")}),
        ({"tags": {"ring": "one"}}, {("update", "assess-linux"), ("task", "assess-linux")}),
        ({"definitionVersion": "4.*.*"}, {("update", "assess-linux"), ("task", "assess-linux")}),
        (
            {"location": "northeurope"},
            {("replace", "assess-linux"), ("role", "assess-linux-role-b24988ac"), ("task", "assess-linux")},
        ),
    ],
)
def test_an_edit_changes_and_previews_what_it_must(change, steps, pulumi_stack, subscription, seeded):
    here = subscription()
    seeded(*estate(here.scope))
    stack = pulumi_stack(config(here, azurePolicies={"assess": ONE}))
    stack.up()
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(change))
    shown = what(stack.preview())
    done = what(stack.up())
    assert done == steps
    assert shown == done, "the preview showed something else"
    assert stack.up().changes == {}
    stack.destroy()


PARTS = {"PolicyAssignment": "assignment", "RoleAssignment": "role", "RemediationAtResource": "task"}


def what(result):
    """What was done to the assignment, and whether anything was to the role and to the task: (part, name)."""
    found = set()
    for urn, operations in result.steps.items():
        kind, name = urn.split("::")[2].rsplit(":", 1)[-1], urn.rsplit("::", 1)[-1]
        done = set(operations) - {"same", "read"}
        if kind not in PARTS or not done:
            continue
        part = PARTS[kind]
        found.add(("update" if done == {"update"} else "replace", name) if part == "assignment" else (part, name))
    return found


def test_an_identity_of_ones_own_acts_for_all(pulumi_stack, subscription, seeded):
    here = subscription()
    seeded(*estate(here.scope))
    identity = f"{here.scope}/resourceGroups/rg-one/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patching"
    by_id = here.clients.resources.resources
    by_id.begin_create_or_update_by_id(identity, {"location": "westeurope"}, api_version="2023-01-31").result()
    principal = by_id.get_by_id(identity, api_version="2023-01-31").properties["principalId"]
    policy = {"kind": "periodicAssessment", "scope": "main", "identity": identity}
    stack = pulumi_stack(config(here, azurePolicies={"assess": policy}))
    settled(stack)
    assert here.non_compliant() == set()
    assert set(stack.outputs()["azurePolicies"]["assess"]["principalIds"].values()) == {principal}
    assert [one.principal_id for one in here.role_assignments()] == [principal] * 2
    assert {one.identity.type for one in here.policy_assignments().values()} == {"UserAssigned"}
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(nonComplianceMessage="Not ready."))
    shown = touched(stack.preview())
    assert {step for step, _ in shown} == {"update"}
    assert touched(stack.up()) == shown
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(operatingSystems=["Linux"]))
    stack.up()
    assert len(here.role_assignments()) == 2, "what the others need stays"
    stack.destroy()
    assert here.role_assignments() == []


@pytest.mark.parametrize("mode", ["AutomaticByPlatform", "ImageDefault"])
def test_what_policy_changes_on_the_stacks_own_machines_is_no_difference(mode, pulumi_stack, subscription):
    here = subscription()
    kinds = {
        "assess": {"kind": "periodicAssessment", "mode": mode, "machines": ["azure"]},
        "ready": {"kind": "schedulingPrerequisite"},
        "update": {"kind": "recurringUpdates", "schedule": "nightly"},
    }
    stack = pulumi_stack(
        config(
            here,
            resourceGroup="rg-own",
            virtualMachines={"web": linux_machine()},
            schedules={"nightly": schedule(machines=["web"])},
            azurePolicies={key: {"scope": "main"} | one for key, one in kinds.items()},
        )
    )
    settled(stack)
    assert here.patch_settings("rg-own", "web").assessment_mode == mode
    assert here.non_compliant() == set()
    stack.destroy()


def test_a_task_that_azure_keeps_no_longer_is_nothing_to_wait_for(pulumi_stack, subscription, seeded, tmp_path):
    """As after sixty days, when Azure deletes it; the wait is an hour, so that a wait would fail the test."""
    here = subscription()
    seeded(*estate(here.scope))
    stack = pulumi_stack(config(here, azurePolicies={"assess": ONE | {"remediation": {"waitMinutes": 60}}}))
    stack.up()
    whole = json.loads(stack.pulumi("stack", "export").stdout)
    (task,) = [one for one in whole["deployment"]["resources"] if "Remediation" in one["type"]]
    task["outputs"]["createdOn"] = "2020-01-01T00:00:00Z"
    (tmp_path / "state.json").write_text(json.dumps(whole))
    stack.pulumi("stack", "import", "--file", str(tmp_path / "state.json"))
    for name in here.remediations():
        here.clients.insights.remediations.delete_at_subscription(name)

    later = stack.up()
    assert (later.changes, later.diagnostics) == ({}, [])
    assert stack.outputs()["remediations"]["assess"]["linux"]["state"] == "Deleted"
    assert stack.outputs()["warnings"] == []
    stack.destroy()
