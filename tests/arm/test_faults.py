"""Faults on demand: which request a rule strikes, what becomes of it, and who may ask for that."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from fnmatch import fnmatchcase

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.faults.asked import Asked, FaultRuleError
from sandbox.arm.faults.desk import FILE, FaultDesk
from sandbox.arm.faults.rules import Faults, read_rules, restored
from sandbox.arm.server import ArmServer
from tests.arm.conftest import SUBSCRIPTION, Arm, made, refused

FAULTS, REQUESTS = "/_sandbox/faults", "/_sandbox/requests"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VERSION = "2022-09-01"
HERE = {"location": "westeurope"}


def ask(arm: Arm, *rules: dict) -> None:
    answer = arm.http.put(FAULTS, json=rules)
    assert answer.status_code == 200, answer.text


def asked(arm: Arm) -> list[dict]:
    return arm.http.get(REQUESTS).json()["value"]


# Which request is struck


METHODS = ("GET", "PUT", "DELETE")
REQUEST = st.builds(Asked, st.sampled_from(METHODS), st.sampled_from(("/a", "/A/b", "/b")), st.sampled_from(("1", "2")))
RULE = st.fixed_dictionaries(
    {"effect": st.just("drop")},
    optional={
        "method": st.sampled_from(METHODS),
        "path": st.sampled_from(("*", "/a*", "*/b", "/?")),
        "apiVersion": st.sampled_from(("1", "2")),
        "nth": st.integers(1, 3),
        "times": st.integers(1, 3) | st.just("all"),
        "eachPath": st.booleans(),
    },
)


def struck_by(rule: dict, requests: list[Asked]) -> list[bool]:
    """Say it over the whole history at once, request by request, with no counters."""
    told = []
    for index, one in enumerate(requests):

        def counts(other: Asked, one: Asked = one) -> bool:
            return (
                rule.get("method", other.method) == other.method
                and rule.get("apiVersion", other.api_version) == other.api_version
                and fnmatchcase(other.path.lower(), rule.get("path", "*"))
                and (not rule.get("eachPath") or (other.method, other.path.lower()) == (one.method, one.path.lower()))
            )

        number = sum(map(counts, requests[: index + 1]))
        first = rule.get("nth", 1)
        last = first + len(requests) if rule.get("times") == "all" else first + rule.get("times", 1) - 1
        told.append(counts(one) and first <= number <= last)
    return told


@given(RULE, st.lists(REQUEST, max_size=12))
def test_a_rule_strikes_the_matching_requests_it_names_and_no_other(rule, requests):
    faults = Faults(read_rules(json.dumps([rule])))
    assert [faults.meet(one) is not None for one in requests] == struck_by(rule, requests)


@given(st.lists(RULE, max_size=3), st.lists(REQUEST, max_size=12))
def test_the_first_of_several_rules_strikes_and_all_count(rules, requests):
    numbered = [{**rule, "nth": rule.get("nth", 1)} for rule in rules]
    faults = Faults(read_rules(json.dumps(numbered)))
    alone = [struck_by(rule, requests) for rule in rules]
    for index, one in enumerate(requests):
        found = faults.meet(one)
        first = next((number for number, told in enumerate(alone) if told[index]), None)
        assert found is (None if first is None else faults.rules[first])


@given(st.lists(RULE, max_size=3), st.lists(REQUEST, max_size=6), st.lists(REQUEST, max_size=6))
def test_a_restart_in_between_changes_nothing(rules, before, after):
    whole = Faults(read_rules(json.dumps(rules)))
    broken = Faults(read_rules(json.dumps(rules)))
    for one in before:
        whole.meet(one)
        broken.meet(one)
    broken = restored(json.loads(json.dumps(broken.kept())))
    assert [broken.meet(one) for one in after] == [whole.meet(one) for one in after]
    assert broken.shown() == whole.shown()


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ("{", "the document"),
        ("{}", "the document"),
        ('[{"effect": "explode"}]', "rule 1"),
        ('[{"effect": "drop"}, {"effect": "status"}]', "rule 2, status"),
        ('[{"effect": "status", "status": 200}]', "rule 1, status"),
        ('[{"effect": "status", "status": true}]', "rule 1, status"),
        ('[{"effect": "drop", "nth": 0}]', "rule 1, nth"),
        ('[{"effect": "drop", "times": "some"}]', "rule 1, times"),
        ('[{"effect": "drop", "method": "get"}]', "rule 1, method"),
        ('[{"effect": "drop", "retryAfter": 1}]', "rule 1, retryAfter"),
        ('[{"effect": "stall", "seconds": 0}]', "rule 1, seconds"),
        ('[{"effect": "stall", "seconds": NaN}]', "rule 1, seconds"),
    ],
)
def test_what_is_no_rule_is_refused_and_named(given_, told):
    with pytest.raises(FaultRuleError) as refusal:
        read_rules(given_)
    assert f"  {told}: " in str(refusal.value)
    assert "Expected a JSON list like" in str(refusal.value)
    example = str(refusal.value).rpartition("like ")[2]
    assert read_rules(example)


# What becomes of it


def test_a_status_is_answered_in_arms_form_and_nothing_is_done(arm):
    ask(arm, {"method": "PUT", "effect": "status", "status": 429, "code": "Busy", "message": "No.", "retryAfter": 7})
    answer = arm.put(GROUP, HERE)
    assert refused(answer, 429, "Busy") == "No."
    assert answer.headers["Retry-After"] == "7"
    refused(arm.get(GROUP), 404, "ResourceGroupNotFound")
    made(arm.put(GROUP, HERE))


@pytest.mark.parametrize(("status", "code"), [(409, "Conflict"), (503, "ServiceUnavailable"), (599, "Error")])
def test_a_status_has_a_code_of_its_own(arm, status, code):
    ask(arm, {"effect": "status", "status": status})
    answer = arm.get(GROUP)
    refused(answer, status, code)
    assert "Retry-After" not in answer.headers


def test_a_dropped_request_is_not_done_and_one_whose_answer_is_lost_is(arm):
    ask(arm, {"method": "PUT", "effect": "drop"}, {"method": "PUT", "nth": 2, "effect": "lose-answer"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        arm.put(GROUP, HERE)
    refused(arm.get(GROUP), 404, "ResourceGroupNotFound")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        arm.put(GROUP, HERE)
    made(arm.get(GROUP))
    assert [(one["status"], one["fault"]) for one in asked(arm)] == [
        (None, "drop"),
        (404, None),
        (None, "lose-answer"),
        (200, None),
    ]


def test_a_stalled_request_waits_and_is_answered_while_others_go_on(arm):
    ask(arm, {"method": "PUT", "effect": "stall", "seconds": 0.3})
    began = time.monotonic()
    with httpx.Client(base_url=arm.http.base_url, timeout=0.05) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.put(GROUP, params={"api-version": VERSION}, json=HERE)
    arm.get(GROUP)
    assert time.monotonic() - began < 0.3
    ask(arm, {"method": "PUT", "effect": "stall", "seconds": 0.3})
    made(arm.put(GROUP, HERE))
    assert time.monotonic() - began > 0.3


def test_by_method_path_and_api_version(arm):
    ask(arm, {"method": "GET", "path": "*/RESOURCEgroups/r?", "apiVersion": VERSION, "effect": "status", "status": 500})
    made(arm.put(GROUP, HERE))
    made(arm.get(f"/subscriptions/{SUBSCRIPTION}"))
    made(arm.http.get(GROUP, params={"api-version": "2021-04-01"}))
    refused(arm.get(GROUP), 500, "InternalServerError")
    made(arm.get(GROUP))


def test_the_log_tells_what_was_asked(arm):
    arm.get(GROUP)
    made(arm.put(GROUP, HERE))
    arm.http.get("/")
    wanted = [("GET", GROUP, VERSION, 404), ("PUT", GROUP, VERSION, 201), ("GET", "/", "", 400)]
    fields = ("method", "path", "apiVersion", "status")
    assert [tuple(one[field] for field in fields) for one in asked(arm)] == wanted
    assert [one["n"] for one in asked(arm)] == [1, 2, 3]


def test_what_is_asked_of_the_sandbox_itself_is_neither_struck_nor_logged(arm):
    ask(arm, {"times": "all", "effect": "drop"})
    assert arm.http.get("/_sandbox/else").is_error
    assert asked(arm) == []
    assert arm.http.get(FAULTS).json()["value"][0]["matched"] == 0


def test_the_rules_are_shown_as_given_with_their_counts_until_they_are_cleared(arm):
    rule = {"path": "*/none", "times": "all", "effect": "stall", "seconds": 2}
    ask(arm, rule, {"effect": "status", "status": 400})
    arm.get(GROUP)
    shown = arm.http.get(FAULTS).json()["value"]
    assert shown == [{**rule, "matched": 0}, {"effect": "status", "status": 400, "matched": 1}]
    refused(arm.http.put(FAULTS, content="[1]"), 400, "InvalidFaultRules")
    assert arm.http.get(FAULTS).json()["value"] == shown
    assert arm.http.delete(FAULTS).status_code == 204
    assert arm.http.get(FAULTS).json()["value"] == []
    refused(arm.http.post(FAULTS), 405, "MethodNotAllowed")
    refused(arm.http.delete(REQUESTS), 405, "MethodNotAllowed")


def test_rules_count_on_after_a_restart(tmp_path):
    def session(*paths: str) -> list[int]:
        server = ArmServer(tmp_path)
        server.start()
        try:
            with httpx.Client(base_url=server.url) as http:
                if not (tmp_path / FILE).exists():
                    http.put(FAULTS, json=[{"nth": 2, "times": 2, "effect": "status", "status": 418}])
                return [http.get(path).status_code for path in paths]
        finally:
            server.stop()

    first, second = session("/", "/"), session("/", "/")
    assert [status == 418 for status in first + second] == [False, True, True, False]


def test_who_asks_for_no_faults_does_not_wait_for_what_reads_them(tmp_path):
    program = f"""
import sys
from pathlib import Path
from sandbox.arm.server import ArmServer
server = ArmServer(Path({str(tmp_path)!r}))
server.start()
server.stop()
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / FILE).write_text('{"rules": 1}')
    with pytest.raises(FaultRuleError, match=FILE):
        FaultDesk(tmp_path)


SERVE = """
import sys, pathlib, threading
from sandbox.arm.server import ArmServer
server = ArmServer(pathlib.Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
threading.Event().wait()
"""


def test_the_server_is_killed_after_it_has_stored_and_not_again(tmp_path):
    def serve() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE, text=True)

    with serve() as server:
        arm = Arm(server.stdout.readline().strip())
        ask(arm, {"method": "PUT", "effect": "kill"})
        with pytest.raises(httpx.TransportError):
            arm.put(GROUP, HERE)
        arm.http.close()
        assert server.wait(30) == -signal.SIGKILL
    with serve() as server:
        arm = Arm(server.stdout.readline().strip())
        made(arm.get(GROUP))
        assert arm.put(GROUP, HERE).status_code == 200
        arm.http.close()
        os.kill(server.pid, signal.SIGTERM)


# Who may ask


@pytest.mark.parametrize("path", [FAULTS, REQUESTS])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_client_of_the_https_endpoint_meets_arm_alone(server, trusting, signed_in, method, path):
    token = signed_in().credential.get_token("https://management.azure.com/.default").token
    answer = trusting.request(method, server.https_url + path, headers={"Authorization": f"Bearer {token}"}, json=[])
    plain = trusting.request(
        method, server.https_url + "/_sandbox/else", headers={"Authorization": f"Bearer {token}"}, json=[]
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        plain.status_code,
        plain.json()["error"]["code"],
    )
    assert trusting.request(method, server.https_url + path).status_code == 401


def test_faults_strike_clients_of_the_https_endpoint_too(server, arm, signed_in):
    from azure.core.exceptions import HttpResponseError

    clients = signed_in()
    ask(arm, {"path": "*/resourcegroups/rg", "times": 1, "effect": "status", "status": 409, "code": "Struck"})
    with pytest.raises(HttpResponseError) as refusal:
        clients.resources.resource_groups.get("rg")
    assert refusal.value.error.code == "Struck"


def test_a_client_elsewhere_meets_arm_alone(tmp_path):
    import asyncio

    from sandbox.arm.faults.middleware import FaultMiddleware

    met = Counter[str]()

    async def arm(scope, receive, send):
        met[scope["client"][0]] += 1

    async def receive():
        return {"type": "http.request", "body": b"[]", "more_body": False}

    async def send(message):
        pass

    middleware = FaultMiddleware(arm, FaultDesk(tmp_path))
    for host in ("192.0.2.1", "127.0.0.1"):
        scope = {"type": "http", "scheme": "http", "method": "GET", "path": FAULTS, "query_string": b"", "headers": []}
        asyncio.run(middleware({**scope, "client": (host, 1)}, receive, send))
    assert met == {"192.0.2.1": 1}


def test_another_name_of_this_machine_is_refused(server):
    assert httpx.get(server.url + FAULTS, headers={"Host": "rebound.example"}).status_code == 400
