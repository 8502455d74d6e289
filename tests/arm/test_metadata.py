"""`/metadata/endpoints` has the shape of Azure's own answers, and everything in it is here."""

import re

import httpx
import pytest

from tests.arm.conftest import made, refused

# The keys of Azure's public answers, as the tests of pulumi/pulumi-azure-native quote them.
KEYS_2015 = {"galleryEndpoint", "graphEndpoint", "portalEndpoint", "authentication"}
KEYS_2018 = KEYS_2015 | {"graphAudience", "cloudEndpoint"}
KEYS_COMMON = {
    *("portal", "authentication", "media", "graphAudience", "graph", "name", "suffixes", "batch", "resourceManager"),
    *("vmImageAliasDoc", "activeDirectoryDataLake", "sqlManagement"),
}
KEYS_2019 = KEYS_COMMON | {"gallery"}
KEYS_2022 = KEYS_COMMON | {
    *("microsoftGraphResourceId", "appInsightsResourceId", "appInsightsTelemetryChannelResourceId"),
    *("attestationResourceId", "synapseAnalyticsResourceId", "logAnalyticsResourceId", "ossrDbmsResourceId"),
}
SUFFIXES_2019 = {
    *("azureDataLakeStoreFileSystem", "acrLoginServer", "sqlServerHostname", "azureDataLakeAnalyticsCatalogAndJob"),
    *("keyVaultDns", "storage", "azureFrontDoorEndpointSuffix"),
}
SUFFIXES_2022 = SUFFIXES_2019 | {
    *("storageSyncEndpointSuffix", "mhsmDns", "mysqlServerEndpoint", "postgresqlServerEndpoint"),
    *("mariadbServerEndpoint", "synapseAnalytics", "attestationEndpoint"),
}
AUDIENCES = ["https://management.core.windows.net/", "https://management.azure.com/"]
OBJECTS = {
    "1.0": KEYS_2015,
    "2015-01-01": KEYS_2015,
    "2018-01-01": KEYS_2018,
    "2018-05-01": KEYS_2018,
    "2022-09-01": KEYS_2022,
    "2023-11-01": KEYS_2022,
}
ARRAYS = ("2019-05-01", "2019-10-01", "2020-06-01", "2020-09-01")


@pytest.fixture
def ask(server):
    def ask(version, url=server.url):
        return made(httpx.get(f"{url}/metadata/endpoints", params={"api-version": version}))

    return ask


@pytest.mark.parametrize(("version", "keys"), OBJECTS.items())
def test_an_object(ask, server, version, keys):
    found = ask(version)
    assert set(found) == keys
    assert found["authentication"]["audiences"] == AUDIENCES
    assert found["authentication"]["loginEndpoint"].rstrip("/") == server.https_url


@pytest.mark.parametrize("version", ARRAYS)
def test_a_list_of_clouds_of_which_there_is_one(ask, server, version):
    (found,) = ask(version)
    assert set(found) == KEYS_2019
    assert set(found["suffixes"]) == SUFFIXES_2019
    assert found["name"] == "AzureCloud"
    assert found["resourceManager"] == f"{server.https_url}/"
    assert found["authentication"] == {
        "loginEndpoint": f"{server.https_url}/",
        "audiences": AUDIENCES,
        "tenant": "common",
        "identityProvider": "AAD",
    }


def test_the_newest(ask, server):
    found = ask("2022-09-01")
    assert set(found["suffixes"]) == SUFFIXES_2022
    assert found["resourceManager"] == f"{server.https_url}/"
    # Clients append `/{tenant}/oauth2/v2.0/token`.
    assert found["authentication"]["loginEndpoint"] == server.https_url


@pytest.mark.parametrize("version", [*OBJECTS, *ARRAYS])
def test_nothing_in_it_is_anywhere_else(ask, server, version):
    """A client that follows any of it reaches this server, or a domain that does not exist."""
    text = str(ask(version)).replace(str(AUDIENCES), "")
    hosts = set(re.findall(r"https?://([^/'\"]+)", text))
    assert hosts == {server.https_url.removeprefix("https://")}
    assert all(name.endswith(".invalid") for name in re.findall(r"'(\w+(?:\.[\w-]+)+)'", text))


@pytest.mark.parametrize("over", ["http", "https"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_it_names_the_server_as_the_client_did(server, trusting, over, name):
    url = (server.url if over == "http" else server.https_url).replace("127.0.0.1", name)
    found = made(trusting.get(f"{url}/metadata/endpoints", params={"api-version": "2022-09-01"}))
    assert found["resourceManager"] == server.https_url.replace("127.0.0.1", name) + "/"


def test_a_slash_too_many_does_not_matter(server):
    """`az cloud register` appends the path to an endpoint that may end in a slash."""
    made(httpx.get(f"{server.url}//metadata/endpoints?api-version=2015-01-01"))


@pytest.mark.parametrize(
    ("query", "code"),
    [({}, "MissingApiVersionParameter"), ({"api-version": "2016-01-01"}, "InvalidApiVersionParameter")],
)
def test_versions_that_are_none(server, query, code):
    refused(httpx.get(f"{server.url}/metadata/endpoints", params=query), 400, code)
