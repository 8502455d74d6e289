"""Resources judged per second by the policy pack, as the engine has them judged: over its own protocol."""

import atexit
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from bench.measuring import Contender, Measurement
from bench.stacks import REPOSITORY

_SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
_SHARE_OF_SCHEDULES = 20
_NO_ENGINE = "127.0.0.1:1"
_MOST_BYTES = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]

Props = Mapping[str, Any]


def measurement(resources: int) -> Measurement:
    """So many resources: a schedule for each ten machines, and each machine with its assignment."""
    program = list(_program(resources))
    return Measurement(
        "policies",
        "resources",
        f"{resources:,} resources: virtual machines, each assigned to a schedule, ten to each; each resource is judged "
        "by itself, then all together. The first contender has as many rules, and none says anything: what the policy "
        "SDK does for each rule. Of the rules that need settings, none has any.",
        [
            Contender("the SDK, with rules that are empty", lambda: _judged("bench/programs/silent_pack.py", program)),
            Contender("the policy pack", lambda: _judged("policies", program)),
        ],
        ["pulumi-policy", "grpcio"],
    )


@cache
def _pack(program: str) -> analyzer_pb2_grpc.AnalyzerStub:
    """A policy pack that runs as the engine runs it, until the bench ends."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", _NO_ENGINE, program]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)  # noqa: S603 - one of ours
    atexit.register(process.kill)
    port = cast("Any", process.stdout).readline().strip()
    return analyzer_pb2_grpc.AnalyzerStub(grpc.insecure_channel(f"127.0.0.1:{port}", _MOST_BYTES))


def _judged(pack: str, program: Sequence[tuple[str, str, Props]]) -> int:
    """Has a pack judge all resources; how many there were.

    Raises:
        AssertionError: one was blamed, and so other work was measured than what was meant.
    """
    stub: Any = _pack(pack)
    for one in program:
        _nothing_is_wrong(stub.Analyze(_asked(analyzer_pb2.AnalyzeRequest, *one)))
    together = [_asked(analyzer_pb2.AnalyzerResource, *one) for one in program]
    _nothing_is_wrong(stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=together)))
    return len(program)


def _asked(message: Callable[..., Any], kind: str, name: str, props: Props) -> Any:
    provider = analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:azure-native", name="main", properties=_struct({"subscriptionId": _SUBSCRIPTION})
    )
    options = analyzer_pb2.AnalyzerResourceOptions(protect=True)
    urn = f"urn:pulumi:bench::bench::{kind}::{name}"
    return message(type=kind, urn=urn, name=name, properties=_struct(props), options=options, provider=provider)


def _struct(props: Props) -> Struct:
    struct = Struct()
    struct.update(dict(props))
    return struct


def _nothing_is_wrong(response: Any) -> None:
    if response.diagnostics:
        raise AssertionError([one.message for one in response.diagnostics])


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
