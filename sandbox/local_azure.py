"""One local Azure for each state directory: who needs it first runs it, who comes while it runs attaches to it.

The kernel's lock on `lock` says who runs it, so a killed process leaves nothing in the way: the lock is free again, and
whatever `server.json` says is ignored until somebody holds the lock. Whoever attaches keeps a connection to the runner
open for as long as it needs the local Azure, and the runner stays until the last of them has gone.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from sandbox.errors import SandboxError
from sandbox.locks import FileLock
from sandbox.ports import describe_holder
from sandbox.state import StateDirectory, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_LOOPBACK = "127.0.0.1"
_ACCEPTED = b"ok\n"
_ANSWER_SECONDS = 5.0
_TURN_SECONDS = 0.05
_START_SECONDS = 60.0
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Endpoint:
    """Where a running local Azure listens, all on loopback.

    Attributes:
        url: the ARM endpoint, without a trailing slash.
        https_url: the same over HTTPS, for clients that sign in.
        ca_bundle: the file with the certificate that those have to trust.
        plugin_port: where the azure-native launcher asks for a provider.
        attach_port: where processes that use it announce themselves.
        token: what they say there, so that a port taken over by something else is not mistaken for it.
        process: the id of the process that runs it.

    """

    url: str
    https_url: str
    ca_bundle: str
    plugin_port: int
    attach_port: int
    token: str
    process: int


@dataclass(frozen=True)
class Ports:
    """Where the ARM endpoints shall listen; None and 0 take a free port, or the one that is listened at already."""

    http: int | None = None
    https: int | None = None

    def option_unlike(self, endpoint: Endpoint) -> str | None:
        """Return the option that asks for another port than the running local Azure has; None where there is none."""
        for name, port, url in (("port", self.http, endpoint.url), ("https-port", self.https, endpoint.https_url)):
            if port and not url.endswith(f":{port}"):
                return f"--{name} {port}"
        return None


@contextmanager
def run_or_attach(
    state: StateDirectory, *, ports: Ports, note: Callable[[str], None], quirks: Sequence[str] = ()
) -> Generator[Endpoint]:
    """Hold a local Azure for the time of the block: the one running on this state directory, or a new one.

    Args:
        state: a prepared state directory.
        ports: where it shall listen.
        note: shows the user a line.
        quirks: choices such as `nulls=off` (sandbox.arm.quirks).

    Raises:
        SandboxError: a port is in use, another one runs already on another port or with quirks of its own, it does not
            answer, or a choice is none.

    """
    with attached_or_alone(state) as endpoint:
        if endpoint is None:
            with _running(state, ports, note, quirks) as started:
                yield started
            return
        other = ports.option_unlike(endpoint) or (f"--quirk {quirks[0]}" if quirks else None)
        if other:
            raise SandboxError(
                f"a local Azure already runs on {state.path}, at {endpoint.url} and {endpoint.https_url} "
                f"(process {endpoint.process}). Leave {other} out to use it, or stop it first."
            )
        yield endpoint


@contextmanager
def attached_or_alone(state: StateDirectory) -> Generator[Endpoint | None]:
    """Hold, for the time of the block, the local Azure that runs, or the right to run one: then there is none (None).

    Raises:
        SandboxError: one holds the state directory but does not answer.

    """
    lock = FileLock(state.lock)
    deadline = time.monotonic() + _START_SECONDS
    while not lock.try_exclusive():
        attached = _attach(state)
        if attached is not None:
            endpoint, connection = attached
            with connection:
                yield endpoint
            return
        if time.monotonic() > deadline:
            raise SandboxError(
                f"another process holds {state.lock} but its local Azure does not answer. End that process "
                f"(`lsof {state.lock}` names it) and run again, or choose another directory with --state DIR."
            )
        time.sleep(_TURN_SECONDS)
    try:
        yield None
    finally:
        lock.release()


@contextmanager
def run(
    state: StateDirectory, *, ports: Ports, note: Callable[[str], None], quirks: Sequence[str] = ()
) -> Generator[Endpoint]:
    """Run a local Azure for the time of the block, alone; `quirks` are choices such as `nulls=off`.

    Raises:
        SandboxError: one runs already on this state directory, a port is in use, or a choice is none.

    """
    lock = FileLock(state.lock)
    if not lock.try_exclusive():
        found = _read(state)
        where = f", at {found.url} (process {found.process})" if found else ""
        raise SandboxError(
            f"a local Azure already runs on {state.path}{where}. Use that one, or choose another directory "
            "with --state DIR."
        )
    try:
        with _running(state, ports, note, quirks) as endpoint:
            yield endpoint
    finally:
        lock.release()


def running(state: StateDirectory) -> Endpoint | None:
    """The local Azure that runs on this state directory now, if any."""
    lock = FileLock(state.lock)
    if lock.try_exclusive():
        lock.release()
        return None
    return _read(state)


@contextmanager
def _running(
    state: StateDirectory, ports: Ports, note: Callable[[str], None], quirks: Sequence[str]
) -> Generator[Endpoint]:
    from sandbox.arm.azure import Settings  # noqa: PLC0415
    from sandbox.arm.faults.asked import FaultRuleError  # noqa: PLC0415
    from sandbox.arm.quirks import switched  # noqa: PLC0415
    from sandbox.arm.server import ArmServer, PortError  # noqa: PLC0415 - an attached command has no use for them
    from sandbox.plugin.host import PluginHost  # noqa: PLC0415

    state.server.unlink(missing_ok=True)
    clear_abandoned_engine_locks(state, note)
    try:
        settings = Settings(quirks=switched(quirks))
    except ValueError as error:
        raise SandboxError(f"--quirk {error}") from error
    try:
        server = ArmServer(state.path, ports.http or 0, https_port=ports.https or 0, settings=settings)
    except PortError as error:
        option = "--https-port" if error.port == ports.https else "--port"
        raise SandboxError(
            f"port {error.port} of {_LOOPBACK} cannot be used ({error.strerror or error}): "
            f"{describe_holder(error.port)}. Stop it, or take a free port with {option} 0."
        ) from error
    except OSError as error:
        raise SandboxError(
            f"cannot write {error.filename or state.path}: {error.strerror or error}. "
            "Make it writable, or choose another directory with --state DIR."
        ) from error
    except sqlite3.DatabaseError as error:
        raise SandboxError(
            f"the local Azure in {state.path} cannot be read ({error}). Remove the directory (rm -r {state.path}) and "
            "run again, or choose another with --state DIR."
        ) from error
    except FaultRuleError as error:
        raise SandboxError(f"{error}. `python -m sandbox faults clear --state {state.path}` removes them.") from error
    rules = len(server.faults.shown())
    if rules:
        note(
            f"{rules} fault rule(s) are set: requests may fail as they say. `python -m sandbox faults list` shows them."
        )
    server.start()
    try:
        plugins = PluginHost(server.url)
        plugins.start()
        try:
            with _Attachments() as attachments:
                endpoint = Endpoint(
                    url=server.url,
                    https_url=server.https_url,
                    ca_bundle=str(server.ca_bundle),
                    plugin_port=plugins.port,
                    attach_port=attachments.port,
                    token=attachments.token,
                    process=os.getpid(),
                )
                write_atomically(state.server, json.dumps(asdict(endpoint), indent=2) + "\n")
                try:
                    yield endpoint
                finally:
                    attachments.wait_for_the_last(note)
                    state.server.unlink(missing_ok=True)
        finally:
            plugins.stop()
    finally:
        server.stop()


def clear_abandoned_engine_locks(state: StateDirectory, note: Callable[[str], None]) -> None:
    """Remove what a killed engine left in the file backend's lock folder, if no command of an earlier run lives.

    To be called only by who holds the state directory's lock: nobody else can start a command then.
    """
    abandoned = sorted(state.backend.glob(".pulumi/locks/**/*.json"))
    if not abandoned:
        return
    commands = FileLock(state.commands_lock)
    if not commands.try_exclusive():
        note("A command of a run that was killed is still running; waiting for it to notice.")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not commands.try_exclusive():
            if time.monotonic() > deadline:
                note(f"It still runs; its stack stays locked until it ends (`lsof {state.commands_lock}` names it).")
                return
            time.sleep(_TURN_SECONDS)
    try:
        for file in abandoned:
            file.unlink(missing_ok=True)
    finally:
        commands.release()
    note(f"Freed {len(abandoned)} stack lock(s) of a run that was killed.")


def _attach(state: StateDirectory) -> tuple[Endpoint, socket.socket] | None:
    endpoint = _read(state)
    if endpoint is None:
        return None
    try:
        connection = socket.create_connection((_LOOPBACK, endpoint.attach_port), timeout=_ANSWER_SECONDS)
    except OSError:
        return None
    try:
        connection.sendall(endpoint.token.encode() + b"\n")
        accepted = connection.recv(len(_ACCEPTED)) == _ACCEPTED
    except OSError:
        accepted = False
    if not accepted:
        connection.close()
        return None
    return endpoint, connection


def _read(state: StateDirectory) -> Endpoint | None:
    try:
        return Endpoint(**json.loads(state.server.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class _Attachments:
    """Counts the processes that use this local Azure, by the connections they keep open."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._count = 0
        self._closed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="attachments", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
        # A blocked accept does not end when its socket is closed, but it does when the socket is shut down.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def wait_for_the_last(self, note: Callable[[str], None]) -> None:
        """Return when nobody is attached any more, and accept nobody from then on."""
        with self._changed:
            if self._count:
                note(f"The local Azure stays for {self._count} more command(s) that use it; Ctrl-C stops it at once.")
            self._changed.wait_for(lambda: self._count == 0)
            self._closed = True

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_ANSWER_SECONDS)
            try:
                said = connection.recv(len(self.token) + 1)
                with self._changed:
                    if said != self.token.encode() + b"\n" or self._closed:
                        return
                    self._count += 1
            except OSError:
                return
            with suppress(OSError):
                connection.sendall(_ACCEPTED)
                connection.settimeout(None)
                connection.recv(1)
            with self._changed:
                self._count -= 1
                self._changed.notify_all()
