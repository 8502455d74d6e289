"""Resource providers that a subscription is not registered for, which Azure says with the first refused resource.

Source: Microsoft Learn, "Resolve errors for resource provider registration". Azure words it in several ways, all of
which name the namespace behind "registered to use".
"""

import re
from collections.abc import Iterable, Mapping

from patching.limits import Environment

_MISSING = re.compile(r"registered to use(?: namespace)? '?([A-Za-z]+(?:\.[A-Za-z]+)+)", re.IGNORECASE)

RESOURCE_MANAGER: Mapping[Environment, str] = {
    Environment.PUBLIC: "https://management.azure.com",
    Environment.US_GOVERNMENT: "https://management.usgovcloudapi.net",
    Environment.CHINA: "https://management.chinacloudapi.cn",
}
"""Where each cloud's Azure Resource Manager is, without a trailing slash."""


def missing_registration(errors: Iterable[str]) -> str | None:
    """The namespace that one of Azure's errors says the subscription is not registered for, or None."""
    found = (match for error in errors if (match := _MISSING.search(error)))
    return next((match[1] for match in found), None)


def register_command(namespace: str, subscription_id: str) -> str:
    """The Azure CLI command that registers a subscription for a namespace, and waits until it is."""
    return f"az provider register --wait --namespace {namespace} --subscription {subscription_id}"
