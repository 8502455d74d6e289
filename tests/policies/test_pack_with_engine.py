"""The pack under the real engine: on our stacks, on a bad program, on one that is not ours, on an exported state."""

import json
import subprocess
from collections import Counter

import pytest
from ruamel.yaml import YAML

from policies.pack import level
from policies.rules import RULES
from tests.conftest import PROJECT, REPOSITORY, Stack

PACK = str(REPOSITORY / "policies")
PROGRAMS = REPOSITORY / "tests" / "policies" / "programs"
MENDING = """
import pulumi, pulumi_azure_native as azure_native

provider = azure_native.Provider("main", subscription_id="11111111-1111-4111-8111-111111111111")
azure_native.compute.VirtualMachine(
    "machine",
    resource_group_name="rg",
    vm_name="machine",
    location="westeurope",
    os_profile={
        "computer_name": "machine",
        "admin_username": "somebody",
        "admin_password": pulumi.Output.secret("a-Secret-1"),
        "linux_configuration": {"patch_settings": {"patch_mode": "AutomaticByPlatform"}},
    },
    opts=pulumi.ResourceOptions(provider=provider),
)
azure_native.maintenance.MaintenanceConfiguration(
    "configuration",
    resource_group_name="rg",
    resource_name_="configuration",
    location="westeurope",
    maintenance_scope="InGuestPatch",
    recur_every="month patchtuesday offset 10",
    opts=pulumi.ResourceOptions(provider=provider),
)
"""


@pytest.fixture(scope="module")
def make_stack(local_azure, tmp_path_factory):
    """Stacks that the tests of this module share: engine runs are what costs time here."""

    def make(name, program=REPOSITORY, config=None):
        home = tmp_path_factory.mktemp(name)
        (home / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        if isinstance(program, str):
            (home / "__main__.py").write_text(program)
            program = home
        stack = Stack(home.name, program, home, local_azure.environment)
        command = ["pulumi", "stack", "init", stack.name, "--non-interactive"]
        subprocess.run(command, cwd=home, env=stack.environment, check=True, capture_output=True, text=True)
        stack.configure(config or {})
        return stack

    return make


def violations(result):
    return [event["policyEvent"] for event in result.events if "policyEvent" in event]


def spoken(result):
    """The names of the rules that spoke, with how often each did."""
    return Counter(event["policyName"] for event in violations(result))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", {}),
        # Two of its three subscriptions are prepared by the production stack, which this one cannot see.
        ("test", {"scope-prepared": 2}),
        ("prod", {}),
    ],
)
def test_the_projects_own_stacks_have_nothing_to_answer_for(make_stack, name, expected):
    config = YAML(typ="safe", pure=True).load((REPOSITORY / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))[
        "config"
    ]
    result = make_stack(f"own-{name}", config=config).preview("--policy-pack", PACK)
    assert result.changes["create"] > len(config)
    assert spoken(result) == expected
    assert {event["enforcementLevel"] for event in violations(result)} <= {"advisory"}


@pytest.fixture(scope="module")
def bad(make_stack):
    stack = make_stack("bad", (PROGRAMS / "bad.py").read_text(encoding="utf-8"))
    given = ("--policy-pack", PACK, "--policy-pack-config", str(PROGRAMS / "bad.json"))
    return stack.preview(*given, check=False)


@pytest.mark.xdist_group("bad program")
def test_each_rule_speaks_once_on_a_bad_program_and_the_preview_stops(bad):
    assert bad.exit_code != 0
    assert spoken(bad) == {rule.name: 1 for rule in RULES}


@pytest.mark.xdist_group("bad program")
def test_what_azure_refuses_stops_and_what_hurts_is_said(bad):
    levels = {event["policyName"]: event["enforcementLevel"] for event in violations(bad)}
    assert levels == {rule.name: level(rule).name.lower() for rule in RULES}


@pytest.mark.xdist_group("bad program")
def test_each_message_says_what_to_change(bad):
    rules = {rule.name: rule for rule in RULES}
    for event in violations(bad):
        description, message, link = event["message"].rstrip().split("\n")
        rule = rules[event["policyName"]]
        assert (description, link) == (rule.description, rule.url)
        assert message.endswith((".", ".)"))
        assert "Traceback" not in message
        assert "UNKNOWN" not in message


@pytest.fixture(scope="module")
def theirs(make_stack):
    return make_stack("theirs", (PROGRAMS / "theirs.py").read_text(encoding="utf-8"))


@pytest.mark.xdist_group("their program")
def test_a_program_that_is_not_ours_is_judged_before_anything_is_known_of_it(theirs):
    result = theirs.preview("--policy-pack", PACK)
    assert result.changes["create"] == 10
    assert spoken(result) == {}


@pytest.mark.xdist_group("their program")
def test_an_exported_state_is_judged_without_program_or_cloud(theirs, tmp_path):
    theirs.up()
    state = json.loads(theirs.pulumi("stack", "export").stdout)
    assert analyzed(theirs, state, tmp_path).returncode == 0

    (guests,) = (one for one in state["deployment"]["resources"] if one["urn"].endswith("::guests"))
    guests["inputs"]["duration"] = guests["outputs"]["duration"] = "01:00"
    (machine,) = (one for one in state["deployment"]["resources"] if one["urn"].endswith("VirtualMachine::machine"))
    for props in (machine["inputs"], machine["outputs"]):
        del props["osProfile"]["linuxConfiguration"]["patchSettings"]["automaticByPlatformSettings"]
    broken = analyzed(theirs, state, tmp_path)
    assert broken.returncode != 0
    told = [line.split("]  ", 1)[1].split()[0] for line in broken.stdout.splitlines() if "[severity:" in line]
    assert sorted(told) == ["machine-schedulable", "maintenance-window-accepted", "scheduled-machine-ready"]
    theirs.destroy()


def analyzed(stack, state, folder):
    file = folder / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    command = ["pulumi", "policy", "analyze", "--file", str(file), "--policy-pack", PACK, "--color", "never"]
    return subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=False)


def test_what_is_certain_is_put_right_where_that_is_asked_for(make_stack, tmp_path):
    mended = ["machine-schedulable", "machine-assessed", "recurrence-canonical"]
    config = {"all": "disabled"} | dict.fromkeys(mended, "remediate")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    stack = make_stack("mending", MENDING)
    given = ("--policy-pack", PACK, "--policy-pack-config", str(file), "--show-policy-remediations")
    result = stack.preview(*given)
    assert violations(result) == []
    inputs = {
        event["resourcePreEvent"]["metadata"]["urn"].rpartition("::")[2]: event["resourcePreEvent"]["metadata"]["new"]
        for event in result.events
        if "resourcePreEvent" in event
    }
    assert inputs["configuration"]["inputs"]["recurEvery"] == "Month Third Tuesday Offset3"
    profile = inputs["machine"]["inputs"]["osProfile"]
    assert profile["linuxConfiguration"]["patchSettings"] == {
        "patchMode": "AutomaticByPlatform",
        "assessmentMode": "AutomaticByPlatform",
        "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
    }
    assert "a-Secret-1" not in result.stdout

    file.write_text('{"machine-asessed": "remediate"}', encoding="utf-8")
    wrong = stack.preview("--policy-pack", PACK, "--policy-pack-config", str(file), check=False)
    assert wrong.exit_code != 0
    assert '"machine-asessed" is no rule of this pack: write machine-assessed.' in wrong.stdout + wrong.stderr
