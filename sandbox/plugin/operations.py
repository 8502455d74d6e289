"""What the plugin does for each call of the engine, in plain Python: arguments, state and ids in, the same out.

The order of steps is azure-native's (`provider/pkg/provider/provider.go`).
"""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from sandbox.plugin import bodies, check, diff, subresources
from sandbox.plugin.arm_client import ArmClient
from sandbox.plugin.configuration import Configuration
from sandbox.plugin.diff import ArgumentDiff
from sandbox.plugin.errors import ArmError, PluginError, UnfinishedError
from sandbox.plugin.resource_ids import NO_SUBSCRIPTION, resource_id
from sandbox.plugin.table import GETTERS, RESOURCE_TYPES, ResourceType
from sandbox.plugin.values import UNKNOWN, Properties, contains_unknowns

Warn = Callable[[str], None]
"""Shows the user a warning about the resource at hand."""

_PACKAGE: Final = "azure-native:"
_RESOURCES_API_VERSION: Final = "2020-10-01"
_UPDATE_STABLE: Final = ("name", "location")
_ANY_APPLICATION: Final = "00000000-0000-4000-8000-000000000001"
_RESOURCE_MANAGER: Final = "https://management.azure.com"
_GRAPH: Final = "https://graph.microsoft.com"


class PartialError(PluginError):
    """A resource that exists but was not finished; `outputs` is what ARM says of it, if it says anything."""

    def __init__(self, identifier: str, outputs: Properties | None, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.outputs = outputs


@dataclass(frozen=True)
class Live:
    """A resource as it is: its id, its outputs, and the arguments that are in force."""

    identifier: str
    outputs: Properties
    arguments: Properties


def resource_type(token: str) -> ResourceType:
    """Return the row for a resource's type token. Raises PluginError, with what to do, where there is none."""
    found = RESOURCE_TYPES.get(token.removeprefix(_PACKAGE))
    if found is None:
        raise PluginError(_not_found("Resource", token, RESOURCE_TYPES))
    return found


def _not_found(what: str, token: str, known: Mapping[str, ResourceType]) -> str:
    module, _, name = token.removeprefix(_PACKAGE).partition(":")
    unversioned = f"{module.partition('/')[0]}:{name}"
    if "/" in module and unversioned in known:
        return (
            f"{what} type {token} not found. azure-native 3 has one version of each; use '{_PACKAGE}{unversioned}', "
            f"which is api-version {known[unversioned].api_version}."
        )
    listed = ", ".join(_PACKAGE + key for key in sorted(known))
    return (
        f"{what} type {token} not found. The local Azure's stand-in for azure-native models only a part of it: "
        f"{listed}. Against Azure, with the official plugin, there is the whole."
    )


class Operations:
    """The operations of one configured provider; safe to be used from many threads."""

    def __init__(self, arm: ArmClient, configuration: Configuration) -> None:
        self.arm = arm
        self.configuration = configuration
        self._group_locations: dict[str, str] = {}
        self._lock = threading.Lock()

    def check(
        self,
        kind: ResourceType,
        old: Properties,
        new: Properties,
        *,
        logical_name: str,
        random_seed: bytes,
        autonaming: check.Autonaming | None,
    ) -> tuple[Properties, list[str]]:
        """Return the arguments with the defaults filled in, and what is wrong with them."""
        arguments = check.with_name(
            kind, new, old, logical_name=logical_name, random_seed=random_seed, autonaming=autonaming
        )
        if "location" not in arguments and check.takes_location(kind):
            location = self._default_location(old, arguments)
            if location is not None:
                arguments = {**arguments, "location": location}
        arguments = {"azureApiVersion": kind.api_version, **arguments}
        return arguments, check.failures(kind, arguments)

    def _default_location(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        """Return the location it had, else the configured one, else the resource group's; None where there is none."""
        if "location" in old:
            return old["location"]
        if self.configuration.location:
            return self.configuration.location
        group = new.get("resourceGroupName")
        if group is None:
            return None
        if contains_unknowns(group):
            return UNKNOWN
        return self._group_location(str(group))

    def _group_location(self, group: str) -> str | None:
        with self._lock:
            known = self._group_locations.get(group)
        if known is not None:
            return known
        identifier = f"/subscriptions/{self.configuration.subscription}/resourceGroups/{group}"
        try:
            location = self.arm.get(identifier, _RESOURCES_API_VERSION).get("location")
        except ArmError:
            return None
        if isinstance(location, str):
            with self._lock:
                self._group_locations[group] = location
            return location
        return None

    def diff(self, kind: ResourceType, old: Properties, new: Properties, state: Properties) -> ArgumentDiff:
        """Return what changed between two sets of arguments of a resource with the outputs `state`."""
        if "azureApiVersion" not in old and "azureApiVersion" in state:
            old = {**old, "azureApiVersion": state["azureApiVersion"]}  # as imported, or from azure-native 2
        return diff.argument_diff(kind, old, new, state)

    def create(
        self, kind: ResourceType, arguments: Properties, *, timeout: float, warn: Warn
    ) -> tuple[str, Properties]:
        """Create a resource that must not exist yet, and return its id and outputs.

        Raises PluginError where it exists or ARM refuses, PartialError where ARM accepts and then fails.
        """
        identifier = resource_id(kind, arguments, self.configuration.subscription)
        body = bodies.request_body(kind, arguments)
        self.arm.refuse_existing(identifier, kind.api_version)
        subresources.set_to_empty(kind, body)
        answer = self._put(kind, identifier, arguments, body, timeout=timeout, warn=warn)
        canonical = answer.get("id")
        return canonical if isinstance(canonical, str) else identifier, bodies.outputs(kind, answer)

    def update(self, kind: ResourceType, arguments: Properties, *, timeout: float, warn: Warn) -> Properties:
        """Send the whole of `arguments` for a resource that exists, and return its outputs. Raises as `create`."""
        identifier = resource_id(kind, arguments, self.configuration.subscription)
        body = bodies.request_body(kind, arguments)
        if subresources.unset(kind, body):
            subresources.keep_current(kind, body, self.arm.get(identifier, kind.api_version))
        return bodies.outputs(kind, self._put(kind, identifier, arguments, body, timeout=timeout, warn=warn))

    def _put(
        self,
        kind: ResourceType,
        identifier: str,
        arguments: Properties,
        body: Properties,
        *,
        timeout: float,
        warn: Warn,
    ) -> Properties:
        """PUT, wait, and return the resource as a GET answers it: an answer to a PUT may be shaped otherwise."""
        query = {parameter: str(arguments[name]) for name, parameter in kind.query.items() if name in arguments}
        try:
            answer = self.arm.put(
                identifier, kind.api_version, body, query, asynchronous=kind.asynchronous_put, timeout=timeout
            )
        except UnfinishedError as error:
            raise self._partial(kind, identifier, error) from error
        if kind.asynchronous_put:
            return answer
        try:
            return self.arm.get(identifier, kind.api_version)
        except PluginError as error:  # whatever it is: the resource is there, and must not be forgotten
            warn(f"Failed to read resource after it was written: {error}")
            return answer

    def _partial(self, kind: ResourceType, identifier: str, error: UnfinishedError) -> PartialError:
        try:
            there = bodies.outputs(kind, self.arm.get(identifier, kind.api_version))
        except PluginError as read_error:
            return PartialError(identifier, None, f"resource created but read failed {read_error}: {error}")
        return PartialError(identifier, there, str(error))

    def read(self, kind: ResourceType, identifier: str, arguments: Properties | None, state: Properties) -> Live | None:
        """Return the resource as it is, or None where there is none.

        With the `arguments` and outputs (`state`) it had, what changed in Azure since comes among the arguments.
        Without, as in an import, they are made from the answer. Raises PluginError.
        """
        try:
            response = self.arm.get(identifier, kind.api_version)
        except ArmError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        found = bodies.outputs(kind, response)
        if arguments is None:
            return Live(identifier, found, bodies.imported_arguments(kind, identifier, response))
        before = bodies.projected_arguments(kind, state)
        after = bodies.projected_arguments(kind, subresources.without_foreign(kind, found, arguments))
        return Live(identifier, found, diff.drifted_arguments(arguments, before, after))

    def delete(self, kind: ResourceType, identifier: str, *, timeout: float) -> None:
        """Delete the resource; one that is gone already is fine. Raises PluginError."""
        self.arm.delete(identifier, kind.api_version, asynchronous=kind.asynchronous_delete, timeout=timeout)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Return the result of a function. Raises PluginError where it is not known, or ARM refuses."""
        name = token.removeprefix(_PACKAGE)
        if name == "authorization:getClientConfig":
            return self._client_config()
        if name == "authorization:getClientToken":
            return {"token": self._token(str(arguments.get("endpoint") or _RESOURCE_MANAGER))}
        kind = GETTERS.get(name)
        if kind is None:
            raise PluginError(_not_found("Invoke", token, GETTERS))
        identifier = resource_id(kind, arguments, self.configuration.subscription)
        try:
            return bodies.getter_result(kind, self.arm.get(identifier, kind.api_version))
        except ArmError as error:
            raise PluginError(f"request failed {identifier}: {error}") from error

    def _client_config(self) -> Properties:
        subscription = self.configuration.subscription
        if not subscription:
            raise PluginError(f"getting client config: {NO_SUBSCRIPTION}")
        claims = _claims(self._token(_GRAPH))
        return {
            "clientId": claims["appid"],
            "objectId": claims["oid"],
            "subscriptionId": subscription,
            "tenantId": self.configuration.tenant or claims["tid"],
        }

    def _token(self, resource: str) -> str:
        return self.arm.token(self.configuration.client or _ANY_APPLICATION, resource)


def _claims(token: str) -> Properties:
    """Return what a token says, unchecked: it comes straight from who issued it."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def preview_of_update(kind: ResourceType, arguments: Properties, state: Properties) -> Properties:
    """Return what an update's outputs will be, as far as that is known: the arguments, and what no update changes."""
    stable = {name: state[name] for name in _UPDATE_STABLE if name in state}
    return {**bodies.preview_outputs(kind, arguments), **stable}
