"""Microsoft.HybridCompute: Arc-enabled machines.

On Azure, a machine is made by the agent that connects it; here a PUT makes one that is connected.
"""

import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import (
    Reply,
    Request,
    ResourceType,
    delete_resource,
    get_resource,
    list_resources,
)
from sandbox.arm.bodies import Shape, check, invalid_content, mapping_at, merged, without_nulls
from sandbox.arm.identities import identity_of
from sandbox.arm.ids import ARC_MACHINE
from sandbox.arm.operations import begin, operations_type
from sandbox.arm.regions import check_unchanged, region, region_of
from sandbox.arm.simulation.acting import assess, patch
from sandbox.arm.simulation.on_demand import window_minutes
from sandbox.arm.simulation.records import USER, common, results_kept
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_ASYNCHRONOUS_FROM = "2026"
_MODES = frozenset({"ImageDefault", "AutomaticByPlatform", "AutomaticByOS", "Manual"})
_SETTINGS: Shape = {
    "patchSettings": {
        "assessmentMode": frozenset({"ImageDefault", "AutomaticByPlatform"}),
        "patchMode": _MODES,
        "enableHotpatching": bool,
    }
}
_SHAPE: Shape = {
    "osProfile": {"computerName": str, "windowsConfiguration": _SETTINGS, "linuxConfiguration": _SETTINGS},
    "osName": str,
    "osType": str,
    "location": str,
    "vmId": str,
    "clientPublicKey": str,
    "locationData": {"name": str},
    "parentClusterResourceId": str,
    "privateLinkScopeResourceId": str,
    "agentUpgrade": {},
    "mssqlDiscovered": str,
    "extensions": [{}],
}
_CHANGEABLE = frozenset(
    {
        "osProfile",
        "locationData",
        "parentClusterResourceId",
        "privateLinkScopeResourceId",
        "agentUpgrade",
        "cloudMetadata",
    }
)


def _put(request: Request) -> Reply:
    azure, machine = request.azure, request.resource_id
    azure.check_parents(machine)
    check(request.body, {"properties": _SHAPE})
    found = azure.store.get(machine)
    location = region(request.body.get("location"), ARC_MACHINE)
    if found:
        check_unchanged(found.document.get("location"), location, machine.name, machine.resource_group)
    given: dict[str, Any] = without_nulls(mapping_at(request.body, "properties"))
    made = {"vmId": str(uuid.uuid4()), "status": "Connected", "lastStatusChange": instant(azure.now())}
    properties = {**made, "displayName": machine.name, **(found.properties if found else {}), **given}
    document: dict[str, Any] = {"location": location, "properties": {**properties, "provisioningState": "Succeeded"}}
    document |= {key: request.body[key] for key in ("tags", "kind") if request.body.get(key)}
    if identity := identity_of(request.body.get("identity"), found):
        document["identity"] = identity
    stored = azure.write(Resource(machine, document, found.private if found else {}), request.api_version)
    return Reply(200, azure.present(stored))


def _patch(request: Request) -> Reply:
    azure = request.azure
    found = azure.existing(request.resource_id)
    check(request.body, {"properties": _SHAPE})
    document = dict(found.document)
    if "tags" in request.body:
        document["tags"] = request.body["tags"] or {}
    if "identity" in request.body:
        document.pop("identity", None)
        if identity := identity_of(request.body["identity"], found):
            document["identity"] = identity
    given: dict[str, Any] = mapping_at(request.body, "properties")
    changes = {key: value for key, value in given.items() if key in _CHANGEABLE}
    document["properties"] = merged(found.properties, changes)
    return Reply(200, azure.present(azure.write(replace(found, document=document), request.api_version)))


def _delete(request: Request) -> Reply:
    """Answer a DELETE; newer api-versions have an operation to follow, which has ended when it is first polled."""
    found = request.azure.store.get(request.resource_id)
    reply = delete_resource(request)
    if found is None or request.api_version < _ASYNCHRONOUS_FROM:
        return reply
    return Reply(202, None, begin(request, region_of(found.document), 0.0))


def _accept(request: Request, output: dict[str, Any]) -> Reply:
    machine = request.azure.existing(request.resource_id)
    delay = request.azure.settings.operation_delay
    return Reply(202, None, begin(request, region_of(machine.document), delay, output))


def _assess(request: Request) -> Reply:
    """Answer an assessment: what the machine lacks now."""
    azure = request.azure
    found = assess(azure, azure.existing(request.resource_id), azure.now(), USER)
    moment = instant(found.moment)
    output: dict[str, Any] = {
        "status": "Succeeded",
        "assessmentActivityId": found.activity,
        "rebootPending": found.reboot_pending,
        "availablePatchCountByClassification": found.counts,
        "startDateTime": moment,
        "lastModifiedDateTime": moment,
        **common(found.system, found.started_by),
    }
    return _accept(request, output)


def _install(request: Request) -> Reply:
    """Answer an installation on demand: accepted, and done before the operation ends."""
    azure = request.azure
    machine = azure.existing(request.resource_id)
    minutes = window_minutes(request.body, invalid_content)
    done = patch(azure, machine, request.body, moment=azure.now(), minutes=minutes, started_by=USER)
    output: dict[str, Any] = {
        "status": done.status,
        "installationActivityId": done.activity,
        "rebootStatus": done.reboot_status,
        "maintenanceWindowExceeded": done.exceeded,
        **done.counts,
        "startDateTime": instant(done.started),
        "lastModifiedDateTime": instant(done.ended),
        **common(done.system, done.started_by),
    }
    return _accept(request, output)


TYPES = [
    ResourceType(
        ARC_MACHINE,
        api_versions.HYBRID_COMPUTE,
        get=get_resource,
        put=_put,
        patch=_patch,
        delete=_delete,
        list=list_resources,
        actions={"POST assesspatches": _assess, "POST installpatches": _install},
        shape=_SHAPE,
        tracked=True,
    ),
    operations_type("Microsoft.HybridCompute", api_versions.HYBRID_COMPUTE),
    results_kept(ARC_MACHINE, api_versions.HYBRID_COMPUTE),
]
