"""The discovery documents and the token endpoint, asked by Microsoft's identity library and by hand."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.arm.conftest import ANY_CLIENT, TENANT, made

RESOURCE_MANAGER = "https://management.azure.com/.default"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WELL_FORMED = jwt.encode({"sub": "repo:a/b"}, "x" * 32, algorithm="HS256")
FORM = {
    "grant_type": "client_credentials",
    "client_id": ANY_CLIENT,
    "client_secret": "local-azure",
    "scope": RESOURCE_MANAGER,
}


@pytest.fixture
def ask(server):
    """Send a form to the token endpoint; a value of None takes a key out of the good one."""

    def ask(path=f"/{TENANT}/oauth2/v2.0/token", **changes):
        form = {key: value for key, value in {**FORM, **changes}.items() if value is not None}
        return httpx.post(server.url + path, data=form)

    return ask


def claims_of(server, token):
    """What a token says, by the keys that the discovery document names."""
    discovery = made(httpx.get(f"{server.url}/{TENANT}/v2.0/.well-known/openid-configuration"))
    path = discovery["jwks_uri"].removeprefix(server.https_url)
    keys = jwt.PyJWKSet.from_dict(made(httpx.get(server.url + path)))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token, key, audience="https://management.azure.com", issuer=f"https://sts.windows.net/{TENANT}/", leeway=5
    )


@pytest.mark.parametrize("version", ["/v2.0", ""])
@pytest.mark.parametrize("tenant", [TENANT, TENANT.upper(), "common", "organizations"])
def test_discovery_points_to_this_server(server, tenant, version):
    found = made(httpx.get(f"{server.url}/{tenant}{version}/.well-known/openid-configuration"))
    assert found["token_endpoint"] == f"{server.https_url}/{tenant.lower()}/oauth2{version}/token"
    assert found["authorization_endpoint"].startswith(f"{server.https_url}/")
    # Where a client compares, it compares the host of the issuer with that of the authority (version 2).
    assert found["issuer"] == (f"{server.https_url}/{TENANT}/v2.0" if version else f"https://sts.windows.net/{TENANT}/")


def test_instance_discovery_knows_this_server(server):
    query = {"api-version": "1.1", "authorization_endpoint": f"{server.https_url}/{TENANT}/oauth2/v2.0/authorize"}
    found = made(httpx.get(f"{server.url}/common/discovery/instance", params=query))
    assert found["tenant_discovery_endpoint"].startswith(f"{server.https_url}/{TENANT}/")
    assert found["metadata"][0]["aliases"] == [server.https_url.removeprefix("https://")]


def test_a_token_says_who_and_for_whom_and_how_long(server, clock, ask):
    answer = made(ask())
    claims = claims_of(server, answer["access_token"])
    assert (claims["appid"], claims["tid"], claims["ver"]) == (ANY_CLIENT, TENANT, "1.0")
    assert claims["oid"] == claims["sub"]
    assert claims["nbf"] == claims["iat"] == int(clock())
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3599
    assert answer["token_type"] == "Bearer"


def test_no_cache_may_keep_it(ask):
    for response in (ask(), ask(client_secret="wrong")):
        assert "no-store" in response.headers["Cache-Control"]


def test_version_1_names_a_resource_and_answers_in_texts(server, clock, ask):
    answer = made(ask(f"/{TENANT}/oauth2/token", scope=None, resource="https://management.azure.com"))
    assert claims_of(server, answer["access_token"])["appid"] == ANY_CLIENT
    assert all(isinstance(value, str) for value in answer.values())
    assert int(answer["expires_on"]) == int(clock()) + 3599


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://management.azure.com/.default", "https://management.azure.com"),
        ("https://management.core.windows.net//.default", "https://management.core.windows.net/"),
        ("openid profile https://management.azure.com/.default offline_access", "https://management.azure.com"),
        ("api://of-another/.default", "api://of-another"),
    ],
)
def test_the_audience_is_the_scope_without_default(ask, scope, audience):
    token = made(ask(scope=scope))["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == audience


REFUSALS = {
    "no grant type": ({"grant_type": None}, 400, "invalid_request", 900144),
    "another grant": ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    "no client": ({"client_id": None}, 400, "invalid_request", 900144),
    "no GUID": ({"client_id": "me"}, 400, "unauthorized_client", 700016),
    "wrong secret": ({"client_secret": "local-azur"}, 401, "invalid_client", 7000215),
    "no credential": ({"client_secret": None}, 401, "invalid_client", 7000216),
    "no scope": ({"scope": None}, 400, "invalid_request", 900144),
    "no default": ({"scope": "https://management.azure.com/user_impersonation"}, 400, "invalid_scope", 1002012),
    "only default": ({"scope": "/.default"}, 400, "invalid_scope", 1002012),
    "two resources": ({"scope": "a/.default b/.default"}, 400, "invalid_scope", 70011),
    "no resource": ({"scope": "openid"}, 400, "invalid_scope", 70011),
    "another tenant": (
        {"path": "/11111111-2222-4333-8444-555555555555/oauth2/v2.0/token"},
        400,
        "invalid_tenant",
        90002,
    ),
    "an assertion that is none": (
        {"client_secret": None, "client_assertion": "a.b.c", "client_assertion_type": ASSERTION},
        400,
        "invalid_request",
        50027,
    ),
    "an assertion of another type": (
        {"client_secret": None, "client_assertion": WELL_FORMED, "client_assertion_type": "saml2-bearer"},
        400,
        "invalid_request",
        50027,
    ),
}


@pytest.mark.parametrize(("changes", "status", "error", "number"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_are_those_of_entra_id(ask, changes, status, error, number):
    response = ask(**changes)
    body = response.json()
    assert (response.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    datetime.fromisoformat(body["timestamp"])


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"grant_type=client_credentials&grant_type=password", 9000411),
        (b"grant_type=%ff", 9002313),
        (b"\xff\xfe", 9002313),
        (b"&".join(b"a%d=1" % one for one in range(1000)), 9002313),
    ],
)
def test_a_form_that_is_none(server, content, number):
    response = httpx.post(f"{server.url}/{TENANT}/oauth2/v2.0/token", content=content)
    assert (response.status_code, response.json()["error_codes"]) == (400, [number])


def options(server):
    return {
        "authority": server.https_url,
        "disable_instance_discovery": True,
        "connection_verify": str(server.ca_bundle),
    }


def certificate_of_an_application():
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an application")])
    now = datetime.now(UTC)
    made_of = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = made_of.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


CREDENTIALS = {
    "secret": lambda server: ClientSecretCredential(TENANT, ANY_CLIENT, "local-azure", **options(server)),
    "workload identity": lambda server: ClientAssertionCredential(
        TENANT, ANY_CLIENT, lambda: WELL_FORMED, **options(server)
    ),
    "certificate": lambda server: CertificateCredential(
        TENANT, ANY_CLIENT, certificate_data=certificate_of_an_application(), **options(server)
    ),
}


@pytest.mark.parametrize(("kind", "appidacr"), [("secret", "1"), ("workload identity", "2"), ("certificate", "2")])
def test_microsofts_credentials_get_one(server, kind, appidacr):
    with CREDENTIALS[kind](server) as credential:
        token = credential.get_token(RESOURCE_MANAGER).token
    claims = claims_of(server, token)
    assert (claims["appid"], claims["appidacr"]) == (ANY_CLIENT, appidacr)


def test_microsofts_credential_says_what_is_wrong_with_the_secret(server):
    from azure.core.exceptions import ClientAuthenticationError

    credential = ClientSecretCredential(TENANT, ANY_CLIENT, "from-the-real-azure", **options(server))
    with credential, pytest.raises(ClientAuthenticationError, match=r"AADSTS7000215.*is 'local-azure'"):
        credential.get_token(RESOURCE_MANAGER)


def test_the_secret_is_the_one_on_the_page():
    from sandbox.arm.token_requests import CLIENT_SECRET
    from tests.conftest import REPOSITORY

    assert json.dumps(CLIENT_SECRET) in (REPOSITORY / "docs" / "local-azure.md").read_text()
