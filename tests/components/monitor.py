"""A recording monitor: runs a program without an engine, and keeps what it asked the engine for.

Strict on purpose. An unknown resource type, an unknown function, a name given twice or an invoke in a preview fails
the run, because Pulumi's own mocks would let each of them pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PROVIDER_TYPE = "pulumi:providers:azure-native"


class Unknown:
    """Stands where a value is not known in a preview."""

    def __repr__(self):
        return "<unknown>"


UNKNOWN = Unknown()


def _group(inputs, provider):
    return f"/subscriptions/{provider['subscriptionId']}/resourceGroups/{inputs['resourceGroupName']}"


def _in_group(resource_type, name_key):
    return lambda inputs, provider: f"{_group(inputs, provider)}/providers/{resource_type}/{inputs[name_key]}"


def _machine_assignment(inputs, provider):
    type_ = f"{inputs['providerName']}/{inputs['resourceType']}"
    machine = f"{_group(inputs, provider)}/providers/{type_}/{inputs['resourceName']}"
    return f"{machine}/providers/Microsoft.Maintenance/configurationAssignments/{inputs['configurationAssignmentName']}"


def _at_scope(resource_type, scope_key, name_key):
    return lambda inputs, _: f"{inputs[scope_key]}/providers/{resource_type}/{inputs[name_key]}"


ASSIGNMENT_TYPE = "Microsoft.Maintenance/configurationAssignments"
PHYSICAL_IDS: dict[str, tuple[str, Callable[[Any, Any], str]]] = {
    "azure-native:resources:ResourceGroup": ("resourceGroupName", _group),
    "azure-native:network:VirtualNetwork": (
        "virtualNetworkName",
        _in_group("Microsoft.Network/virtualNetworks", "virtualNetworkName"),
    ),
    "azure-native:network:NetworkSecurityGroup": (
        "networkSecurityGroupName",
        _in_group("Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName"),
    ),
    "azure-native:network:NetworkInterface": (
        "networkInterfaceName",
        _in_group("Microsoft.Network/networkInterfaces", "networkInterfaceName"),
    ),
    "azure-native:compute:VirtualMachine": ("vmName", _in_group("Microsoft.Compute/virtualMachines", "vmName")),
    "azure-native:compute:VirtualMachineExtension": (
        "vmExtensionName",
        lambda inputs, provider: "/extensions/".join(
            (_in_group("Microsoft.Compute/virtualMachines", "vmName")(inputs, provider), inputs["vmExtensionName"])
        ),
    ),
    "azure-native:maintenance:MaintenanceConfiguration": (
        "resourceName",
        _in_group("Microsoft.Maintenance/maintenanceConfigurations", "resourceName"),
    ),
    "azure-native:maintenance:ConfigurationAssignment": ("configurationAssignmentName", _machine_assignment),
    "azure-native:maintenance:ConfigurationAssignmentsForResourceGroup": (
        "configurationAssignmentName",
        _in_group(ASSIGNMENT_TYPE, "configurationAssignmentName"),
    ),
    "azure-native:maintenance:ConfigurationAssignmentsForSubscription": (
        "configurationAssignmentName",
        lambda inputs, provider: (
            f"/subscriptions/{provider['subscriptionId']}/providers/{ASSIGNMENT_TYPE}/{inputs['configurationAssignmentName']}"
        ),
    ),
    "azure-native:authorization:PolicyAssignment": (
        "policyAssignmentName",
        _at_scope("Microsoft.Authorization/policyAssignments", "scope", "policyAssignmentName"),
    ),
    "azure-native:authorization:RoleAssignment": (
        "roleAssignmentName",
        _at_scope("Microsoft.Authorization/roleAssignments", "scope", "roleAssignmentName"),
    ),
    "azure-native:managedidentity:UserAssignedIdentity": (
        "resourceName",
        _in_group("Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName"),
    ),
    "azure-native:eventgrid:SystemTopic": (
        "systemTopicName",
        _in_group("Microsoft.EventGrid/systemTopics", "systemTopicName"),
    ),
    "azure-native:eventgrid:SystemTopicEventSubscription": (
        "eventSubscriptionName",
        lambda inputs, provider: "/eventSubscriptions/".join(
            (
                _in_group("Microsoft.EventGrid/systemTopics", "systemTopicName")(inputs, provider),
                inputs["eventSubscriptionName"],
            )
        ),
    ),
    "azure-native:monitor:ScheduledQueryRule": (
        "ruleName",
        _in_group("Microsoft.Insights/scheduledQueryRules", "ruleName"),
    ),
    "azure-native:applicationinsights:Workbook": (
        "resourceName",
        _in_group("Microsoft.Insights/workbooks", "resourceName"),
    ),
    "azure-native:policyinsights:RemediationAtResource": (
        "remediationName",
        _at_scope("Microsoft.PolicyInsights/remediations", "resourceId", "remediationName"),
    ),
}


@dataclass(frozen=True)
class Registration:
    """What a program asked the engine to do about one resource; inputs are plain, `secrets` names the secret ones."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    provider: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str]
    dependencies: frozenset[str]
    protect: bool
    import_id: str
    replace_on_changes: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    delete_before_replace: bool | None
    retain_on_delete: bool
    aliases: tuple[str, ...]


@dataclass
class Recording:
    """All registrations by URN, the stack's outputs, the functions called and what was logged."""

    registrations: dict[str, Registration] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def of_type(self, token: str) -> dict[str, Registration]:
        """Registrations of one type by logical name."""
        return {entry.name: entry for entry in self.registrations.values() if entry.type == token}

    def one(self, token: str, name: str | None = None) -> Registration:
        """The one registration of a type, or that of a name."""
        found = self.of_type(token)
        if name is not None:
            return found[name]
        assert len(found) == 1, f"{token}: {sorted(found)}"
        return next(iter(found.values()))

    def custom(self) -> list[Registration]:
        """Resources other than components and providers."""
        return [entry for entry in self.registrations.values() if entry.custom and entry.type != PROVIDER_TYPE]

    def names(self, urns) -> set[str]:
        """Logical names behind URNs."""
        return {self.registrations[urn].name for urn in urns}


def plain(value: Any, path: str = "", secrets: set[str] | None = None) -> Any:
    """A value as it went over the wire, without the marks for what is secret and what is unknown."""
    secrets = set() if secrets is None else secrets
    match value:
        case dict() if value.get(SIGNATURE) == SECRET_SIGNATURE:
            secrets.add(path)
            return plain(value["value"], path, secrets)
        case dict():
            return {key: plain(inner, f"{path}.{key}".removeprefix("."), secrets) for key, inner in value.items()}
        case list():
            return [plain(inner, f"{path}[{index}]", secrets) for index, inner in enumerate(value)]
        case str() if value == UNKNOWN_TEXT:
            return UNKNOWN
        case _:
            return value


def remediation_state(state: str, *, total: int = 1, failed: int = 0, message: str | None = None) -> dict[str, Any]:
    """What the service answers when it is asked for a remediation task."""
    return {
        "provisioningState": state,
        "statusMessage": message,
        "deploymentStatus": {
            "totalDeployments": total,
            "successfulDeployments": total - failed,
            "failedDeployments": failed,
        },
    }


ADOPTABLE = {
    "azure-native:maintenance:getMaintenanceConfiguration": "resourceName",
    "azure-native:maintenance:getConfigurationAssignment": "configurationAssignmentName",
    "azure-native:maintenance:getConfigurationAssignmentsForSubscription": "configurationAssignmentName",
    "azure-native:maintenance:getConfigurationAssignmentsForResourceGroup": "configurationAssignmentName",
}
"""The functions that look at what is to be imported, in a preview too, and the argument that names it."""


class NoMocks(mocks.Mocks):
    def call(self, args):  # noqa: ARG002 (the abstract method's)
        raise AssertionError("the strict monitor answers itself")

    def new_resource(self, args):  # noqa: ARG002 (the abstract method's)
        raise AssertionError("the strict monitor answers itself")


class StrictMonitor(mocks.MockMonitor):
    """Answers as an engine with azure-native would, as far as components can tell, and records."""

    def __init__(
        self,
        recording: Recording,
        remediations: Callable[[str, int], dict[str, Any]],
        principals: Callable[[str], str],
        there: Mapping[str, Mapping[str, Any]],
        *,
        preview: bool,
        exists: bool,
        edited: bool,
    ) -> None:
        super().__init__(NoMocks())
        self.edited = edited
        self.there = there
        self.recording = recording
        self.remediations = remediations
        self.principals = principals
        self.preview = preview
        self.exists = exists

    def violation(self, message: str) -> Exception:
        self.recording.violations.append(message)
        return AssertionError(message)

    def RegisterResource(self, request):  # noqa: N802 (the monitor's own name)
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if urn in self.recording.registrations:
            raise self.violation(f"duplicate resource {urn}")
        secrets: set[str] = set()
        inputs = plain(json_format.MessageToDict(request.object), secrets=secrets)
        self.recording.registrations[urn] = Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            provider=request.provider.rpartition("::")[0],
            inputs=inputs,
            secrets=frozenset(secrets),
            dependencies=frozenset(request.dependencies),
            protect=request.protect,
            import_id=request.importId,
            replace_on_changes=tuple(request.replaceOnChanges),
            ignore_changes=tuple(request.ignoreChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            retain_on_delete=request.retainOnDelete,
            aliases=(*(one.urn or one.spec.type or one.spec.name for one in request.aliases), *request.aliasURNs),
        )
        self.recording.order.append(urn)
        physical_id, state = self.answer(request, urn, inputs)
        answer = resource_pb2.RegisterResourceResponse(urn=urn, id=physical_id)
        answer.object.update(state)
        return answer

    def answer(self, request, urn, inputs):
        if request.type.startswith("azure-patching:index:"):
            return "", {}
        if request.type == PROVIDER_TYPE:
            return f"id-of-{request.name}", {}
        if request.type not in PHYSICAL_IDS:
            raise self.violation(f"unknown resource type {request.type}")
        provider = self.recording.registrations.get(request.provider.rpartition("::")[0])
        if provider is None:
            raise self.violation(f"{urn} has no explicit provider")
        name_key, build = PHYSICAL_IDS[request.type]
        # What gets another name is made anew, and what it is, is not known before.
        if self.preview and (not self.exists or isinstance(inputs[name_key], Unknown)):
            return "", {key: value for key, value in _wire(inputs).items() if key != "identity"}
        physical_id = build(inputs, provider.inputs)
        state = _wire(inputs) | {"name": inputs[name_key], "type": request.type}
        if request.type == "azure-native:managedidentity:UserAssignedIdentity":
            state["principalId"] = self.principals(inputs[name_key])
        if "identity" in inputs:
            unknown = self.preview and self.edited
            state["identity"] = UNKNOWN_TEXT if unknown else self.identity(inputs["identity"], inputs[name_key])
        return physical_id, state

    def identity(self, asked, assignment_name):
        """An identity as the service answers it: Azure shouts ids now and then."""
        if asked["type"] == "SystemAssigned":
            return {**asked, "principalId": self.principals(assignment_name)}
        users = asked["userAssignedIdentities"]
        return {
            **asked,
            "userAssignedIdentities": {one.upper(): {"principalId": self.principals(one)} for one in users},
        }

    def Invoke(self, request):  # noqa: N802 (the monitor's own name)
        arguments = plain(json_format.MessageToDict(request.args))
        response = resource_pb2.ResourceInvokeResponse()
        if request.tok in ADOPTABLE:
            self.recording.calls.append((request.tok, arguments, request.provider.rpartition("::")[0]))
            found = self.there.get(arguments[ADOPTABLE[request.tok]])
            if found is None:
                response.failures.add(reason='request failed: Status=404 Code="ResourceNotFound"')
            else:
                getattr(response, "return").update(found)
            return response
        if request.tok == "azure-native:authorization:getPolicyAssignment" and self.edited:
            self.recording.calls.append((request.tok, arguments, request.provider.rpartition("::")[0]))
            found = self.there.get(arguments["policyAssignmentName"]) or self.there.get("*")
            if found is None:
                response.failures.add(reason='request failed: Status=403 Code="AuthorizationFailed"')
            else:
                getattr(response, "return").update(found)
            return response
        if self.preview:
            raise self.violation(f"{request.tok} was called in a preview")
        if request.tok != "azure-native:policyinsights:getRemediationAtResource":
            raise self.violation(f"unknown function {request.tok}")
        earlier = sum(1 for _, given, _ in self.recording.calls if given == arguments)
        self.recording.calls.append((request.tok, arguments, request.provider.rpartition("::")[0]))
        getattr(response, "return").update(self.remediations(arguments["remediationName"], earlier))
        return response


def _wire(value: Any) -> Any:
    match value:
        case dict():
            return {key: _wire(inner) for key, inner in value.items()}
        case list():
            return [_wire(inner) for inner in value]
        case Unknown():
            return UNKNOWN_TEXT
        case _:
            return value
