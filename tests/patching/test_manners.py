"""How `python -m patching` behaves in a shell: exit statuses, Ctrl-C, pipes, terminals, locales, completion."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from patching.__main__ import main, run
from patching.commands.completion import SCRIPT, SHELLS
from tests.terminal import COLOURS, MOVES, SECONDS, on_a_terminal

ROOT = Path(__file__).parents[2]
PATCHING = [sys.executable, "-m", "patching"]
INVENTORY = str(ROOT / "sandbox" / "estate.json")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EACH = {
    "check": ["check", "--stack", "prod"],
    "calendar": ["calendar", "--stack", "prod"],
    "runs": ["runs", "Month Second Tuesday", "--start", "2027-01-05 22:00", "--time-zone", "UTC"],
    "coverage": ["coverage", "--stack", "prod", "--inventory", INVENTORY],
    "adopt": ["adopt", "--inventory", INVENTORY],
    "diff": ["diff", "--base", "Pulumi.dev.yaml", "--head", "Pulumi.prod.yaml"],
    "emergency": [
        *("emergency", "--stack", "prod", "--all", "--start", "2027-01-20 22:00", "--output", "-"),
        *("--as-of", "2027-01-20T15:00:00Z"),
    ],
    "recover": ["recover", "--stack", "prod"],
    "completion": ["completion", "bash"],
}


@pytest.fixture
def folder(tmp_path):
    """The repository's stacks, in a folder of their own."""
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def environment(**changes):
    # Unbuffered, Python itself does not notice that a part of what it writes is not read.
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": None, **changes}
    return {name: value for name, value in env.items() if value is not None}


def piped(*arguments, cwd, **changes):
    return subprocess.run(
        [*PATCHING, *arguments],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_each_command_has_a_case():
    assert set(EACH) == set(main.commands)


# Pipes and terminals


@pytest.mark.parametrize("name", EACH)
def test_no_control_code_goes_into_a_pipe(folder, name):
    ended = piped(*EACH[name], cwd=folder, PATH="/usr/bin:/bin")
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\r" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_progress_is_on_a_terminal_and_goes_away_again(folder):
    code, shown = on_a_terminal([*PATCHING, *EACH["coverage"]], cwd=folder, PYTHONPATH=str(ROOT), NO_COLOR=None)
    assert code == 0
    assert "Reading the inventory" in shown
    last = shown.rindex("Reading the inventory")
    assert "\x1b[2K" in shown[last:]
    assert shown.index("18 machines", last)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_plain_lines(folder, term):
    code, shown = on_a_terminal([*PATCHING, *EACH["coverage"]], cwd=folder, PYTHONPATH=str(ROOT), TERM=term)
    assert code == 0
    assert "18 machines" in shown
    assert not MOVES.search(shown)


@pytest.mark.parametrize("name", ["coverage", "calendar"])
def test_no_color_is_no_colour(folder, name):
    _, shown = on_a_terminal([*PATCHING, *EACH[name]], cwd=folder, PYTHONPATH=str(ROOT), NO_COLOR="1")
    assert not COLOURS.search(shown)


def test_colours_forced_upon_a_pipe_move_no_cursor(folder):
    ended = piped(*EACH["coverage"], cwd=folder, FORCE_COLOR="1")
    assert not MOVES.search(ended.stdout + ended.stderr)


@pytest.mark.parametrize("columns", [200, 80, 72, 50, 30])
def test_a_narrow_terminal_loses_nothing(folder, columns):
    code, shown = on_a_terminal(
        [*PATCHING, "calendar", "--stack", "prod", "--count", "1"],
        columns=columns,
        cwd=folder,
        PYTHONPATH=str(ROOT),
        NO_COLOR="1",
    )
    assert code == 0
    table = shown[shown.index("───") :]
    seen = re.sub(r"\s", "", re.sub(r"\x1b\[[0-9;]*m", "", table))
    for word in ("2027-01-13", "22:00", "Thu", "01:00", "+01:00", "canary", "intranet-database"):
        assert set(word) <= set(seen)
    characters = sum(len(word) for word in ("Wed2027-01-1322:00", "Thu01:00", "+01:00", "canary"))
    assert len(seen.strip("─")) >= 5 * characters


def test_progress_keeps_to_standard_error(folder):
    """On a terminal too, what is written to a file is the report and nothing else."""
    report = folder / "report.json"
    command = f"{shlex_join([*PATCHING, *EACH['coverage'], '--format', 'json'])} > {report}"
    code, shown = on_a_terminal(["sh", "-c", command], cwd=folder, PYTHONPATH=str(ROOT))
    assert code == 0
    assert json.loads(report.read_text(encoding="utf-8"))["summary"]["total"] == 18
    assert "summary" not in shown


def shlex_join(words):
    return " ".join(f"'{word}'" for word in words)


# Ends


def test_a_closed_pipe_ends_it_as_it_ends_any_program(folder):
    command = [*PATCHING, "calendar", "--stack", "dev", "--count", "3000", "--format", "json"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(SECONDS) == 128 + signal.SIGPIPE
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["check", "--stack", "none"]])
def test_a_pipe_that_is_closed_from_the_start(folder, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*PATCHING, *arguments],
        cwd=folder,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


def test_ctrl_c_ends_it_with_130_and_one_word(folder):
    fifo = folder / "Pulumi.fifo.yaml"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [*PATCHING, "check", "--stack", "fifo"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        # It is read, and never to its end.
        with fifo.open("wb"):
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 128 + signal.SIGINT
        assert process.stdout.read() == ""
        assert process.stderr.read().strip() == "Interrupted."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said_to_be_full(folder):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*PATCHING, *EACH["calendar"]],
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: standard output cannot be written")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_is_no_traceback(folder, closed):
    command = f"{shlex_join([*PATCHING, *EACH['check']])} {closed}"
    ended = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ended.stderr
    assert ended.returncode in {0, 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "--stack", "prod"], 0),
        (["check", "--stack", "none"], 1),
        (["check", "--stack", "prod", "--file", "x"], 2),
        (["check", "--nonsense"], 2),
        (["nonsense"], 2),
        (["--version"], 0),
        (["completion", "tcsh"], 2),
    ],
)
def test_the_exit_status(folder, arguments, code):
    assert piped(*arguments, cwd=folder).returncode == code


# Where and in which words


@pytest.mark.parametrize("arguments", [["check"], ["check", "--stack", "prod"], ["calendar", "--stack", "prod"]])
def test_the_wrong_folder_is_said_to_be(tmp_path, arguments):
    ended = piped(*arguments, cwd=tmp_path)
    assert ended.returncode in {1, 2}
    assert "in the folder of the program" in ended.stdout + ended.stderr


def test_a_stack_that_is_not_there_is_answered_with_those_that_are(folder):
    ended = piped("check", "--stack", "none", cwd=folder)
    assert "name a stack that has a file there, dev, prod, test" in ended.stdout


def test_a_stack_may_be_named_as_the_engine_names_it(folder):
    (folder / "Pulumi.prod.yaml").rename(folder / "Pulumi.prod.yml")
    assert piped("check", "--stack", "acme/azure-patching/prod", cwd=folder).returncode == 0


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}])
def test_what_a_locale_cannot_show_is_shown_by_number(folder, locale):
    text = (folder / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    text = text.replace("reason: Stocktaking in the factory", "reason: Räumung 😀").replace(
        "onRun: fail", "onRun: warn"
    )
    text = text.replace('"2027-07-01 00:00"', '"2027-03-01 00:00"')
    (folder / "Pulumi.odd.yaml").write_text(text, encoding="utf-8")
    utf8 = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = piped("check", "--stack", "odd", "--format", "json", cwd=folder, **utf8, **locale)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Räumung 😀" in json.loads(ended.stdout)["warnings"][0]["expected"]
    for form in ("text", "markdown"):
        assert piped("calendar", "--stack", "odd", "--format", form, cwd=folder, **utf8, **locale).returncode == 0


# Help, version, completion


def commands():
    return [(name, command) for name, command in main.commands.items()]


@pytest.mark.parametrize(("name", "command"), commands())
def test_help_says_everything(name, command):
    assert command.help
    for one in command.params:
        if isinstance(one, click.Option):
            assert one.help, f"{name} {one.opts} has no help"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_the_list_of_commands_has_whole_sentences(folder, arguments):
    ended = piped(*arguments, cwd=folder)
    listed = ended.stdout.partition("Commands:\n")[2]
    assert "..." not in listed
    assert set(re.findall(r"^  (\S+)", listed, re.MULTILINE)) == set(main.commands)


def test_the_version_is_the_project_s(folder):
    assert piped("--version", cwd=folder).stdout == f"{SCRIPT} {PROJECT['version']}\n"


def test_the_installed_program_is_this_one():
    assert PROJECT["scripts"][SCRIPT] == f"{run.__module__}:{run.__name__}"


def complete(cwd, *words, kind="bash"):
    """What is offered for the last of some words."""
    line = {"COMP_WORDS": " ".join([SCRIPT, *words]), "COMP_CWORD": str(len(words))}
    if kind == "fish":
        line["COMP_CWORD"] = words[-1]
    ended = subprocess.run(
        [sys.executable, "-c", "from patching.__main__ import run; run()"],
        cwd=cwd,
        env=environment(**line, _AZURE_PATCHING_COMPLETE=f"{kind}_complete"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    return [offered.partition(",")[2] for offered in ended.stdout.split()] if kind == "bash" else ended.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["che"], ["check"]),
        (["check", "--stack", ""], ["dev", "prod", "test"]),
        (["recover", "--stack", "p"], ["prod"]),
        (["check", "--form"], ["--format"]),
        (["calendar", "--format", "j"], ["json"]),
        (["emergency", "--stack", "prod", "--ring", "prod"], ["prod-linux", "prod-windows"]),
        (["emergency", "--stack", "none", "--ring", ""], []),
        (["emergency", "--ring", ""], []),
        (["completion", ""], list(SHELLS)),
    ],
)
def test_the_shell_is_offered_what_there_is(folder, words, offered):
    assert complete(folder, *words) == offered


def test_an_emergency_is_offered_by_its_key(folder):
    asked = ["--name", "zero-day", "--ring", "test", "--start", "2027-01-20 22:00", "--as-of", "2027-01-20T15:00:00Z"]
    assert piped("emergency", "--stack", "prod", *asked, cwd=folder).returncode == 0
    assert complete(folder, "emergency", "--stack", "prod", "--remove", "--name", "") == ["zero-day"]
    assert "zero-day" not in complete(folder, "emergency", "--stack", "prod", "--ring", "")


def test_zsh_and_fish_are_answered_too(folder):
    assert "prod" in complete(folder, "check", "--stack", "pr", kind="zsh").split()
    assert "prod" in complete(folder, "check", "--stack", "pr", kind="fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(folder, shell):
    script = piped("completion", shell, cwd=folder)
    assert (script.returncode, script.stderr) == (0, "")
    assert f"_AZURE_PATCHING_COMPLETE={shell}_complete" in script.stdout
    assert SCRIPT in script.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_the_script(folder):
    script = piped("completion", "bash", cwd=folder).stdout
    (folder / "bin").mkdir()
    program = folder / "bin" / SCRIPT
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from patching.__main__ import run; run()" "$@"\n')
    program.chmod(0o755)
    typed = f"COMP_WORDS=({SCRIPT} check --stack p); COMP_CWORD=3; _azure_patching_completion {SCRIPT} p --stack"
    ended = subprocess.run(
        ["bash", "--norc", "-c", f'{script}\n{typed}\necho "${{COMPREPLY[@]}}"'],
        cwd=folder,
        env=environment(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip() == "prod", ended.stderr
