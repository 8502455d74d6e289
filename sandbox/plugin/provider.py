# ruff: noqa: ARG002, N802 (names and signatures are the protocol's)
"""Pulumi's provider protocol over `operations`: requests in, answers and errors out.

What it tells the engine of itself is what azure-native 3.29.0 tells: it takes no secrets, outputs or resource
references (the engine keeps track of them), and it supports previews and the autonaming configuration.
"""

import functools
import json
import logging
from collections.abc import Mapping
from typing import Final, Literal, NoReturn

import grpc
import httpx
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.engine.versions import AZURE_NATIVE
from sandbox.plugin import bodies, check
from sandbox.plugin.arm_client import ArmClient
from sandbox.plugin.configuration import Configuration, configuration
from sandbox.plugin.errors import PluginError
from sandbox.plugin.operations import Operations, preview_of_update, resource_type
from sandbox.plugin.package_schema import package_schema
from sandbox.plugin.table import ResourceType
from sandbox.plugin.values import read_properties, write_properties

_log = logging.getLogger(__name__)

_KINDS: Final = {
    ("ADD", False): provider_pb2.PropertyDiff.ADD,
    ("ADD", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("DELETE", False): provider_pb2.PropertyDiff.DELETE,
    ("DELETE", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("UPDATE", False): provider_pb2.PropertyDiff.UPDATE,
    ("UPDATE", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
_MODES: Final[Mapping[int, Literal["PROPOSE", "ENFORCE", "DISABLE"]]] = {0: "PROPOSE", 1: "ENFORCE", 2: "DISABLE"}


class AzureNativeProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider of the engine's, with its own configuration."""

    def __init__(self, http: httpx.Client) -> None:
        """Take the HTTP client for ARM, which providers of one host share."""
        self._arm = ArmClient(http)
        self._operations = Operations(self._arm, Configuration({}))
        self._engine_address = ""

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Remember where the engine is, and say what is supported."""
        self._engine_address = request.engine_address
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Remember where the engine is."""
        self._engine_address = request.address
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Say which version this stands in for."""
        return plugin_pb2.PluginInfo(version=AZURE_NATIVE)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return the package schema of the resources that are modelled."""
        if request.version != 0:
            raise PluginError(f"unsupported schema version {request.version}")
        return provider_pb2.GetSchemaResponse(schema=json.dumps(package_schema()))

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        """Return no mapping: there is none from other tools."""
        return provider_pb2.GetMappingResponse()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse configuration keys that the provider does not have."""
        failures = check.configuration_failures(read_properties(request.news))
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Leave it to the engine to compare: no change of configuration replaces the provider."""
        return provider_pb2.DiffResponse()

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Take the provider's configuration."""
        if not (request.sends_old_inputs and request.sends_old_inputs_to_delete):
            raise PluginError("Azure Native provider requires Pulumi CLI v3.74.0 or later")
        self._operations = Operations(self._arm, configuration(dict(request.variables)))
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Fill in names and locations, and refuse what cannot be sent."""
        arguments, failures = self._operations.check(
            _kind(request.urn),
            read_properties(request.olds),
            read_properties(request.news),
            logical_name=request.urn.rpartition("::")[2],
            random_seed=request.randomSeed,
            autonaming=_autonaming(request),
        )
        return provider_pb2.CheckResponse(
            inputs=write_properties(arguments),
            failures=[provider_pb2.CheckFailure(reason=reason) for reason in failures],
        )

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare the new arguments with the old ones."""
        state = read_properties(request.olds)
        old = read_properties(request.old_inputs)
        found = self._operations.diff(_kind(request.urn), old, read_properties(request.news), state)
        changes = provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=changes,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_before_replace,
            diffs=[change.argument for change in found.changes],
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces], inputDiff=True)
                for change in found.changes
            },
            hasDetailedDiff=bool(found.changes),
        )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create a resource, or say what it would be."""
        kind, arguments = _kind(request.urn), read_properties(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=write_properties(bodies.preview_outputs(kind, arguments)))
        warn = functools.partial(self._warn, request.urn)
        identifier, outputs = self._operations.create(kind, arguments, timeout=request.timeout, warn=warn)
        return provider_pb2.CreateResponse(id=identifier, properties=write_properties(outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Return a resource as it is now, for a refresh or an import; empty where it is gone."""
        arguments = read_properties(request.inputs) if request.HasField("inputs") else None
        state = read_properties(request.properties)
        live = self._operations.read(_kind(request.urn), request.id, arguments, state)
        if live is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=live.identifier, properties=write_properties(live.outputs), inputs=write_properties(live.arguments)
        )

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change a resource in place, or say what it would be."""
        kind, arguments = _kind(request.urn), read_properties(request.news)
        if request.preview:
            outputs = preview_of_update(kind, arguments, read_properties(request.olds))
        else:
            warn = functools.partial(self._warn, request.urn)
            outputs = self._operations.update(kind, arguments, timeout=request.timeout, warn=warn)
        return provider_pb2.UpdateResponse(properties=write_properties(outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete a resource."""
        self._operations.delete(_kind(request.urn), request.id, timeout=request.timeout)
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Call a function."""
        result = self._operations.invoke(request.tok, read_properties(request.args))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(write_properties(result))  # a field named like Python's keyword
        return response

    def Construct(self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: azure-native has no components."""
        raise PluginError(f"azure-native has no components, so it cannot construct {request.type}")

    def Call(self, request: provider_pb2.CallRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: azure-native has no methods."""
        raise PluginError(f"azure-native has no methods, so it cannot call {request.tok}")

    def Parameterize(self, request: provider_pb2.ParameterizeRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: other API versions than the default ones are not modelled."""
        raise PluginError(
            "The local Azure's stand-in for azure-native models the default API versions only; "
            "use the modules without a version, such as azure-native:maintenance."
        )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End what is under way."""
        self.cancel()
        return empty_pb2.Empty()

    def cancel(self) -> None:
        """End what is under way, and refuse what comes."""
        self._arm.cancel()

    def _warn(self, urn: str, text: str) -> None:
        """Show a warning in the engine's output; where the engine is not known, in the log."""
        if not self._engine_address:
            _log.warning("%s: %s", urn, text)
            return
        with grpc.insecure_channel(self._engine_address) as channel:
            request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn)
            engine_pb2_grpc.EngineStub(channel).Log(request)  # pyright: ignore[reportUnknownMemberType]


def _kind(urn: str) -> ResourceType:
    """Return the row for the type in `urn`, whose third part is the type after those of its parents."""
    return resource_type(urn.split("::")[2].rpartition("$")[2])


def _autonaming(request: provider_pb2.CheckRequest) -> check.Autonaming | None:
    if not request.HasField("autonaming"):
        return None
    return check.Autonaming(_MODES[request.autonaming.mode], request.autonaming.proposed_name)
