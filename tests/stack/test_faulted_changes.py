"""A change of the dev stack under faults, and its end: `up` and `destroy` converge as they would have without any.

As in the sweep of a first `up`, many faults are met in few runs.
"""

import dataclasses
import itertools
from typing import NamedTuple

import pytest
import yaml

from tests.stack.faulted import REPOSITORY, Deployment, World
from tests.stack.test_fault_sweep import FATAL, FATAL_NAMES, LOST, PATHS, PLENTY, SOME

WRITES = ("PUT", "PATCH", "DELETE")
STORAGE_ACCOUNT = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-legacy/providers/Microsoft.Storage"
    "/storageAccounts/stpatching"
)


def program(folder):
    """The dev stack in a folder of its own, so that its file can be changed."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", ".venv"):
        (folder / name).symlink_to(REPOSITORY / name)
    deployment = Deployment(folder / "state", folder=folder)
    assert deployment.converge(1) == ["done"]
    return deployment


def edit(config):
    """Something new, something removed, something changed in place: schedules, assignments, policies and more."""
    schedules = config["azure-patching:schedules"]
    schedules["weekly"]["duration"] = "02:30"
    schedules["weekly"]["machines"].pop()
    schedules["weekly"]["events"] = {
        "before": {"snapshot": {"storageQueue": {"storageAccount": STORAGE_ACCOUNT, "queue": "runs"}}}
    }
    schedules["patch-tuesday"]["scopes"]["test-ring"]["tags"] = {"patch-ring": ["test", "early"]}
    schedules["nightly"] = schedules.pop("daily")
    policies = config["azure-patching:azurePolicies"]
    policies["prerequisite"]["nonComplianceMessage"] = "Ask the platform team."
    policies["again"] = policies.pop("prerequisite-spoke")
    config["azure-patching:monitoring"] = {"alerts": {}, "workbook": {}}


def move(config):
    """A schedule and its assignments are replaced, the old ones first."""
    config["azure-patching:schedules"]["month-end"]["subscription"] = "spoke"


def apply(change, deployment):
    file = deployment.folder / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text())
    change(content["config"])
    file.unlink()
    file.write_text(yaml.safe_dump(content, sort_keys=False))


class Changed(NamedTuple):
    """What a deployment without faults comes to: moved, and edited as well."""

    moved: World
    edited: World


@pytest.fixture(scope="module")
def changed(engine, tmp_path_factory):
    plain = program(tmp_path_factory.mktemp("plain"))
    apply(move, plain)
    assert plain.converge(1) == ["done"]
    moved = plain.world()
    apply(edit, plain)
    assert plain.converge(1) == ["done"]
    return Changed(moved, plain.world())


@pytest.fixture(scope="module")
def destroyed(engine, tmp_path_factory):
    plain = program(tmp_path_factory.mktemp("plain"))
    assert plain.destroy().returncode == 0
    return plain.world()


@pytest.fixture
def deployment(engine, tmp_path):
    return program(tmp_path)


def of_writes(effect):
    return [{"method": method, "eachPath": True, **effect} for method in WRITES]


@pytest.mark.parametrize("effect", [LOST, {"effect": "kill"}], ids=["lost", "killed"])
@pytest.mark.parametrize("kind", ["configuration", "assignment to a subscription"])
def test_what_takes_the_place_of_something_may_be_lost(deployment, changed, kind, effect):
    """The old one is gone, and others wait for the new one."""
    apply(move, deployment)
    deployment.fault({"method": "PUT", "path": PATHS[kind], **effect})
    story = deployment.converge(3)
    assert story[0] in {"killed", "failed"}
    deployment.assert_like(changed.moved)


@pytest.mark.slow
@pytest.mark.parametrize("effect", FATAL, ids=FATAL_NAMES)
def test_every_write_of_a_change_may_fail_for_good(deployment, changed, effect):
    """First a move, where the first failure ends a run: one that goes on would wait for ever for what replaces
    something whose deletion failed (pulumi/pulumi issue 16373). Then an edit, many of whose failures one run meets."""
    apply(move, deployment)
    deployment.fault(*of_writes(effect))
    assert deployment.converge(SOME)[0] == "failed"
    deployment.assert_like(changed.moved)

    continuing = dataclasses.replace(deployment, continuing=True)
    apply(edit, continuing)
    assert continuing.converge(SOME)[0] == "failed"
    continuing.assert_like(changed.edited)


@pytest.mark.slow
def test_the_local_azure_may_be_killed_at_every_write_of_a_change(deployment, changed):
    apply(move, deployment)
    apply(edit, deployment)
    deployment.fault(*of_writes({"effect": "kill"}))
    assert set(deployment.converge(PLENTY)) == {"killed", "done"}
    deployment.assert_like(changed.edited)


@pytest.mark.slow
@pytest.mark.parametrize("effect", [*FATAL, {"effect": "kill"}], ids=[*FATAL_NAMES, "killed"])
def test_every_deletion_may_fail_for_good(deployment, destroyed, effect):
    deployment.fault({"method": "DELETE", "eachPath": True, **effect})
    failed = list(itertools.takewhile(bool, (deployment.destroy().returncode for _ in range(PLENTY))))
    assert 0 < len(failed) < PLENTY
    deployment.assert_like(destroyed)
