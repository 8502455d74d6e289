"""An emergency on the lab: written, deployed, run once, taken out, and nothing else has moved."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta

import httpx
import pytest

from tests.conftest import REPOSITORY, Result
from tests.stack.clients import MAIN, SPOKE

pytestmark = pytest.mark.xdist_group("emergency")
HOUR = timedelta(hours=1)


def emergency(lab, *arguments):
    command = [sys.executable, "-m", "patching", "emergency", "--file", str(lab.stack_file), *arguments]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def up(lab):
    ended = lab.pulumi("up", "--yes", "--skip-preview", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return Result(ended.returncode, ended.stdout, ended.stderr)


def now(lab):
    return datetime.fromisoformat(httpx.get(f"{lab.url}/_sandbox/clock").json()["now"])


def in_ring_test():
    """The machines of the estate that carry the ring's tag, in the subscriptions that its scope looks at."""
    rows = json.loads((REPOSITORY / "sandbox" / "estate.json").read_text(encoding="utf-8"))
    rows = rows["data"] if isinstance(rows, dict) else rows
    return {
        row["name"]
        for row in rows
        if (row.get("tags") or {}).get("patch-ring") == "test" and row["id"].split("/")[2] in {MAIN, SPOKE}
    }


def test_it_is_made_runs_once_and_goes_without_a_trace(serve_lab):
    lab = serve_lab("dev")
    usual, before = lab.stack_file.read_bytes(), now(lab)
    start = (before + 2 * HOUR).replace(second=0, microsecond=0)
    asked = ("--ring", "patch-tuesday", "--start", start.isoformat(), "--reason", "CVE-2027-1", "--name", "zero-day")

    assert "+    zero-day:" in emergency(lab, *asked, "--as-of", before.isoformat()).splitlines()
    made = up(lab)
    changed = {urn: steps for urn, steps in made.steps.items() if steps != ["same"]}
    assert set(map(tuple, changed.values())) == {("create",)}
    types = sorted(urn.split("::")[2].rpartition("$")[2] for urn in changed)
    assert types == [
        "azure-native:maintenance:ConfigurationAssignment",
        "azure-native:maintenance:ConfigurationAssignmentsForSubscription",
        "azure-native:maintenance:ConfigurationAssignmentsForSubscription",
        "azure-native:maintenance:MaintenanceConfiguration",
        "azure-patching:index:DynamicScope",
        "azure-patching:index:DynamicScope",
        "azure-patching:index:MachineAssignments",
        "azure-patching:index:MaintenanceSchedule",
    ]
    assert all("zero-day" in urn for urn in changed)
    assert up(lab).changes == {}

    ended = lab.sandbox("run-until", (start + 30 * HOUR).isoformat(), "--format", "json")
    runs = json.loads(ended.stdout)["runs"]
    (run,) = [run for run in runs if run["configuration"].endswith("/zero-day")]
    assert {one["id"].rpartition("/")[2] for one in run["machines"]} == in_ring_test() | {"web-linux"}
    assert len(run["machines"]) == len({one["id"] for one in run["machines"]})
    assert {one["status"] for one in run["machines"]} <= {"Succeeded", "CompletedWithWarnings"}
    assert any(one.get("counts", {}).get("installedPatchCount") for one in run["machines"])
    assert datetime.fromisoformat(run["machines"][0]["start"]) >= start

    emergency(lab, "--remove", "--as-of", now(lab).isoformat())
    assert lab.stack_file.read_bytes() == usual
    gone = {urn: steps for urn, steps in up(lab).steps.items() if steps != ["same"]}
    assert gone.keys() == changed.keys()
    assert set(map(tuple, gone.values())) == {("delete",)}
    assert up(lab).changes == {}
