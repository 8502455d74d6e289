"""`python -m sandbox run-until`, with a running local Azure, without one, and killed on the way."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.conftest import SECONDS, assert_clear_failure

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-time"
MACHINE = f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc01"
CONFIGURATION = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/hourly"
FIRST = datetime(2030, 1, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
ESTATE = [
    {"id": MACHINE, "location": "westeurope", "properties": {"osType": "linux", "status": "Connected"}},
    {
        "id": CONFIGURATION,
        "location": "westeurope",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": f"{FIRST:%Y-%m-%d %H:%M}",
                "timeZone": "UTC",
                "duration": "01:30",
                "recurEvery": "6Hours",
            },
            "installPatches": {"linuxParameters": {"classificationsToInclude": ["Security"]}},
        },
    },
    {
        "id": f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/one",
        "location": "westeurope",
        "properties": {"maintenanceConfigurationId": CONFIGURATION, "resourceId": MACHINE},
    },
]


@pytest.fixture
def seeded(run, tmp_path):
    file = tmp_path / "estate.json"
    file.write_text(json.dumps(ESTATE), encoding="utf-8")
    assert run("seed", str(file)).returncode == 0


def starts(ended):
    assert ended.returncode == 0, ended.stderr
    runs = json.loads(ended.stdout)["runs"]
    assert all(len(one["machines"]) == 1 for one in runs)
    return [datetime.fromisoformat(one["start"]) for one in runs]


def test_without_a_running_local_azure_a_table_tells_what_ran(seeded, run):
    ended = run("run-until", "2030-01-02T00:00Z")
    assert ended.returncode == 0, ended.stderr
    heading, line, last = ended.stdout.splitlines()
    assert (heading.split()[0], heading.split()[-1]) == ("Schedule", "Updates")
    assert line.split()[:8] == ["hourly", "5", "1", "5", "0", "0", "0", "0"]
    assert last.endswith("Z.")
    assert run("run-until", "2030-01-02T00:01Z").stdout.startswith("Nothing ran.\n")


def test_a_running_local_azure_is_moved(seeded, run, start):
    server = start("serve")
    url = server.stdout.readline().strip().partition("=")[2]
    assert len(starts(run("run-until", "2030-01-01T18:00+00:00", "--format", "json"))) == 4
    now = httpx.get(f"{url}/_sandbox/clock").json()["now"]
    assert re.match("2030-01-01T18:0", now)
    server.terminate()
    assert server.wait(SECONDS) == 0


def test_killed_on_the_way_it_goes_on_from_there_and_nothing_is_doubled_or_lost(seeded, state, run, start):
    process = start("run-until", "2033-01-01")
    time_of_first_step = time.monotonic() + SECONDS
    while time.monotonic() < time_of_first_step and process.poll() is None:
        if (url := endpoint(state)) and clock(url) > FIRST + 40 * STEP:
            break
    process.kill()
    process.wait(SECONDS)
    assert process.returncode == -9
    ended = run("run-until", "2032-06-01", "--format", "json")
    reached = datetime.fromisoformat(json.loads(ended.stdout)["from"])
    later = starts(ended)
    assert FIRST + 40 * STEP < reached < datetime(2032, 6, 1, tzinfo=UTC)
    assert later[0] - reached <= STEP
    server = start("serve")
    url = server.stdout.readline().strip().partition("=")[2]
    runs = httpx.get(f"{url}/_sandbox/runs", timeout=SECONDS).json()["value"]
    assert [datetime.fromisoformat(one["start"]) for one in runs] == [FIRST + STEP * n for n in range(len(runs))]
    assert datetime.fromisoformat(runs[-1]["start"]) == later[-1]


def endpoint(state):
    try:
        return json.loads((state / "server.json").read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError):
        return None


def clock(url):
    try:
        return datetime.fromisoformat(httpx.get(f"{url}/_sandbox/clock", timeout=SECONDS).json()["now"])
    except httpx.HTTPError:
        return FIRST


@pytest.mark.parametrize(
    ("instant", "said"), [("yesterday", "ISO 8601"), ("2001-01-01", "only goes forward"), ("99999-01-01", "ISO 8601")]
)
def test_a_time_that_cannot_be_reached_is_refused(run, instant, said):
    ended = run("run-until", instant)
    assert_clear_failure(ended)
    assert said in ended.stderr
