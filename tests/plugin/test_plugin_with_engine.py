"""The real engine on one side, a fake ARM on the other: what the engine makes of the plugin's answers."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

settings = pulumi.Config("plugin-test").require_object("settings")
group = azure.resources.ResourceGroup("rg", resource_group_name="rg")
configuration = azure.maintenance.MaintenanceConfiguration(
    "linux",
    resource_group_name=group.name,
    resource_name_=settings.get("name"),
    duration=settings["duration"],
    install_patches={"reboot_setting": settings.get("reboot", "IfRequired")},
    opts=pulumi.ResourceOptions(import_=settings.get("import")),
)
assignment = azure.maintenance.ConfigurationAssignmentsForSubscription(
    "assigned", maintenance_configuration_id=configuration.id.apply(str.lower), location="global"
)
if settings.get("machine"):
    azure.compute.VirtualMachine(
        "vm",
        resource_group_name=group.name,
        vm_name="vm",
        os_profile={"computer_name": "vm", "admin_password": pulumi.Output.secret("Secret-9")},
    )
if settings.get("unknown"):
    pulumi.CustomResource(settings["unknown"], "x", {}, pulumi.ResourceOptions(version="3.29.0"))
pulumi.export("id", configuration.id)
pulumi.export("name", configuration.name)
"""


class Engine:
    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home, self.environment, self.stack = home, environment, f"s{uuid.uuid4().hex[:8]}"
        (home / "Pulumi.yaml").write_text("name: plugin-test\nruntime: python\n")
        (home / "__main__.py").write_text(PROGRAM)
        self.run("stack", "init", self.stack)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def operation(self, verb: str, *arguments: str, **settings: object) -> tuple[int, dict[str, int], str]:
        """Run with these settings; return exit code, changes, and all that was printed."""
        file = self.home / f"Pulumi.{self.stack}.yaml"
        salt = [line for line in file.read_text().splitlines() if "encryptionsalt" in line] if file.exists() else []
        config = {
            "azure-native:subscriptionId": "11111111-1111-4111-8111-111111111111",
            "azure-native:location": "westeurope",
            "plugin-test:settings": settings,
        }
        file.write_text("\n".join([*salt, "config: " + json.dumps(config), ""]))
        flags = [] if verb == "preview" else ["--yes", "--skip-preview"]
        ended = self.run(verb, *flags, "--json", "--stack", self.stack, *arguments)
        changes: dict[str, int] = {}
        for line in ended.stdout.splitlines():
            if line.startswith('{"sequence"') and "summaryEvent" in line:
                changes = json.loads(line)["summaryEvent"].get("resourceChanges", {})
        changes.pop("same", None)
        return ended.returncode, changes, ended.stdout + ended.stderr

    def state(self) -> dict[str, dict[str, object]]:
        exported = json.loads(self.run("stack", "export", "--stack", self.stack).stdout)
        return {resource["urn"].split("::")[-1]: resource for resource in exported["deployment"]["resources"]}


@pytest.fixture
def pulumi(engine, host, fake_arm_url, tmp_path):
    from sandbox.environment import command_environment, prepare_engine_home
    from sandbox.local_azure import Endpoint
    from sandbox.state import StateDirectory

    state = StateDirectory(tmp_path / "state")
    state.prepare()
    prepare_engine_home(state, engine)
    endpoint = Endpoint(fake_arm_url, "", "", plugin_port=host.port, attach_port=0, token="", process=os.getpid())
    environment = command_environment(state, endpoint, engine, os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    home = tmp_path / "program"
    home.mkdir()
    return Engine(home, environment)


def test_a_life_with_the_engine(pulumi, fake_arm):
    fake_arm.service_fills_in = {"visibility": "Custom"}
    assert pulumi.operation("up", duration="03:00")[:2] == (0, {"create": 4})
    assert pulumi.operation("up", duration="03:00")[:2] == (0, {})
    assert pulumi.operation("refresh", duration="03:00")[:2] == (0, {})
    assert pulumi.operation("up", duration="02:00")[:2] == (0, {"update": 1})

    # A random name: the new one comes before the old one goes, and the assignment follows.
    before = set(fake_arm.resources)
    code, changes, _ = pulumi.operation("up", duration="02:00", name="named")
    assert (code, changes) == (0, {"replace": 1, "update": 1})
    assert len(before - set(fake_arm.resources)) == len(set(fake_arm.resources) - before) == 1

    assert pulumi.operation("destroy", duration="02:00")[0] == 0
    assert fake_arm.resources == {}


def test_a_preview_knows_names_and_not_ids(pulumi, fake_arm):
    code, _, printed = pulumi.operation("preview", duration="03:00")
    assert code == 0, printed
    assert "PUT" not in fake_arm.methods


def test_drift_shows_and_is_put_right(pulumi, fake_arm):
    pulumi.operation("up", duration="03:00", name="mc")
    found = next(r for path, r in fake_arm.resources.items() if path.endswith("/mc"))
    found["properties"]["installPatches"]["rebootSetting"] = "AlwaysReboot"
    assert pulumi.operation("refresh", duration="03:00", name="mc")[1] == {"update": 1}
    assert pulumi.operation("up", duration="03:00", name="mc")[1] == {"update": 1}
    found = next(r for path, r in fake_arm.resources.items() if path.endswith("/mc"))
    assert found["properties"]["installPatches"]["rebootSetting"] == "IfRequired"


def test_what_vanished_is_made_again(pulumi, fake_arm):
    pulumi.operation("up", duration="03:00", name="mc")
    path = next(path for path in fake_arm.resources if path.endswith("/mc"))
    del fake_arm.resources[path]
    assert pulumi.operation("refresh", duration="03:00", name="mc")[1] == {"delete": 1}
    assert pulumi.operation("up", duration="03:00", name="mc")[1] == {"create": 1}
    assert path in fake_arm.resources


def test_what_exists_is_imported_without_a_change(pulumi, fake_arm):
    path = (
        "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg"
        "/providers/Microsoft.Maintenance/maintenanceConfigurations/mc"
    )
    fake_arm.resources[path.lower()] = {
        "id": path,
        "name": "mc",
        "location": "westeurope",
        "properties": {
            "maintenanceWindow": {"duration": "03:00"},
            "installPatches": {"rebootSetting": "IfRequired"},
        },
    }
    code, _, printed = pulumi.operation("up", duration="03:00", name="mc")
    assert code != 0
    assert f"cannot create already existing resource '{path}'" in printed
    code, changes, printed = pulumi.operation("up", duration="03:00", name="mc", **{"import": path})
    assert (code, changes) == (0, {"import": 1, "create": 1}), printed
    assert pulumi.operation("up", duration="03:00", name="mc")[:2] == (0, {})


def test_a_secret_stays_one_in_the_state(pulumi, fake_arm):
    code, _, printed = pulumi.operation("up", duration="03:00", machine=True)
    assert code == 0, printed
    machine = next(r for path, r in fake_arm.resources.items() if path.endswith("/virtualmachines/vm"))
    assert machine["properties"]["osProfile"]["adminPassword"] == "Secret-9"
    assert "Secret-9" not in json.dumps(pulumi.state())


def test_a_resource_that_was_begun_and_not_finished_is_kept_and_finished(pulumi, fake_arm):
    pulumi.operation("up", duration="03:00")
    fake_arm.asynchronous = True
    fake_arm.operation_states.append("Failed")
    code, _, printed = pulumi.operation("up", duration="03:00", machine=True)
    assert code != 0
    assert "OverconstrainedAllocation" in printed
    assert pulumi.state()["vm"]["id"].endswith("/virtualMachines/vm")
    code, changes, printed = pulumi.operation("up", duration="03:00", machine=True)
    assert (code, changes) == (0, {"update": 1}), printed


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("azure-native:sql:Server", "models only a part of it"),
        ("azure-native:maintenance/v20230401:MaintenanceConfiguration", "use 'azure-native:maintenance:Maintenance"),
    ],
)
def test_an_unknown_resource_is_told_in_words(pulumi, token, words):
    code, _, printed = pulumi.operation("preview", duration="03:00", unknown=token)
    assert code != 0
    assert words in printed
