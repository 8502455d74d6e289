"""Maintenance configurations: a schedule and what it installs.

Sources: the published REST specification; "Maintenance configurations"; Azure/bicep issue 8959 for the patch mode.
"""

from dataclasses import replace
from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import (
    Azure,
    Reply,
    Request,
    ResourceType,
    get_resource,
    list_resources,
    system_data,
)
from sandbox.arm.bodies import Shape, at, check, mapping_at, merged, without_nulls
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.maintenance import names
from sandbox.arm.providers.maintenance.agenda import next_due
from sandbox.arm.providers.maintenance.refusals import invalid_value, invalid_window, refused
from sandbox.arm.providers.maintenance.updates import INSTALL_PATCHES, check_install_patches
from sandbox.arm.providers.maintenance.window import NEVER, WINDOW, check_window
from sandbox.arm.quirks import DEFAULT_EXPIRY, LONG_IDS_FAIL, LOWER_CASED_IDS, NAME_HELD_AFTER_DELETE, REBOOT_SPELLING
from sandbox.arm.regions import check_unchanged, region
from sandbox.arm.simulation.maintenance_events import run_ended
from sandbox.arm.simulation.runs import fire
from sandbox.arm.store import Resource

_SCOPES = frozenset({"Host", "Resource", "OSImage", "Extension", "InGuestPatch", "SQLDB", "SQLManagedInstance"})
_SHAPE: Shape = {
    "namespace": str,
    "extensionProperties": {str: str},
    "maintenanceScope": _SCOPES,
    "maintenanceWindow": WINDOW,
    "visibility": frozenset({"Custom", "Public"}),
    "installPatches": INSTALL_PATCHES,
}
_GUEST = "InGuestPatch"
_PATCH_MODES = frozenset({"User", "Platform"})
_LONGEST_GROUP_AND_NAME = 127
_LONGEST_ID = 256
_HELD_SECONDS = 120
_ANSWERED_REBOOT = {"Never": "NeverReboot", "Always": "AlwaysReboot"}


def _put(request: Request) -> Reply:
    azure, configuration = request.azure, request.resource_id
    azure.check_parents(configuration)
    found = azure.store.get(configuration)
    location = region(request.body.get("location"), names.CONFIGURATION)
    if found:
        check_unchanged(found.document.get("location"), location, configuration.name, configuration.resource_group)
    else:
        _check_name(azure, configuration)
    document: dict[str, Any] = {"location": location}
    if request.body.get("tags"):
        document["tags"] = request.body["tags"]
    stored = _write(request, found, document, request.body.get("properties"))
    return Reply(200 if found else 201, azure.present(stored))


def _patch(request: Request) -> Reply:
    """Answer a PATCH: what it does not name stays."""
    azure = request.azure
    found = azure.existing(request.resource_id)
    location = request.body.get("location")
    if location:
        moved = region(location, names.CONFIGURATION)
        check_unchanged(found.document.get("location"), moved, found.id.name, found.id.resource_group)
    document = {key: value for key, value in found.document.items() if key != "properties"}
    if "tags" in request.body:
        document["tags"] = request.body["tags"] or {}
    properties = request.body.get("properties")
    check(properties, _SHAPE, "properties", invalid_value)
    stored = _write(request, found, document, merged(found.properties, properties or {}))
    return Reply(200, azure.present(stored))


def _write(request: Request, found: Resource | None, document: dict[str, Any], sent: Any) -> Resource:
    azure = request.azure
    check(sent, _SHAPE, "properties", invalid_value)
    given: dict[str, Any] = without_nulls(sent or {})
    if not given.get("maintenanceScope"):
        raise refused("The maintenanceScope of the maintenance configuration is not set.")
    guest = given["maintenanceScope"].lower() == _GUEST.lower()
    if str(given.get("visibility", "Custom")).lower() == "public":
        raise refused("Public Maintenance Configuration must set correct properties.")
    if guest:
        _check_guest(given)
    window: dict[str, Any] | None = given.get("maintenanceWindow")
    if window is not None:
        earlier = mapping_at(found.properties if found else None, "maintenanceWindow")
        check_window(window, earlier, azure.now(), guest=guest)
    if "installPatches" in given:
        check_install_patches(given["installPatches"])
        given["installPatches"] = {"rebootSetting": "IfRequired", **given["installPatches"]}
    scope = next(one for one in _SCOPES if one.lower() == given["maintenanceScope"].lower())
    properties = {**given, "maintenanceScope": scope, "visibility": "Custom"}
    resource = Resource(request.resource_id, {**document, "properties": properties}, found.private if found else {})
    return azure.write(replace(resource, due=next_due(azure, resource, azure.now())), request.api_version)


def _check_guest(given: dict[str, Any]) -> None:
    """A configuration for guests names its patch mode, its window and what it installs."""
    mode = at(given, "extensionProperties", "InGuestPatchMode")
    if mode is None:
        raise refused("Extension properties must contain Patch mode")
    if mode not in _PATCH_MODES:
        raise refused(
            f"The InGuestPatchMode '{mode}' of the extension properties is not valid. Allowed are User and Platform."
        )
    if not given.get("maintenanceWindow"):
        raise invalid_window("StartDateTime is not set for maintenance window.")
    if not given.get("installPatches"):
        raise refused("The installPatches of a maintenance configuration of the scope InGuestPatch are not set.")


def _check_name(azure: Azure, configuration: ResourceId) -> None:
    """Check the room that group and name take together, and that the name is not held by one just deleted."""
    check_length(azure, configuration)
    if len(configuration.resource_group or "") + len(configuration.name) > _LONGEST_GROUP_AND_NAME:
        raise refused(
            "The names of the resource group and of the maintenance configuration have more than "
            f"{_LONGEST_GROUP_AND_NAME} characters together."
        )
    if azure.store.get(_held(configuration)):
        raise ArmError(
            409,
            "Conflict",
            f"The maintenance configuration '{configuration.name}' is being deleted. Try again in some minutes.",
        )


def check_length(azure: Azure, resource_id: ResourceId) -> None:
    """Fail as the service does on an id that is too long for it, where that quirk is on.

    Raises ArmError (500 InternalServerError).
    """
    if LONG_IDS_FAIL in azure.settings.quirks and len(resource_id.text) > _LONGEST_ID:
        raise ArmError(500, "InternalServerError", "An error has occurred.")


def _held(configuration: ResourceId) -> ResourceId:
    name = f"{configuration.resource_group}~{configuration.name}"
    return ResourceId(f"/subscriptions/{configuration.subscription}", names.HELD_NAME, (name,))


def _delete(request: Request) -> Reply:
    azure = request.azure
    azure.check_parents(request.resource_id)
    found = azure.store.get(request.resource_id)
    if found is None:
        return Reply(204)
    azure.remove(found.id)
    return Reply(200, azure.present(found))


def _removed(azure: Azure, configuration: Resource) -> None:
    """Detach what is assigned to a configuration that is gone, wherever it is."""
    for assignment in azure.store.under("", names.ASSIGNMENT):
        if str(assignment.properties.get("maintenanceConfigurationId")).lower() == configuration.id.key:
            azure.remove(assignment.id)
    if NAME_HELD_AFTER_DELETE in azure.settings.quirks:
        azure.store.put(Resource(_held(configuration.id), {}, due=azure.now() + _HELD_SECONDS), azure.now())


def _release(azure: Azure, held: Resource) -> None:
    azure.store.delete(held.id)


def _present(configuration: Resource) -> dict[str, Any]:
    return {
        "id": configuration.id.text,
        "name": configuration.id.name,
        "type": names.CONFIGURATION,
        **configuration.document,
        "systemData": system_data(configuration, names.CALLER_TYPE),
    }


def _quirks(on: frozenset[str], answer: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = dict(mapping_at(answer, "properties"))
    window: dict[str, Any] | None = properties.get("maintenanceWindow")
    if DEFAULT_EXPIRY in on and window and not window.get("expirationDateTime"):
        properties["maintenanceWindow"] = {**window, "expirationDateTime": NEVER}
    patches: dict[str, Any] | None = properties.get("installPatches")
    if REBOOT_SPELLING in on and patches:
        setting = patches.get("rebootSetting", "")
        properties["installPatches"] = {**patches, "rebootSetting": _ANSWERED_REBOOT.get(setting, setting)}
    answer = {**answer, "properties": properties}
    return {**answer, "id": answer["id"].lower()} if LOWER_CASED_IDS in on else answer


TYPES = [
    ResourceType(
        names.CONFIGURATION,
        api_versions.MAINTENANCE,
        get=get_resource,
        put=_put,
        patch=_patch,
        delete=_delete,
        list=list_resources,
        present=_present,
        quirks=_quirks,
        due=fire,
        removed=_removed,
        shape=_SHAPE,
        tracked=True,
    ),
    ResourceType(names.HELD_NAME, api_versions.MAINTENANCE, due=_release),
    ResourceType(names.RUN_END, api_versions.MAINTENANCE, due=run_ended),
]
