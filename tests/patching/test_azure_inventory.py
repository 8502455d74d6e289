"""Resource Graph is asked for every page, with Microsoft's client over a transport that answers from a list."""

import io
import json
import sys

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import CredentialUnavailableError

from patching.azure_inventory import ask_resource_graph, machines_on_azure
from patching.faults import Findings
from patching.inventory import read_inventory
from patching.limits import Environment
from tests.patching.estates import MAIN, SPOKE, vm_row


class Answers(requests.adapters.BaseAdapter):
    """Gives the answers it was made with, one after the other, and keeps what was asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.asked, self.urls = list(answers), [], []

    def send(self, request, **_):
        self.urls.append(request.url)
        self.asked.append(json.loads(request.body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, document, headers = answer
        response.request, response.url = request, request.url
        response.headers.update({"Content-Type": "application/json", **headers})
        response.raw = io.BytesIO(json.dumps(document).encode())
        return response

    def close(self):
        """Nothing is open."""


class Credential:
    def __init__(self, refusal=None):
        self.scopes, self.refusal = [], refusal

    def get_token(self, *scopes, **_):
        self.scopes += scopes
        if self.refusal:
            raise self.refusal
        return AccessToken("a token", 9_999_999_999)


def page(*rows, token=None, total=0):
    document = {"data": list(rows), "count": len(rows), "totalRecords": total, "resultTruncated": "false"}
    return 200, document | ({"$skipToken": token} if token else {}), {}


def subscription(guid):
    return {"id": f"/subscriptions/{guid}", "type": "microsoft.resources/subscriptions", "properties": {}}


def ask(
    *answers, environment=Environment.PUBLIC, credential=None, call=ask_resource_graph, subscriptions=(MAIN, SPOKE)
):
    transport, findings, session = Answers(*answers), Findings(), requests.Session()
    session.mount("https://", transport)
    first = (["a query"],) if call is ask_resource_graph else ()
    pages = call(
        *first,
        list(subscriptions),
        environment,
        findings,
        credential=credential or Credential(),
        transport=RequestsTransport(session=session, session_owner=False),
        retry_backoff_factor=0,
    )
    return pages, transport, findings


def test_every_page_is_asked_for():
    pages, transport, findings = ask(
        page(vm_row("a"), token="one", total=3), page(vm_row("b"), token="two"), page(vm_row("c"))
    )
    assert [one.machine.id.name for one in read_inventory(pages).machines] == ["a", "b", "c"]
    assert [one["options"].get("$skipToken") for one in transport.asked] == [None, "one", "two"]
    assert {tuple(one["subscriptions"]) for one in transport.asked} == {(MAIN, SPOKE)}
    assert {(one["query"], one["options"]["$top"]) for one in transport.asked} == {("a query", 1000)}
    assert findings.faults == findings.warnings == []


def test_more_subscriptions_than_one_question_takes():
    many = [f"{index:08d}-1111-4111-8111-111111111111" for index in range(1500)]
    pages, transport, _ = ask(page(vm_row("a")), page(vm_row("b")), subscriptions=many)
    assert [len(one["subscriptions"]) for one in transport.asked] == [1000, 500]
    assert len(pages) == 2


def test_it_waits_where_the_service_throttles():
    throttled = (429, {"error": {"code": "RateLimiting", "message": "slow"}}, {"Retry-After": "0"})
    pages, transport, findings = ask(throttled, page(vm_row("a")))
    assert (len(pages), len(transport.asked), findings.faults) == (1, 2, [])


@pytest.mark.parametrize(
    ("environment", "host", "scope"),
    [
        (Environment.PUBLIC, "management.azure.com", "https://management.azure.com/.default"),
        (
            Environment.US_GOVERNMENT,
            "management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        (Environment.CHINA, "management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
    ],
)
def test_the_stack_file_s_cloud_is_asked(environment, host, scope):
    credential = Credential()
    _, transport, _ = ask(page(), environment=environment, credential=credential)
    assert transport.urls[0].startswith(f"https://{host}/providers/Microsoft.ResourceGraph/resources?")
    assert set(credential.scopes) == {scope}


FORBIDDEN = (403, {"error": {"code": "Forbidden", "message": "No access to any of the subscriptions."}}, {})


@pytest.mark.parametrize(
    ("answers", "refusal", "words"),
    [
        ([FORBIDDEN], None, ["status 403", "No access to any of the subscriptions", "may read every subscription"]),
        ([page(vm_row("a"), token="x"), FORBIDDEN], None, ["status 403"]),
        ([], CredentialUnavailableError("Please run 'az login'.\nmore"), ["Please run 'az login'.", "run `az login`"]),
        ([], ClientAuthenticationError("AADSTS70043: expired"), ["AADSTS70043", "run `az login`"]),
        ([requests.ConnectionError("name or service not known")] * 9, None, ["not known", "can be reached"]),
    ],
)
def test_a_refusal_is_a_fault_in_azure_s_words(answers, refusal, words):
    pages, _, findings = ask(*answers, credential=Credential(refusal))
    assert pages == []
    (fault,) = findings.faults
    assert fault.path == "azure"
    assert "\n" not in str(fault)
    for word in words:
        assert word in str(fault)


def test_a_subscription_that_the_login_may_not_read_is_told():
    pages, transport, findings = ask(page(vm_row("a")), page(subscription(MAIN.upper())), call=machines_on_azure)
    assert [one["query"].split(" ")[0] for one in transport.asked] == ["resources", "resourcecontainers"]
    (warning,) = findings.warnings
    assert warning.got.text == SPOKE
    assert len(read_inventory(pages).machines) == 1


def test_a_refusal_says_nothing_of_subscriptions_besides():
    _, _, findings = ask(FORBIDDEN, call=machines_on_azure)
    assert (len(findings.faults), findings.warnings) == (1, [])


@pytest.mark.parametrize("package", ["azure.identity", "azure.mgmt.resourcegraph"])
def test_without_the_packages_it_says_how_to_install_them(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    pages, _, findings = ask()
    assert pages == []
    assert "pip install azure-identity azure-mgmt-resourcegraph" in str(findings.faults[0])
