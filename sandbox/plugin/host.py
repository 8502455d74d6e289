"""The host of all providers: the engine starts a small launcher for each, and the launcher asks here for a gRPC server.

A plugin process for each provider would cost a second each. The launcher connects to the host's port and reads one
line, the port of a gRPC server of its own; when the connection ends, because the engine has ended the launcher, that
server is stopped.
"""

import contextlib
import logging
import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import grpc
import httpx
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from sandbox.plugin.answering import ErrorAnswers
from sandbox.plugin.arm_client import http_client
from sandbox.plugin.provider import AzureNativeProvider

_log = logging.getLogger(__name__)

_LOOPBACK: Final = "127.0.0.1"
_THREADS_EACH: Final = 16
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024  # what the engine itself allows
_OPTIONS: Final = [
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
]


class PluginHost:
    """Serves azure-native providers over the ARM endpoint `arm_url` (`http://127.0.0.1:41234`)."""

    def __init__(self, arm_url: str, port: int = 0) -> None:
        """Bind the port, 0 for a free one. Raises OSError where it is in use."""
        self._http = http_client(arm_url)
        self._listener = socket.create_server((_LOOPBACK, port))
        self.port: Final[int] = self._listener.getsockname()[1]
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="plugin-host", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop every provider and give the ports back."""
        with self._lock:
            self._stopping = True
            connections = list(self._connections)
        # A blocked accept does not end when its socket is closed, but it does when the socket is shut down.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._http.close()

    def _accept(self) -> None:
        serving: list[threading.Thread] = []
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            with self._lock:
                self._connections.add(connection)
                if self._stopping:
                    connection.close()
                    break
            thread = threading.Thread(target=self._serve, args=(connection,), name="azure-native", daemon=True)
            thread.start()
            serving = [*(other for other in serving if other.is_alive()), thread]
        for thread in serving:
            thread.join()

    def _serve(self, connection: socket.socket) -> None:
        """Run one provider for as long as its launcher is connected."""
        try:
            with connection, _running_provider(self._http) as port:
                connection.sendall(f"{port}\n".encode())
                while connection.recv(1024):
                    pass
        except OSError as error:
            _log.debug("A launcher went away: %s", error)
        finally:
            with self._lock:
                self._connections.discard(connection)


@contextlib.contextmanager
def _running_provider(http: httpx.Client) -> Generator[int]:
    provider = AzureNativeProvider(http)
    with ThreadPoolExecutor(_THREADS_EACH, thread_name_prefix="azure-native") as threads:
        server = grpc.server(threads, options=_OPTIONS, interceptors=[ErrorAnswers()])
        add_ResourceProviderServicer_to_server(provider, server)
        port = server.add_insecure_port(f"{_LOOPBACK}:0")
        server.start()
        try:
            yield port
        finally:
            provider.cancel()
            server.stop(grace=None).wait()
