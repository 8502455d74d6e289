"""Runs a command with the local Azure around it, as if it had been started directly."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from sandbox.state import StateDirectory

_SIGNALLED = 128
_LAUNCHER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
try:
    os.execv(sys.argv[2], sys.argv[3:])
except OSError as error:
    print(f"error: cannot run {sys.argv[2]!r}: {error.strerror}", file=sys.stderr)
    sys.exit(126)
"""


def run_command(command: Sequence[str], environment: Mapping[str, str], state: StateDirectory) -> int:
    """Run a command to its end and return its exit status (128 + n when a signal ended it, as a shell says it).

    SIGTERM is handed on. SIGINT is too, unless the terminal sends it to both of us anyway: the engine takes a second
    one for "at once". If we are killed, so is the command, where the system can do that: an engine that lived on would
    see its provider vanish in the middle of making a resource, and forget the resource. The command also inherits a
    share of `commands.lock`, so that a later run knows whether it lives.

    Raises:
        SandboxError: the command cannot be started.

    """
    program = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    if program is None:
        raise SandboxError(f"there is no program {command[0]!r} on PATH, or it may not be run.")
    alive = FileLock(state.commands_lock, inheritable=True)
    if not alive.try_shared():
        raise SandboxError(f"another process is cleaning {state.path} up; run again.")
    try:
        with _signals_handed_on() as child:
            process = subprocess.Popen(  # noqa: S603 - the user's own command
                _dying_with_us(program, command), env=environment, pass_fds=(alive.descriptor,)
            )
            child.append(process)
            code = process.wait()
    finally:
        alive.release()
    return code if code >= 0 else _SIGNALLED - code


def _dying_with_us(program: str, command: Sequence[str]) -> list[str]:
    if sys.platform != "linux":
        return [program, *command[1:]]
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), program, *command]


@contextmanager
def _signals_handed_on() -> Generator[list[subprocess.Popen[bytes]]]:
    children: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: object) -> None:
        if number == signal.SIGINT and _is_terminals_foreground():
            return
        for child in children:
            if child.poll() is None:
                child.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_terminals_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
