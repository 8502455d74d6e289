"""The `azure-native:*` settings: which there are, and the few that the core itself needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from patching.faults import Findings, Found
from patching.limits import Environment
from patching.settings.model import Subscription
from patching.settings.secret import Secret
from patching.settings.validation import refuse, unknown_key
from patching.settings.values import Refused, one_of, plain
from patching.settings.vocabulary import location, subscription_guid

NAMESPACE = "azure-native"

KEYS = (
    "auxiliaryTenantIds",
    "clientCertificatePassword",
    "clientCertificatePath",
    "clientId",
    "clientSecret",
    "disableInstanceDiscovery",
    "disablePulumiPartnerId",
    "environment",
    "location",
    "metadataHost",
    "msiEndpoint",
    "oidcRequestToken",
    "oidcRequestUrl",
    "oidcToken",
    "oidcTokenFilePath",
    "partnerId",
    "subscriptionId",
    "tenantId",
    "useDefaultAzureCredential",
    "useMsi",
    "useOidc",
)
"""Every setting of pulumi-azure-native 3.29.0's provider."""

SECRETS = ("clientCertificatePassword", "clientSecret", "oidcRequestToken", "oidcToken")
"""Those that must be secret: what a file has there in plain text is never shown."""

_CLOUDS = {
    "azurepublic": Environment.PUBLIC,
    "azureusgovernment": Environment.US_GOVERNMENT,
    "azurechina": Environment.CHINA,
}


@dataclass(frozen=True, slots=True)
class NativeSettings:
    """What the core needs of azure-native's settings; `location` is empty where there is none."""

    environment: Environment
    location: str


def read(native: Mapping[str, object], findings: Findings, *, location_needed: bool) -> NativeSettings:
    """Judges azure-native's settings, which are passed on to its providers as they are."""
    for name, value in native.items():
        path = f"{NAMESPACE}:{name}"
        if name not in KEYS:
            findings.faults.append(unknown_key(path, name, list(KEYS)))
        elif value is None:
            findings.fault(path, None, "a value", "give the key a value, or remove it")
        elif name in SECRETS and not isinstance(value, Secret):
            got = Found("a value that is no secret", literal=False)
            command = f"pulumi config set --secret {path}"
            findings.warn(path, got, "a secret: the file is plain text", f"remove it and run `{command}`")
    return NativeSettings(_environment(native, findings), _location(native, findings, needed=location_needed))


def _environment(native: Mapping[str, object], findings: Findings) -> Environment:
    value = native.get("environment")
    if value is None:
        return Environment.PUBLIC
    try:
        written = plain(value)
        if isinstance(written, str):
            written = _CLOUDS.get(written.lower(), written.lower())
        return Environment(one_of(written, [one.value for one in Environment]))
    except Refused as refused:
        refuse(findings, f"{NAMESPACE}:environment", value, refused)
        return Environment.PUBLIC


def _location(native: Mapping[str, object], findings: Findings, *, needed: bool) -> str:
    path = f"{NAMESPACE}:location"
    value = native.get("location")
    if value is None:
        if needed and "location" not in native:
            findings.fault(
                path,
                None,
                "the region of what has none of its own",
                f"run `pulumi config set {path} westeurope`",
                "westeurope",
            )
        return ""
    try:
        return location(value)
    except Refused as refused:
        refuse(findings, path, value, refused)
        return ""


def ambient_subscription(native: Mapping[str, object], findings: Findings, *, needed: bool) -> dict[str, Subscription]:
    """The one subscription of a stack that names none, as `main`."""
    path = f"{NAMESPACE}:subscriptionId"
    value = native.get("subscriptionId")
    if value is None:
        if needed and "subscriptionId" not in native:
            expected = "a subscription: nothing is ever made in whichever one is logged in to"
            findings.fault(
                path,
                None,
                expected,
                f"add subscriptions, or run `pulumi config set {path} …`",
                "11111111-1111-4111-8111-111111111111",
            )
        return {}
    try:
        return {"main": Subscription("main", subscription_guid(value))}
    except Refused as refused:
        refuse(findings, path, value, refused)
        return {}


def as_read(native: Mapping[str, object]) -> dict[str, str | Secret]:
    """The settings to pass on, as text."""
    return {name: value if isinstance(value, str | Secret) else str(value) for name, value in native.items()}
