"""Virtual machines: made, changed and deleted asynchronously, under the rules of `machine_rules`."""

import re
import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType, list_resources
from sandbox.arm.bodies import at, list_at, mapping_at, merged
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.identities import identity_of
from sandbox.arm.ids import VIRTUAL_MACHINE, ResourceId, parse
from sandbox.arm.links import link, referenced, unlink, users
from sandbox.arm.operations import begin
from sandbox.arm.providers.compute import machine_body, machine_rules, power
from sandbox.arm.providers.compute.extensions import EXTENSION
from sandbox.arm.providers.compute.refusals import invalid_parameter, missing_parameter, property_change_not_allowed
from sandbox.arm.providers.network import INTERFACE
from sandbox.arm.regions import check_unchanged, region, region_of
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_NAME = re.compile(r"[^\W_]([\w.-]{0,62}[\w-])?")
_KEPT = ("tags", "zones", "plan", "extendedLocation")


def _get(request: Request) -> Reply:
    """Answer a GET, with the extensions, and the instance view where `$expand` asks for it."""
    azure = request.azure
    machine = azure.existing(request.resource_id)
    answer = azure.present(machine)
    extensions = [azure.present(one) for one in azure.store.under(machine.id.text, EXTENSION)]
    if extensions:
        answer["resources"] = extensions
    expand = request.query.get("$expand", "")
    if expand.lower() == "instanceview":
        view = power.instance_view(azure, machine)
        answer["properties"] = {**answer["properties"], "instanceView": view}
    elif expand and expand.lower() != "userdata":
        raise bad_request("InvalidParameter", f"The value '{expand}' of parameter $expand is invalid.")
    return Reply(200, answer, {"ETag": f'"{machine.etag}"'})


def _put(request: Request) -> Reply:
    azure, machine = request.azure, request.resource_id
    azure.check_parents(machine)
    found = azure.store.get(machine)
    location = region(request.body.get("location"), VIRTUAL_MACHINE)
    if found:
        check_unchanged(found.document.get("location"), location, machine.name, machine.resource_group)
    else:
        _check_name(machine.name)
    document = {key: request.body[key] for key in _KEPT if request.body.get(key)}
    if (
        found
        and "zones" in found.document
        and document.get("zones", found.document["zones"]) != found.document["zones"]
    ):
        raise property_change_not_allowed("zones")
    document["location"] = location
    identity = identity_of(request.body.get("identity"), found)
    if identity:
        document["identity"] = identity
    return _write(request, found, document, request.body.get("properties"))


def _patch(request: Request) -> Reply:
    """Answer a PATCH: a merge patch of what may change."""
    found = request.azure.existing(request.resource_id)
    document = {key: value for key, value in found.document.items() if key != "properties"}
    for key in ("tags", "zones", "plan"):
        if key in request.body:
            document[key] = request.body[key] or {}
    if "identity" in request.body:
        identity = identity_of(request.body["identity"], found)
        document = {key: value for key, value in document.items() if key != "identity"}
        document |= {"identity": identity} if identity else {}
    given = machine_body.read(request.body.get("properties"))
    whole = merged({key: found.properties[key] for key in given if key in found.properties}, given)
    return _write(request, found, document, whole)


def _write(request: Request, found: Resource | None, document: dict[str, Any], sent: object) -> Reply:
    """Check and store a machine that is made or changed, and begin the operation that ends it."""
    azure, machine = request.azure, request.resource_id
    given = machine_body.read(sent)
    before = found.properties if found else None
    private: dict[str, Any] = found.private if found else {"powerState": power.RUNNING}
    secrets = mapping_at(private, "secrets")
    if found and found.properties.get("provisioningState") == "Deleting":
        raise ArmError(409, "OperationNotAllowed", f"The machine '{machine.name}' is being deleted.")
    properties = machine_body.filled(machine, given, before)
    if before is None:
        machine_rules.check_new(given, properties)
    else:
        machine_rules.check_unchanged(before, properties)
        if changed := machine_body.changed_secret(given, secrets):
            raise property_change_not_allowed(f"osProfile.{changed}")
    machine_rules.check_patch_settings(properties)
    _connect(azure, machine, document["location"], properties, before)
    properties["vmId"] = before["vmId"] if before and "vmId" in before else str(uuid.uuid4())
    properties["timeCreated"] = (before or {}).get("timeCreated") or instant(azure.now())
    properties["provisioningState"] = "Updating" if found else "Creating"
    delay = azure.settings.machine_delay
    secrets = machine_body.fingerprints(given, secrets)
    resource = Resource(
        machine, {**document, "properties": properties}, {**private, "secrets": secrets}, due=azure.now() + delay
    )
    stored = azure.write(resource, request.api_version)
    headers = begin(request, document["location"], delay)
    headers.pop("Location")
    return Reply(200 if found else 201, azure.present(stored), headers)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            "vmName",
            "The entity name 'vmName' is invalid according to its validation rule: 1 to 64 letters, digits, '-', '.' "
            "and '_', beginning with a letter or a digit.",
        )


def _connect(
    azure: Azure, machine: ResourceId, location: str, properties: dict[str, Any], before: dict[str, Any] | None
) -> None:
    """Attach the machine to its network interfaces, which must exist in its region and be on no other machine."""
    references = list_at(properties, "networkProfile", "networkInterfaces")
    known = {text.lower() for text in _interface_ids(before or {})}
    for reference in references:
        text = reference.get("id")
        if not text:
            raise missing_parameter("networkInterface.id")
        if text.lower() in known and azure.store.get(parse(text)) is None:
            continue  # a machine that was seeded without its network interface
        interface = referenced(azure, text, INTERFACE, machine, location)
        others = [one for one in users(interface) if one.lower() != machine.key]
        if others:
            raise bad_request(
                "NicInUse",
                f"Network Interface {interface.id.text} is used by existing resource {others[0]}. In order to use it, "
                "it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
            )
        link(azure, interface.id, machine.text)
    primary = [one for one in references if at(one, "properties", "primary")]
    if len(references) > 1 and len(primary) != 1:
        raise bad_request(
            "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
            f"Virtual machine {machine.name} must have one network interface set as the primary.",
        )
    kept = {text.lower() for text in _interface_ids(properties)}
    for text in _interface_ids(before or {}):
        if text.lower() not in kept:
            unlink(azure, text, machine.text)


def _interface_ids(properties: dict[str, Any]) -> list[str]:
    references = list_at(properties, "networkProfile", "networkInterfaces")
    return [one["id"] for one in references if one.get("id")]


def _delete(request: Request) -> Reply:
    azure = request.azure
    azure.check_parents(request.resource_id)
    found = azure.store.get(request.resource_id)
    if found is None:
        return Reply(204)
    delay = azure.settings.machine_delay
    deleting = replace(found.with_properties(provisioningState="Deleting"), due=azure.now() + delay)
    azure.store.put(deleting, azure.now())
    return Reply(202, None, begin(request, region_of(found.document), delay))


def _settle(azure: Azure, machine: Resource) -> None:
    """End what is under way on a machine."""
    if machine.properties.get("provisioningState") == "Deleting":
        azure.remove(machine.id)
    else:
        azure.store.put(replace(machine.with_properties(provisioningState="Succeeded"), due=None), azure.now())


def _removed(azure: Azure, machine: Resource) -> None:
    """Let go of the network interfaces, and delete those that are to go with their machine."""
    for reference in list_at(machine.properties, "networkProfile", "networkInterfaces"):
        text = reference.get("id")
        if text:
            unlink(azure, text, machine.id.text)
        if text and str(at(reference, "properties", "deleteOption")).lower() == "delete":
            azure.remove(parse(text))


TYPE = ResourceType(
    VIRTUAL_MACHINE,
    api_versions.COMPUTE,
    get=_get,
    put=_put,
    patch=_patch,
    delete=_delete,
    list=list_resources,
    actions=power.ACTIONS,
    due=_settle,
    removed=_removed,
    shape=machine_body.SHAPE,
    tracked=True,
)
