"""Configuration assignments: to one machine, or to whatever a filter matches in a subscription or a resource group.

Sources: the published REST specification; "Configure schedule patching on Azure VMs for business continuity" for the
prerequisites; alchemy-run/alchemy, tested against the service, for what may change in place.
"""

from typing import Any

from sandbox.arm import api_versions
from sandbox.arm.azure import Azure, Reply, Request, ResourceType, system_data
from sandbox.arm.bodies import Shape, check, mapping_at, without_nulls
from sandbox.arm.errors import ArmError, bad_request, resource_not_found
from sandbox.arm.ids import MACHINE_TYPES, RESOURCE_GROUP, SUBSCRIPTION, VIRTUAL_MACHINE, ResourceId, parse
from sandbox.arm.providers.maintenance import names
from sandbox.arm.providers.maintenance.configurations import check_length
from sandbox.arm.providers.maintenance.filters import FIELDS, FILTER, check_filter
from sandbox.arm.providers.maintenance.prerequisites import unmet
from sandbox.arm.providers.maintenance.refusals import invalid_value, refused
from sandbox.arm.quirks import LOWER_CASED_IDS, MISSING_ASSIGNMENT_IS_400, NO_SUBSCRIPTION_LIST, NULLS
from sandbox.arm.regions import normalised
from sandbox.arm.store import Resource

_SHAPE: Shape = {"maintenanceConfigurationId": str, "resourceId": str, "filter": FILTER}
_GUEST = "InGuestPatch"
_SCALE_SETS = "microsoft.compute/virtualmachinescalesets"


def _scope(assignment: ResourceId) -> ResourceId:
    return parse(assignment.scope)


def _is_dynamic(assignment: ResourceId) -> bool:
    return bool(assignment.scope) and _scope(assignment).type in (SUBSCRIPTION, RESOURCE_GROUP)


def _put(request: Request) -> Reply:
    azure, assignment = request.azure, request.resource_id
    given = _read(request)
    location = request.body.get("location") or ""
    check_length(azure, assignment)
    configuration = _configuration(azure, given)
    _check_target(azure, assignment, configuration)
    found = azure.store.get(assignment)
    if found:
        _check_unchanged(found, configuration, location)
    return _store(request, found, configuration, given.get("filter"), location)


def _read(request: Request) -> dict[str, Any]:
    assignment = request.resource_id
    sent = request.body.get("properties")
    check(sent, _SHAPE, "properties", invalid_value)
    given: dict[str, Any] = without_nulls(sent or {})
    if "filter" in given and not _is_dynamic(assignment):
        raise refused("A filter belongs to an assignment at a subscription or a resource group, not to one machine.")
    own = given.get("resourceId")
    if own and own.strip("/").lower() not in (
        assignment.scope.strip("/").lower(),
        (assignment.subscription or "").lower(),
    ):
        raise refused(f"The resourceId '{own}' is not what the request's path names, '{assignment.scope}'.")
    return given


def _configuration(azure: Azure, given: dict[str, Any]) -> Resource:
    """Return the configuration that is assigned, in whichever subscription it is."""
    text = str(given.get("maintenanceConfigurationId") or "")
    if not text:
        raise refused("The maintenanceConfigurationId of the configuration assignment is not set.")
    try:
        configuration = parse(text)
    except ArmError:
        configuration = None
    if configuration is None or not text.startswith("/") or not configuration.is_type(names.CONFIGURATION):
        raise bad_request(
            "LinkedInvalidPropertyId",
            f"Property id '{text}' at path 'properties.maintenanceConfigurationId' is invalid. Expect fully qualified "
            "resource Id that start with '/subscriptions/{subscriptionId}' or "
            "'/providers/{resourceProviderNamespace}/'.",
        )
    found = azure.store.get(configuration)
    if found is None:
        raise resource_not_found(names.CONFIGURATION, configuration.name, configuration.resource_group)
    return found


def _check_target(azure: Azure, assignment: ResourceId, configuration: Resource) -> None:
    """Check what is assigned to: that it is there, of a kind that can be patched, and ready for a schedule."""
    if not assignment.scope:
        raise bad_request("InvalidResourceId", f"'{assignment.text}' names nothing to assign a configuration to.")
    guest = configuration.properties.get("maintenanceScope") == _GUEST
    target = _scope(assignment)
    if guest and _SCALE_SETS in target.type.lower():
        raise refused("The maintenance scope InGuestPatch is not supported for virtual machine scale sets.")
    azure.check_parents(assignment)
    if not guest or _is_dynamic(assignment):
        return
    if not any(target.is_type(one) for one in MACHINE_TYPES):
        raise refused(f"The maintenance scope InGuestPatch is not supported for resources of the type '{target.type}'.")
    if target.is_type(VIRTUAL_MACHINE):
        _check_ready(azure.existing(target))


def _check_ready(machine: Resource) -> None:
    """A virtual machine needs patch orchestration by customer managed schedules; a stopped one is taken as well."""
    lacking = unmet(machine)
    if lacking:
        raise refused(lacking)


def _check_unchanged(found: Resource, configuration: Resource, location: str) -> None:
    """Check that nothing but the filter of an assignment changes."""
    if str(found.properties.get("maintenanceConfigurationId")).lower() != configuration.id.key:
        raise refused(
            "The maintenanceConfigurationId of an existing configuration assignment cannot be changed. Delete the "
            "assignment and make it anew."
        )
    if normalised(str(found.document.get("location") or "")) != normalised(location):
        raise refused("The location of an existing configuration assignment cannot be changed.")


def _store(
    request: Request, found: Resource | None, configuration: Resource, given: dict[str, Any] | None, location: str
) -> Reply:
    azure, assignment = request.azure, request.resource_id
    properties: dict[str, Any] = {
        "maintenanceConfigurationId": configuration.id.text,
        "resourceId": assignment.scope,
    }
    if _is_dynamic(assignment):
        wanted = given or {}
        check_filter(wanted, on_group=_scope(assignment).type == RESOURCE_GROUP)
        properties["filter"] = _with_operator(wanted)
    document: dict[str, Any] = {"location": location} if location else {}
    stored = azure.write(Resource(assignment, {**document, "properties": properties}), request.api_version)
    return Reply(200 if found else 201, azure.present(stored))


def _with_operator(wanted: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] | None = wanted.get("tagSettings")
    return {**wanted, "tagSettings": {"filterOperator": "Any", **settings}} if settings else wanted


def _patch(request: Request) -> Reply:
    """Answer a PATCH, which only dynamic scopes have: it changes the filter."""
    azure, assignment = request.azure, request.resource_id
    if not _is_dynamic(assignment):
        raise ArmError(405, "MethodNotAllowed", "'PATCH' is not allowed on the assignment of one resource.")
    found = azure.existing(assignment)
    given = _read(request)
    location = found.document.get("location") or ""
    kept = {"maintenanceConfigurationId": found.properties.get("maintenanceConfigurationId")}
    configuration = _configuration(azure, {**kept, **given})
    _check_unchanged(found, configuration, request.body.get("location") or location)
    return _store(request, found, configuration, given.get("filter", found.properties.get("filter")), location)


def _get(request: Request) -> Reply:
    azure, assignment = request.azure, request.resource_id
    azure.check_parents(assignment)
    found = azure.store.get(assignment)
    if found:
        return Reply(200, azure.present(found))
    if MISSING_ASSIGNMENT_IS_400 in azure.settings.quirks and _has_another(azure, assignment):
        raise refused(f"Invalid configurationAssignmentName: {assignment.name}. Confirm api version.")
    raise resource_not_found(names.ASSIGNMENT, assignment.name, assignment.resource_group)


def _has_another(azure: Azure, assignment: ResourceId) -> bool:
    """Tell whether the machine of an assignment has any other."""
    there = azure.store.under(assignment.scope, names.ASSIGNMENT)
    return not _is_dynamic(assignment) and any(one.id.scope.lower() == assignment.scope.lower() for one in there)


def _delete(request: Request) -> Reply:
    azure, assignment = request.azure, request.resource_id
    azure.check_parents(assignment)
    found = azure.store.get(assignment)
    if found is None:
        return Reply(204)
    azure.remove(assignment)
    answer = azure.present(found)
    return Reply(200, {key: answer[key] for key in ("id", "name", "type")})


def _list(request: Request) -> Reply:
    """List the assignments of a resource or a group; at a subscription, all within it."""
    azure, scope = request.azure, request.id
    if scope is None:
        raise bad_request("InvalidResourceId", "Configuration assignments are listed at a scope.")
    azure.check_parents(scope)
    azure.existing(scope)
    within = scope.type == SUBSCRIPTION
    if within and NO_SUBSCRIPTION_LIST in azure.settings.quirks:
        raise ArmError(501, "NotImplemented", "The operation is not implemented.")
    found = [
        one for one in azure.store.under(scope.text, names.ASSIGNMENT) if within or one.id.scope.lower() == scope.key
    ]
    return Reply(200, {"value": [azure.present(one) for one in found]})


def _present(assignment: Resource) -> dict[str, Any]:
    return {
        "id": assignment.id.text,
        "name": assignment.id.name,
        "type": names.ASSIGNMENT,
        **assignment.document,
        "systemData": system_data(assignment, names.CALLER_TYPE),
    }


def _quirks(on: frozenset[str], answer: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = dict(mapping_at(answer, "properties"))
    given: dict[str, Any] | None = properties.get("filter")
    if NULLS in on and given is not None:
        properties["filter"] = {**dict.fromkeys(FIELDS), **given}
    if LOWER_CASED_IDS in on:
        for key in ("maintenanceConfigurationId", "resourceId"):
            properties[key] = str(properties.get(key) or "").lower()
        answer = {**answer, "id": answer["id"].lower()}
    return {**answer, "properties": properties}


TYPE = ResourceType(
    names.ASSIGNMENT,
    api_versions.MAINTENANCE,
    get=_get,
    put=_put,
    patch=_patch,
    delete=_delete,
    list=_list,
    present=_present,
    quirks=_quirks,
    shape=_SHAPE,
)
