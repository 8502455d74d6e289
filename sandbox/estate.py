"""Loads machines that exist already, from what Resource Graph prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.arm.seed import SeedError, seed
from sandbox.engine.progress import Progress
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.state import StateDirectory

ESTATE = Path(__file__).with_name("estate.json")
"""The machines that `up` loads: an estate before anybody managed its patches."""
_STANDARD_INPUT = Path("-")


def seed_file(state: StateDirectory, file: Path) -> str:
    """Load a file (`-` for standard input) into a prepared state directory; returns what was done, in words.

    Raises:
        SandboxError: the file cannot be read, is not JSON, or is not in Resource Graph's shape.

    """
    try:
        text = sys.stdin.read() if file == _STANDARD_INPUT else file.read_text(encoding="utf-8")
        document: object = json.loads(text)
    except OSError as error:
        raise SandboxError(f"cannot read {file}: {error.strerror or error}.") from error
    except ValueError as error:
        raise SandboxError(
            f"{file} is not JSON in UTF-8: {error}. Expected what "
            '`az graph query -q "resources | where type in~ (...)" -o json` prints.'
        ) from error
    try:
        with Progress().watch(f"Seeding {file.name}") as tell:
            report = seed(state.path, document, tell)
    except SeedError as error:
        raise SandboxError(f"{file}: {error}") from error
    left = f", {len(report.left)} left as they are" if report.left else ""
    return f"Seeded {file.name}: {len(report.loaded)} resources loaded{left}."
