"""How `python -m sandbox` behaves in a shell: progress, Ctrl-C, closed pipes, its version."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sandbox.engine.versions import AZURE_NATIVE, PULUMI
from tests.conftest import REPOSITORY
from tests.terminal import COLOURS, MOVES, SECONDS, on_a_terminal

SANDBOX = [sys.executable, "-m", "sandbox"]
GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-many"
MANY = 3000


@pytest.fixture
def many(tmp_path):
    """A file with many machines."""
    file = tmp_path / "many.json"
    names = [f"arc{number}" for number in range(MANY)]
    rows = [
        {"id": f"{GROUP}/providers/Microsoft.HybridCompute/machines/{name}", "name": name, "location": "westeurope"}
        for name in names
    ]
    file.write_text(json.dumps(rows))
    return file


@pytest.fixture
def terminal(tmp_path):
    """Run `python -m sandbox` on a terminal."""

    def run(verb, *arguments, **changes):
        command = [*SANDBOX, verb, "--state", str(tmp_path / "state"), *arguments]
        return on_a_terminal(command, cwd=REPOSITORY, **{"NO_COLOR": None, **changes})

    return run


@pytest.fixture
def piped(tmp_path):
    """Run `python -m sandbox` with its output in pipes."""

    def run(verb, *arguments, **changes):
        return subprocess.run(
            [*SANDBOX, verb, "--state", str(tmp_path / "state"), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def test_seeding_many_machines_shows_how_far_it_is(terminal, many):
    code, shown = terminal("seed", str(many))
    assert code == 0
    assert "Seeding many.json" in shown
    assert f"of {MANY:,} resources" in shown
    last = shown.rindex("Seeding many.json")
    assert MOVES.search(shown[last:])
    assert f"{MANY} resources loaded" in shown[last:]


def test_moving_the_clock_shows_where_it_is(terminal, many):
    terminal("seed", str(many))
    code, shown = terminal("run-until", "2032-01-01T00:00:00Z")
    assert code == 0
    assert "Moving the clock" in shown
    assert shown.rindex("Nothing ran.") > shown.rindex("Moving the clock")


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_dumb_terminal_gets_plain_lines(terminal, many, changes):
    for arguments in (("seed", str(many)), ("run-until", "2030-01-01T00:00:00Z")):
        code, shown = terminal(*arguments, **changes)
        assert code == 0
        assert not MOVES.search(shown)
        assert "Seeding" not in shown
        assert "Moving" not in shown


def test_no_color_is_no_colour(terminal, many):
    _, shown = terminal("seed", str(many), NO_COLOR="1")
    assert not COLOURS.search(shown)


@pytest.mark.parametrize("changes", [{}, {"FORCE_COLOR": "1"}])
def test_nothing_moves_in_a_pipe(piped, many, changes):
    seeded = piped("seed", str(many), **changes)
    assert (seeded.stdout, seeded.stderr) == (f"Seeded many.json: {MANY} resources loaded.\n", "")
    moved = piped("run-until", "2030-01-01T00:00:00Z", "--format", "json", **changes)
    assert json.loads(moved.stdout)["runs"] == []
    assert not MOVES.search(moved.stderr)


def test_ctrl_c_ends_it_with_130_and_one_word(tmp_path):
    fifo = tmp_path / "inventory.json"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [*SANDBOX, "seed", str(fifo), "--state", str(tmp_path / "state")],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        with fifo.open("wb"):
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 128 + signal.SIGINT
        assert process.stderr.read().strip() == "Interrupted."


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["faults", "list", "--state", "none"]])
def test_a_closed_pipe_is_no_traceback(tmp_path, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*SANDBOX, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said_to_be_full():
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*SANDBOX, "--help"], cwd=REPOSITORY, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: standard output cannot be written")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_is_no_traceback(tmp_path, closed):
    command = f"{shlex.join([*SANDBOX, 'faults', 'list', '--state', str(tmp_path)])} {closed}"
    ended = subprocess.run(["sh", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
    assert ended.returncode in {0, 1}


def test_the_version_says_what_it_stands_in_for():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = subprocess.run([*SANDBOX, "--version"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for word in (project["version"], PULUMI, AZURE_NATIVE):
        assert word in shown


def test_the_list_of_commands_has_whole_sentences():
    shown = subprocess.run([*SANDBOX, "-h"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert "..." not in shown.partition("Commands:")[2]


def test_ctrl_c_while_the_environment_is_made(tmp_path):
    """It waits to read the requirements, which it does to compare them with what is installed."""
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    (environment / ".installed-some.txt").write_text("")
    os.mkfifo(tmp_path / "some.txt")
    with subprocess.Popen(
        [sys.executable, "-I", str(REPOSITORY / "sandbox" / "bootstrap.py"), "some.txt"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        with (tmp_path / "some.txt").open("wb"):
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 128 + signal.SIGINT
        assert process.stderr.read() == "error: interrupted; the next run goes on.\n"
