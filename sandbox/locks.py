"""Advisory file locks that the kernel releases when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """A lock on a file of its own, exclusive or shared, held until `release` or the end of every process holding it.

    `flock` belongs to the open file, not to the process: a child that inherits the descriptor (`inheritable`) goes on
    holding the lock when its parent is killed, which is how a later run knows that a command is still alive.
    """

    def __init__(self, path: Path, *, inheritable: bool = False) -> None:
        self._path = path
        self._inheritable = inheritable
        self._descriptor: int | None = None

    def try_exclusive(self) -> bool:
        """Take the lock alone, or turn a shared hold into an exclusive one; False when another holder is in the way."""
        return self._flock(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def try_shared(self) -> bool:
        """Share the lock, or turn an exclusive hold into a shared one; False when somebody holds it alone."""
        return self._flock(fcntl.LOCK_SH | fcntl.LOCK_NB)

    def wait_exclusive(self) -> None:
        """Take the lock alone, waiting for whoever holds it."""
        self._flock(fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go; harmless when nothing is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def descriptor(self) -> int:
        """The open descriptor, for `pass_fds` of a child that shall hold the lock too."""
        if self._descriptor is None:
            message = f"the lock {self._path} is not held"
            raise ValueError(message)
        return self._descriptor

    def _flock(self, operation: int) -> bool:
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.set_inheritable(descriptor, self._inheritable)
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            if self._descriptor is None:
                os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def __enter__(self) -> Self:
        """Wait for the lock."""
        self.wait_exclusive()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.release()
