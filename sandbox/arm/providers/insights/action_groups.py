"""Microsoft.Insights/actionGroups: kept and shown; nobody is told anything.

Source: the published REST specification, 2023-01-01, for what is required, and the twelve characters of a short name.
"""

from typing import Any

from sandbox.arm.azure import Reply, Request, ResourceType, delete_resource, get_resource, list_resources
from sandbox.arm.bodies import Shape, at, check, list_at, mapping_at, merged, without_nulls
from sandbox.arm.providers.insights import common
from sandbox.arm.regions import GLOBAL, normalised, region
from sandbox.arm.store import Resource
from sandbox.arm.words import words

ACTION_GROUP = "Microsoft.Insights/actionGroups"
_VERSIONS = words(
    """
    2017-04-01 2018-03-01 2018-09-01 2019-03-01 2019-06-01 2021-09-01 2022-04-01 2022-06-01 2023-01-01
    2023-09-01-preview 2024-10-01-preview
    """
)
_LONGEST_SHORT_NAME = 12
_RECEIVERS = (
    "emailReceivers",
    "smsReceivers",
    "webhookReceivers",
    "itsmReceivers",
    "azureAppPushReceivers",
    "automationRunbookReceivers",
    "voiceReceivers",
    "logicAppReceivers",
    "azureFunctionReceivers",
    "armRoleReceivers",
    "eventHubReceivers",
)
_SHAPE: Shape = {"groupShortName": str, "enabled": bool, **{name: [{"name": str}] for name in _RECEIVERS}}


def _put(request: Request) -> Reply:
    azure, body = request.azure, without_nulls(request.body)
    azure.check_parents(request.resource_id)
    check(body, {"properties": _SHAPE})
    location = body.get("location")
    given: dict[str, Any] = mapping_at(body, "properties")
    common.required(given, "groupShortName")
    if len(given["groupShortName"]) > _LONGEST_SHORT_NAME:
        raise common.bad_rule(f"The short name of an action group has at most {_LONGEST_SHORT_NAME} characters.")
    names = [str(at(one, "name")).lower() for kind in _RECEIVERS for one in list_at(given, kind)]
    if len(set(names)) < len(names):
        raise common.bad_rule("The names of receivers have to be unique within an action group.")
    document: dict[str, Any] = {
        "location": "Global" if normalised(str(location)) == GLOBAL else region(location, ACTION_GROUP),
        "tags": body.get("tags") or {},
        "properties": {"enabled": True, **{name: [] for name in _RECEIVERS}, **given},
    }
    return common.stored(request, document)


def _patch(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    check(request.body, {"properties": {"enabled": bool}})
    enabled = mapping_at(request.body, "properties").get("enabled", found.properties["enabled"])
    document = {
        **found.document,
        "tags": merged(found.document.get("tags"), request.body.get("tags") or {}),
        "properties": {**found.properties, "enabled": enabled},
    }
    return Reply(200, request.azure.present(request.azure.write(Resource(found.id, document), request.api_version)))


TYPE = ResourceType(
    ACTION_GROUP,
    _VERSIONS,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=delete_resource,
    list=list_resources,
    present=lambda resource: common.shown(resource, ACTION_GROUP),
    tracked=True,
)
