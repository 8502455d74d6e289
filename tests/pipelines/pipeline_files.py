"""The pipelines' files as data, and their steps run as a runner runs them, with programs that stand in for others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import REPOSITORY

GITHUB = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
AZURE = sorted((REPOSITORY / ".azure-pipelines").glob("*.yml"))
SCRIPTS = sorted(path for path in (REPOSITORY / ".ci").iterdir() if path.name != "run")
STACKS = [path.name.split(".")[1] for path in sorted(REPOSITORY.glob("Pulumi.*.yaml"))]
_STEP_SECONDS = 300


def read(path: Path) -> dict[str, Any]:
    """A pipeline's file; the key `on`, which YAML 1.1 takes for true, by its name."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}


def github_steps(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every step of a workflow, with its job's key."""
    return [(key, step) for key, job in read(path)["jobs"].items() for step in job["steps"]]


def azure_steps(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every step of an Azure pipeline, with its stage's key; those of a deployment are its only strategy's."""
    found = []
    for stage in read(path)["stages"]:
        for job in stage["jobs"]:
            steps = job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
            found += [(stage["stage"], step) for step in steps]
    return found


def script_of(step: dict[str, Any]) -> str | None:
    """What a step hands to a shell."""
    return step.get("run") or step.get("bash") or step.get("inputs", {}).get("inlineScript")


def name_of(step: dict[str, Any]) -> str:
    return step.get("name") or step.get("displayName") or ""


def the_step(path: Path, job: str, name: str) -> dict[str, Any]:
    """The one step of a job by its name."""
    steps = github_steps(path) if path in GITHUB else azure_steps(path)
    (found,) = [step for key, step in steps if key == job and name_of(step) == name]
    return found


@dataclass
class Runner:
    """A machine that runs steps: a checkout, a folder for temporary files, and programs that stand in for others."""

    checkout: Path
    temporary: Path
    programs: Path
    environment: dict[str, str] = field(default_factory=dict)

    def stand_in(self, name: str, text: str) -> None:
        """Puts a Python program on the path, under a name."""
        program = self.programs / name
        program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
        program.chmod(0o755)

    def run(self, step: dict[str, Any], **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a step's script as GitHub's `shell: bash` does, and Azure's `bash`."""
        text = script_of(step)
        assert text is not None
        strict = ["--noprofile", "--norc", "-eo", "pipefail"] if "run" in step else ["--noprofile", "--norc"]
        script = self.temporary / "step.sh"
        script.write_text(text, encoding="utf-8")
        return self._ended(["bash", *strict, str(script)], environment)

    def command(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the checkout."""
        return self._ended(command, environment)

    def _ended(self, command: Any, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(self.programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        known = {"PATH": path, "HOME": str(self.temporary), "LANG": "C.UTF-8"}
        return subprocess.run(
            command,
            cwd=self.checkout,
            env=known | self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_STEP_SECONDS,
        )


_ROOMS = ("patching", "policies", "components", "__main__.py", ".venv")
_COPIED = (".ci", "Pulumi.yaml", "requirements.txt")


def checked_out(folder: Path, base: dict[str, str], head: dict[str, str]) -> Runner:
    """A checkout as a pull request has it: the merge of two versions of stack files, and its two parents.

    `base` and `head` are texts by stack. The project's rooms are linked, and ignored by git, as in the repository.
    """
    checkout, temporary, programs = (folder / name for name in ("checkout", "temporary", "programs"))
    for one in (checkout, temporary, programs):
        one.mkdir()
    for name in _ROOMS:
        (checkout / name).symlink_to(REPOSITORY / name)
    for name in _COPIED:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, checkout / name)
    runner = Runner(
        checkout, temporary, programs, {"RUNNER_TEMP": str(temporary), "AGENT_TEMPDIRECTORY": str(temporary)}
    )

    def write(stacks: dict[str, str]) -> None:
        for there in checkout.glob("Pulumi.*.yaml"):
            there.unlink()
        for stack, text in stacks.items():
            (checkout / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")

    def git(*arguments: str) -> None:
        ended = runner.command("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments)
        assert ended.returncode == 0, ended.stderr

    git("init", "--quiet", "--initial-branch=main")
    write(base)
    git("add", *_COPIED, *(["--", "Pulumi.*.yaml"] if base else []))
    git("commit", "--quiet", "--message=base")
    git("switch", "--quiet", "--create=change")
    write(head)
    git("add", "--update")
    if head:
        git("add", "--", "Pulumi.*.yaml")
    git("commit", "--quiet", "--allow-empty", "--message=change")
    git("switch", "--quiet", "main")
    git("merge", "--quiet", "--no-ff", "--message=merge", "change")
    return runner
