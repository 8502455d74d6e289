"""The engine's calls to a policy pack, made by hand, and what they answer."""

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from policies.rules import RULES
from tests.policies.judging import SUBSCRIPTION

LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "disabled": analyzer_pb2.DISABLED,
    "remediate": analyzer_pb2.REMEDIATE,
}
CONFIGURATION = "azure-native:maintenance:MaintenanceConfiguration"


class RefusedError(Exception):
    """What a call is refused with."""


class Context:
    def abort(self, code, details):
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        raise RefusedError(details)


def struct(props):
    made = Struct()
    made.update(props)
    return made


def sent(message, kind, name, props, depends=None):
    provider = analyzer_pb2.AnalyzerProviderResource(properties=struct({"subscriptionId": SUBSCRIPTION}))
    options = analyzer_pb2.AnalyzerResourceOptions(protect=True)
    made = message(
        type=kind, urn=f"urn:{name}", name=name, properties=struct(props), options=options, provider=provider
    )
    for prop, urns in (depends or {}).items():
        made.propertyDependencies[prop].urns.extend(urns)
    return made


def analyzed(pack, kind, name, props):
    response = pack.Analyze(sent(analyzer_pb2.AnalyzeRequest, kind, name, props), Context())
    return [one.policyName for one in response.diagnostics]


def analyzed_together(pack, *resources):
    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[sent(analyzer_pb2.AnalyzerResource, *one) for one in resources]
    )
    return {(one.policyName, one.urn) for one in pack.AnalyzeStack(request, Context()).diagnostics}


def configure(pack, **levels):
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for name, given in levels.items():
        level, settings = given if isinstance(given, tuple) else (given, {})
        request.policyConfig[name.replace("_", "-")].enforcementLevel = LEVELS[level]
        request.policyConfig[name.replace("_", "-")].properties.update(settings)
    pack.Configure(request, Context())


def off(**others):
    return {rule.name.replace("-", "_"): "disabled" for rule in RULES} | others
