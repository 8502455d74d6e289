"""`python -m sandbox faults`, beside a running local Azure and without one."""

import json
import subprocess
import sys

import httpx
import pytest

from tests.conftest import REPOSITORY
from tests.sandbox.conftest import assert_clear_failure

RULE = {"path": "/metadata/*", "times": "all", "effect": "status", "status": 418}
QUESTION = "/metadata/endpoints?api-version=2019-05-01"


@pytest.fixture
def rules(tmp_path):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([RULE]))
    return str(file)


@pytest.fixture
def served(start):
    """Start a local Azure; `served()` returns it with its address."""

    def serve():
        process = start("serve")
        return process, process.stdout.readline().strip().partition("=")[2]

    return serve


@pytest.fixture
def faults(start):
    """Run `python -m sandbox faults VERB …`."""

    def run(*arguments):
        process = start("faults", *arguments)
        output, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    return run


@pytest.fixture
def start(state):
    """Start `python -m sandbox`, the state directory last: it is an option of the innermost command."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments, "--state", str(state)],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(60)
        process.stdout.close()
        process.stderr.close()


def matched(faults):
    return [one["matched"] for one in json.loads(faults("list").stdout)]


def test_a_running_local_azure_follows_at_once_and_the_next_one_too(faults, served, rules):
    process, url = served()
    assert httpx.get(url + QUESTION).status_code == 200
    assert faults("set", rules).returncode == 0
    assert httpx.get(url + QUESTION).status_code == 418
    assert matched(faults) == [1]
    process.terminate()
    process.wait(60)
    assert matched(faults) == [1]

    process, url = served()
    assert "fault rule" in process.stderr.readline()
    assert httpx.get(url + QUESTION).status_code == 418
    assert faults("clear").returncode == 0
    assert httpx.get(url + QUESTION).status_code == 200
    assert matched(faults) == []


def test_what_is_set_while_nothing_runs_strikes_later(faults, served, rules):
    assert faults("set", rules).returncode == 0
    _, url = served()
    assert httpx.get(url + QUESTION).status_code == 418


def test_a_file_that_holds_no_rules_is_refused_and_changes_nothing(faults, rules, tmp_path):
    faults("set", rules)
    bad = tmp_path / "bad.json"
    bad.write_text('[{"effect": "explode"}]')
    assert_clear_failure(faults("set", str(bad)), "bad.json", "rule 1", "lose-answer", "Expected")
    assert_clear_failure(faults("set", str(tmp_path / "none.json")), "cannot read", "none.json")
    assert matched(faults) == [0]


def test_a_local_azure_whose_rules_cannot_be_read_says_how_to_go_on(faults, served, rules, start, state):
    faults("set", rules)
    (state / "faults.json").write_text("{")
    process = start("serve")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in errors
    assert "faults.json" in errors
    assert f"python -m sandbox faults clear --state {state}" in errors
    assert_clear_failure(faults("list"), "faults.json", "faults clear")
    assert faults("clear").returncode == 0
    served()
