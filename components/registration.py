"""What happens when Azure refuses a resource because its subscription is not registered for the resource provider.

The user is told the command that registers it. Where the stack asks for it (`registerResourceProviders`), it is
registered here and the resource is tried again; a subscription that is registered already costs nothing, and a preview
never comes here.
"""

import asyncio
import json
import os
import ssl
import urllib.request
from collections.abc import Mapping
from typing import Any, cast

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import authorization

from patching.limits import Environment
from patching.registration import RESOURCE_MANAGER, missing_registration, register_command

_API_VERSION = "2021-04-01"
_METADATA_VERSION = "2019-05-01"
_SECONDS_BETWEEN_LOOKS = 5
_MOST_LOOKS = 120
_REGISTERED = "Registered"
_REQUEST_SECONDS = 60


class Registration:
    """What is done for the resources of one subscription when Azure misses a registration."""

    def __init__(
        self, subscription_key: str, subscription_id: str, environment: Environment, metadata_host: str | None
    ) -> None:
        """`metadata_host` is `azure-native:metadataHost`, by which a cloud of its own is found."""
        self._subscription_id = subscription_id
        self._environment = environment
        self._metadata_host = metadata_host
        self._provider: azure_native.Provider | None = None
        self._under_way: dict[str, asyncio.Task[bool]] = {}
        self._told: set[str] = set()
        self._hook = pulumi.ErrorHook(f"registration/{subscription_key}", self._on_error)

    def register_with(self, provider: azure_native.Provider) -> None:
        """Asks for registration, with a provider's own login, instead of only saying how."""
        self._provider = provider

    def attach(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """A transformation: every resource of a provider gets the hook, beside those it has."""
        if not isinstance(args.resource, pulumi.CustomResource):
            return None
        more = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[self._hook]))
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

    async def _on_error(self, args: pulumi.ErrorHookArgs) -> bool:
        """Whether to try again."""
        namespace = missing_registration(args.errors[:1])
        if namespace is None:
            return False
        if self._provider is None:
            self._tell(namespace, "or set azure-patching:registerResourceProviders to true")
            return False
        if namespace not in self._under_way:
            self._under_way[namespace] = asyncio.ensure_future(self._register(namespace, self._provider))
        return await self._under_way[namespace]

    def _tell(self, namespace: str, more: str) -> None:
        if namespace not in self._told:
            self._told.add(namespace)
            command = register_command(namespace, self._subscription_id)
            pulumi.log.error(f"the subscription is not registered for {namespace}: run `{command}`, {more}")

    async def _register(self, namespace: str, provider: azure_native.Provider) -> bool:
        """Registers the subscription and waits until it is; False, and a message, where that cannot be done."""
        try:
            token = await authorization.get_client_token_output(
                opts=pulumi.InvokeOutputOptions(provider=provider)
            ).future()
            manager = await asyncio.to_thread(_resource_manager, self._environment, self._metadata_host)
            url = f"{manager}/subscriptions/{self._subscription_id}/providers/{namespace}"
            headers = {"Authorization": f"Bearer {cast('Any', token).token}"}
            state = await asyncio.to_thread(_answer, "POST", f"{url}/register?api-version={_API_VERSION}", headers)
            for _ in range(_MOST_LOOKS):
                if state.get("registrationState") == _REGISTERED:
                    pulumi.log.info(f"registered {self._subscription_id} for {namespace}")
                    return True
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
                state = await asyncio.to_thread(_answer, "GET", f"{url}?api-version={_API_VERSION}", headers)
        except Exception as error:  # noqa: BLE001 (whatever is in the way, the user can do it by hand)
            self._tell(namespace, f"because the stack could not: {error}")
            return False
        self._tell(namespace, "because Azure has not ended it in ten minutes")
        return False


def _resource_manager(environment: Environment, metadata_host: str | None) -> str:
    """Where Azure Resource Manager is: what the cloud of `metadata_host` says, or the known place."""
    if metadata_host is None:
        return RESOURCE_MANAGER[environment]
    document = _answer("GET", f"https://{metadata_host}/metadata/endpoints?api-version={_METADATA_VERSION}", {})
    clouds = cast("list[Mapping[str, Any]]", document if isinstance(document, list) else [document])
    return str(clouds[0]["resourceManager"]).rstrip("/")


def _answer(method: str, url: str, headers: Mapping[str, str]) -> Any:
    """The JSON that is answered over HTTPS, with the certificates that Python's other HTTP clients would trust."""
    if not url.startswith("https://"):
        raise ValueError(f"{url} is not over HTTPS")
    trusted = ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE"))
    request = urllib.request.Request(url, method=method, headers={**headers, "Content-Length": "0"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS, context=trusted) as response:  # noqa: S310
        return json.load(response)
