"""The pack under the real engine: on the dev stack, on a program that is not ours, on an exported state."""

import json
import subprocess
from collections import Counter

from ruamel.yaml import YAML

from policies.rules import RULES
from tests.conftest import REPOSITORY

PACK = str(REPOSITORY / "policies")

# Written as the registry's examples are: nested dictionaries, ids by hand, no component of ours.
SOMEBODY_ELSES = """
import pulumi
import pulumi_azure_native as azure_native

provider = azure_native.Provider("main", subscription_id="11111111-1111-4111-8111-111111111111")
options = pulumi.ResourceOptions(provider=provider)
group = azure_native.resources.ResourceGroup(
    "group", resource_group_name="rg-theirs", location="westeurope", opts=options
)
azure_native.maintenance.MaintenanceConfiguration(
    "configuration",
    resource_group_name=group.name,
    resource_name_="theirs",
    location="westeurope",
    maintenance_scope=azure_native.maintenance.MaintenanceScope.IN_GUEST_PATCH,
    start_date_time="2027-01-05 22:00",
    duration="05:00",
    time_zone="W. Europe Standard Time",
    recur_every="Month",
    extension_properties={},
    opts=options,
)
azure_native.compute.VirtualMachine(
    "machine",
    resource_group_name=group.name,
    vm_name="theirs",
    location="westeurope",
    os_profile={
        "computer_name": "theirs",
        "admin_username": "somebody",
        "linux_configuration": {
            "provision_vm_agent": False,
            "patch_settings": {"patch_mode": "AutomaticByPlatform", "assessment_mode": "ImageDefault"},
        },
    },
    opts=options,
)
"""


def violations(result):
    """The names of the rules that spoke, with how often each did."""
    events = (event["policyEvent"] for event in result.events if "policyEvent" in event)
    return Counter(event["policyName"] for event in events)


def dev_config():
    text = (REPOSITORY / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)["config"]


def test_the_dev_stack_has_nothing_to_answer_for(pulumi_stack):
    result = pulumi_stack(dev_config()).preview("--policy-pack", PACK)
    assert result.changes["create"] > len(dev_config())
    assert violations(result) == {}


def test_each_rule_speaks_on_a_bad_program_and_the_preview_stops(pulumi_stack):
    result = pulumi_stack(program=SOMEBODY_ELSES).preview("--policy-pack", PACK, check=False)
    assert result.exit_code != 0
    spoken = violations(result)
    assert set(spoken) == {rule.name for rule in RULES}
    # The window has two faults, its length and its recurrence; the machine has no agent and no bypass flag.
    assert spoken["maintenance-window-accepted"] == 2
    assert spoken["guest-patch-mode-set"] == 1


def test_an_exported_state_is_judged_without_program_or_cloud(pulumi_stack, tmp_path):
    stack = pulumi_stack(
        {"azure-native:location": "westeurope", "azure-native:subscriptionId": "33333333-3333-4333-8333-333333333333"}
        | {
            "azure-patching:protect": False,
            "azure-patching:resourceGroup": {"name": "rg-judged"},
            "azure-patching:schedules": {
                "weekly": {
                    "start": "2027-01-03 22:00",
                    "timeZone": "UTC",
                    "duration": "03:00",
                    "recurEvery": "Week Sunday",
                    "updates": {"linux": {"classifications": ["Security"]}},
                }
            },
        }
    )
    stack.up()
    state = json.loads(stack.pulumi("stack", "export").stdout)
    assert analyzed(stack, state, tmp_path).returncode == 0

    (configuration,) = (one for one in state["deployment"]["resources"] if one["type"].endswith("Configuration"))
    configuration["inputs"]["duration"] = configuration["outputs"]["duration"] = "01:00"
    broken = analyzed(stack, state, tmp_path)
    assert broken.returncode != 0
    assert "maintenance-window-accepted" in broken.stdout
    stack.destroy()


def analyzed(stack, state, folder):
    file = folder / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    command = ["pulumi", "policy", "analyze", "--file", str(file), "--policy-pack", PACK, "--color", "never"]
    return subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=False)
