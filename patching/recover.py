"""Recovers a stack from a killed run, with the `pulumi` on PATH: here and on Azure alike."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patching.agreement import settle
from patching.lost_creates import PlannedStep, plan_adoption
from patching.recovery import (
    Adopted,
    Deployment,
    Dropped,
    Plan,
    Refreshed,
    Unknown,
    UnreadableDeploymentError,
    plan_recovery,
    short_name,
)

_LOCKED = "the stack is currently locked"
_HINT = 'where `pulumi up` says "cannot create already existing resource", run this again with --existing'
_STREAMING_PREVIEW = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"


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

    def planned(self) -> list[PlannedStep]:
        """What the next update would do, as a preview says it."""
        printed = self._run("preview", "--json", "--stack", self.stack, *self._config())
        try:
            steps: list[PlannedStep] = json.loads(printed).get("steps") or []
        except ValueError as error:
            raise RecoveryError(f"`pulumi preview --json` printed no JSON: {error}") from error
        return steps

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
        environment = {name: value for name, value in os.environ.items() if name != _STREAMING_PREVIEW}
        ended = _run_to_its_end(command, environment)
        if ended.returncode == 0:
            return ended.stdout
        said = "\n".join(line for line in (*_told(ended.stdout), *ended.stderr.splitlines()) if line.strip())
        if _LOCKED in said:
            raise RecoveryError(
                f"the stack {self.stack} is locked: if the run that holds the lock is dead, free it with "
                f"`pulumi cancel --stack {self.stack}`, or run this again with --cancel"
            )
        raise RecoveryError(f"`pulumi {' '.join(arguments[:2])}` failed:\n{said}")


def _run_to_its_end(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a program; on Ctrl-C, which the terminal sends to it too, it may end in its own way first."""
    with subprocess.Popen(  # noqa: S603 (no shell, and no text of the file's)
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            printed, said = process.communicate()
        except KeyboardInterrupt:
            process.communicate()
            raise
    return subprocess.CompletedProcess(command, process.returncode, printed, said)


def _told(printed: str) -> list[str]:
    """The lines for a reader in what the engine printed: of a preview in JSON, only its diagnostics."""
    try:
        diagnostics: list[dict[str, Any]] = json.loads(printed)["diagnostics"]
        return [line for one in diagnostics for line in str(one["message"]).splitlines()]
    except (ValueError, KeyError, TypeError):
        return printed.splitlines()


def recover(engine: Engine, say: Callable[[str], None], *, cancel: bool = False, existing: bool = False) -> None:
    """Adopts what a killed run made and forgot, and drops what never came to be; says each step.

    With `cancel`, a lock that a dead run left is freed first. With `existing`, whatever the next update would create is
    adopted where it is there already, whoever made it.

    Raises:
        RecoveryError: the engine refuses, or a resource's id cannot be worked out.
    """
    if cancel:
        engine.cancel()
        say(f"freed the lock of {engine.stack}")
    try:
        _recover_pending(engine, say, existing=existing)
        if existing:
            _adopt_existing(engine, say)
    except UnreadableDeploymentError as error:
        raise RecoveryError(f"{error}: is this pulumi older or newer than 3.259?") from error


def _recover_pending(engine: Engine, say: Callable[[str], None], *, existing: bool) -> None:
    exported = engine.export()
    plan = plan_recovery(exported)
    if not plan.steps:
        say(f"nothing is pending in {engine.stack}" + ("" if existing else f"; {_HINT}"))
        return
    unknown = [step for step in plan.steps if isinstance(step, Unknown)]
    if unknown:
        names = "\n".join(f"  {short_name(step.urn)}: {step.reason}" for step in unknown)
        raise RecoveryError(
            f"nothing is changed, because it cannot be said where these would be:\n{names}\n"
            f"Look whether they are there, then run `pulumi refresh --stack {engine.stack}` with "
            "--import-pending-creates 'URN ID', or with --clear-pending-creates where they are not"
        )
    engine.replace(plan.deployment)
    try:
        refreshed = _refreshed(engine, exported, plan.to_refresh)
    except RecoveryError as error:
        raise RecoveryError(
            f"{error}\nThe stack has again what it had, but the engine has forgotten what was pending: "
            "when what is said above is mended, run this again with --existing"
        ) from error
    if settle(refreshed["deployment"].get("resources") or [], plan.adopted_inputs):
        engine.replace(refreshed)
    for line in _report(plan, _urns(refreshed)):
        say(line)


def _adopt_existing(engine: Engine, say: Callable[[str], None]) -> None:
    looked_for: set[str] = set()
    found: set[str] = set()
    while True:
        exported = engine.export()
        plan = plan_adoption(exported, engine.planned(), looked_for, found)
        if not plan.candidates and not plan.settled:
            break
        targets = [one.urn for one in plan.candidates]
        engine.replace(plan.deployment)
        there = _urns(_refreshed(engine, exported, targets))
        for one in plan.candidates:
            if one.urn in there:
                found.add(one.urn)
                say(f"adopted {short_name(one.urn)}: {one.id}")
        looked_for.update(targets)
    for urn in plan.to_replace:
        say(f"look at `pulumi preview` first: the next update may delete {short_name(urn)} and make it anew")
    for one in plan.left_alone:
        say(f"did not look for {short_name(one.urn)}: {one.reason}")
    if not found:
        say("nothing that was looked for is there already")


def _refreshed(engine: Engine, before: Deployment, urns: Sequence[str]) -> Deployment:
    """Refreshes some of what was imported; returns what the stack is then. A failure puts back what was before."""
    try:
        if urns:
            engine.refresh(urns)
        return engine.export()
    except BaseException:
        engine.replace(before)
        raise


def _urns(deployment: Deployment) -> set[str]:
    resources: list[dict[str, Any]] = deployment["deployment"].get("resources") or []
    return {str(one["urn"]) for one in resources if not one.get("delete")}


def _report(plan: Plan, there: set[str]) -> list[str]:
    lines: list[str] = []
    for step in plan.steps:
        name = short_name(step.urn)
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
