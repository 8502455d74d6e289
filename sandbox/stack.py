"""Deploys a stack of the current directory to the local Azure, leaving the repository's files as they are.

The engine writes a salt into the stack file it is given, and `pulumi stack init` writes one beside `Pulumi.yaml`. So it
is given a copy in the state directory, and a stack is made from a bare project there.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from ruamel.yaml import YAML, YAMLError

from sandbox.commands import run_command
from sandbox.deployment import deployment
from sandbox.errors import SandboxError
from sandbox.estate import ESTATE, seed_file
from sandbox.local_azure import running
from sandbox.locks import FileLock
from sandbox.state import StateDirectory, write_atomically

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

_SALT = re.compile(r"^encryptionsalt:.*$", re.MULTILINE)
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_UNCHANGED = {"same", "read"}
_ALREADY_THERE = "cannot create already existing resource"


def up(state: StateDirectory, stack: str, *, seeded: bool) -> int:
    """Deploy the stack and return the engine's exit status.

    A mark says that a deployment is under way. It stays when we are killed, or the local Azure is: answers may be lost
    then, so the next run adopts what is there already. After any other failure only the user may decide that.

    Raises:
        SandboxError: the stack, its file, the engine or the local Azure is not to be had, or another `up` is at it; the
            text says what to do.

    """
    program, source = Path.cwd(), stack_file(Path.cwd(), stack)
    with deployment(state) as (directory, environment), _alone(directory, stack):
        copy = copy_stack_file(directory, program, source)
        _engine(["stack", "select", stack, "--create"], copy.parent, environment)
        if seeded:
            click.echo(seed_file(directory, ESTATE))
        under_way = copy.with_name(f"{stack}.under-way")
        was_killed = under_way.exists()
        if was_killed or _pending_operations(stack, copy.parent, environment):
            _recover(stack, copy, environment, directory, existing=was_killed)
        under_way.touch()
        before = running(directory)
        command = ["pulumi", "up", "--stack", stack, "--config-file", str(copy), "--yes", "--skip-preview"]
        command.append("--suppress-outputs")  # some two hundred lines; `pulumi stack output` shows them when wanted
        code, said = _run_and_listen(command, environment, directory)
        if code == 0 or (not was_killed and running(directory) == before):
            under_way.unlink(missing_ok=True)
        if code == 0 and not _last_changes(stack, copy.parent, environment) - _UNCHANGED:
            click.echo("No changes.")
        if code != 0 and _ALREADY_THERE in said:
            _say_how_to_adopt(stack, copy, directory)
    return code


@contextmanager
def _alone(state: StateDirectory, stack: str) -> Generator[None]:
    """Hold a stack for one `up` at a time: another would take the mark of the first for that of one that was killed.

    Raises:
        SandboxError: another one is at it.

    """
    lock = FileLock(state.stacks / f"{stack}.lock")
    if not lock.try_exclusive():
        raise SandboxError(
            f"another `up` of the stack {stack!r} is under way on {state.path}. Run again when it has ended, or choose "
            "another directory with --state DIR."
        )
    try:
        yield
    finally:
        lock.release()


def preview(state: StateDirectory, stack: str) -> int:
    """Show what `up` would change, and change nothing; returns the engine's exit status.

    Raises:
        SandboxError: the stack, its file, the engine or the local Azure is not to be had; the text says what to do.

    """
    program, source = Path.cwd(), stack_file(Path.cwd(), stack)
    with deployment(state) as (directory, environment):
        copy = copy_stack_file(directory, program, source)
        _engine(["stack", "select", stack, "--create"], copy.parent, environment)
        command = ["pulumi", "preview", "--stack", stack, "--config-file", str(copy), "--diff", "--suppress-outputs"]
        return run_command(command, environment, directory)


def _run_and_listen(command: Sequence[str], environment: Mapping[str, str], state: StateDirectory) -> tuple[int, str]:
    """Run the engine; returns its exit status and its events, which it writes to a file as it does for its own SDKs."""
    with TemporaryDirectory() as folder:
        events = Path(folder, "events")
        code = run_command(
            [*command, "--event-log", str(events)], {**environment, "PULUMI_DEBUG_COMMANDS": "true"}, state
        )
        return code, events.read_text(encoding="utf-8", errors="replace") if events.exists() else ""


def _say_how_to_adopt(stack: str, copy: Path, state: StateDirectory) -> None:
    recover = [*_recover_command(stack, copy), "--existing"]
    command = [sys.executable, "-m", "sandbox", "exec", "--state", str(state.path), "--", *recover]
    click.echo(f"If what exists already is this stack's own, adopt it and run again: {shlex.join(command)}", err=True)


def down(state: StateDirectory, stack: str) -> int:
    """Destroy the stack, then remove the state directory if it has no other; returns the engine's exit status.

    Raises:
        SandboxError: somebody still uses the local Azure, the directory is none of its own, or it has no such stack.

    """
    if not state.path.exists():
        click.echo(f"Nothing to do: there is no {state.path}.")
        return 0
    state.prepare()
    user = running(state)
    if user is not None:
        raise SandboxError(f"process {user.process} still runs the local Azure of {state.path}: end it first.")
    others = _names(state.stacks)
    if others and stack not in others:
        raise SandboxError(f"{state.path} has no stack {stack!r}. Stacks there: {', '.join(others)}.")
    if others:
        others.remove(stack)
        code = _destroy(state, stack)
        if code != 0:
            click.echo(
                f"The stack is not destroyed, so {state.path} stays. `make clean` removes it as it is.", err=True
            )
            return code
    if others:
        click.echo(f"Removed the stack {stack}; {state.path} stays for {', '.join(others)}.")
        return 0
    shutil.rmtree(state.path)
    click.echo(f"Removed {state.path}.")
    return 0


def _destroy(state: StateDirectory, stack: str) -> int:
    """Destroy a stack and forget it; returns the exit status of the first, which the second needs to be 0."""
    copy = state.stacks / f"Pulumi.{stack}.yaml"
    with deployment(state) as (directory, environment):
        command = ["pulumi", "destroy", "--stack", stack, "--config-file", str(copy), "--yes", "--skip-preview"]
        code = run_command(command, environment, directory)
        if code == 0:
            _engine(["stack", "rm", stack, "--yes"], copy.parent, environment)
    return code


def _names(folder: Path) -> list[str]:
    """The stacks that have a file in a folder."""
    return sorted(found.name.removeprefix("Pulumi.")[:-5] for found in folder.glob("Pulumi.*.yaml"))


def stack_file(program: Path, stack: str) -> Path:
    """The file of a stack in a program's folder.

    Raises:
        SandboxError: the folder holds no program, the name is none, or there is no such file.

    """
    if not (program / "Pulumi.yaml").is_file():
        raise SandboxError(f"there is no Pulumi.yaml in {program}: run this where the program is.")
    if not _STACK_NAME.fullmatch(stack):
        raise SandboxError(
            f"{stack!r} is not a stack name: letters, digits, `-`, `_` and `.` are allowed, at most 100 of them."
        )
    file = program / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        others = ", ".join(_names(program)) or "none"
        raise SandboxError(f"there is no {file.name} in {program}. Stacks with a file there: {others}.")
    return file


def copy_stack_file(state: StateDirectory, program: Path, source: Path) -> Path:
    """Copy a stack file into the state directory, with the salt the engine gave the earlier copy.

    The bare project it is put beside has the program's name, by which the engine knows the stack.

    Raises:
        SandboxError: a file cannot be read.

    """
    copy = state.stacks / source.name
    try:
        text = source.read_text(encoding="utf-8")
        earlier = copy.read_text(encoding="utf-8") if copy.exists() else ""
        project = _project_name((program / "Pulumi.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError) as error:
        raise SandboxError(f"cannot read {source.name} or Pulumi.yaml in {program}: {error}") from error
    salt = _SALT.search(earlier)
    if salt and not _SALT.search(text):
        text = f"{salt[0]}\n{text}"
    write_atomically(state.stacks / "Pulumi.yaml", json.dumps({"name": project, "runtime": "python"}) + "\n")
    write_atomically(copy, text)
    return copy


def _project_name(text: str) -> str:
    reader: Any = YAML(typ="safe", pure=True)
    return reader.load(text)["name"]


def _recover_command(stack: str, copy: Path) -> list[str]:
    return [sys.executable, "-m", "patching", "recover", "--stack", stack, "--config-file", str(copy)]


def _recover(stack: str, copy: Path, environment: Mapping[str, str], state: StateDirectory, *, existing: bool) -> None:
    command = [*_recover_command(stack, copy), *(["--existing"] if existing else [])]
    click.echo("An earlier run was killed while it made something; looking for it.", err=True)
    code = run_command(command, environment, state)
    if code != 0:
        raise SandboxError(
            f"`python -m patching recover` ended with exit status {code}. What it says above is in the way; mend it "
            f"and run again, or start anew without {state.path} (make clean)."
        )


def _pending_operations(stack: str, folder: Path, environment: Mapping[str, str]) -> bool:
    exported: dict[str, dict[str, Any] | None] = json.loads(
        _engine(["stack", "export", "--stack", stack], folder, environment)
    )
    return bool((exported.get("deployment") or {}).get("pending_operations"))


def _last_changes(stack: str, folder: Path, environment: Mapping[str, str]) -> set[str]:
    command = ["stack", "history", "--stack", stack, "--json", "--page-size", "1"]
    history: list[dict[str, dict[str, int]]] = json.loads(_engine(command, folder, environment))
    return {operation for operation, count in history[0].get("resourceChanges", {}).items() if count}


def _engine(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Ask the engine something, in the bare project; returns what it prints."""
    pulumi = shutil.which("pulumi", path=environment["PATH"]) or "pulumi"
    ended = subprocess.run(  # noqa: S603 - the engine, with a stack name that was checked
        [pulumi, *arguments, "--non-interactive", "--color", "never"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise SandboxError(f"`pulumi {' '.join(arguments)}` failed:\n{(ended.stderr or ended.stdout).rstrip()}")
    return ended.stdout
