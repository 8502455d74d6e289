"""Resources that Azure made and the engine does not know of, because the answer was lost and nothing is pending."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
ALREADY_THERE = "cannot create already existing resource"
PROGRAM = f"""
import pulumi
import pulumi_azure_native as azure

class Network(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("test:index:Network", name, None, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        self.group = azure.resources.ResourceGroup(
            "group", resource_group_name="rg-net", location="westeurope", tags={{"key": pulumi.Output.secret("x")}},
            opts=protected,
        )
        space = {{"address_prefixes": ["10.0.0.0/16"]}}
        self.network = azure.network.VirtualNetwork(
            "network", virtual_network_name="net", resource_group_name=self.group.name, location="westeurope",
            address_space=space, opts=protected,
        )
        self.register_outputs({{}})

provider = azure.Provider("main", subscription_id="{SUBSCRIPTION}")
on_it = pulumi.ResourceOptions(provider=provider)
Network("net", pulumi.ResourceOptions(providers=[provider]))
azure.resources.ResourceGroup("named-anew", location="westeurope", opts=on_it)
for number in range(30):
    azure.resources.ResourceGroup(
        f"many-{{number}}", resource_group_name=f"rg-many-{{number}}", location="westeurope", opts=on_it
    )
"""
COUNT = 36
"""The stack, the provider, the component and its two resources, the group that is named anew, and the many."""


@dataclasses.dataclass
class Lab:
    """A program's folder, and a state directory."""

    state: Path
    project: Path

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1"}

    def command(self, verb: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sandbox", verb, "--state", str(self.state), *arguments]

    def sandbox(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(verb, *arguments),
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.sandbox("exec", "--", "pulumi", *arguments, "--stack", "dev", "--non-interactive")

    def recover(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.sandbox("exec", "--", sys.executable, "-m", "patching", "recover", "--stack", "dev", *arguments)

    @property
    def resources(self) -> list[dict]:
        exported = self.pulumi("stack", "export")
        return json.loads(exported.stdout)["deployment"].get("resources", [])

    def forget(self, *names: str) -> None:
        """Take resources out of the engine's state; without names, all."""
        file = self.state / "backend/.pulumi/stacks/azure-patching/dev.json"
        checkpoint = json.loads(file.read_text())
        latest = checkpoint["checkpoint"]["latest"]
        kept = [one for one in latest["resources"] if names and one["urn"].rpartition("::")[2] not in names]
        latest["resources"] = kept
        for one in kept:
            for field in ("dependencies", "propertyDependencies"):
                one.pop(field, None)
        file.write_text(json.dumps(checkpoint))


@pytest.fixture
def lab(engine, tmp_path) -> Lab:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: azure-patching\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    (project / "__main__.py").write_text(PROGRAM)
    return Lab(tmp_path / "state", project)


@pytest.fixture
def serve(lab) -> Iterator:
    """Serve the lab's local Azure, for as long as the test takes or until it is killed."""
    servers: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        server = subprocess.Popen(
            lab.command("serve"), cwd=lab.project, env=lab.environment, stdout=subprocess.PIPE, text=True
        )
        servers.append(server)
        assert server.stdout.readline().startswith("AZURE_SANDBOX_URL=")
        return server

    yield start
    for server in servers:
        server.terminate()
        server.wait(60)
        server.stdout.close()


def test_what_azure_has_and_the_state_forgot_is_adopted_only_when_asked(lab):
    assert lab.sandbox("up", "--no-seed").returncode == 0
    made = {one["urn"]: one.get("id", "").lower() for one in lab.resources}
    assert len(made) == COUNT
    lab.forget()

    refused = lab.sandbox("up", "--no-seed")
    assert refused.returncode != 0
    assert ALREADY_THERE in refused.stdout
    assert refused.stderr.rstrip().endswith("--existing")
    assert not list((lab.state / "stacks").glob("*.under-way"))
    told = lab.recover()
    assert told.returncode == 0
    assert "--existing" in told.stdout
    assert not [one for one in lab.resources if one.get("id", "").endswith("/rg-many-1")]

    file = ("--config-file", str(lab.state / "stacks" / "Pulumi.dev.yaml"))
    recovered = lab.recover("--existing", *file)
    assert recovered.returncode == 0, recovered.stderr
    assert "adopted azure-native:network:VirtualNetwork network: " in recovered.stdout
    assert "[secret]" not in json.dumps(lab.resources)
    converged = lab.sandbox("up", "--no-seed")
    assert converged.returncode == 0, converged.stdout
    found = {one["urn"]: one.get("id", "").lower() for one in lab.resources}
    azures = {urn for urn in made if "azure-native:" in urn and "providers:" not in urn and "named-anew" not in urn}
    assert {urn: found[urn] for urn in azures} == {urn: made[urn] for urn in azures}
    assert len(lab.resources) == COUNT
    assert lab.sandbox("up", "--no-seed").stdout.rstrip().endswith("No changes.")


def test_what_is_not_there_is_left_to_the_update(lab):
    assert lab.sandbox("up", "--no-seed").returncode == 0
    assert lab.pulumi("state", "unprotect", "--all", "--yes").returncode == 0
    file = ("--config-file", str(lab.state / "stacks" / "Pulumi.dev.yaml"))
    assert lab.pulumi("destroy", "--yes", "--skip-preview", *file).returncode == 0
    recovered = lab.recover("--existing", *file)
    assert recovered.returncode == 0, recovered.stderr
    assert "adopted" not in recovered.stdout
    assert "did not look for azure-native:resources:ResourceGroup named-anew: " in recovered.stdout
    assert not [one for one in lab.resources if one["type"].startswith("azure-native:")]
    assert lab.sandbox("up", "--no-seed").returncode == 0


@pytest.mark.parametrize("again", ["up", "recover"])
def test_a_local_azure_killed_under_an_update_is_mended(lab, serve, again):
    server = serve()
    update = subprocess.Popen(
        lab.command("up", "--no-seed"),
        cwd=lab.project,
        env=lab.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with update:
        for line in update.stdout:
            if "created (" in line and "many-" in line:
                break
        server.send_signal(signal.SIGKILL)
        assert update.stdout.read()
    assert update.wait(120) != 0
    if again == "recover":
        file = ("--config-file", str(lab.state / "stacks" / "Pulumi.dev.yaml"))
        recovered = lab.recover("--existing", *file)
        assert recovered.returncode == 0, recovered.stderr
        converged = lab.pulumi("up", "--yes", "--skip-preview", *file)
    else:
        converged = lab.sandbox("up", "--no-seed")
    assert converged.returncode == 0, converged.stdout + converged.stderr
    identifiers = [one["id"].lower() for one in lab.resources if one.get("id")]
    assert len(identifiers) == len(set(identifiers)) == COUNT - 2
    assert lab.sandbox("up", "--no-seed").stdout.rstrip().endswith("No changes.")
