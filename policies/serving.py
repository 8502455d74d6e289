# The SDK has no types of its own for what is used here.
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
"""What the pack does with each of the engine's calls before the policy SDK has the rules answer.

The SDK unpacks all properties anew for each rule, which costs more than the rules; it shows a resource only to rules
that are on, and it knows nothing of a configuration's names that are nobody's. It has no public place to do better: its
servicer is replaced by one that does this first, and is the SDK's own otherwise.
"""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy import policy as sdk
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import unknown_checking_proxy

from policies.configuration import configuration_faults
from policies.rules import RULES
from policies.values import Depends, Inputs, kind_of


def serve_with(inputs: Inputs) -> None:
    """Have the SDK's next pack serve with inputs that are shared by its rules."""

    class Servicer(sdk._PolicyAnalyzerServicer):  # noqa: SLF001
        def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
            """Refuses names that the engine would ignore."""
            given = {
                name: (analyzer_pb2.EnforcementLevel.Name(one.enforcementLevel).lower(), MessageToDict(one.properties))
                for name, one in request.policyConfig.items()
            }
            if faults := list(configuration_faults(RULES, given)):
                context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT,
                    "\n".join(["the configuration of the policy pack is wrong:", *faults]),
                )
            return super().Configure(request, context)

        def Analyze(self, request: Any, context: grpc.ServicerContext) -> Any:
            """Keeps the resource, whichever rules are on, and asks them of it by its URN."""
            kind = kind_of(request.type)
            if kind is None:
                return analyzer_pb2.AnalyzeResponse()
            inputs.see(
                ResourceValidationArgs(
                    request.type,
                    _props(request),
                    request.urn,
                    request.name,
                    self._get_resource_options(request),
                    self._get_provider_resource(request),
                    {},
                ),
                kind,
            )
            bare = analyzer_pb2.AnalyzeRequest(type=request.type, urn=request.urn, name=request.name)
            return super().Analyze(bare, context)

        def AnalyzeStack(self, request: Any, context: grpc.ServicerContext) -> Any:
            """Keeps the stack, and asks the rules of it."""
            inputs.see_stack(self._shown(one) for one in request.resources if kind_of(one.type))
            return super().AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), context)

        def _shown(self, one: Any) -> tuple[PolicyResource, Depends]:
            options, provider = self._get_resource_options(one), self._get_provider_resource(one)
            resource = PolicyResource(one.type, _props(one), one.urn, one.name, options, provider, None, [], {})
            return resource, {name: tuple(found.urns) for name, found in one.propertyDependencies.items()}

    sdk._PolicyAnalyzerServicer = Servicer  # noqa: SLF001


def _props(request: Any) -> Mapping[str, Any]:
    return unknown_checking_proxy(deserialize_properties(MessageToDict(request.properties)))
