"""A simulated year of the prod stack, against what the core's calendar and coverage foretell."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

from patching.queries import queries_for
from patching.stack_file import read_stack_file
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.xdist_group("year")

UNTIL = "2028-01-01T00:00:00+00:00"
OFF = {"spoke03", "arc04"}
"""The estate's machines that are deallocated or disconnected."""


def patching(*arguments):
    command = [sys.executable, "-m", "patching", *arguments]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def year(engine, tmp_path_factory):
    """The lab after the year, and what `run-until` printed."""
    from tests.stack.conftest import _labs

    for make in _labs(tmp_path_factory):
        lab = make("prod")
        ended = lab.sandbox("run-until", UNTIL, "--format", "json")
        assert ended.returncode == 0, ended.stderr
        yield lab, json.loads(ended.stdout)


@pytest.fixture(scope="module")
def foretold(year):
    """Each run on each machine that the core foretells: schedule, start in UTC, machine."""
    _, told = year
    calendar = patching(
        "calendar", "--stack", "prod", "--after", told["from"], "--until", UNTIL, "--count", "1000", "--format", "json"
    )
    inventory = str(Path("sandbox", "estate.json"))
    coverage = patching("coverage", "--stack", "prod", "--inventory", inventory, "--format", "json")
    reached = [
        (one["schedule"], machine["id"].lower()) for machine in coverage["machines"] for one in machine["schedules"]
    ]
    starts = [(run["schedule"], run["startUtc"]) for run in calendar["runs"]]
    return {(name, start, machine) for name, start in starts for schedule, machine in reached if schedule == name}


def ask(lab, query):
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    answer = httpx.post(lab.url + path, json={"query": query, "options": {"$top": 1000}}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def name_of(resource_id):
    return resource_id.rsplit("/", 1)[-1]


def second(instant):
    return instant.partition(".")[0] + "Z"


def test_every_machine_has_the_runs_that_were_foretold_and_no_other(year, foretold):
    _, told = year
    seen = [
        (name_of(run["configuration"]), second(machine["start"]), machine["id"].lower())
        for run in told["runs"]
        for machine in run["machines"]
    ]
    assert len(seen) == len(set(seen))
    assert set(seen) == foretold
    assert len({machine for _, _, machine in seen}) == 15
    assert not any(run["skipped"] for run in told["runs"])


def test_resource_graph_tells_the_same(year, foretold):
    lab, _ = year
    rows = ask(lab, "maintenanceresources | where type =~ 'microsoft.maintenance/applyupdates'")
    seen = {
        (
            name_of(row["properties"]["maintenanceConfigurationId"]),
            second(row["properties"]["startDateTime"]),
            row["properties"]["resourceId"],
        )
        for row in rows
    }
    assert seen == foretold


def test_all_succeed_but_where_the_machine_is_off(year):
    _, told = year
    for run in told["runs"]:
        for machine in run["machines"]:
            off = name_of(machine["id"]) in OFF
            assert machine["status"] == ("Failed" if off else "Succeeded"), machine
            assert machine.get("error", {}).get("code") == ("ShutdownOrUnresponsive" if off else None)


def test_the_stacks_own_queries_find_the_history(year, foretold):
    lab, told = year
    queries = queries_for(read_stack_file(REPOSITORY / "Pulumi.prod.yaml").settings)
    counted = Counter()
    for row in ask(lab, queries["runs"]):
        counted[row["schedule"]] += row["runs"]
    assert counted == Counter(name_of(run["configuration"]) for run in told["runs"])
    failed = {(row["schedule"], second(row["started"]), row["machine"]) for row in ask(lab, queries["failures"])}
    assert failed == {one for one in foretold if name_of(one[2]) in OFF}
    ((arc, why),) = [(name_of(row["id"]), row["problem"]) for row in ask(lab, queries["machinesNotReady"])]
    assert (arc, why) == ("arc04", "its Arc agent is not connected")
    # Policies turned periodic assessment on everywhere; who is off is not assessed.
    assert {name_of(row["id"]) for row in ask(lab, queries["machinesNotAssessed"])} == OFF


def test_after_a_month_without_a_run_no_installation_is_left(year):
    """The schedules end before December; Azure keeps installations for thirty days, and runs for longer."""
    lab, told = year
    assert max(run["end"] for run in told["runs"]) < "2027-12-01"
    assert ask(lab, "patchinstallationresources") == []
