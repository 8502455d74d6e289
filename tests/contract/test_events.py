"""A stack with pre- and post-events, through the engine: made, left alone, changed, granted, destroyed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.contract.world import config, edit, schedule, set_secret, settled, touched

GROUP = "rg-events"
PRINCIPAL = "22222222-3333-4444-8555-666666666666"


class _Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        (event,) = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = json.dumps({"validationResponse": event["data"].get("validationCode")}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def hook():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Webhook)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook?code=s3cret"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_life_with_events(subscription, pulumi_stack, hook):
    one = subscription()
    function = f"{one.scope}/resourceGroups/rg-f/providers/Microsoft.Web/sites/app/functions/before_maintenance"
    account = f"{one.scope}/resourceGroups/rg-f/providers/Microsoft.Storage/storageAccounts/store"
    events = {
        "before": {"start": {"webhook": "starter"}, "Note.it": {"azureFunction": function}},
        "after": {"stop": {"storageQueue": {"storageAccount": account, "queue": "after"}}},
    }
    scopes = {"all": {"osTypes": ["Linux"]}}
    stack = pulumi_stack(
        config(
            one,
            resourceGroup={"name": GROUP, "create": True},
            schedules={"linux": schedule(scopes=scopes, events=events), "plain": schedule(scopes=scopes, name="x_y.z")},
        )
    )
    set_secret(stack, "webhookUrls.starter", hook)
    settled(stack)
    for text in (json.dumps(stack.export()), stack.file.read_text(), json.dumps(stack.outputs())):
        assert "s3cret" not in text

    def change(own):
        own["schedules"]["linux"]["events"]["before"]["Note.it"]["deliverySchema"] = "CloudEventSchemaV1_0"

    edit(stack, change)
    assert touched(stack.up()) == {("update", "linux/events-pre/Note.it")}

    set_secret(stack, "webhookUrls.starter", f"{hook}2")
    assert touched(stack.up()) == {("update", "linux/events-pre/start")}

    def add(own):
        own["schedules"]["plain"]["events"] = {"after": {"tell": {"webhook": "starter"}}}
        own["schedules"]["linux"]["events"]["grant"] = {"principalId": PRINCIPAL, "cancel": True}

    edit(stack, add)
    settled(stack)
    granted = [one for one in one.role_assignments() if one.principal_id == PRINCIPAL]
    assert len(granted) == 4

    edit(stack, lambda own: own["schedules"]["linux"]["events"]["before"].pop("start"))
    assert touched(stack.up()) == {("delete", "linux/events-pre/start")}

    edit(stack, lambda own: own["schedules"]["linux"].pop("events"))
    gone = {name.split("/")[0] for _, name in touched(stack.up())}
    assert gone == {"linux", "events"}
    stack.destroy()
    assert not one.everything()


def test_a_webhook_that_does_not_answer_ends_with_what_to_look_at_and_the_next_up_mends_it(
    subscription, pulumi_stack, hook
):
    one = subscription()
    events = {"before": {"start": {"webhook": "nobody"}}}
    stack = pulumi_stack(
        config(
            one,
            resourceGroup={"name": GROUP, "create": True},
            schedules={"linux": schedule(scopes={"all": {"osTypes": ["Linux"]}}, events=events)},
        )
    )
    set_secret(stack, "webhookUrls.nobody", "http://127.0.0.1:9/hook?code=s3cret")
    ended = stack.up(check=False)
    told = "\n".join(ended.diagnostics)
    assert ended.exit_code != 0
    assert "Webhook validation handshake failed for http://127.0.0.1:9/hook" in told
    assert "s3cret" not in ended.stdout + ended.stderr
    set_secret(stack, "webhookUrls.nobody", hook)
    stack.up()
    assert settled(stack) == {}
    stack.destroy()
    assert not one.everything()
