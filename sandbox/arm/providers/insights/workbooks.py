"""Microsoft.Insights/workbooks: kept and shown; nothing draws them.

Sources: the published REST specification, 2023-06-01. A GET leaves the content out unless it is asked for it
(`canFetchContent`), and a tag `hidden-title` comes by itself (the azurerm provider asks for the one, and passes over
the other).
"""

import json
import uuid
from typing import Any

from sandbox.arm.azure import CALLER_ID, Reply, Request, ResourceType, delete_resource
from sandbox.arm.bodies import Shape, check, mapping_at, merged, without_nulls
from sandbox.arm.providers.insights import common
from sandbox.arm.regions import check_unchanged, region
from sandbox.arm.store import Resource
from sandbox.arm.times import instant
from sandbox.arm.words import words

WORKBOOK = "Microsoft.Insights/workbooks"
_VERSIONS = words("2015-05-01 2018-06-17-preview 2020-10-20 2021-03-08 2021-08-01 2022-04-01 2023-06-01")
_TITLE = "hidden-title"
_SHAPE: Shape = {
    "displayName": str,
    "serializedData": str,
    "version": str,
    "category": str,
    "sourceId": str,
    "storageUri": str,
    "description": str,
    "tags": [str],
}


def _put(request: Request) -> Reply:
    azure, body = request.azure, without_nulls(request.body)
    azure.check_parents(request.resource_id)
    check(body, {"kind": frozenset({"shared"}), "properties": _SHAPE})
    _check_name(request.resource_id.name)
    location = region(body.get("location"), WORKBOOK)
    found = azure.store.get(request.resource_id)
    if found:
        check_unchanged(found.document["location"], location, found.id.name, found.id.resource_group)
    return _kept(request, location, body.get("tags") or {}, mapping_at(body, "properties"))


def _patch(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    check(request.body, {"kind": frozenset({"shared"}), "properties": _SHAPE})
    tags = merged(found.document["tags"], request.body.get("tags") or {})
    properties = merged(found.properties, mapping_at(request.body, "properties"))
    return _kept(request, found.document["location"], tags, properties)


def _kept(request: Request, location: str, tags: dict[str, Any], given: dict[str, Any]) -> Reply:
    common.required(given, "displayName", "category", "serializedData")
    _check_content(given["serializedData"])
    made: dict[str, Any] = {
        "userId": CALLER_ID,
        "timeModified": instant(request.azure.now()),
        "revision": uuid.uuid4().hex,
        "sourceId": str(given.get("sourceId") or "azure monitor").lower(),
    }
    document: dict[str, Any] = {
        "location": location,
        "kind": "shared",
        "tags": {**tags, _TITLE: given["displayName"]},
        "properties": {**given, **made},
    }
    return common.stored(request, document)


def _check_name(name: str) -> None:
    try:
        uuid.UUID(name)
    except ValueError:
        raise common.bad_rule(f"The name of a workbook is a GUID, which '{name}' is not.") from None


def _check_content(content: str) -> None:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise common.bad_rule("The property 'properties.serializedData' is not valid JSON.") from None


def _get(request: Request) -> Reply:
    return Reply(200, _as_asked(request, request.azure.existing(request.resource_id)))


def _list(request: Request) -> Reply:
    azure, category = request.azure, request.query.get("category")
    if not category:
        raise common.bad_rule("The query parameter 'category' is required: workbook, TSG, performance or retention.")
    if request.id is not None:
        azure.existing(request.id)
    found = azure.store.under(request.id.text if request.id else "", WORKBOOK)
    wanted = [one for one in found if one.properties["category"] == category]
    return Reply(200, {"value": [_as_asked(request, one) for one in wanted]})


def _as_asked(request: Request, workbook: Resource) -> dict[str, Any]:
    answer = request.azure.present(workbook)
    if request.query.get("canFetchContent", "").lower() == "true":
        return answer
    return {**answer, "properties": {**answer["properties"], "serializedData": None}}


def _present(workbook: Resource) -> dict[str, Any]:
    return common.with_system_data(workbook, common.shown(workbook, "microsoft.insights/workbooks"))


TYPE = ResourceType(
    WORKBOOK,
    _VERSIONS,
    get=_get,
    put=_put,
    patch=_patch,
    delete=delete_resource,
    list=_list,
    present=_present,
    tracked=True,
)
