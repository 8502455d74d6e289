"""A local Azure with a configuration that runs daily at 22:00 UTC, and webhooks on this machine that it tells."""

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.arm.azure import Settings
from tests.arm.conftest import Arm, made
from tests.arm.simulation.conftest import World

PRE, POST = "Microsoft.Maintenance.PreMaintenanceEvent", "Microsoft.Maintenance.PostMaintenanceEvent"
TOPIC_TYPE = "Microsoft.Maintenance.MaintenanceConfigurations"
CLOUD = "CloudEventSchemaV1_0"
VERSION = {"api-version": "2025-02-15"}


def validated(body):
    """What a webhook answers that wants the events, in Event Grid's schema; None to anything else."""
    one = body[0] if isinstance(body, list) else body
    if one and one.get("eventType") == "Microsoft.EventGrid.SubscriptionValidationEvent":
        return {"validationResponse": one["data"]["validationCode"]}
    return None


class Webhook:
    """A webhook on this machine: what it was told, and what it does then (`act`, given the body)."""

    def __init__(self):
        self.told = []
        self.headers = []
        self.asked = []
        self.act = lambda _: None
        self.status = 200
        self.accepts = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = validated(body)
                if answer is not None:
                    outer.asked.append(body)
                    answer = answer if outer.accepts else {}
                    self.reply(200 if outer.accepts is not None else 401, answer)
                    return
                outer.told.append(body)
                outer.headers.append(dict(self.headers))
                outer.act(body)
                self.reply(outer.status, {})

            def do_OPTIONS(self):
                outer.asked.append(dict(self.headers))
                self.reply(200, {}, {"WebHook-Allowed-Origin": "eventgrid.azure.net"} if outer.accepts else {})

            def reply(self, status, body, headers=None):
                content = json.dumps(body).encode()
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook?code=s3cret"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class EventWorld(World):
    """What there is to do with events."""

    def topic(self, configuration, name="topic", **changes):
        path = f"{self.group}/providers/Microsoft.EventGrid/systemTopics/{name}"
        properties = {"source": configuration, "topicType": TOPIC_TYPE}
        made(self.arm.send("PUT", path, {"location": "westeurope", "properties": {**properties, **changes}}, **VERSION))
        return path

    def put_subscription(self, topic, destination, types=(PRE, POST), name="sub", **changes):
        body = {"destination": destination, "filter": {"includedEventTypes": list(types)}, **changes}
        return self.arm.send("PUT", f"{topic}/eventSubscriptions/{name}", {"properties": body}, **VERSION)

    def subscribe(self, topic, destination, types=(PRE, POST), name="sub", **changes):
        """Make an event subscription, and wait until its handshake has ended."""
        made(self.put_subscription(topic, destination, types, name, **changes))
        return self.state(f"{topic}/eventSubscriptions/{name}")

    def state(self, subscription):
        """The subscription's state, when it is no longer creating."""
        deadline = time.monotonic() + 20
        while (found := made(self.arm.get(subscription, **VERSION))["properties"]["provisioningState"]) == "Creating":
            assert time.monotonic() < deadline
        return found

    def events(self, **between):
        return made(self.arm.http.get("/_sandbox/events", params=between))["value"]

    def cancel(self, correlation):
        return self.arm.send(
            "PUT", correlation, {"properties": {"status": "Cancel"}}, **{"api-version": "2023-09-01-preview"}
        )


def webhook_to(url, **changes):
    return {"endpointType": "WebHook", "properties": {"endpointUrl": url, **changes}}


def queue_of(group, queue="events"):
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/store"
    return {"endpointType": "StorageQueue", "properties": {"resourceId": account, "queueName": queue}}


@pytest.fixture
def clock(clock):
    clock.seconds = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    return clock


@pytest.fixture
def settings():
    return Settings(machine_delay=0, operation_delay=0, webhook_seconds=20)


@pytest.fixture
def world(arm, group):
    return EventWorld(arm, group)


@pytest.fixture
def hook():
    one = Webhook()
    yield one
    one.close()


@pytest.fixture
def another(server):
    """A client of one's own, for what happens while another request is under way."""
    client = Arm(server.url)
    yield client
    client.http.close()
