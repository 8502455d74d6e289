"""A provider's own configuration: which subscription, where, and whether the credentials given are complete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.plugin.errors import PluginError

_PREFIX: Final = "azure-native:config:"

_SUBSCRIPTION: Final = ("subscriptionId", "Subscription ID")
_PRINCIPAL: Final = (_SUBSCRIPTION, ("tenantId", "Tenant ID"), ("clientId", "Client ID"))


@dataclass(frozen=True)
class _Authentication:
    """A way to authenticate: the key that chooses it, how it is called, and what it needs beside."""

    key: str
    phrase: str
    needs: tuple[tuple[str, str], ...]


# In the order in which azure-native tries them (`provider/pkg/provider/auth_azidentity.go`).
_AUTHENTICATIONS: Final = (
    _Authentication(
        "useDefaultAzureCredential", "when authenticating using the Default Azure Credential", (_SUBSCRIPTION,)
    ),
    _Authentication(
        "clientCertificatePath",
        "when authenticating as a Service Principal using a Client Certificate",
        _PRINCIPAL,
    ),
    _Authentication("clientSecret", "when authenticating as a Service Principal using a Client Secret", _PRINCIPAL),
    _Authentication("useOidc", "when authenticating with OIDC", _PRINCIPAL),
    _Authentication("useMsi", "when authenticating as a Managed Identity using MSI", (_SUBSCRIPTION,)),
)


@dataclass(frozen=True)
class Configuration:
    """What one provider was configured with; empty where it was not."""

    values: Mapping[str, str]

    @property
    def subscription(self) -> str:
        """The id of the subscription its resources are in."""
        return self.values.get("subscriptionId", "")

    @property
    def location(self) -> str:
        """The location of resources that name none."""
        return self.values.get("location", "")

    @property
    def tenant(self) -> str:
        """The id of the tenant."""
        return self.values.get("tenantId", "")

    @property
    def client(self) -> str:
        """The id of the application that signs in."""
        return self.values.get("clientId", "")


def configuration(variables: Mapping[str, str]) -> Configuration:
    """Return the configuration in the engine's `variables`.

    Credentials are not used, since the local Azure asks for none over HTTP, but what the real plugin would refuse is
    refused. Raises PluginError where they are incomplete.
    """
    values = {key.removeprefix(_PREFIX): value for key, value in variables.items()}
    for authentication in _AUTHENTICATIONS:
        if values.get(authentication.key, "") not in {"", "false"}:
            for key, title in authentication.needs:
                if not values.get(key):
                    raise PluginError(f"A {title} must be configured {authentication.phrase}.")
            break
    return Configuration(values)
