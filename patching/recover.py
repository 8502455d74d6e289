"""Recovers a stack from a killed run, with the `pulumi` on PATH: here and on Azure alike."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patching.recovery import (
    Adopted,
    Deployment,
    Dropped,
    Plan,
    Refreshed,
    Unknown,
    UnreadableDeploymentError,
    plan_recovery,
)

_LOCKED = "the stack is currently locked"


class RecoveryError(Exception):
    """The stack cannot be recovered; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The `pulumi` on PATH, for one stack; `config_file` is the stack's file where it is not beside the program.

    Each call raises RecoveryError with the engine's own words where it fails.
    """

    stack: str
    config_file: Path | None = None

    def export(self) -> Deployment:
        """The stack's deployment."""
        printed = self._run("stack", "export", "--stack", self.stack)
        try:
            return json.loads(printed)
        except ValueError as error:
            raise RecoveryError(f"`pulumi stack export` printed no JSON: {error}") from error

    def replace(self, deployment: Deployment) -> None:
        """Puts a deployment in the place of the stack's own."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "deployment.json")
            file.touch(mode=0o600)
            file.write_text(json.dumps(deployment), encoding="utf-8")
            self._run("stack", "import", "--stack", self.stack, "--file", str(file))

    def refresh(self, urns: Sequence[str]) -> None:
        """Asks Azure about some resources, and writes into the state what it says."""
        targets = [part for urn in urns for part in ("--target", urn)]
        self._run("refresh", "--stack", self.stack, "--yes", "--skip-preview", *self._config(), *targets)

    def cancel(self) -> None:
        """Frees the stack from the lock of a run."""
        self._run("cancel", "--stack", self.stack, "--yes")

    def _config(self) -> tuple[str, ...]:
        return ("--config-file", str(self.config_file)) if self.config_file else ()

    def _run(self, *arguments: str) -> str:
        pulumi = shutil.which("pulumi")
        if pulumi is None:
            raise RecoveryError(
                "there is no `pulumi` on PATH: install it, or run this under `python -m sandbox exec --`"
            )
        command = [pulumi, *arguments, "--non-interactive", "--color", "never"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (no shell, and no text of the file's)
        if ended.returncode == 0:
            return ended.stdout
        said = "\n".join(line for line in (*ended.stdout.splitlines(), *ended.stderr.splitlines()) if line.strip())
        if _LOCKED in said:
            raise RecoveryError(
                f"the stack {self.stack} is locked: if the run that holds the lock is dead, free it with "
                f"`pulumi cancel --stack {self.stack}`, or run this again with --cancel"
            )
        raise RecoveryError(f"`pulumi {' '.join(arguments[:2])}` failed:\n{said}")


def recover(engine: Engine, say: Callable[[str], None], *, cancel: bool = False) -> None:
    """Adopts what a killed run made and forgot, and drops what never came to be; says each step.

    With `cancel`, a lock that a dead run left is freed first.

    Raises:
        RecoveryError: the engine refuses, or a resource's id cannot be worked out.
    """
    if cancel:
        engine.cancel()
        say(f"freed the lock of {engine.stack}")
    try:
        plan = plan_recovery(engine.export())
    except UnreadableDeploymentError as error:
        raise RecoveryError(f"{error}: is this pulumi older or newer than 3.259?") from error
    if not plan.steps:
        say(f"nothing is pending in {engine.stack}")
        return
    unknown = [step for step in plan.steps if isinstance(step, Unknown)]
    if unknown:
        names = "\n".join(f"  {_short(step.urn)}: {step.reason}" for step in unknown)
        raise RecoveryError(
            f"nothing is changed, because it cannot be said where these would be:\n{names}\n"
            f"Look whether they are there, then run `pulumi refresh --stack {engine.stack}` with "
            "--import-pending-creates 'URN ID', or with --clear-pending-creates where they are not"
        )
    engine.replace(plan.deployment)
    if plan.to_refresh:
        engine.refresh(plan.to_refresh)
    there = _urns(engine.export())
    for line in _report(plan, there):
        say(line)


def _urns(deployment: Deployment) -> set[str]:
    resources: list[dict[str, Any]] = deployment["deployment"].get("resources") or []
    return {str(one["urn"]) for one in resources if not one.get("delete")}


def _report(plan: Plan, there: set[str]) -> list[str]:
    lines: list[str] = []
    for step in plan.steps:
        name = _short(step.urn)
        match step:
            case Adopted(urn, resource_id):
                lines.append(f"adopted {name}: {resource_id}" if urn in there else f"dropped {name}: it was never made")
            case Refreshed(urn, operation):
                lines.append(
                    f"refreshed {name}, which was {operation}" if urn in there else f"dropped {name}: it is gone"
                )
            case Dropped(_, operation, reason):
                lines.append(f"forgot that {name} was {operation}: {reason}")
            case Unknown():
                pass
    return lines


def _short(urn: str) -> str:
    *_, types, name = urn.split("::", 3)
    return f"{types.rpartition('$')[2]} {name}"
