"""Extensions of virtual machines: they need an agent, and a machine that runs."""

from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType, get_resource, list_resources
from sandbox.arm.bodies import Shape, check, mapping_at, merged, without_nulls
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import VIRTUAL_MACHINE, ResourceId
from sandbox.arm.operations import begin
from sandbox.arm.providers.compute.machine_body import configuration, operating_system
from sandbox.arm.providers.compute.power import RUNNING, power_state
from sandbox.arm.providers.compute.refusals import (
    missing_parameter,
    operation_not_allowed,
    property_change_not_allowed,
    unreadable,
)
from sandbox.arm.regions import region, region_of
from sandbox.arm.store import Resource

EXTENSION = "Microsoft.Compute/virtualMachines/extensions"
_SHAPE: Shape = {
    "publisher": str,
    "type": str,
    "typeHandlerVersion": str,
    "autoUpgradeMinorVersion": bool,
    "enableAutomaticUpgrade": bool,
    "suppressFailures": bool,
    "forceUpdateTag": str,
    "settings": {},
    "protectedSettings": {},
    "provisionAfterExtensions": [str],
}
_NEEDED = ("publisher", "type", "typeHandlerVersion")


def _put(request: Request) -> Reply:
    extension = request.resource_id
    request.azure.check_parents(extension)
    location = region(request.body.get("location"), EXTENSION)
    found = request.azure.store.get(extension)
    document = {"location": location, **({"tags": request.body["tags"]} if request.body.get("tags") else {})}
    return _write(request, found, document, request.body.get("properties"))


def _patch(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    document = {key: value for key, value in found.document.items() if key != "properties"}
    if "tags" in request.body:
        document["tags"] = request.body["tags"] or {}
    return _write(request, found, document, merged(found.properties, mapping_at(request.body, "properties")))


def _write(request: Request, found: Resource | None, document: dict[str, Any], sent: Any) -> Reply:
    azure, extension = request.azure, request.resource_id
    check(sent, _SHAPE, refuse=unreadable)
    given: dict[str, Any] = without_nulls(sent or {})
    for key in _NEEDED:
        if not given.get(key):
            raise missing_parameter(key)
        if found and key != "typeHandlerVersion" and found.properties.get(key) != given[key]:
            raise property_change_not_allowed(f"properties.{key}")
    _check_machine(azure, extension, given)
    properties = {
        "autoUpgradeMinorVersion": False,
        **{key: value for key, value in given.items() if key not in ("protectedSettings", "instanceView")},
        "provisioningState": "Updating" if found else "Creating",
    }
    delay = azure.settings.operation_delay
    resource = Resource(extension, {**document, "properties": properties}, due=azure.now() + delay)
    stored = azure.write(resource, request.api_version)
    headers = begin(request, document["location"], delay)
    headers.pop("Location")
    return Reply(200 if found else 201, azure.present(stored), headers)


def _machine(azure: Azure, extension: ResourceId) -> Resource:
    return azure.existing(ResourceId(extension.scope, VIRTUAL_MACHINE, extension.names[:-1]))


def _check_machine(azure: Azure, extension: ResourceId, given: dict[str, Any]) -> None:
    machine = _machine(azure, extension)
    profile: dict[str, Any] = mapping_at(machine.properties, "osProfile")
    agent = configuration(machine.properties).get("provisionVMAgent", True)
    if not agent or profile.get("allowExtensionOperations") is False:
        raise operation_not_allowed(
            "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM "
            "Agent is installed on the VM and the osProfile.allowExtensionOperations property is true."
        )
    if power_state(machine) != RUNNING:
        raise operation_not_allowed("Cannot modify extensions in the VM when the VM is not running.")
    handler = _handler(given)
    for other in azure.store.under(machine.id.text, EXTENSION):
        if other.id.key != extension.key and _handler(other.properties).lower() == handler.lower():
            raise ArmError(
                400,
                "BadRequest",
                "Multiple VMExtensions per handler not supported for OS type "
                f"'{operating_system(machine.properties)}'. VMExtension '{extension.name}' with handler '{handler}' "
                "already added or specified in input.",
            )


def _handler(properties: dict[str, Any]) -> str:
    return f"{properties.get('publisher')}.{properties.get('type')}"


def _delete(request: Request) -> Reply:
    azure, extension = request.azure, request.resource_id
    azure.check_parents(extension)
    found = azure.store.get(extension)
    if found is None:
        return Reply(204)
    if power_state(_machine(azure, extension)) != RUNNING:
        raise operation_not_allowed("Cannot modify extensions in the VM when the VM is not running.")
    delay = azure.settings.operation_delay
    deleting = replace(found.with_properties(provisioningState="Deleting"), due=azure.now() + delay)
    azure.store.put(deleting, azure.now())
    return Reply(202, None, begin(request, region_of(found.document), delay))


def _settle(azure: Azure, extension: Resource) -> None:
    if extension.properties.get("provisioningState") == "Deleting":
        azure.remove(extension.id)
    else:
        azure.store.put(replace(extension.with_properties(provisioningState="Succeeded"), due=None), azure.now())


TYPE = ResourceType(
    EXTENSION,
    api_versions.COMPUTE,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=_delete,
    list=list_resources,
    due=_settle,
    shape=_SHAPE,
    tracked=True,
)
