"""Over HTTPS nothing of Azure Resource Manager is answered without a token that is good for it; HTTP stays open."""

import base64
import json
import ssl
import time
from contextlib import ExitStack

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm.azure import Settings
from sandbox.arm.server import ArmServer
from tests.arm.conftest import ANY_CLIENT, SUBSCRIPTION, TENANT, Clock, made, refused

OWN_FAULT = "The local Azure itself failed"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
QUERY = {"api-version": "2022-09-01"}
RESOURCE_MANAGER = "https://management.azure.com/.default"
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def token_for(server, scope=RESOURCE_MANAGER):
    form = {"grant_type": "client_credentials", "client_id": ANY_CLIENT, "client_secret": "local-azure", "scope": scope}
    return made(httpx.post(f"{server.url}/{TENANT}/oauth2/v2.0/token", data=form))["access_token"]


def signed_by(server, key=None, algorithm="ES256", **changes):
    """A token with some claims changed (None takes one out), signed with the server's key or another."""
    claims = {**jwt.decode(token_for(server), options={"verify_signature": False}), **changes}
    key = key or load_pem_private_key((server.ca_bundle.parent / "server.pem").read_bytes(), None)
    return jwt.encode({name: one for name, one in claims.items() if one is not None}, key, algorithm=algorithm)


@pytest.fixture
def send(server, trusting):
    """Make a resource group over HTTPS with an `Authorization` header; None sends none."""

    def send(authorization):
        headers = {} if authorization is None else {"Authorization": authorization}
        body = {"location": "westeurope"}
        return trusting.put(server.https_url + GROUP, params=QUERY, json=body, headers=headers)

    return send


def exists(server):
    return httpx.get(server.url + GROUP, params=QUERY).is_success


def refused_and_nothing_done(server, response, code):
    message = refused(response, 401, code)
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer authorization_uri="{server.https_url}/{TENANT}", error="invalid_token"')
    assert not exists(server)
    return message


@pytest.mark.parametrize(
    "scope",
    [
        RESOURCE_MANAGER,
        "https://management.azure.com//.default",
        "https://management.core.windows.net/.default",
        "https://management.core.windows.net//.default",
    ],
)
def test_a_token_for_resource_manager_opens_it(server, send, scope):
    made(send(f"Bearer {token_for(server, scope)}"))
    assert exists(server)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("end", ["", "/"])
def test_this_servers_own_address_is_an_audience(server, send, name, end):
    """Terraform's azurerm asks for a token for the endpoint that the metadata names."""
    address = server.https_url.replace("127.0.0.1", name) + end
    made(send(f"bearer {token_for(server, f'{address}/.default')}"))


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AuthenticationFailed"),
        ("Basic dTpw", "AuthenticationFailedInvalidHeader"),
        ("Bearer", "AuthenticationFailedInvalidHeader"),
        ("Bearer none", "InvalidAuthenticationToken"),
        ("Bearer a.b.c", "InvalidAuthenticationToken"),
    ],
)
def test_no_token(server, send, authorization, code):
    refused_and_nothing_done(server, send(authorization), code)


@pytest.mark.parametrize(
    "scope", ["https://graph.microsoft.com/.default", "https://management.azure.com.example.org/.default"]
)
def test_a_token_for_something_else(server, send, scope):
    message = refused_and_nothing_done(
        server, send(f"Bearer {token_for(server, scope)}"), "InvalidAuthenticationTokenAudience"
    )
    assert "'https://management.core.windows.net/'" in message


def test_a_token_is_good_until_its_time_is_over(server, clock, send):
    token = token_for(server)
    clock.advance(3598)
    made(send(f"Bearer {token}"))
    made(httpx.delete(server.url + GROUP, params=QUERY))
    clock.advance(10)
    refused_and_nothing_done(server, send(f"Bearer {token}"), "ExpiredAuthenticationToken")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://sts.windows.net/00000000-0000-4000-8000-000000000000/"}, "InvalidAuthenticationTokenTenant"),
        ({"nbf": 99999999999}, "InvalidAuthenticationToken"),
        *(({name: None}, "InvalidAuthenticationToken") for name in ("aud", "iss", "exp", "nbf", "appid", "oid")),
        ({"aud": ["https://management.azure.com"]}, "InvalidAuthenticationToken"),
        ({"appid": 1}, "InvalidAuthenticationToken"),
    ],
)
def test_claims_that_are_wrong_though_signed_by_us(server, send, changes, code):
    refused_and_nothing_done(server, send(f"Bearer {signed_by(server, **changes)}"), code)


def test_a_token_that_was_tampered_with(server, send):
    header, payload, signature = token_for(server).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    longer = base64.urlsafe_b64encode(json.dumps({**claims, "exp": claims["exp"] + 9}).encode()).decode().rstrip("=")
    unsigned = jwt.encode(claims, None, algorithm="none")
    shared = signed_by(server, server.ca_bundle.read_bytes().hex(), "HS256")
    for token in (f"{header}.{longer}.{signature}", f"{header}.{payload}.", f"{header}.{payload}", unsigned, shared):
        refused_and_nothing_done(server, send(f"Bearer {token}"), "InvalidAuthenticationToken")


def test_a_token_of_another_local_azure(server, send, tmp_path, clock):
    (tmp_path / "other").mkdir()
    other = ArmServer(tmp_path / "other", clock=clock)
    other.start()
    try:
        token = token_for(other)
    finally:
        other.stop()
    refused_and_nothing_done(server, send(f"Bearer {token}"), "InvalidAuthenticationToken")


def test_a_token_outlives_the_server(tmp_path, clock, settings):
    lives = []
    for _ in range(2):
        server = ArmServer(tmp_path, settings=settings, clock=clock)
        server.start()
        try:
            lives.append(token_for(server))
            response = httpx.get(
                f"{server.https_url}/subscriptions",
                params={"api-version": "2022-12-01"},
                headers={"Authorization": f"Bearer {lives[0]}"},
                verify=_trusting(server),
            )
            made(response)
        finally:
            server.stop()


def _trusting(server):
    return ssl.create_default_context(cafile=str(server.ca_bundle))


def test_microsofts_client_is_told(server, signed_in, clock):
    clients = signed_in()
    assert len(list(clients.subscriptions.subscriptions.list())) == 3
    clock.advance(7200)
    with pytest.raises(ClientAuthenticationError, match="ExpiredAuthenticationToken"):
        list(clients.subscriptions.subscriptions.list())


@pytest.mark.parametrize("authorization", [None, "Bearer none", "Basic dTpw", "\x7f"])
def test_http_stays_open(server, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    made(httpx.put(server.url + GROUP, params=QUERY, json={"location": "westeurope"}, headers=headers))


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Scheme", "Forwarded"])
def test_no_header_makes_https_into_http(server, trusting, name):
    headers = {name: "proto=http" if name == "Forwarded" else "http"}
    response = trusting.get(server.https_url + GROUP, params=QUERY, headers=headers)
    refused(response, 401, "AuthenticationFailed")


def test_whoever_does_not_trust_the_certificate_does_not_get_through(server):
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(f"{server.https_url}/metadata/endpoints?api-version=2022-09-01")


def test_an_open_connection_does_not_hold_the_server_up(tmp_path):
    server = ArmServer(tmp_path)
    server.start()
    with httpx.Client(verify=_trusting(server)) as client:
        client.get(f"{server.https_url}/metadata/endpoints?api-version=2022-09-01")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 1.5


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    with ExitStack() as stack:
        server = ArmServer(
            tmp_path_factory.mktemp("tokens"), settings=Settings(machine_delay=0, operation_delay=0), clock=Clock()
        )
        server.start()
        stack.callback(server.stop)
        yield server, stack.enter_context(httpx.Client(verify=_trusting(server))), token_for(server)


def is_unauthorized(response):
    assert OWN_FAULT not in response.text, response.request.headers
    assert response.status_code in {400, 401}, response.text
    if response.headers.get("Content-Type") == "application/json":
        assert response.json()["error"]["code"] != "InternalServerError"


texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=200)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
)


def in_base64(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


json_parts = (values | st.fixed_dictionaries({"alg": st.sampled_from(["ES256", "none", "HS256", 1, None])})).map(
    lambda value: in_base64(json.dumps(value).encode())
)
parts = json_parts | st.binary(max_size=40).map(in_base64) | st.just(in_base64(b"[" * 20_000))


@FUZZ
@given(texts)
def test_any_header_is_refused(fuzzed, header):
    server, client, _ = fuzzed
    encoded = header.encode("latin-1").strip()
    is_unauthorized(client.get(f"{server.https_url}{GROUP}", params=QUERY, headers=[(b"Authorization", encoded)]))


@FUZZ
@given(st.lists(parts, min_size=1, max_size=5))
def test_anything_like_a_token_is_refused(fuzzed, pieces):
    server, client, _ = fuzzed
    header = {"Authorization": f"Bearer {'.'.join(pieces)}".strip()}
    is_unauthorized(client.get(f"{server.https_url}{GROUP}", params=QUERY, headers=header))


@FUZZ
@given(st.data())
def test_a_good_token_with_one_character_changed_is_refused(fuzzed, data):
    server, client, token = fuzzed
    # The last character of a part may hold bits that stand for nothing.
    changeable = [at for at, one in enumerate(token[:-1]) if "." not in {one, token[at + 1]}]
    at = data.draw(st.sampled_from(changeable))
    other = data.draw(st.sampled_from([one for one in "ABCxyz019-_" if one != token[at]]))
    header = {"Authorization": f"Bearer {token[:at]}{other}{token[at + 1 :]}"}
    response = client.get(f"{server.https_url}{GROUP}", params=QUERY, headers=header)
    refused(response, 401, "InvalidAuthenticationToken")


fields = st.dictionaries(
    st.sampled_from(
        [
            *("grant_type", "client_id", "client_secret", "scope", "resource"),
            "client_assertion",
            "client_assertion_type",
        ]
    ),
    st.sampled_from(
        [
            *("client_credentials", ANY_CLIENT, "local-azure", RESOURCE_MANAGER, "/.default", "\ud7ff", "a.b.c"),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | parts,
)


@FUZZ
@given(
    fields, st.sampled_from(["/oauth2/v2.0/token", "/oauth2/token"]), st.sampled_from([TENANT, "common", "x", "%00"])
)
def test_any_form_is_answered(fuzzed, form, path, tenant):
    server, client, _ = fuzzed
    response = client.post(f"{server.https_url}/{tenant}{path}", data=form)
    assert OWN_FAULT not in response.text
    if response.status_code == 200:
        assert response.json()["access_token"]
    else:
        assert response.status_code in {400, 401}
        assert response.json()["error_description"].startswith("AADSTS")


@FUZZ
@given(st.binary(max_size=200))
def test_any_content_is_answered(fuzzed, content):
    server, client, _ = fuzzed
    response = client.post(f"{server.https_url}/{TENANT}/oauth2/v2.0/token", content=content)
    assert response.status_code == 400
    assert response.json()["error_description"].startswith("AADSTS")
