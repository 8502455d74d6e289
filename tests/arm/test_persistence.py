"""The state survives a kill at any moment, and two processes may work on it."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from sandbox.arm.seed import seed
from sandbox.arm.server import ArmServer
from tests.arm.conftest import SUBSCRIPTION, made

REPOSITORY = Path(__file__).parents[2]
GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
QUERY = {"api-version": "2022-09-01"}
SERVE = """
import sys, threading, pathlib
from sandbox.arm.server import ArmServer
server = ArmServer(pathlib.Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
threading.Event().wait()
"""


def serving(state):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(state)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_what_was_answered_is_there_after_a_kill(tmp_path):
    answered: list[str] = []
    for life in range(3):
        process, url = serving(tmp_path)
        try:
            for number in range(5):
                name = f"rg-{life}-{number}"
                made(httpx.put(f"{url}{GROUPS}/{name}", params=QUERY, json={"location": "westeurope"}))
                answered.append(name)
        finally:
            process.kill()
            process.communicate()
    process, url = serving(tmp_path)
    try:
        found = [one["name"] for one in made(httpx.get(f"{url}{GROUPS}", params=QUERY))["value"]]
    finally:
        process.kill()
        process.communicate()
    assert sorted(found) == sorted(answered)


def test_a_kill_in_the_middle_of_a_storm(tmp_path):
    """Whatever was stored when the process died can be read by the next one."""
    process, url = serving(tmp_path)
    answered: list[str] = []

    def storm():
        try:
            for number in range(10_000):
                name = f"rg-{number}"
                if httpx.put(f"{url}{GROUPS}/{name}", params=QUERY, json={"location": "westeurope"}).is_success:
                    answered.append(name)
                if number == 20:
                    started.set()
        except httpx.TransportError:
            return

    started = threading.Event()
    thread = threading.Thread(target=storm)
    thread.start()
    assert started.wait(30)
    process.kill()
    process.communicate()
    thread.join()
    server = ArmServer(tmp_path)
    server.start()
    try:
        listed = httpx.get(f"{server.url}{GROUPS}", params={**QUERY, "$top": "10000"})
        found = {one["name"] for one in made(listed)["value"]}
    finally:
        server.stop()
    assert found >= set(answered)
    assert len(found) <= len(answered) + 1


def test_seeding_while_it_serves(tmp_path):
    process, url = serving(tmp_path)
    try:
        report = seed(tmp_path, json.loads((REPOSITORY / "sandbox" / "estate.json").read_text()))
        found = made(httpx.get(f"{url}/subscriptions/{SUBSCRIPTION}/resources", params=QUERY))["value"]
    finally:
        process.kill()
        process.communicate()
    assert {one["id"] for one in found} == {one for one in report.loaded if SUBSCRIPTION in one}


def test_a_port_in_use(tmp_path):
    server = ArmServer(tmp_path)
    try:
        port = int(server.url.rsplit(":", 1)[1])
        with_other_state = tmp_path / "other"
        with_other_state.mkdir()
        with pytest.raises(OSError, match="in use"):
            ArmServer(with_other_state, port)
    finally:
        server.stop()
