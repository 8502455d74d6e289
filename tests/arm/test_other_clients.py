"""Clients that cannot be had here, by the requests that the libraries under them send.

The requests are those of azidentity 1.15.0 with azcore 1.24.0 (under azure-native and Terraform's azapi) and of
hashicorp/go-azure-sdk v0.20260811 (under Terraform's azurerm), as they were seen when run against this server. Each
walk knows the metadata host, and takes everything else from what it is answered.
"""

import base64
import json

import pytest

from tests.arm.conftest import ANY_CLIENT, SUBSCRIPTION, TENANT, made, refused

CREDENTIAL = {"client_id": ANY_CLIENT, "client_secret": "local-azure", "grant_type": "client_credentials"}
MSAL_ADDS = " openid offline_access profile"
GROUP = f"subscriptions/{SUBSCRIPTION}/resourcegroups/rg-go"
QUERY = {"api-version": "2021-04-01"}


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.fixture(params=["127.0.0.1", "localhost"])
def metadata(request, server, trusting):
    """What a client learns from its setting `metadataHost` or `metadata_host`: `127.0.0.1:8443`."""
    host = server.https_url.removeprefix("https://").replace("127.0.0.1", request.param)
    return made(trusting.get(f"https://{host}/metadata/endpoints", params={"api-version": "2022-09-01"}))


class ByMsal:
    """What MSAL for Go asks for, with instance discovery disabled."""

    def __init__(self, http, authority_host):
        self._http, self._authority = http, f"{authority_host.rstrip('/')}/{TENANT}/"

    def token(self, resource, **more):
        found = made(self._http.get(f"{self._authority}v2.0/.well-known/openid-configuration"))
        host = self._authority.split("/")[2]
        assert host == found["issuer"].split("/")[2] == found["token_endpoint"].split("/")[2]
        assert found["authorization_endpoint"]
        form = {**CREDENTIAL, "scope": f"{resource}/.default{MSAL_ADDS}", **more}
        answer = made(self._http.post(found["token_endpoint"], data=form))
        assert isinstance(answer["expires_in"], int)
        return answer["access_token"]


def lives_and_dies(http, endpoint, token):
    """A resource group, by azcore's pipeline: made, deleted, and the deletion followed."""
    headers = {"Authorization": f"Bearer {token}"}
    path = f"{endpoint.rstrip('/')}/{GROUP}"
    assert http.put(path, params=QUERY, json={"location": "westeurope"}, headers=headers).status_code == 201
    accepted = http.delete(path, params=QUERY, headers=headers)
    assert accepted.status_code == 202
    location = accepted.headers["Location"]
    assert location.startswith(f"{endpoint.rstrip('/')}/")
    refused(http.get(location), 401, "AuthenticationFailed")
    assert http.get(location, headers=headers).status_code in {200, 204}


def test_azure_native(metadata, trusting):
    msal = ByMsal(trusting, metadata["authentication"]["loginEndpoint"])
    resource_manager = msal.token(
        metadata["authentication"]["audiences"][0], claims='{"access_token":{"xms_cc":{"values":["CP1"]}}}'
    )
    lives_and_dies(trusting, metadata["resourceManager"], resource_manager)
    # getClientConfig: the claims of a token for the graph, which is asked only where they do not suffice.
    graph = msal.token(metadata["microsoftGraphResourceId"].rstrip("/"))
    assert {"appid", "oid", "tid"} <= set(claims_of(graph))
    endpoint = metadata["resourceManager"] + f"subscriptions/{SUBSCRIPTION}"
    answer = trusting.get(endpoint, params=QUERY, headers={"Authorization": f"Bearer {graph}"})
    refused(answer, 401, "InvalidAuthenticationTokenAudience")


def test_azapi(server, trusting):
    """It has no metadata discovery: endpoint, authority and audience are settings."""
    token = ByMsal(trusting, server.https_url).token("https://management.core.windows.net/")
    lives_and_dies(trusting, server.https_url, token)


def test_workload_identity(metadata, trusting):
    msal = ByMsal(trusting, metadata["authentication"]["loginEndpoint"])
    assertion = msal.token("api://AzureADTokenExchange")
    token = msal.token(
        metadata["authentication"]["audiences"][0],
        client_secret="",
        client_assertion=assertion,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_info="1",
    )
    lives_and_dies(trusting, metadata["resourceManager"], token)


def test_azurerm(metadata, trusting):
    assert metadata["name"]
    tokens = {}
    for api in ("resourceManager", "microsoftGraphResourceId"):
        resource = metadata[api].rstrip("/")
        url = f"{metadata['authentication']['loginEndpoint']}/{TENANT}/oauth2/v2.0/token"
        form = {**CREDENTIAL, "scope": f"{resource}/.default"}
        tokens[api] = made(trusting.post(url, data=form, headers={"Accept": "application/json"}))["access_token"]
    claims = claims_of(tokens["microsoftGraphResourceId"])
    assert (claims["tid"], claims["appid"], claims["idtyp"]) == (TENANT, ANY_CLIENT, "app")
    assert claims["oid"]
    # A user has `openid` among the scopes; an application has none.
    assert "scp" not in claims
    lives_and_dies(trusting, metadata["resourceManager"], tokens["resourceManager"])
