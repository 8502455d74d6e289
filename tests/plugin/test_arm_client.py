import httpx
import pytest

from sandbox.plugin import arm_client
from sandbox.plugin.arm_client import ArmClient, http_client
from sandbox.plugin.errors import ArmError, CancelledError, PluginError, UnfinishedError

ID = "/subscriptions/s/resourceGroups/rg/providers/Test/things/t"


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Waits, without waiting: the seconds each would have taken."""
    taken: list[float] = []

    def pause(client, seconds):
        taken.append(seconds)
        if client._cancelled.is_set():
            raise CancelledError

    monkeypatch.setattr(ArmClient, "_pause", pause)
    return taken


def put(arm, *, asynchronous=False, body=None, timeout=0.0):
    return arm.put(ID, "1", body or {}, {}, asynchronous=asynchronous, timeout=timeout)


def test_every_request_says_who_asks_and_in_which_version(arm, fake_arm):
    fake_arm.resources[ID.lower()] = {"id": ID}
    arm.get(ID, "2024-01-01")
    assert fake_arm.asked[0].url.params["api-version"] == "2024-01-01"


def test_the_shared_client_names_the_plugin_and_ignores_proxies(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with http_client("http://127.0.0.1:9") as client:
        assert client.headers["User-Agent"].startswith("pulumi-azure-native/3.29.0")
        assert not client._mounts


def test_an_error_reads_as_azure_native_words_it(arm, fake_arm):
    fake_arm.refuse(403, "AuthorizationFailed", "no rights")
    with pytest.raises(ArmError) as caught:
        arm.get(ID, "1")
    assert str(caught.value) == 'Status=403 Code="AuthorizationFailed" Message="no rights"'
    assert (caught.value.status, caught.value.code) == (403, "AuthorizationFailed")


def test_an_error_that_is_no_json_is_shown_as_it_is(arm, fake_arm):
    fake_arm.queued.append(httpx.Response(400, text="<html>bad</html>"))
    with pytest.raises(ArmError, match='Status=400 Message="<html>bad</html>"'):
        arm.get(ID, "1")


def test_an_answer_that_is_no_json_is_told(arm, fake_arm):
    fake_arm.queued.append(httpx.Response(200, text="hello"))
    with pytest.raises(PluginError, match="unexpected response from Azure: 'hello', HTTP status: 200"):
        arm.get(ID, "1")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_faults_are_tried_again(arm, fake_arm, status):
    fake_arm.resources[ID.lower()] = {"id": ID}
    fake_arm.refuse(status)
    fake_arm.refuse(status)
    assert arm.get(ID, "1") == {"id": ID}
    assert len(fake_arm.asked) == 3


def test_retry_after_decides_the_pause(arm, fake_arm, pauses):
    fake_arm.resources[ID.lower()] = {"id": ID}
    fake_arm.refuse(429, **{"Retry-After": "7"})
    arm.get(ID, "1")
    assert pauses == [7.0]


def test_pauses_grow_and_end(arm, fake_arm, pauses):
    for _ in range(10):
        fake_arm.refuse(503)
    with pytest.raises(ArmError, match="Status=503"):
        arm.get(ID, "1")
    assert len(fake_arm.asked) == 4
    assert pauses == sorted(set(pauses))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412])
def test_refusals_are_not_tried_again(arm, fake_arm, status):
    fake_arm.refuse(status)
    with pytest.raises(ArmError):
        arm.get(ID, "1")
    assert len(fake_arm.asked) == 1


def test_another_operation_in_progress_is_waited_for(arm, fake_arm):
    fake_arm.refuse(409, "AnotherOperationInProgress")
    assert put(arm)["id"] == ID
    assert fake_arm.methods == ["PUT", "PUT"]


def test_a_dropped_connection_is_tried_again(arm, fake_arm):
    fake_arm.queued.append(httpx.RemoteProtocolError("server disconnected"))
    fake_arm.queued.append(httpx.ConnectError("refused"))
    assert put(arm)["id"] == ID


def test_a_connection_that_never_comes_is_told(arm, fake_arm):
    fake_arm.queued.extend(httpx.ConnectError("refused") for _ in range(9))
    with pytest.raises(PluginError, match=r"GET .*: the local Azure does not answer: refused"):
        arm.get(ID, "1")


# Existence.


def test_what_does_not_exist_may_be_created(arm, fake_arm):
    arm.refuse_existing(ID, "1")
    fake_arm.queued.append(httpx.Response(204))
    arm.refuse_existing(ID, "1")
    fake_arm.queued.append(httpx.Response(200))
    arm.refuse_existing(ID, "1")
    assert fake_arm.methods == ["GET"] * 3


def test_what_exists_may_not_be_created(arm, fake_arm):
    fake_arm.resources[ID.lower()] = {"id": ID}
    with pytest.raises(PluginError, match=f"^cannot create already existing resource '{ID}'$"):
        arm.refuse_existing(ID, "1")


def test_what_azure_will_not_tell_of_may_not_be_created(arm, fake_arm):
    fake_arm.refuse(403, "AuthorizationFailed")
    with pytest.raises(PluginError, match=f"^cannot check existence of resource '{ID}': status code 403, "):
        arm.refuse_existing(ID, "1")


# Operations that go on after the answer.


def test_a_synchronous_put_is_one_request(arm, fake_arm):
    assert put(arm, body={"properties": {"a": 1}})["properties"]["a"] == 1
    assert fake_arm.methods == ["PUT"]


def test_an_asynchronous_put_is_polled_until_it_has_succeeded(arm, fake_arm, pauses):
    fake_arm.asynchronous = True
    fake_arm.operation_states.extend(["InProgress", "InProgress", "Succeeded"])
    assert put(arm, asynchronous=True)["id"] == ID
    assert fake_arm.methods == ["PUT", "GET", "GET", "GET", "GET"]
    assert len(pauses) == 2


def test_a_poll_that_is_done_already_does_not_wait(arm, fake_arm, pauses):
    fake_arm.asynchronous = True
    put(arm, asynchronous=True)
    assert pauses == []


def test_advice_to_poll_in_seconds_is_passed_over(arm, fake_arm, pauses):
    busy = httpx.Response(200, json={"status": "InProgress"}, headers={"Retry-After": "10"})
    begun = httpx.Response(
        201, json={}, headers={"Azure-AsyncOperation": "http://arm.test/operations/1", "Retry-After": "9"}
    )
    fake_arm.queued.extend([begun, busy])
    fake_arm.resources[ID.lower()] = {"id": ID}
    put(arm, asynchronous=True)
    assert len(pauses) == 1
    assert pauses[0] < 1


def test_a_put_without_headers_is_polled_by_its_provisioning_state(arm, fake_arm):
    states = ["Creating", "Updating", "Succeeded", "Succeeded"]
    fake_arm.queued.extend(
        httpx.Response(200, json={"id": ID, "properties": {"provisioningState": state}}) for state in states
    )
    assert put(arm, asynchronous=True)["properties"]["provisioningState"] == "Succeeded"
    assert fake_arm.methods == ["PUT", "GET", "GET", "GET"]


def test_a_put_that_is_not_marked_asynchronous_but_answers_202_is_polled_all_the_same(arm, fake_arm):
    fake_arm.queued.append(httpx.Response(202, headers={"Location": "http://arm.test/operations/1"}))
    fake_arm.resources[ID.lower()] = {"id": ID}
    assert put(arm) == {"id": ID}


def test_an_operation_that_fails_is_told_with_its_error(arm, fake_arm):
    fake_arm.asynchronous = True
    fake_arm.operation_states.append("Failed")
    with pytest.raises(UnfinishedError) as caught:
        put(arm, asynchronous=True)
    assert str(caught.value) == 'Status=200 Code="OverconstrainedAllocation" Message="no room"'


def test_a_refused_put_is_not_unfinished(arm, fake_arm):
    fake_arm.refuse(400, "InvalidParameter")
    with pytest.raises(ArmError, match="InvalidParameter"):
        put(arm, asynchronous=True)


def test_an_operation_that_takes_too_long_times_out(arm, fake_arm, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(arm_client.time, "monotonic", lambda: next(clock))
    fake_arm.asynchronous = True
    fake_arm.operation_states.extend(["InProgress"] * 900)
    with pytest.raises(UnfinishedError, match="operation timed out"):
        put(arm, asynchronous=True, timeout=5)
    assert len(fake_arm.asked) < 10


def test_polling_stays_at_the_endpoint_that_is_known(arm, fake_arm):
    answer = httpx.Response(
        201, json={"id": ID}, headers={"Azure-AsyncOperation": "https://elsewhere.test/operations/1"}
    )
    fake_arm.queued.append(answer)
    fake_arm.resources[ID.lower()] = {"id": ID}
    put(arm, asynchronous=True)
    assert {request.url.host for request in fake_arm.asked} == {"arm.test"}


def test_a_delete_is_polled_until_it_is_gone(arm, fake_arm):
    fake_arm.resources[ID.lower()] = {"id": ID}
    fake_arm.asynchronous = True
    fake_arm.operation_states.extend(["InProgress", "Succeeded"])
    arm.delete(ID, "1", asynchronous=True)
    assert fake_arm.methods == ["DELETE", "GET", "GET"]


def test_what_is_gone_already_is_deleted(arm, fake_arm):
    fake_arm.refuse(404, "ResourceNotFound")
    arm.delete(ID, "1", asynchronous=False)
    arm.delete(ID, "1", asynchronous=True)
    assert fake_arm.methods == ["DELETE", "DELETE"]


def test_a_refused_delete_is_told(arm, fake_arm):
    fake_arm.refuse(409, "RemediationNotDeletable")
    with pytest.raises(ArmError, match="RemediationNotDeletable"):
        arm.delete(ID, "1", asynchronous=False)


def test_a_cancelled_client_asks_nothing_more(arm, fake_arm):
    arm.cancel()
    with pytest.raises(CancelledError):
        arm.get(ID, "1")
    assert fake_arm.asked == []


def test_cancelling_ends_a_poll(arm, fake_arm, monkeypatch):
    fake_arm.asynchronous = True
    fake_arm.operation_states.extend(["InProgress"] * 99)
    monkeypatch.setattr(ArmClient, "_pause", lambda client, _: client.cancel())
    with pytest.raises(UnfinishedError, match="cancelled"):
        put(arm, asynchronous=True)
