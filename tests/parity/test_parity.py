"""The local Azure held against statements about Azure, and against Azure's own answers where they were recorded.

`make parity SUBSCRIPTION=…` asks Azure itself, with the login of the Azure CLI, and records what it answers.
"""

import dataclasses
import os
import ssl
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from azure.identity import AzureCliCredential, ClientSecretCredential

from sandbox.arm.azure import Settings
from sandbox.arm.server import ArmServer
from tests.arm.conftest import ANY_CLIENT, SUBSCRIPTION, TENANT
from tests.parity.service import RECORDED, Service, differences, record, recorded
from tests.parity.statements import STATEMENTS

LIVE = os.environ.get("PARITY_SUBSCRIPTION", "")
ENDPOINT = os.environ.get("PARITY_ENDPOINT", "https://management.azure.com")
LOCATION = os.environ.get("PARITY_LOCATION", "westeurope")
SECONDS = 120


@pytest.fixture(params=sorted(STATEMENTS))
def name(request):
    return request.param


@pytest.fixture
def serve(tmp_path_factory):
    """Serve local Azures; each is a side that signs in over TLS, as on Azure."""
    with ExitStack() as stack:

        def make(**settings) -> Service:
            folder = tmp_path_factory.mktemp("azure")
            server = ArmServer(folder, settings=Settings(machine_delay=0, operation_delay=0, **settings))
            server.start()
            stack.callback(server.stop)
            trust = ssl.create_default_context(cafile=str(server.ca_bundle))
            credential = ClientSecretCredential(
                TENANT, ANY_CLIENT, "local-azure", authority=server.https_url, disable_instance_discovery=True,
                connection_verify=str(server.ca_bundle),
            )  # fmt: skip
            http = stack.enter_context(httpx.Client(base_url=server.https_url, verify=trust))
            return Service(http, SUBSCRIPTION, token=token_of(credential))

        yield make


def token_of(credential):
    return lambda: credential.get_token("https://management.azure.com/.default").token


def put(service: Service, name: str) -> None:
    """Put one statement to one side."""
    with service.own_group():
        STATEMENTS[name](service)


def held_against(snapshot, service: Service) -> list[str]:
    return differences(snapshot["answers"], service.answers)


def test_the_local_azure(serve, name):
    """What is stated is so; and where Azure's answers were recorded, they are the same."""
    service = serve()
    put(service, name)
    snapshot = recorded(RECORDED, name)
    assert snapshot is None or held_against(snapshot, service) == []


@pytest.fixture(scope="module")
def azure():
    """Azure, with one resource group for the whole run."""
    with httpx.Client(base_url=ENDPOINT, timeout=SECONDS) as http:
        service = Service(http, LIVE, LOCATION, token_of(AzureCliCredential()))
        unready = service.missing_registrations()
        assert not unready, f"az provider register --subscription {LIVE} -n {' -n '.join(unready)}"
        with service.own_group():
            yield service


@pytest.mark.skipif(not LIVE, reason="asks Azure only where PARITY_SUBSCRIPTION says so: make parity SUBSCRIPTION=…")
def test_azure(request, name):
    """What is stated is so of Azure; what it answered is recorded either way."""
    service = dataclasses.replace(request.getfixturevalue("azure"), answers=[])
    try:
        STATEMENTS[name](service)
    finally:
        record(RECORDED, name, service, urlsplit(ENDPOINT).hostname or "")


def test_what_was_never_recorded_is_said(capsys):
    with capsys.disabled():
        for one in sorted(STATEMENTS):
            snapshot = recorded(RECORDED, one)
            said = f"recorded {snapshot['recorded']} from {snapshot['host']}" if snapshot else "never recorded live"
            print(f"\n  {one}: {said}", end="")  # noqa: T201
    assert {path.stem for path in RECORDED.glob("*.json")} <= STATEMENTS.keys()


class TestRecording:
    """The way there and back, with a second local Azure in the place of Azure."""

    def test_what_is_recorded_from_one_holds_for_another(self, serve, name, tmp_path):
        asked, again = serve(), serve()
        put(asked, name)
        record(tmp_path, name, asked, "second.local")
        put(again, name)
        snapshot = recorded(tmp_path, name)
        assert asked.answers
        assert (snapshot["host"], held_against(snapshot, again)) == ("second.local", [])

    def test_nothing_of_one_run_is_recorded(self, serve, name, tmp_path):
        service = serve()
        put(service, name)
        record(tmp_path, name, service, "second.local")
        text = (tmp_path / f"{name}.json").read_text()
        for own in (service.run, service.subscription, service.location, TENANT, ANY_CLIENT):
            assert own not in text

    def test_nothing_is_left(self, serve, name):
        service = serve()
        put(service, name)
        left = service.http.get(
            f"{service.scope}/resourceGroups", params={"api-version": "2022-09-01"},
            headers={"Authorization": f"Bearer {service.token()}"},
        )  # fmt: skip
        assert [one["name"] for one in left.json()["value"] if service.run in one["name"]] == []

    def test_another_answer_is_seen(self, serve, tmp_path):
        """A service without quirks answers otherwise, and the comparison says where."""
        asked, plain = serve(), serve(quirks=frozenset())
        name = "configurations_come_back_in_the_services_own_words"
        put(asked, name)
        record(tmp_path, name, asked, "second.local")
        with pytest.raises(AssertionError):
            put(plain, name)
        found = held_against(recorded(tmp_path, name), plain)
        assert any(".id" in one for one in found)

    def test_a_message_may_be_worded_otherwise_but_not_left_out(self):
        theirs = {"error": {"code": "A", "message": "one"}}
        assert differences(theirs, {"error": {"code": "A", "message": "two"}}) == []
        assert len(differences(theirs, {"error": {"code": "A"}})) == 1
        assert len(differences(theirs, {"error": {"code": "B", "message": "one"}})) == 1

    def test_what_a_failed_statement_made_is_removed(self, serve):
        service = serve()

        def fails(side):
            STATEMENTS["always_comes_back_as_always_reboot"](side)
            raise RuntimeError

        with pytest.raises(RuntimeError), service.own_group():
            fails(service)
        headers = {"Authorization": f"Bearer {service.token()}"}
        gone = service.http.get(service.configuration("Always"), params={"api-version": "2023-04-01"}, headers=headers)
        assert gone.status_code == 404
