"""Runs the local Azure's HTTP and HTTPS servers on loopback ports, in one thread of the calling process."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.middleware import Middleware

from sandbox.arm.app import application
from sandbox.arm.azure import Settings
from sandbox.arm.certificate import certificate
from sandbox.arm.events.courier import Courier
from sandbox.arm.faults.connections import KnownConnection
from sandbox.arm.faults.desk import FaultDesk
from sandbox.arm.faults.middleware import FaultMiddleware
from sandbox.arm.sign_in import SignIn
from sandbox.arm.tokens import Tokens
from sandbox.arm.world import open_azure

_HOST = "127.0.0.1"
_GRACE_SECONDS = 2


class PortError(OSError):
    """A port that cannot be listened at, with the system's reason."""

    def __init__(self, port: int, cause: OSError) -> None:
        super().__init__(cause.errno, cause.strerror)
        self.port = port


class ArmServer:
    """One local Azure over HTTP, and over HTTPS by token; its state in a directory.

    Attributes:
        url: the HTTP endpoint, without a trailing slash.
        https_url: the HTTPS endpoint, likewise.
        ca_bundle: the certificate that a client of the HTTPS endpoint has to trust.
        faults: the faults that were asked for.

    """

    def __init__(
        self,
        state: Path,
        port: int = 0,
        *,
        https_port: int = 0,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Bind the ports; 0 takes a free one. The certificate is made where there is none.

        Raises PortError where a port is in use, OSError where the state cannot be written, FaultRuleError where the
        fault rules kept there cannot be read.
        """
        self._sockets = [_listening(port)]
        try:
            self._sockets.append(_listening(https_port))
            http_port, https_port = (one.getsockname()[1] for one in self._sockets)
            made = certificate(state / "tls", time.time())
            self.faults = FaultDesk(state)
            self.azure = open_azure(state, settings, clock)
        except BaseException:
            self._close_sockets()
            raise
        self.url, self.https_url = f"http://{_HOST}:{http_port}", f"https://{_HOST}:{https_port}"
        self.ca_bundle = made.authority
        sign_in = SignIn(Tokens(made.server, clock), https_port, clock)
        courier = Courier(self.azure, self.url)
        app = application(self.azure, sign_in, courier, [Middleware(FaultMiddleware, self.faults)])
        # One event loop for both: the store is used from one thread.
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(
                    app,
                    http=KnownConnection,
                    log_level="warning",
                    access_log=False,
                    lifespan="off",
                    server_header=False,
                    proxy_headers=False,
                    timeout_graceful_shutdown=_GRACE_SECONDS,
                    ssl_certfile=key_file,
                )
            )
            for key_file in (None, made.server)
        ]
        self._thread = threading.Thread(target=self._run, name="local-azure", daemon=True)

    def start(self) -> None:
        """Begin to answer. The sockets listen already, so that a request made at once waits for its answer."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, and close the state."""
        for server in self._servers:
            server.should_exit = True
        # TLS waits for its peer to say goodbye, too, and an idle client does not.
        self._servers[-1].force_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._close_sockets()
        self.azure.store.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in pairs))

    def _close_sockets(self) -> None:
        for one in self._sockets:
            one.close()


def _listening(port: int) -> socket.socket:
    try:
        listener = socket.create_server((_HOST, port))
    except OSError as error:
        raise PortError(port, error) from error
    # Accepted connections inherit it. Without, each answer on a kept connection waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
