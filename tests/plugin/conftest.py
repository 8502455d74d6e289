import base64
import json
import socketserver
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

import grpc
import httpx
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugin.arm_client import ArmClient
from sandbox.plugin.configuration import Configuration
from sandbox.plugin.host import PluginHost
from sandbox.plugin.operations import Operations

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"


@dataclass
class FakeArm:
    """ARM as far as a plugin can tell: resources by id, answers that a test has queued first, and what was asked."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    queued: deque[httpx.Response | Exception] = field(default_factory=deque)
    asked: list[httpx.Request] = field(default_factory=list)
    asynchronous: bool = False
    operation_states: deque[str] = field(default_factory=deque)
    service_fills_in: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.queued:
            answer = self.queued.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.url.path.startswith("/operations/"):
            return self._operation(request)
        method = {"GET": self._get, "PUT": self._put, "DELETE": self._delete, "POST": self._token}[request.method]
        return method(request)

    def refuse(self, status: int, code: str = "Refused", message: str = "no", **headers: str) -> None:
        self.queued.append(error(status, code, message, headers))

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.asked]

    def body(self, method: str = "PUT") -> dict[str, Any]:
        return next(json.loads(r.content) for r in reversed(self.asked) if r.method == method)

    def _get(self, request: httpx.Request) -> httpx.Response:
        found = self.resources.get(request.url.path.lower())
        return (
            httpx.Response(200, json=found) if found else error(404, "ResourceNotFound", "The resource is not there.")
        )

    def _put(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        created = path.lower() not in self.resources
        segments = path.rsplit("/", 2)
        body = json.loads(request.content)
        body["properties"] = {**self.service_fills_in, **body.get("properties", {}), "provisioningState": "Succeeded"}
        self.resources[path.lower()] = {"id": path, "name": segments[2], "type": f"Test/{segments[1]}", **body}
        headers = {}
        if self.asynchronous:
            headers["Azure-AsyncOperation"] = f"http://{request.url.netloc.decode()}/operations/1?api-version=1"
        return httpx.Response(201 if created else 200, json=self.resources[path.lower()], headers=headers)

    def _token(self, request: httpx.Request) -> httpx.Response:
        """Answer a token that says what was asked for, in the claims of Entra ID's."""
        assert request.url.path == "/common/oauth2/v2.0/token"
        form = dict(parse_qsl(request.content.decode()))
        claims = {"appid": form["client_id"], "oid": "principal", "tid": "t1", "aud": form["scope"]}
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
        return httpx.Response(200, json={"access_token": ".".join([*parts, "signature"])})

    def _delete(self, request: httpx.Request) -> httpx.Response:
        if self.resources.pop(request.url.path.lower(), None) is None:
            return httpx.Response(204)
        location = f"http://{request.url.netloc.decode()}/operations/1?api-version=1"
        return httpx.Response(202, headers={"Location": location}) if self.asynchronous else httpx.Response(200)

    def _operation(self, _: httpx.Request) -> httpx.Response:
        state = self.operation_states.popleft() if self.operation_states else "Succeeded"
        body: dict[str, Any] = {"status": state}
        if state == "Failed":
            body["error"] = {"code": "OverconstrainedAllocation", "message": "no room"}
        return httpx.Response(202 if state == "InProgress" else 200, json=body)


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}}, headers=headers)


@pytest.fixture
def fake_arm() -> FakeArm:
    return FakeArm()


@pytest.fixture
def http(fake_arm: FakeArm) -> Iterator[httpx.Client]:
    with httpx.Client(base_url="http://arm.test", transport=httpx.MockTransport(fake_arm)) as client:
        yield client


@pytest.fixture
def arm(http: httpx.Client) -> ArmClient:
    return ArmClient(http)


@pytest.fixture
def operations(arm: ArmClient) -> Operations:
    return Operations(arm, Configuration({"subscriptionId": SUBSCRIPTION, "location": "westeurope"}))


@pytest.fixture
def subscription() -> str:
    return SUBSCRIPTION


@pytest.fixture
def fake_arm_url(fake_arm: FakeArm) -> Iterator[str]:
    """The same fake on a real port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://{self.headers['Host']}{self.path}"
            response = fake_arm(httpx.Request(self.command, url, headers=dict(self.headers), content=content))
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def host(fake_arm_url: str) -> Iterator[PluginHost]:
    with PluginHost(fake_arm_url) as running:
        yield running


class Engine:
    """The engine's side of the protocol."""

    def __init__(self, port: int) -> None:
        self.target = f"127.0.0.1:{port}"
        self._channel = grpc.insecure_channel(self.target)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def configure(self, **variables: str) -> provider_pb2.ConfigureResponse:
        return self.stub.Configure(
            provider_pb2.ConfigureRequest(
                variables={f"azure-native:config:{key}": value for key, value in variables.items()},
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            )
        )


@pytest.fixture
def connect(host: PluginHost) -> Iterator[Any]:
    """Connects as the launcher and the engine do, any number of times."""
    import socket

    opened: list[Any] = []

    def connect() -> Engine:
        launcher = socket.create_connection(("127.0.0.1", host.port))
        port = int(launcher.makefile().readline())
        engine = Engine(port)
        opened.append((engine, launcher))
        engine.launcher = launcher
        return engine

    yield connect
    for engine, launcher in opened:
        engine.close()
        launcher.close()


@pytest.fixture
def provider(connect: Any) -> Engine:
    connected = connect()
    connected.configure(subscriptionId=SUBSCRIPTION, location="westeurope")
    return connected


@pytest.fixture
def struct() -> Any:
    def struct(values: dict[str, Any]) -> struct_pb2.Struct:
        return json_format.ParseDict(values, struct_pb2.Struct())

    return struct
