"""Runs the local Azure's HTTP server on a loopback port, in a thread of the calling process."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn

from sandbox.arm.app import application
from sandbox.arm.azure import Settings
from sandbox.arm.world import open_azure

_HOST = "127.0.0.1"
_GRACE_SECONDS = 2


class ArmServer:
    """One local Azure over HTTP, its state in a directory."""

    def __init__(
        self,
        state: Path,
        port: int = 0,
        *,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Bind the port; 0 takes a free one.

        Raises OSError where the port is in use.
        """
        self._socket = socket.create_server((_HOST, port))
        # Accepted connections inherit it. Without, each answer on a kept connection waits 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.azure = open_azure(state, settings, clock)
        except BaseException:
            self._socket.close()
            raise
        config = uvicorn.Config(
            application(self.azure),
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="local-azure", daemon=True)
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Begin to answer. The socket listens already, so that a request made at once waits for its answer."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, and close the state."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        self.azure.store.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
