"""Stacks of measured programs, on a local Azure of the bench's own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from bench.costs import Cost, cost_of

REPOSITORY = Path(__file__).resolve().parent.parent
_WITHOUT_CHECKPOINTS = {"PULUMI_SKIP_CHECKPOINTS": "true"}


@dataclass(frozen=True, slots=True)
class LocalAzure:
    """A local Azure that runs: where it keeps what it has, its process, and the environment of who uses it."""

    state: Path
    process: int
    environment: Mapping[str, str]

    def seed(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Puts machines there, and the subscriptions and groups they are in."""
        file = self.state / "seed.json"
        file.write_text(json.dumps(list(rows)), encoding="utf-8")
        _sandbox("seed", "--state", str(self.state), str(file))


@contextmanager
def local_azure(state: Path) -> Generator[LocalAzure]:
    """Runs a local Azure on a directory, for the time of the block."""
    # Programs declare the same one after the other: they do not wait for each other's names.
    quirk = ["--quirk", "name-held-after-delete=off"]
    command = [sys.executable, "-m", "sandbox", "serve", "--state", str(state), *quirk]
    server = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
    try:
        cast("IO[str]", server.stdout).readline()
        shown = _sandbox("exec", "--state", str(state), "--", "env", "-0")
        environment = dict(line.split("=", 1) for line in shown.split("\0") if line)
        yield LocalAzure(state, server.pid, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _sandbox(*arguments: str) -> str:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ).stdout


class MeasuredStack:
    """A stack of a program: `program` is a module of `bench.programs`, or None for this repository's own program."""

    def __init__(self, azure: LocalAzure, name: str, program: str | None, config: Mapping[str, Any]) -> None:
        self._azure = azure
        self._name = name
        self._home = azure.state / "stacks" / name
        self._home.mkdir(parents=True)
        self._folder = REPOSITORY if program is None else self._home
        self._file = self._home / f"Pulumi.{name}.yaml"
        project = "azure-patching" if program is None else f"bench-{name}"
        (self._home / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n", encoding="utf-8")
        if program is not None:
            text = f"from bench.programs.{program} import main\n\nmain()\n"
            (self._home / "__main__.py").write_text(text, encoding="utf-8")
        self._environment = {**azure.environment, "PYTHONPATH": str(REPOSITORY)}
        init = [self._pulumi(), "stack", "init", name, "--non-interactive"]
        subprocess.run(  # noqa: S603
            init, cwd=self._home, env=self._environment, check=True, stdout=subprocess.DEVNULL
        )
        salt = self._file.read_text(encoding="utf-8") if self._file.exists() else ""
        self._file.write_text(f"{salt}\nconfig: {json.dumps(dict(config))}\n", encoding="utf-8")

    def cost_of(self, verb: str, *, checkpoints: bool = False, judged: bool = False) -> Cost:
        """What one operation costs; without `checkpoints`, the state is written once, at its end.

        With `judged`, this repository's policy pack judges it.
        """
        flags = [] if verb == "preview" else ["--yes", "--skip-preview"]
        flags += ["--policy-pack", str(REPOSITORY / "policies")] if judged else []
        common = ["--stack", self._name, "--config-file", str(self._file), "--non-interactive", "--color", "never"]
        command = [self._pulumi(), verb, *flags, *common]
        environment = self._environment if checkpoints else {**self._environment, **_WITHOUT_CHECKPOINTS}
        return cost_of(command, self._folder, environment, self._azure.process)

    def _pulumi(self) -> str:
        folders = self._environment["PATH"].split(os.pathsep)
        return next(path for folder in folders if os.access(path := f"{folder}/pulumi", os.X_OK))
