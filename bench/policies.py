"""Resources judged per second by the policy pack, as the engine hands them to it: through the policy SDK's proxies."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from pulumi_policy import PolicyResource, ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import unknown_checking_proxy

from bench.measuring import Contender, Measurement
from policies.pack import stack_validation, validation
from policies.rules import RULES
from policies.rules.rule import Rule, StackRule
from policies.values import Inputs

_SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
_SHARE_OF_SCHEDULES = 20
_OPTIONS = SimpleNamespace(protect=True, ignore_changes=[])
_PROVIDER = SimpleNamespace(props={"subscriptionId": _SUBSCRIPTION})

Props = Mapping[str, Any]


def measurement(resources: int) -> Measurement:
    """So many resources: a schedule for each ten machines, and each machine with its assignment."""
    programs = list(_program(resources))
    return Measurement(
        "policies",
        "resources",
        f"{resources:,} resources: virtual machines, each assigned to a schedule, ten to each. The SDK wraps a "
        "resource's properties anew for each policy: the first contender does that and no more. Of the rules that "
        "need settings, none has any.",
        [
            Contender("the SDK's proxies alone", lambda: _wrapped(programs)),
            Contender("all rules on one resource", lambda: _one_by_one(programs)),
            Contender("all rules on the stack", lambda: _together(programs)),
        ],
        ["pulumi-policy"],
    )


def _program(resources: int) -> list[tuple[str, str, Props]]:
    """Type, name and inputs of each resource."""
    kinds: tuple[Callable[[int], tuple[str, str, Props]], ...] = (_assignment, _machine)
    made = [_schedule(number) for number in range(-(-(resources - 1) // (_SHARE_OF_SCHEDULES + 1)))]
    made += [kinds[index % 2](index // 2) for index in range(resources - len(made))]
    return made


def _schedule(number: int) -> tuple[str, str, Props]:
    props = {
        "resourceGroupName": "rg",
        "resourceName": f"schedule-{number}",
        "maintenanceScope": "InGuestPatch",
        "startDateTime": "2027-01-16 22:00",
        "duration": "03:00",
        "timeZone": "W. Europe Standard Time",
        "recurEvery": "Month Second Tuesday Offset4",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "installPatches": {"linuxParameters": {"classificationsToInclude": ["Critical", "Security"]}},
        "tags": {"environment": "prod"},
    }
    return "azure-native:maintenance:MaintenanceConfiguration", f"schedule-{number}", props


def _machine(number: int) -> tuple[str, str, Props]:
    patching = {
        "patchMode": "AutomaticByPlatform",
        "assessmentMode": "AutomaticByPlatform",
        "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
    }
    props = {
        "resourceGroupName": "rg",
        "vmName": f"machine-{number}",
        "location": "westeurope",
        "osProfile": {"computerName": "x", "linuxConfiguration": {"patchSettings": patching}},
        "storageProfile": {"imageReference": {"publisher": "Canonical", "offer": "ubuntu", "sku": "server"}},
        "networkProfile": {"networkInterfaces": [{"id": f"nic-{number}", "primary": True}]},
        "tags": {"environment": "prod"},
    }
    return "azure-native:compute:VirtualMachine", f"machine-{number}", props


def _assignment(number: int) -> tuple[str, str, Props]:
    group = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/rg"
    schedule = f"schedule-{number * 2 // _SHARE_OF_SCHEDULES}"
    props = {
        "resourceGroupName": "rg",
        "providerName": "Microsoft.Compute",
        "resourceType": "virtualMachines",
        "resourceName": f"machine-{number}",
        "configurationAssignmentName": f"assignment-{number}",
        "maintenanceConfigurationId": f"{group}/providers/Microsoft.Maintenance/maintenanceConfigurations/{schedule}",
        "location": "westeurope",
    }
    return "azure-native:maintenance:ConfigurationAssignment", f"assignment-{number}", props


def _arguments(kind: str, name: str, props: Props) -> ResourceValidationArgs:
    options, provider = cast("Any", _OPTIONS), cast("Any", _PROVIDER)
    wrapped = unknown_checking_proxy(dict(props))
    return ResourceValidationArgs(kind, wrapped, f"urn:{name}", name, options, provider, {})


def _wrapped(program: list[tuple[str, str, Props]]) -> int:
    for _ in (rule for rule in RULES if isinstance(rule, Rule)):
        for one in program:
            _arguments(*one)
    return len(program)


def _one_by_one(program: list[tuple[str, str, Props]]) -> int:
    inputs = Inputs()
    validations = [validation(rule, inputs) for rule in RULES if isinstance(rule, Rule)]
    for one in program:
        for validate in validations:
            validate(_arguments(*one), _nothing_is_wrong)
    return len(program)


def _together(program: list[tuple[str, str, Props]]) -> int:
    inputs = Inputs()
    for one in program:
        inputs.see(_arguments(*one))
    for rule in (rule for rule in RULES if isinstance(rule, StackRule)):
        resources = [_in_stack(_arguments(*one)) for one in program]
        stack_validation(rule, inputs)(StackValidationArgs(resources, {}), _nothing_is_wrong)
    return len(program)


def _in_stack(one: ResourceValidationArgs) -> PolicyResource:
    return PolicyResource(one.resource_type, one.props, one.urn, one.name, one.opts, one.provider, None, [], {})


def _nothing_is_wrong(message: str, urn: str | None = None) -> None:
    raise AssertionError(f"{urn}: {message}")
