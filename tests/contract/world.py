"""Subscriptions of one test alone, stack files made of parts, and what every stack is held to."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from azure.mgmt.policyinsights.models import QueryOptions
from ruamel.yaml import YAML

from tests.conftest import REPOSITORY, Result, Stack
from tests.stack.clients import Clients

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM of-a-test"


@dataclasses.dataclass(frozen=True)
class Subscription:
    """A subscription of one test alone, read with Microsoft's clients."""

    id: str
    clients: Clients

    @property
    def scope(self) -> str:
        return f"/subscriptions/{self.id}"

    def machine_id(self, group: str, name: str, provider: str = "Microsoft.Compute/virtualMachines") -> str:
        return f"{self.scope}/resourceGroups/{group}/providers/{provider}/{name}"

    def arc_id(self, group: str, name: str) -> str:
        return self.machine_id(group, name, "Microsoft.HybridCompute/machines")

    def configuration(self, group: str, name: str) -> Any:
        return self.clients.maintenance.maintenance_configurations.get(group, name)

    def assignments_on(self, machine_id: str) -> list[Any]:
        """The assignments on one machine."""
        _, _, _, _, group, _, provider, kind, name = machine_id.split("/")
        return list(self.clients.maintenance.configuration_assignments.list(group, provider, kind, name))

    def scopes(self) -> list[Any]:
        """The dynamic scopes at the subscription and at its groups."""
        listed = self.clients.configuration_assignments()
        return [one for one in listed if one.filter]

    def policy_assignments(self) -> dict[str, Any]:
        """The assignments made at the subscription or below, by name."""
        inside = f"{self.scope}/".lower()
        listed = self.clients.policy.policy_assignments.list()
        return {one.name: one for one in listed if one.id.lower().startswith(inside)}

    def role_assignments(self) -> list[Any]:
        return list(self.clients.authorization.role_assignments.list_for_subscription())

    def remediations(self) -> dict[str, Any]:
        return {one.name: one for one in self.clients.insights.remediations.list_for_subscription()}

    def patch_settings(self, group: str, name: str) -> Any:
        """A machine's patch settings, whichever system it has."""
        profile = self.clients.compute.virtual_machines.get(group, name).os_profile
        return (profile.linux_configuration or profile.windows_configuration).patch_settings

    def non_compliant(self) -> set[tuple[str, str]]:
        """What PolicyInsights calls non-compliant: machine and assignment, by name."""
        states = self.clients.insights.policy_states.list_query_results_for_subscription(
            "latest", self.id, QueryOptions(filter="ComplianceState eq 'NonCompliant'")
        )
        return {(one.resource_id.rsplit("/", 1)[-1], one.policy_assignment_name) for one in states}

    def everything(self) -> set[str]:
        """The ids of all there is, remediation tasks left out, which stay as a record."""
        found = set(self.clients.resource_ids())
        listed = self.clients.configuration_assignments()
        found |= {one.id.lower() for one in listed}
        found |= {one.id.lower() for one in self.role_assignments()}
        return found | {one.id.lower() for one in self.policy_assignments().values()}


def config(*subscriptions: Subscription, **own: Any) -> dict[str, Any]:
    """A stack file: the project's keys in camelCase, and the subscriptions as main, second and third."""
    named = {key: {"id": one.id} for key, one in zip(("main", "second", "third"), subscriptions, strict=False)}
    return {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": subscriptions[0].id,
        "azure-patching:subscriptions": named,
        "azure-patching:protect": False,
        **{f"azure-patching:{key}": value for key, value in own.items()},
    }


def schedule(**changes: Any) -> dict[str, Any]:
    """A schedule that is right, with changes; what is changed to None is left out."""
    entry = {
        "start": "2027-01-05 22:00",
        "timeZone": "W. Europe Standard Time",
        "duration": "03:00",
        "recurEvery": "Month Second Tuesday Offset4",
        "updates": {"linux": {"classifications": ["Critical", "Security"]}},
    } | changes
    return {key: value for key, value in entry.items() if value is not None}


def linux_machine(**changes: Any) -> dict[str, Any]:
    image = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
    return {"os": "Linux", "size": "Standard_B2s", "image": image, "sshPublicKey": KEY} | changes


def windows_machine(**changes: Any) -> dict[str, Any]:
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
    return {"os": "Windows", "size": "Standard_B2s", "image": image} | changes


def edit(stack: Stack, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a stack file in place: `change` is given its `config` without the project's namespace; secrets stay."""
    reader = YAML(typ="safe", pure=True)
    document = reader.load(stack.file.read_text())
    own = {key.removeprefix("azure-patching:"): value for key, value in document["config"].items()}
    change(own)
    document["config"] = {key if ":" in key else f"azure-patching:{key}": value for key, value in own.items()}
    stack.file.write_text(json.dumps(document))


def set_secret(stack: Stack, path: str, value: str) -> None:
    """What the documentation says to do for a password."""
    stack.pulumi("config", "set", "--secret", "--path", path, value, "--config-file", str(stack.file))


def settled(stack: Stack) -> dict[str, int]:
    """Bring a stack up, then hold it to it: the preview was right, and nothing changes any more. What was done."""
    shown = stack.preview()
    done = stack.up()
    assert done.changes == shown.changes, "the preview showed something else"
    assert stack.up().changes == {}, "a second up changes something"
    assert stack.refresh().changes == {}, "Azure answers something else than was sent"
    assert stack.up().changes == {}, "an up after a refresh changes something"
    return done.changes


def touched(result: Result) -> set[tuple[str, str]]:
    """What an operation did: (operation, logical name), the stack itself and what stayed the same left out."""
    return {
        (step, urn.rsplit("::", 1)[-1])
        for urn, steps in result.steps.items()
        for step in steps
        if step not in {"same", "read"} and "pulumi:pulumi:Stack" not in urn
    }


def check(stack_file: Any) -> tuple[int, list[dict[str, str]], list[dict[str, str]]]:
    """What `python -m patching check` says of a stack file: exit status, faults and warnings."""
    command = [sys.executable, "-m", "patching", "check", "--file", str(stack_file), "--format", "json"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    answer = json.loads(ended.stdout)
    return ended.returncode, answer["faults"], answer["warnings"]
