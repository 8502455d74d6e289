"""One deployment of the dev stack under faults, and what must have become of it after plain `up`s."""

import contextlib
import dataclasses
import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_SECONDS = 600
_TRACEBACKS = ("Traceback", "panic:", "goroutine ", "itself failed")
_PASSING = {"operations", "operationresults", "deferredevaluations", "heldnames"}
"""What the local Azure keeps for a while only, by the last part of its type."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REMEDIATION = re.compile(r"((?:remediations/|\"remediationName\": \")[\w-]+)-[0-9a-f]{8}\b", re.IGNORECASE)


def _run(command: list[str], folder: Path, given: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its own end. What it leaves behind when it is killed holds its output a while longer."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(REPOSITORY)} | more,
            input=given,
            stdout=output,
            stderr=errors,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, ended.returncode, output.read(), errors.read())


@dataclasses.dataclass(frozen=True)
class World:
    """What the engine's state and Azure hold, without what each deployment makes up anew (GUIDs, times, hashes)."""

    state: Counter[tuple[str, str]]
    azure: Counter[str]
    inputs: dict[str, str]
    unfinished: list[str]


@dataclasses.dataclass(frozen=True)
class Deployment:
    """The dev stack of a folder, in a state directory of its own.

    With `continuing`, the engine goes on with what does not depend on what failed, so that one run meets many faults;
    the SDK then ends the program with a traceback of its own (ResourceRegistrationFailed).
    """

    state: Path
    continuing: bool = False
    folder: Path = REPOSITORY

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return self._sandbox(*arguments, "--state", str(self.state), given=given)

    def _sandbox(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        continuing = {"PULUMI_CONTINUE_ON_ERROR": "true"} if self.continuing else {}
        return _run([sys.executable, "-m", "sandbox", *arguments], self.folder, given, **continuing)

    def fault(self, *rules: dict) -> None:
        ended = self.run("faults", "set", "-", given=json.dumps(rules))
        assert ended.returncode == 0, ended.stderr

    def struck(self) -> list[int]:
        """How many requests each rule has met."""
        return [one["matched"] for one in json.loads(self.run("faults", "list").stdout)]

    def up(self) -> subprocess.CompletedProcess[str]:
        """Run `up`; it must end, well or with errors that name what failed."""
        ended = self.run("up")
        told = ended.stdout + ended.stderr
        assert self.continuing or not any(word in told for word in _TRACEBACKS), told
        assert ended.returncode in {0, -signal.SIGKILL} or "error: " in told, told
        return ended

    def destroy(self) -> subprocess.CompletedProcess[str]:
        """Run `pulumi destroy`; it must end, well or with errors that name what failed."""
        stack_file = str(self.state / "stacks" / "Pulumi.dev.yaml")
        destroy = ("pulumi", "destroy", "--stack", "dev", "--config-file", stack_file, "--yes", "--skip-preview")
        ended = self._sandbox("exec", "--state", str(self.state), "--", *destroy)
        told = ended.stdout + ended.stderr
        assert not any(word in told for word in _TRACEBACKS), told
        assert ended.returncode in {0, -signal.SIGKILL} or "error: " in told, told
        return ended

    def converge(self, most: int) -> list[str]:
        """Run `up` until it succeeds, at most so often, with what it asks for in between; returns how each ended."""
        story: list[str] = []
        for _ in range(most):
            ended = self.up()
            if ended.returncode == 0:
                return [*story, "done"]
            story.append("killed" if ended.returncode == -signal.SIGKILL else "failed")
            advice = ended.stderr.rstrip().rpartition("\n")[2]
            _, asked, command = advice.rpartition("run again: ")
            if asked and "patching recover" in command:
                recovered = _run(shlex.split(command), self.folder)
                assert recovered.returncode == 0, recovered.stdout + recovered.stderr
                story.append("recovered")
        raise AssertionError(f"{story}; the last one:\n{ended.stdout}\n{ended.stderr}")

    def world(self) -> World:
        file = self.state / "backend/.pulumi/stacks/azure-patching/dev.json"
        latest = json.loads(file.read_text())["checkpoint"]["latest"]
        resources = latest.get("resources") or []
        ours = [one for one in resources if one["type"].startswith("azure-native:")]
        return World(
            Counter((one["urn"], _named(one.get("id", "")).lower() if one in ours else "") for one in resources),
            _azure(self.state / "azure.db"),
            {one["urn"]: _named(json.dumps(one["inputs"], sort_keys=True)) for one in ours},
            [one["resource"]["urn"] for one in latest.get("pending_operations") or []]
            + [one["urn"] for one in resources if one.get("initErrors") or one.get("delete")],
        )

    def assert_like(self, other: World) -> None:
        """Hold what is here against a deployment without faults: nothing is lost, doubled or left undone."""
        found = self.world()
        assert found.state == other.state, _apart(found.state, other.state)
        assert found.azure == other.azure, _apart(found.azure, other.azure)
        assert found.unfinished == []
        if found.inputs != other.inputs:  # what was adopted may have its inputs in Azure's words
            assert self.up().stdout.rstrip().endswith("No changes.")


def _named(text: str) -> str:
    """A text without what is made up anew: GUIDs other than subscriptions, and a remediation's hash."""
    text = _GUID.sub(lambda found: found[0] if len(set(found[0])) <= 5 else "GUID", text)
    return _REMEDIATION.sub(r"\1", text)


def _azure(database: Path) -> Counter[str]:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT key, type_key FROM resources").fetchall()
    return Counter(_named(key) for key, type_key in rows if type_key.rpartition("/")[2] not in _PASSING)


def _apart(found: Counter, wanted: Counter) -> str:
    return f"too much: {sorted(found - wanted)}\nlost: {sorted(wanted - found)}"
