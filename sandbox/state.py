"""The state directory: where one local Azure and the stacks deployed to it live.

azure.db       the resources of the local Azure (written by sandbox.arm)
pulumi-home/   what the engine keeps for itself, and the launchers of the azure-native and language host stand-ins
backend/       the engine's file backend: stacks, history, locks
stacks/        copies of the stack files, so that the engine writes its salt there and not into the repository,
               and a mark for each that is being deployed
tls/           the certificate of the HTTPS endpoint, and the authority for clients to trust (sandbox.arm.certificate)
faults.json    the faults asked for, and what they have counted (sandbox.arm.faults)
server.json    where the running local Azure listens, while it runs
lock           held alone by the process that runs the local Azure
commands.lock  shared by every command that runs against it
version        the layout's version
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.errors import SandboxError

LAYOUT_VERSION = "1"
DEFAULT_STATE = Path(".sandbox")
_VERSION_IN_THE_MAKING = "version.new"


class StateDirectory:
    """The paths of one state directory; `prepare` makes it, or refuses one that is not ours."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.pulumi_home = self.path / "pulumi-home"
        self.backend = self.path / "backend"
        self.stacks = self.path / "stacks"
        self.server = self.path / "server.json"
        self.lock = self.path / "lock"
        self.commands_lock = self.path / "commands.lock"
        self.version = self.path / "version"

    def prepare(self) -> None:
        """Make the directory and its folders, or take the one that is there.

        Raises:
            SandboxError: it holds something else, was made by another version, or cannot be written.

        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take()
            for folder in (self.pulumi_home, self.backend, self.stacks):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise SandboxError(
                f"cannot make the state directory {self.path}: {error.strerror or error}. "
                "Choose one that you may write with --state DIR."
            ) from error

    def _take(self) -> None:
        try:
            found = self.version.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            strangers = sorted({entry.name for entry in self.path.iterdir()} - {_VERSION_IN_THE_MAKING})
            if strangers:
                raise SandboxError(
                    f"{self.path} is not a state directory of the local Azure: it has no `version` file but holds "
                    f"{strangers[0]!r}. Choose an empty or a new directory with --state DIR."
                ) from None
            in_the_making = self.path / _VERSION_IN_THE_MAKING
            in_the_making.write_text(LAYOUT_VERSION + "\n", encoding="utf-8")
            in_the_making.rename(self.version)
            return
        except (OSError, UnicodeDecodeError) as error:
            raise SandboxError(f"cannot read {self.version}: {error}. Choose another with --state DIR.") from error
        if found != LAYOUT_VERSION:
            raise SandboxError(
                f"the state directory {self.path} has version {found[:40]!r}, this sandbox reads version "
                f"{LAYOUT_VERSION!r}. Remove it (rm -r {self.path}) and run again, or choose another with --state DIR."
            )


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a run that comes after a kill, sees the old text or the new, never a part.

    Until it has its mode, nobody but its owner can read it.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.chmod(mode)
    draft.replace(path)
