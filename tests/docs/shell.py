"""Runs the commands of a page as a reader does: in one shell, in order, in a copy of the repository of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.arm.store import Store
from sandbox.state import DEFAULT_STATE, StateDirectory
from tests.conftest import REPOSITORY
from tests.docs.pages import Block, Command, commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".git", ".sandbox", ".cache", ".hypothesis", ".pytest_cache", ".ruff_cache", "__pycache__", "build"
)
_PAGE_SECONDS = 900
_EDIT = Path(__file__).with_name("edit.py")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""What time it is in a page's local Azure when the page begins."""

STAYS = ("python -m sandbox serve", "python -m http.server")
"""Commands that go on until they are interrupted: they are run until they say something, then ended."""

_NEEDS_AZURE = re.compile(r"^(pulumi|az) |\$\{?AZURE_SANDBOX_|-m patching recover")
"""Commands that are for Azure, or for a shell that `python -m sandbox exec` started; here it starts each of them."""

_PREAMBLE = """\
set -u
say_until_interrupted() {
    "$@" & process=$!
    for _ in $(seq 300); do [ -s "$out" ] && break; sleep 0.1; done
    kill "$process"; wait "$process"
    [ -s "$out" ]
}
"""


def run_page(page_blocks: Sequence[Block], folder: Path, before: Iterable[str], skipped: Mapping[str, str]) -> None:
    """Run the commands of a page's blocks in order; `before` are commands that make what the page takes for granted.

    `skipped` are commands that are not run, with where they are tested instead.

    Raises:
        AssertionError: a command ended with another exit status, or printed something else, than the page says.

    """
    copy = _copied(folder)
    _begin_at(NOW, copy / DEFAULT_STATE)
    steps = [Command(f"before {number}", text, "", 0) for number, text in enumerate(before, 1)]
    files: dict[int, list[Block]] = {}
    for block in page_blocks:
        if block.file or block.edit:
            files.setdefault(len(steps), []).append(block)
        if block.language == "console" and not block.not_run:
            steps += [command for command in commands(block) if command.text.partition("#")[0].strip() not in skipped]
    results = folder / "results"
    results.mkdir()
    script = folder / "script.sh"
    script.write_text(_PREAMBLE + "".join(_step(number, one, files, results) for number, one in enumerate(steps)))
    _run_to_its_end(["bash", str(script)], copy, _environment(folder))
    for number, step in enumerate(steps):
        _judge(step, results / f"{number}.out", results / f"{number}.status")


def _begin_at(now: datetime, folder: Path) -> None:
    """Make a local Azure with a clock of its own, so that what a page shows does not depend on the day of the test."""
    state = StateDirectory(folder)
    state.prepare()
    store = Store(state.path / "azure.db")
    store.remember("clock.offset", repr(now.timestamp() - time.time()))
    store.close()


def _run_to_its_end(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(_PAGE_SECONDS)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _copied(folder: Path) -> Path:
    copy = folder / "azure-patching"
    shutil.copytree(REPOSITORY, copy, ignore=_NOT_COPIED)
    (copy / ".venv").symlink_to(REPOSITORY / ".venv")
    return copy


def _environment(folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    stand_in = programs / "az"
    start = shlex.join([sys.executable, str(Path(__file__).with_name("az.py"))])
    stand_in.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    stand_in.chmod(0o755)
    git = {"GIT_CONFIG_GLOBAL": ""} | {
        f"GIT_{who}_{what}": "reader@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "PYTEST_", "AZURE_"))}
    ours = {
        "PATH": os.pathsep.join([str(programs), str(REPOSITORY / ".venv" / "bin"), os.environ["PATH"]]),
        "NO_COLOR": "1",
        "PULUMI_SKIP_CONFIRMATIONS": "true",  # a reader answers "yes"
        # Not those of the make that may have started the tests.
        "MAKEFLAGS": "",
        "MAKELEVEL": "0",
    }
    return kept | git | ours


def _step(number: int, command: Command, files: Mapping[int, Sequence[Block]], results: Path) -> str:
    out, status = results / f"{number}.out", results / f"{number}.status"
    written = "".join(map(_written, files.get(number, ())))
    return (
        f"out={shlex.quote(str(out))}\n"
        f'{{ {{\n{written}true\n}} && {{\n{_as_run(command.text)}\n}}; }} > "$out" 2>&1 < /dev/null\n'
        f"status=$?; echo $status > {shlex.quote(str(status))}; [ $status = {command.ends_with} ] || exit 1\n"
    )


def _written(block: Block) -> str:
    """What a reader does with an editor before the next command."""
    program = f"python {shlex.quote(str(_EDIT))} {block.edit}" if block.edit else f"cat > {block.file}"
    return f"{program} <<'END OF FILE' &&\n{block.text}END OF FILE\n"


def _as_run(text: str) -> str:
    if text.startswith("make "):
        # The virtual environment is there already, and is not this page's to change.
        return text.replace("make ", "make --old-file=sandbox-environment --old-file=dev-environment ", 1)
    if text.startswith(STAYS):
        return f"say_until_interrupted {text}"
    if _NEEDS_AZURE.search(text):
        return f"python -m sandbox exec -- bash -c {shlex.quote(text)}"
    return text


def _judge(step: Command, out: Path, status: Path) -> None:
    told = _COLOURS.sub("", out.read_text(encoding="utf-8", errors="replace")) if out.exists() else ""
    assert status.exists(), f"{step.where}: `{step.text}` was not run to its end\n{told}"
    ended = int(status.read_text())
    assert ended == step.ends_with, f"{step.where}: `{step.text}` ended with {ended}\n{told}"
    shown = step.output
    assert not shown or matches(shown, told), f"{step.where}: `{step.text}` printed\n{told}\nnot, as shown:\n{shown}"


def matches(shown: str, told: str) -> bool:
    """Whether an output is what a page shows: `…` stands for any text in its line, and alone for any lines."""
    pattern = ""
    for line in shown.strip("\n").splitlines():
        words = line.rstrip()
        pattern += r"(?:.*\n)*?" if words.strip() == "…" else ".*".join(map(re.escape, words.split("…"))) + r" *\n"
    return re.fullmatch(pattern, told.strip("\n") + "\n") is not None
