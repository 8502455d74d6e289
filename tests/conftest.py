"""Fixtures every room shares: the engine, one local Azure for the whole session, and fresh stacks on it."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.stack.clients import Clients

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = "azure-patching"
_OPERATION_SECONDS = 300
_START_SECONDS = 60

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it runs in the background so, and what tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclasses.dataclass(frozen=True)
class Result:
    """What one engine operation did."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The engine's events, in order."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith('{"sequence"')]

    @property
    def steps(self) -> dict[str, list[str]]:
        """The operations on each resource, by URN, in order: `create`, `update`, `replace`, `same`, `delete`, …"""
        found: dict[str, list[str]] = {}
        for event in self.events:
            if "resourcePreEvent" in event:
                metadata = event["resourcePreEvent"]["metadata"]
                found.setdefault(metadata["urn"], []).append(metadata["op"])
        return found

    @property
    def changes(self) -> dict[str, int]:
        """How many resources had each operation, `same` left out."""
        counts: Counter[str] = Counter()
        for event in self.events:
            counts.update(event.get("summaryEvent", {}).get("resourceChanges", {}))
        del counts["same"]
        return dict(counts)

    @property
    def diagnostics(self) -> list[str]:
        """Errors and warnings shown to the user, without colours."""
        shown = (event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event)
        return [message["message"].strip() for message in shown if message["severity"] in {"error", "warning"}]


class Stack:
    """One stack of a program on the local Azure, with a configuration file of its own."""

    def __init__(self, name: str, program: Path, home: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.program = program
        self.file = home / f"Pulumi.{name}.yaml"
        self.environment = environment

    def configure(self, config: dict[str, Any]) -> None:
        """Replace the configuration; full keys (`azure-patching:schedules`) and plain values."""
        kept = [line for line in self.file.read_text().splitlines() if line.startswith("encryptionsalt:")]
        self.file.write_text("\n".join([*kept, "config: " + json.dumps(config), ""]))

    def pulumi(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        """Run `pulumi` on this stack in the program's folder; `check` fails the test with all output when it fails."""
        command = ["pulumi", *arguments, "--stack", self.name, "--non-interactive", "--color", "never"]
        ended = subprocess.run(
            command,
            cwd=self.program,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=_OPERATION_SECONDS,
            check=False,
        )
        result = Result(ended.returncode, ended.stdout, ended.stderr)
        if check and ended.returncode != 0:
            told = "\n".join(result.diagnostics) or ended.stdout
            pytest.fail(f"{' '.join(command)} ended with {ended.returncode}\n{told}\n{ended.stderr}", pytrace=False)
        return result

    def preview(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        streaming = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
        return self._operation("preview", *arguments, check=check, **streaming, **environment)

    def up(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        return self._operation("up", "--yes", "--skip-preview", *arguments, check=check, **environment)

    def refresh(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        return self._operation("refresh", "--yes", "--skip-preview", *arguments, check=check, **environment)

    def destroy(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        return self._operation("destroy", "--yes", "--skip-preview", *arguments, check=check, **environment)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets shown."""
        return json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)

    def export(self) -> dict[str, Any]:
        """The stack's deployment, as `pulumi stack export` prints it."""
        return json.loads(self.pulumi("stack", "export").stdout)["deployment"]

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the stack's state, by URN."""
        return {resource["urn"]: resource for resource in self.export().get("resources", [])}

    def _operation(self, verb: str, *arguments: str, check: bool, **environment: str) -> Result:
        return self.pulumi(verb, "--json", "--config-file", str(self.file), *arguments, check=check, **environment)


@dataclasses.dataclass(frozen=True)
class LocalAzure:
    """A running local Azure: where it is, and the environment of a command that uses it."""

    url: str
    state: Path
    environment: dict[str, str]

    def clients(self, subscription: str) -> Clients:
        """Microsoft's clients for one subscription, over TLS."""
        return Clients(
            self.environment["AZURE_SANDBOX_HTTPS_URL"], self.environment["AZURE_SANDBOX_CA_BUNDLE"], subscription
        )


@pytest.fixture(scope="session")
def engine():
    """The Pulumi engine: the one on PATH, or the one built earlier, or one built now."""
    from sandbox.engine.locate import find_or_build
    from sandbox.engine.progress import Progress

    return find_or_build(Progress())


@pytest.fixture(scope="session")
def local_azure(engine, tmp_path_factory):
    """One local Azure for each test process, served beside the tests and stopped after them."""
    from sandbox.environment import command_environment, prepare_engine_home
    from sandbox.local_azure import running
    from sandbox.state import StateDirectory

    state = StateDirectory(tmp_path_factory.mktemp("local-azure") / "state")
    server = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve", "--state", str(state.path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = server.stdout.readline()
        assert line.startswith("AZURE_SANDBOX_URL="), "the local Azure did not start; its error is above"
        prepare_engine_home(state, engine)
        environment = command_environment(state, running(state), engine, os.environ)
        yield LocalAzure(environment["AZURE_SANDBOX_URL"], state.path, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
        server.stdout.close()


@pytest.fixture
def ends():
    """Whether a process, of ours or not, ends: `ends(pid)` waits for it, as long as an operation may take."""

    def wait(pid: int) -> bool:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([descriptor], [], [], _OPERATION_SECONDS)[0])
        finally:
            os.close(descriptor)

    return wait


@pytest.fixture
def pulumi_stack(local_azure, tmp_path):
    """Make fresh stacks: `pulumi_stack(config, program=…)`.

    `program` is a folder with a Pulumi program of the project `azure-patching`, or the text of its `__main__.py`;
    without it, the program of this repository.
    """

    def make(config: dict[str, Any] | None = None, *, program: Path | str = REPOSITORY, name: str = "") -> Stack:
        home = tmp_path / f"stack-{uuid.uuid4().hex[:8]}"
        home.mkdir()
        (home / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        if isinstance(program, str):
            (home / "__main__.py").write_text(program)
            program = home
        stack = Stack(name or home.name, program, home, local_azure.environment)
        command = ["pulumi", "stack", "init", stack.name, "--non-interactive"]
        subprocess.run(command, cwd=home, env=stack.environment, check=True, capture_output=True, text=True)
        stack.configure(config or {})
        return stack

    return make
