"""What a stack does in its life: again, refreshed, edited, made smaller, killed, destroyed."""

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from tests.stack.clients import FACTORY, SPOKE
from tests.stack.conftest import REPOSITORY


def changes(ended):
    """How many resources had each operation in the engine's summary, those left alone out."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = ended.stdout.split("Resources:")[1]
    counts = re.findall(r"^\s+[~+\-]*\s*(\d+) (created|updated|deleted|replaced|unchanged)", summary, re.MULTILINE)
    assert counts, "the engine printed no summary"
    return {what: int(count) for count, what in counts if what != "unchanged"}


def changed_urns(ended):
    """The resources an update touched, by the last part of their URNs."""
    lines = (json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{"))
    steps = (line["resourcePreEvent"]["metadata"] for line in lines if "resourcePreEvent" in line)
    return {(step["op"], step["urn"].rsplit("::", 1)[-1]) for step in steps if step["op"] != "same"}


def edit(lab, before, after):
    text = lab.stack_file.read_text()
    assert before in text
    lab.stack_file.write_text(text.replace(before, after))


UP = ("up", "--yes", "--skip-preview")
WAITING = "Azure answers 409, as it does for some minutes"


def resource_ids(lab):
    return set[str]().union(*(clients.resource_ids() for clients in lab.subscriptions))


def seeded_ids():
    rows = json.loads((REPOSITORY / "sandbox" / "estate.json").read_text())["data"]
    return {row["id"].lower() for row in rows}


def test_a_life(serve_lab):
    lab = serve_lab("dev")
    made = resource_ids(lab)

    again = lab.sandbox("up", "--stack", lab.stack)
    assert changes(again) == {}
    assert "No changes." in again.stdout

    assert changes(lab.pulumi("refresh", "--yes", "--skip-preview")) == {}
    assert changes(lab.pulumi(*UP)) == {}

    edit(lab, 'duration: "02:00"', 'duration: "02:30"')
    assert changed_urns(lab.pulumi(*UP, "--json")) == {("update", "month-end-configuration")}
    assert lab.main.maintenance.maintenance_configurations.get("rg-patching-dev", "month-end").duration == "02:30"

    edit(lab, "tags: {patch-ring: [canary]}", "tags: {patch-ring: [canary, early]}")
    touched = changed_urns(lab.pulumi(*UP, "--json"))
    assert {operation for operation, _ in touched} == {"update"}
    assert {name.split("/")[0] for _, name in touched} == {"daily"}

    text = lab.stack_file.read_text()
    start, end = text.index("    daily:"), text.index("  azure-patching:azurePolicies:")
    lab.stack_file.write_text(text[:start] + text[end:])
    removed = changed_urns(lab.pulumi(*UP, "--json"))
    assert {operation for operation, _ in removed} == {"delete"}
    assert {name.split("/")[0].split("-")[0] for _, name in removed} == {"daily"}

    assert changes(lab.pulumi("destroy", "--yes", "--skip-preview")).keys() == {"deleted"}
    left = resource_ids(lab)
    assert left < made
    assert {one for one in left if "rg-patching-dev" in one} == set()
    for clients in lab.subscriptions:
        assert list(clients.policy.policy_assignments.list()) == []
        assert list(clients.maintenance.maintenance_configurations.list()) == []
    assert seeded_ids() <= left


def put_forward(lab, minutes):
    """Move the local Azure's clock."""
    clock = f"{lab.url}/_sandbox/clock"
    now = dt.datetime.fromisoformat(httpx.get(clock).json()["now"])
    later = (now + dt.timedelta(minutes=minutes)).isoformat()
    httpx.post(clock, json={"until": later}, timeout=60).raise_for_status()


def up_while_names_are_held(lab, most=1):
    """Run `up`, and move the clock as soon as it says that it waits for a name, until it has so often at most."""
    command = [sys.executable, "-m", "sandbox", "exec", "--state", str(lab.state), "--", "pulumi", *UP]
    command += ["--stack", lab.stack, "--config-file", str(lab.stack_file), "--non-interactive", "--color", "never"]
    said = []
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | {"NO_COLOR": "1"}, stdout=subprocess.PIPE, text=True
    ) as running:
        for line in running.stdout:
            said.append(line)
            if WAITING in line and most:
                put_forward(lab, 3)
                most -= 1
    return subprocess.CompletedProcess(command, running.returncode, "".join(said), "")


def test_a_schedule_that_moves_waits_for_its_name(serve_lab):
    """Its name is held when the old one is gone: `up` says so, waits, and makes it, in one run."""
    lab = serve_lab("dev")
    edit(lab, 'duration: "02:00"', 'duration: "02:00"\n      location: northeurope')
    moved = up_while_names_are_held(lab)
    assert changes(moved).keys() <= {"created", "replaced"}
    assert f"month-end-configuration: {WAITING}" in moved.stdout
    configuration = lab.main.maintenance.maintenance_configurations.get("rg-patching-dev", "month-end")
    assert configuration.location == "northeurope"
    assert changes(lab.pulumi(*UP)) == {}
    assert changes(lab.pulumi("refresh", "--yes", "--skip-preview")) == {}


def names_of(resources):
    return {one.name for one in resources}


def test_a_schedule_moves_to_another_subscription(serve_lab):
    lab = serve_lab("dev")
    here, there, _ = (clients.maintenance.maintenance_configurations for clients in lab.subscriptions)
    assert ("month-end" in names_of(here.list()), "month-end" in names_of(there.list())) == (True, False)

    edit(lab, 'duration: "02:00"', 'duration: "02:00"\n      subscription: spoke')
    moved = changed_urns(lab.pulumi(*UP, "--json"))
    assert {name for operation, name in moved if operation == "replace"} == {
        "month-end-configuration",
        "month-end/payroll/main-assignment",
    }
    assert ("month-end" in names_of(here.list()), "month-end" in names_of(there.list())) == (False, True)
    schedules = [one.maintenance_configuration_id.lower() for one in lab.main.configuration_assignments()]
    assert there.get("rg-patching-dev", "month-end").id.lower() in schedules
    assert changes(lab.pulumi(*UP)) == {}
    assert changes(lab.pulumi("refresh", "--yes", "--skip-preview")) == {}


def test_a_subscription_becomes_another(serve_lab):
    """Everything of the key moves along, and nothing else is touched."""
    lab = serve_lab("dev")
    main, left, arrived = lab.subscriptions

    def stand():
        policies = [names_of(clients.policy.policy_assignments.list()) for clients in (main, left, arrived)]
        return *policies, *(len(clients.configuration_assignments()) for clients in (main, left, arrived))

    of_main, of_spoke, nothing, on_main, on_spoke, none = stand()
    assert of_spoke
    assert on_spoke
    assert (nothing, none) == (set(), 0)

    edit(lab, f"spoke: {{id: {SPOKE}}}", f"spoke: {{id: {FACTORY}}}")
    moved = changed_urns(lab.pulumi(*UP, "--json"))
    assert ("update", "spoke") in moved
    assert all("spoke" in name for _, name in moved)
    kept, gone, come, *assignments = stand()
    assert (kept, gone, len(come)) == (of_main, set(), len(of_spoke))
    assert assignments == [on_main, 0, on_spoke]
    assert changes(lab.pulumi(*UP)) == {}
    assert changes(lab.pulumi("refresh", "--yes", "--skip-preview")) == {}


def test_what_was_destroyed_comes_again(serve_lab):
    """All names are held then; those who wait, wait together."""
    lab = serve_lab("dev")
    before = resource_ids(lab)
    assert changes(lab.pulumi("destroy", "--yes", "--skip-preview")).keys() == {"deleted"}
    again = up_while_names_are_held(lab)
    assert changes(again).keys() == {"created"}
    waiting = set(re.findall(rf"([\w-]+)-configuration: {WAITING}", again.stdout))
    assert waiting == {"daily", "month-end", "patch-tuesday", "weekly"}
    assert resource_ids(lab) == before
    assert changes(lab.pulumi(*UP)) == {}


def test_the_repository_is_left_as_it_is(serve_lab):
    def files():
        asked = ["git", "status", "--porcelain"]
        return subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout

    before = files()
    serve_lab("dev")
    assert files() == before


@pytest.mark.parametrize("creation", [2, 9, 17, 30])
def test_a_killed_run_is_mended_by_the_next(creation, tmp_path):
    """Kill everything, -9, as soon as the engine says that it begins to create the n-th resource."""
    command = [sys.executable, "-m", "sandbox", "up", "--state", str(tmp_path / "state")]
    environment = os.environ | {"NO_COLOR": "1"}
    killed = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    begun = (line for line in killed.stdout if " creating" in line)
    for _ in range(creation):
        assert next(begun, None) is not None, "the run ended before it could be killed"
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()

    def up():
        return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)

    second = up()
    assert second.returncode == 0, second.stdout + second.stderr
    assert changes(up()) == {}
