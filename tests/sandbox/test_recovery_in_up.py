"""`up` after a run that was killed between asking for a resource and hearing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
PROGRAM = f"""
import pulumi
import pulumi_azure_native as azure
provider = azure.Provider("main", subscription_id="{SUBSCRIPTION}")
azure.resources.ResourceGroup(
    "group", resource_group_name="rg-killed", location="westeurope", opts=pulumi.ResourceOptions(provider=provider)
)
"""


def sandbox(state: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", arguments[0], "--state", str(state), *arguments[1:]],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def pretend_killed(state: Path) -> None:
    """Turn the group of a deployed stack into a creation under way: Azure has it, the stack does not know.

    Written into the file backend itself: `pulumi stack import` drops pending operations.
    """
    file = state / "backend/.pulumi/stacks/azure-patching/dev.json"
    checkpoint = json.loads(file.read_text())
    deployment = checkpoint["checkpoint"]["latest"]
    group = next(resource for resource in deployment["resources"] if resource["type"].endswith(":ResourceGroup"))
    deployment["resources"].remove(group)
    begun = {key: value for key, value in group.items() if key not in {"id", "outputs"}}
    deployment["pending_operations"] = [{"resource": begun, "type": "creating"}]
    file.write_text(json.dumps(checkpoint))


def test_up_recovers_what_a_killed_run_made_and_converges(engine, tmp_path):
    state, project = tmp_path / "state", tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: azure-patching\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    (project / "__main__.py").write_text(PROGRAM)
    assert sandbox(state, project, "up", "--no-seed").returncode == 0
    pretend_killed(state)

    ended = sandbox(state, project, "up", "--no-seed")
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "killed" in ended.stderr
    assert "pending operation" not in ended.stdout
    assert sandbox(state, project, "up", "--no-seed").stdout.rstrip().endswith("No changes.")


def test_the_projects_own_settings_allow_no_default_provider(pulumi_stack):
    program = PROGRAM.replace(", opts=pulumi.ResourceOptions(provider=provider)", "")
    stack = pulumi_stack({"azure-native:subscriptionId": SUBSCRIPTION}, program=program)
    (stack.program / "Pulumi.yaml").write_text((REPOSITORY / "Pulumi.yaml").read_text())
    refused = stack.preview(check=False)
    assert refused.exit_code != 0
    assert any("Default provider for 'azure-native' disabled" in told for told in refused.diagnostics)
