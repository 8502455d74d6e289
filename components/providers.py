"""Providers: one for each subscription that something is made in, all with the stack's own way to log in.

A provider made by a program, other than the engine's default one, is given nothing of the stack's `azure-native:*`
settings by itself. All of them are handed on here: cloud, tenant, credentials, location. Only the subscription differs.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure_native

from patching.settings.model import Settings

from . import error_hooks
from .declaring import replaced_in_another_subscription, when_known, without_version_aliases
from .registration import Registration

_BOOLEANS = frozenset(
    {"disableInstanceDiscovery", "disablePulumiPartnerId", "useDefaultAzureCredential", "useMsi", "useOidc"}
)
_LISTS = frozenset({"auxiliaryTenantIds"})


class Providers:
    """Makes each subscription's provider when it is first asked for, so that no provider is made for nothing."""

    def __init__(self, settings: Settings, azure_native_settings: Mapping[str, pulumi.Input[str]]) -> None:
        """`azure_native_settings` are the stack's, by name without the namespace, as text; secrets as outputs."""
        self._subscriptions = settings.subscriptions
        self._environment = settings.environment
        self._register = settings.register_resource_providers
        metadata_host = azure_native_settings.get("metadataHost")
        self._metadata_host = metadata_host if isinstance(metadata_host, str) else None
        self._arguments = {
            _argument(name): when_known(text, lambda known, name=name: _typed(name, known))
            for name, text in azure_native_settings.items()
        }
        self._made: dict[str, azure_native.Provider] = {}
        self._registrations: dict[str, Registration] = {}

    def of(self, subscription_key: str) -> azure_native.Provider:
        """The provider of a subscription, by its name in the stack file, which is the provider's logical name too."""
        if subscription_key not in self._made:
            subscription = self._subscriptions[subscription_key]
            arguments: dict[str, Any] = self._arguments | {"subscription_id": subscription.id}
            self._made[subscription_key] = azure_native.Provider(
                subscription_key, azure_native.ProviderArgs(**arguments)
            )
        return self._made[subscription_key]

    def options(self, subscription_key: str) -> pulumi.ResourceOptions:
        """Options for whatever is made in a subscription."""
        registration = self._registration(subscription_key)
        return pulumi.ResourceOptions(
            provider=self.of(subscription_key),
            transformations=[
                *without_version_aliases(),
                replaced_in_another_subscription(self._subscriptions[subscription_key].id),
                *([registration.attach] if registration else []),
            ],
        )

    def _registration(self, subscription_key: str) -> Registration | None:
        if not error_hooks.are_supported():
            return None
        if subscription_key not in self._registrations:
            registration = Registration(
                subscription_key,
                self._subscriptions[subscription_key].id,
                self._environment,
                self._metadata_host,
            )
            if self._register:
                registration.register_with(self.of(subscription_key))
            self._registrations[subscription_key] = registration
        return self._registrations[subscription_key]


def _argument(setting: str) -> str:
    """The provider's argument for a setting: `use_oidc` for `useOidc`."""
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", setting)


def _typed(setting: str, text: str) -> Any:
    """A setting's value as the provider's argument takes it; the engine has every setting as text."""
    if setting in _BOOLEANS:
        return text.strip().lower() == "true"
    return json.loads(text) if setting in _LISTS else text
