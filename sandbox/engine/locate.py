"""Which Pulumi engine to run: the one on PATH, else the one built earlier, else one built now."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from sandbox.engine.build import EXECUTOR, build
from sandbox.engine.versions import PULUMI, is_at_least

if TYPE_CHECKING:
    from sandbox.engine.progress import Progress

LANGUAGE_HOST = "pulumi-language-python"
_VERSION_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Engine:
    """An engine that can be run.

    Attributes:
        pulumi: the command line.
        version: of the engine, without a leading v.
        executor: Pulumi's script that runs a Python program, for the stand-in language host; None where the engine's
            own language host is used.

    """

    pulumi: Path
    version: str
    executor: Path | None


def cache_directory() -> Path:
    """Where built engines are kept: `azure-patching/engine` in the user's cache directory."""
    return platformdirs.user_cache_path("azure-patching", appauthor=False) / "engine"


def find_or_build(progress: Progress, *, path: str | None = None) -> Engine:
    """Find the engine, or build it, which takes minutes the first time.

    Raises:
        SandboxError: the build failed; the text says at which step, why, and what to do.

    """
    engine = find_on_path(progress, os.environ.get("PATH", os.defpath) if path is None else path) or find_built()
    if engine is None:
        build(cache_directory() / PULUMI, progress)
        engine = find_built()
    if engine is None:
        message = f"the build left no engine in {cache_directory() / PULUMI}"
        raise RuntimeError(message)
    return engine


def find_on_path(progress: Progress, path: str) -> Engine | None:
    """The official engine: new enough, with its own Python language host on PATH or beside it."""
    found = shutil.which("pulumi", path=path)
    if found is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own pulumi
            [found, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_VERSION_TIMEOUT_SECONDS,
            env=os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        progress.note(f"{found} does not run ({error}); using an engine of our own")
        return None
    version = answer.stdout.strip().removeprefix("v")
    if answer.returncode != 0 or not is_at_least(version, PULUMI):
        progress.note(
            f"{found} is version {version or 'unknown'}, {PULUMI} or newer is needed; using an engine of our own"
        )
        return None
    beside = Path(found).resolve().with_name(LANGUAGE_HOST)
    if not os.access(beside, os.X_OK) and shutil.which(LANGUAGE_HOST, path=path) is None:
        progress.note(f"{found} has no {LANGUAGE_HOST} beside it or on PATH; using an engine of our own")
        return None
    return Engine(Path(found), version, None)


def find_built() -> Engine | None:
    """The engine built earlier, if there is one."""
    folder = cache_directory() / PULUMI
    pulumi, executor = folder / "pulumi", folder / EXECUTOR
    return Engine(pulumi, PULUMI, executor) if pulumi.is_file() and executor.is_file() else None
