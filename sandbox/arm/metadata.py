"""`/metadata/endpoints`: how a client that is given one address finds the rest of a cloud. The rest is this server too.

The shapes of 2015-01-01, 2018-01-01, 2019-05-01 and 2022-09-01 are those of Azure's public answers, as the tests of
pulumi/pulumi-azure-native quote them; a version in between takes the shape of the one before it. What the local Azure
does not serve (storage, graph, …) is named below this server or in a domain that does not exist, so that no request for
it leaves the machine.
"""

from typing import Any

from sandbox.arm.errors import bad_request
from sandbox.arm.regions import REGIONS

CLOUD_NAME = "AzureCloud"
"""Clients whose `environment` is left at `public` look for the cloud of this name."""
AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")
"""What tokens for Azure Resource Manager are made out to, in the order in which Azure names them."""

_NOWHERE = "local-azure.invalid"
_SUFFIXES = {
    "azureDataLakeStoreFileSystem": "datalake",
    "acrLoginServer": "registry",
    "sqlServerHostname": "sql",
    "azureDataLakeAnalyticsCatalogAndJob": "datalakeanalytics",
    "keyVaultDns": "vault",
    "storage": "storage",
    "azureFrontDoorEndpointSuffix": "frontdoor",
}
_SUFFIXES_2022 = {
    "storageSyncEndpointSuffix": "storagesync",
    "mhsmDns": "managedhsm",
    "mysqlServerEndpoint": "mysql",
    "postgresqlServerEndpoint": "postgresql",
    "mariadbServerEndpoint": "mariadb",
    "synapseAnalytics": "synapse",
    "attestationEndpoint": "attestation",
}
_SHAPES = {
    "1.0": "2015-01-01",
    "2015-01-01": "2015-01-01",
    "2018-01-01": "2018-01-01",
    "2018-05-01": "2018-01-01",
    "2019-05-01": "2019-05-01",
    "2019-10-01": "2019-05-01",
    "2020-06-01": "2019-05-01",
    "2020-09-01": "2019-05-01",
    "2022-09-01": "2022-09-01",
    "2023-11-01": "2022-09-01",
}


def endpoints(api_version: str | None, base: str) -> Any:
    """Return the answer to `/metadata/endpoints`; `base` is this server's HTTPS address, without a trailing slash.

    Raises ArmError (400) where the version is missing or unknown.
    """
    if not api_version:
        raise bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    shape = _SHAPES.get(api_version)
    if shape is None:
        raise bad_request(
            "InvalidApiVersionParameter",
            f"The api-version '{api_version}' is invalid. The supported versions are '{', '.join(reversed(_SHAPES))}'.",
        )
    if shape == "2022-09-01":
        return _cloud_2022(base)
    return [_cloud_2019(base)] if shape == "2019-05-01" else _endpoints_2015(base, newer=shape == "2018-01-01")


def _endpoints_2015(base: str, *, newer: bool) -> dict[str, Any]:
    authentication: dict[str, Any] = {"loginEndpoint": f"{base}/", "audiences": list(AUDIENCES)}
    found: dict[str, Any] = {
        "galleryEndpoint": f"{base}/gallery/",
        "graphEndpoint": f"{base}/graph/",
        "portalEndpoint": f"{base}/portal/",
    }
    if not newer:
        return {**found, "authentication": authentication}
    return {
        **found,
        "graphAudience": f"{base}/graph/",
        "authentication": {**authentication, "tenant": "common", "identityProvider": "AAD"},
        "cloudEndpoint": {"public": {"endpoint": base.removeprefix("https://"), "locations": list(REGIONS)}},
    }


def _cloud_2019(base: str) -> dict[str, Any]:
    return {**_cloud(f"{base}/", base), "suffixes": _named(_SUFFIXES), "gallery": f"{base}/gallery/"}


def _cloud_2022(base: str) -> dict[str, Any]:
    return {
        **_cloud(base, base),
        "suffixes": _named(_SUFFIXES | _SUFFIXES_2022),
        "microsoftGraphResourceId": f"{base}/graph/",
        "appInsightsResourceId": f"{base}/appinsights",
        "appInsightsTelemetryChannelResourceId": f"{base}/appinsights/track",
        "attestationResourceId": f"{base}/attestation",
        "synapseAnalyticsResourceId": f"{base}/synapse",
        "logAnalyticsResourceId": f"{base}/loganalytics",
        "ossrDbmsResourceId": f"{base}/ossrdbms",
    }


def _cloud(login: str, base: str) -> dict[str, Any]:
    return {
        "portal": f"{base}/portal",
        "authentication": {
            "loginEndpoint": login,
            "audiences": list(AUDIENCES),
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": f"{base}/media",
        "graphAudience": f"{base}/graph/",
        "graph": f"{base}/graph/",
        "name": CLOUD_NAME,
        "batch": f"{base}/batch/",
        "resourceManager": f"{base}/",
        "vmImageAliasDoc": f"{base}/images/aliases.json",
        "activeDirectoryDataLake": f"{base}/datalake/",
        "sqlManagement": f"{base}/sql/",
    }


def _named(suffixes: dict[str, str]) -> dict[str, str]:
    return {key: f"{name}.{_NOWHERE}" for key, name in suffixes.items()}
