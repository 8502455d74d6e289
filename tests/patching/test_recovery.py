import copy
import json
import os
import stat
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from patching.__main__ import main
from patching.recovery import (
    Adopted,
    Dropped,
    Refreshed,
    Unknown,
    UnreadableDeploymentError,
    in_order,
    plan_recovery,
)

PROVIDER = "urn:pulumi:dev::azure-patching::pulumi:providers:azure-native::main"
MAIN = "11111111-1111-4111-8111-111111111111"
CONFIGURATION = {
    "urn": (
        "urn:pulumi:dev::azure-patching::azure-patching:index:MaintenanceSchedule"
        "$azure-native:maintenance:MaintenanceConfiguration::linux"
    ),
    "custom": True,
    "type": "azure-native:maintenance:MaintenanceConfiguration",
    "provider": f"{PROVIDER}::40e2202f",
    "inputs": {"resourceGroupName": "rg", "resourceName": "linux"},
}
CONFIGURATION_ID = (
    f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/linux"
)
GROUP = {
    "urn": "urn:pulumi:dev::azure-patching::azure-native:resources:ResourceGroup::main",
    "custom": True,
    "type": "azure-native:resources:ResourceGroup",
    "provider": f"{PROVIDER}::40e2202f",
    "inputs": {"resourceGroupName": "rg"},
    "id": f"/subscriptions/{MAIN}/resourceGroups/rg",
    "outputs": {"name": "rg"},
}


def deployment(*pending, resources=()):
    provider = {
        "urn": PROVIDER,
        "custom": True,
        "type": "pulumi:providers:azure-native",
        "id": "40e2202f",
        "inputs": {"subscriptionId": MAIN},
    }
    operations = [{"type": kind, "resource": resource} for kind, resource in pending]
    return {
        "version": 3,
        "deployment": {
            "manifest": {},
            "resources": [provider, *copy.deepcopy(resources)],
            "pending_operations": operations,
        },
    }


def test_what_was_being_created_is_put_into_the_state_under_its_id():
    exported = deployment(("creating", CONFIGURATION), resources=[GROUP])
    before = copy.deepcopy(exported)
    plan = plan_recovery(exported)
    assert exported == before
    assert plan.steps == (Adopted(CONFIGURATION["urn"], CONFIGURATION_ID),)
    assert plan.to_refresh == (CONFIGURATION["urn"],)
    mended = plan.deployment["deployment"]
    assert mended["resources"][-1] == {**CONFIGURATION, "id": CONFIGURATION_ID, "outputs": {}}
    assert len(mended["resources"]) == 3
    assert "pending_operations" not in mended


@pytest.mark.parametrize(
    "nothing_in_azure",
    [
        {"urn": "urn:pulumi:dev::p::a:b:C::x", "custom": False, "type": "a:b:C"},
        {"urn": f"{PROVIDER}2", "custom": True, "type": "pulumi:providers:azure-native", "inputs": {}},
    ],
)
def test_what_is_nothing_in_azure_is_forgotten(nothing_in_azure):
    plan = plan_recovery(deployment(("creating", nothing_in_azure)))
    assert [type(step) for step in plan.steps] == [Dropped]
    assert plan.to_refresh == ()
    assert len(plan.deployment["deployment"]["resources"]) == 1


@pytest.mark.parametrize("operation", ["updating", "deleting", "reading"])
def test_what_the_state_has_is_refreshed(operation):
    plan = plan_recovery(deployment((operation, GROUP), resources=[GROUP]))
    assert plan.steps == (Refreshed(GROUP["urn"], operation),)
    assert plan.deployment["deployment"]["resources"][1:] == [GROUP]


def test_an_import_that_the_state_does_not_have_is_forgotten():
    (step,) = plan_recovery(deployment(("importing", CONFIGURATION))).steps
    assert isinstance(step, Dropped)


def test_a_replacement_under_another_name_leaves_the_old_one_to_be_deleted():
    old = {**CONFIGURATION, "id": CONFIGURATION_ID.replace("/linux", "/old")}
    plan = plan_recovery(deployment(("creating", CONFIGURATION), resources=[old]))
    _, kept, new = plan.deployment["deployment"]["resources"]
    assert (kept["id"], kept["delete"]) == (old["id"], True)
    assert (new["id"], new.get("delete")) == (CONFIGURATION_ID, None)


def test_a_replacement_whose_old_one_is_gone_takes_its_place():
    old = {**CONFIGURATION, "id": CONFIGURATION_ID.replace("/linux", "/old"), "pendingReplacement": True}
    plan = plan_recovery(deployment(("creating", CONFIGURATION), resources=[old]))
    assert [one["id"] for one in plan.deployment["deployment"]["resources"]] == ["40e2202f", CONFIGURATION_ID]


def test_what_waits_for_a_replacement_comes_after_what_takes_its_place():
    old = {**CONFIGURATION, "id": CONFIGURATION_ID.replace("/linux", "/old"), "pendingReplacement": True}
    waiting = {**GROUP, "dependencies": [CONFIGURATION["urn"]], "pendingReplacement": True}
    plan = plan_recovery(deployment(("creating", CONFIGURATION), resources=[old, waiting]))
    _, new, last = plan.deployment["deployment"]["resources"]
    assert new["id"] == CONFIGURATION_ID
    assert last == waiting


REFERENCES = ("parent", "provider", "deletedWith", "dependencies", "propertyDependencies")


@st.composite
def states(draw):
    """Resources in the engine's order: each refers to such before it; a URN may be there twice, once to be deleted."""
    resources = []
    for number in range(draw(st.integers(0, 8))):
        resource = {"urn": f"urn:{number}"}
        for kind in draw(st.sets(st.sampled_from(REFERENCES))) if resources else ():
            urn = draw(st.sampled_from(resources))["urn"]
            resource[kind] = {
                "provider": f"{urn}::id",
                "dependencies": [urn],
                "propertyDependencies": {"a": [urn], "b": None},
            }.get(kind, urn)
        resources.append(resource)
        if draw(st.booleans()):
            resources.append({**resource, "delete": True})
    return resources


def is_in_order(resources):
    seen = set()
    for one in resources:
        needed = [one.get("parent"), one.get("deletedWith"), *one.get("dependencies", ())]
        needed += [(one.get("provider") or "").removesuffix("::id"), *one.get("propertyDependencies", {}).get("a", ())]
        if not {urn for urn in needed if urn} <= seen:
            return False
        seen.add(one["urn"])
    return True


@given(states(), st.randoms(use_true_random=False))
def test_a_state_is_brought_into_the_engines_order(state, random):
    assert is_in_order(state)
    assert in_order(state) == state
    shuffled = random.sample(state, len(state))
    found = in_order(shuffled)
    assert is_in_order(found)
    assert sorted(map(repr, found)) == sorted(map(repr, state))


def test_a_replacement_under_the_same_id_is_there_once():
    old = {**CONFIGURATION, "id": CONFIGURATION_ID.upper(), "pendingReplacement": True}
    plan = plan_recovery(deployment(("creating", CONFIGURATION), resources=[old]))
    assert plan.steps == (Refreshed(CONFIGURATION["urn"], "creating"),)
    (_, one) = plan.deployment["deployment"]["resources"]
    assert "pendingReplacement" not in one


@pytest.mark.parametrize(
    "resource",
    [
        {**CONFIGURATION, "type": "azure-native:sql:Server"},
        {**CONFIGURATION, "inputs": {"resourceGroupName": "rg"}},
        {**CONFIGURATION, "inputs": {"resourceGroupName": "rg", "resourceName": {"secret": "x"}}},
        {**CONFIGURATION, "provider": "urn:nix::id"},
    ],
)
def test_without_an_id_somebody_has_to_look(resource):
    (step,) = plan_recovery(deployment(("creating", resource))).steps
    assert isinstance(step, Unknown)


def test_scopes_are_ids_themselves():
    remediation = {
        **CONFIGURATION,
        "type": "azure-native:policyinsights:RemediationAtResource",
        "inputs": {"resourceId": f"/subscriptions/{MAIN}", "remediationName": "task"},
    }
    (step,) = plan_recovery(deployment(("creating", remediation))).steps
    assert step.id == f"/subscriptions/{MAIN}/providers/Microsoft.PolicyInsights/remediations/task"


def test_what_a_killed_recovery_left_unverified_is_refreshed():
    unverified = {key: value for key, value in GROUP.items() if key != "outputs"}
    exported = deployment(resources=[unverified, {**CONFIGURATION, "id": CONFIGURATION_ID, "outputs": {"name": "x"}}])
    plan = plan_recovery(exported)
    assert plan.to_refresh == (GROUP["urn"],)
    assert plan_recovery(deployment(resources=[GROUP])).steps == ()


@pytest.mark.parametrize(
    "exported",
    [{}, {"deployment": None}, {"deployment": {"pending_operations": [{}]}}, {"deployment": {"pending_operations": 3}}],
)
def test_an_unknown_shape_is_said(exported):
    with pytest.raises(UnreadableDeploymentError):
        plan_recovery(exported)


@pytest.mark.parametrize("empty", [{"version": 3, "deployment": {}}, {"version": 3, "deployment": {"resources": None}}])
def test_a_stack_without_anything_has_nothing_pending(empty):
    assert plan_recovery(empty).steps == ()


PULUMI = """#!{python}
import json, os, sys
folder = os.environ["FAKE_PULUMI"]
arguments = sys.argv[1:]
with open(f"{{folder}}/calls", "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
state = f"{{folder}}/state.json"
changes_the_stack = arguments[0] == "refresh" or "import" in arguments
if changes_the_stack and os.path.exists(f"{{folder}}/locked"):
    sys.exit("error: the stack is currently locked by 1 lock(s).")
if arguments[0] == "cancel":
    os.remove(f"{{folder}}/locked")
elif arguments[:2] == ["stack", "export"]:
    print(open(state).read())
elif arguments[:2] == ["stack", "import"]:
    content = open(arguments[arguments.index("--file") + 1]).read()
    open(state, "w").write(content)
elif arguments[0] == "preview":
    previewed = json.load(open(f"{{folder}}/preview.json"))
    print(json.dumps(previewed))
    sys.exit(1 if "diagnostics" in previewed else 0)
elif arguments[0] == "refresh":
    if os.path.exists(f"{{folder}}/unreachable"):
        sys.exit("error: no answer")
    there = json.load(open(f"{{folder}}/there.json"))
    deployment = json.load(open(state))
    targets = [arguments[index + 1] for index, one in enumerate(arguments) if one == "--target"]
    resources = deployment["deployment"]["resources"]
    kept = [one for one in resources if one["urn"] not in targets or one["id"] in there]
    deployment["deployment"]["resources"] = kept
    answers = f"{{folder}}/answers.json"
    for one in kept:
        if one["urn"] in targets:
            one["outputs"] = {{"name": "x"}}
            one["inputs"].update(json.load(open(answers)) if os.path.exists(answers) else {{}})
    json.dump(deployment, open(state, "w"))
else:
    sys.exit(f"unknown: {{arguments}}")
"""


@pytest.fixture
def pulumi(tmp_path, monkeypatch):
    """A `pulumi` that keeps a state in a file, and knows what is there in Azure."""
    program = tmp_path / "pulumi"
    program.write_text(PULUMI.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_PULUMI", str(tmp_path))

    def prepare(exported, there=()):
        (tmp_path / "state.json").write_text(json.dumps(exported))
        (tmp_path / "there.json").write_text(json.dumps(list(there)))
        return tmp_path

    return prepare


def recover(*arguments):
    return CliRunner().invoke(main, ["recover", "--stack", "dev", *arguments], catch_exceptions=False)


def state_of(folder):
    return [one["urn"] for one in json.loads((folder / "state.json").read_text())["deployment"]["resources"]]


def test_recover_adopts_what_is_there_and_drops_what_is_not(pulumi):
    folder = pulumi(
        deployment(("creating", CONFIGURATION), ("creating", {**GROUP, "id": None})), there=[CONFIGURATION_ID]
    )
    result = recover("--config-file", "copy.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"adopted azure-native:maintenance:MaintenanceConfiguration linux: {CONFIGURATION_ID}",
        "dropped azure-native:resources:ResourceGroup main: it was never made",
    ]
    assert state_of(folder) == [PROVIDER, CONFIGURATION["urn"]]
    calls = [json.loads(line) for line in (folder / "calls").read_text().splitlines()]
    refresh = next(call for call in calls if call[0] == "refresh")
    assert refresh[refresh.index("--config-file") + 1] == "copy.yaml"
    assert recover().stdout.startswith("nothing is pending in dev; ")


def test_recover_says_what_became_of_what_was_being_changed(pulumi):
    pulumi(
        deployment(
            ("deleting", GROUP),
            ("updating", {**CONFIGURATION}),
            resources=[GROUP, {**CONFIGURATION, "id": CONFIGURATION_ID}],
        ),
        there=[CONFIGURATION_ID],
    )
    assert recover().stdout.splitlines() == [
        "dropped azure-native:resources:ResourceGroup main: it is gone",
        "refreshed azure-native:maintenance:MaintenanceConfiguration linux, which was updating",
    ]


def test_recover_changes_nothing_where_it_cannot_tell(pulumi):
    exported = deployment(
        ("creating", CONFIGURATION), ("creating", {**CONFIGURATION, "type": "azure-native:sql:Server"})
    )
    folder = pulumi(exported)
    result = recover()
    assert result.exit_code == 1
    assert "--import-pending-creates" in result.stderr
    assert json.loads((folder / "state.json").read_text()) == exported


def test_a_locked_stack_says_how_to_free_it_and_cancel_does(pulumi):
    folder = pulumi(deployment(("creating", CONFIGURATION)))
    (folder / "locked").touch()
    result = recover()
    assert result.exit_code == 1
    assert "pulumi cancel --stack dev" in result.stderr
    result = recover("--cancel")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "freed the lock of dev"


def test_what_azure_does_not_contradict_is_as_the_program_said_it(pulumi):
    role = {
        **CONFIGURATION,
        "type": "azure-native:authorization:RoleAssignment",
        "inputs": {"scope": "subscriptions/x", "roleAssignmentName": "r", "roleDefinitionId": "/providers/a/b"},
    }
    folder = pulumi(
        deployment(("creating", role)),
        there=["/subscriptions/x/providers/Microsoft.Authorization/roleAssignments/r"],
    )
    (folder / "answers.json").write_text(json.dumps({"roleDefinitionId": "/subscriptions/x/providers/A/b", "more": 1}))
    assert recover().exit_code == 0
    (_, adopted) = json.loads((folder / "state.json").read_text())["deployment"]["resources"]
    assert adopted["inputs"] == role["inputs"]


def test_where_azure_does_not_answer_the_state_is_as_it_was(pulumi):
    exported = deployment(("creating", CONFIGURATION), resources=[GROUP])
    folder = pulumi(exported)
    (folder / "unreachable").touch()
    result = recover()
    assert result.exit_code == 1
    assert "no answer" in result.stderr
    assert "--existing" in result.stderr
    assert json.loads((folder / "state.json").read_text()) == exported


def planned(folder, *resources, **more):
    steps = [{"op": "create", "urn": one["urn"], "newState": one} for one in resources]
    (folder / "preview.json").write_text(json.dumps({"steps": steps, **more}))


def test_recover_existing_adopts_what_the_next_update_would_create(pulumi):
    folder = pulumi(deployment(resources=[GROUP]), there=[CONFIGURATION_ID, GROUP["id"]])
    planned(
        folder, CONFIGURATION, {**CONFIGURATION, "urn": f"{CONFIGURATION['urn']}2", "type": "azure-native:sql:Server"}
    )
    assert recover().stdout.splitlines()[1:] == []
    assert state_of(folder) == [PROVIDER, GROUP["urn"]]
    result = recover("--existing", "--config-file", "copy.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "nothing is pending in dev",
        f"adopted azure-native:maintenance:MaintenanceConfiguration linux: {CONFIGURATION_ID}",
        (
            "did not look for azure-native:maintenance:MaintenanceConfiguration linux2: "
            "azure-native:sql:Server is no type that this project declares"
        ),
    ]
    assert state_of(folder) == [PROVIDER, GROUP["urn"], CONFIGURATION["urn"]]
    calls = [json.loads(line) for line in (folder / "calls").read_text().splitlines()]
    assert all("copy.yaml" in call for call in calls if call[0] in {"preview", "refresh"})


def test_recover_existing_leaves_what_is_not_there_to_the_update(pulumi):
    exported = deployment(resources=[GROUP])
    folder = pulumi(exported, there=[GROUP["id"]])
    planned(folder, CONFIGURATION)
    assert recover("--existing").stdout.splitlines()[1:] == ["nothing that was looked for is there already"]
    assert state_of(folder) == [PROVIDER, GROUP["urn"]]


def test_a_preview_that_fails_changes_nothing_and_says_why(pulumi):
    exported = deployment(resources=[GROUP])
    folder = pulumi(exported)
    planned(folder, CONFIGURATION, diagnostics=[{"message": "error: a fault\nof the file", "severity": "error"}])
    result = recover("--existing")
    assert result.exit_code == 1
    assert result.stderr == "`pulumi preview --json` failed:\nerror: a fault\nof the file\n"
    assert json.loads((folder / "state.json").read_text()) == exported


def test_without_pulumi_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = recover()
    assert result.exit_code == 1
    assert "no `pulumi` on PATH" in result.stderr


def test_the_engine_s_own_words_are_passed_on(pulumi):
    folder = pulumi(deployment())
    (folder / "state.json").unlink()
    result = recover()
    assert result.exit_code == 1
    assert "`pulumi stack export` failed" in result.stderr
