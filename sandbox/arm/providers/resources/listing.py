"""Lists of resources of any type, in a subscription or a resource group, with the filters that ARM documents."""

import re
from typing import Any

from sandbox.arm.azure import Reply, Request
from sandbox.arm.bodies import mapping_at
from sandbox.arm.errors import bad_request
from sandbox.arm.regions import normalised
from sandbox.arm.store import Resource

_CLAUSE = re.compile(r"\s*(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_FIELDS = ("resourceType", "name", "resourceGroup", "location", "tagName", "tagValue")


def list_tracked(request: Request) -> Reply:
    """Answer a list of resources: what is tracked below the request's scope, without its properties."""
    azure = request.azure
    scope = azure.existing(request.resource_id)
    clauses = _clauses(request.query.get("$filter"))
    found = [
        _brief(azure.present(one))
        for one in azure.store.under(scope.id.text)
        if (kind := azure.types.get(one.id.type.lower())) and kind.tracked and _matches(one, clauses)
    ]
    return Reply(200, {"value": found})


def _brief(presented: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in presented.items() if key not in ("properties", "etag", "resources")}


def _clauses(text: str | None) -> list[tuple[str, str, str]]:
    """Parse a $filter: comparisons joined by `and`.

    Raises ArmError (400 InvalidFilterInQueryString) for anything else.
    """
    if not text or not text.strip():
        return []
    clauses: list[tuple[str, str, str]] = []
    for part in re.split(r"\s+and\s+(?=\w+\s+(?:eq|ne)\s)", text.strip(), flags=re.IGNORECASE):
        found = _CLAUSE.fullmatch(part)
        field = next((one for one in _FIELDS if found and one.lower() == found[1].lower()), None)
        if found is None or field is None:
            raise bad_request(
                "InvalidFilterInQueryString",
                f"Invalid $filter '{text}' specified in the query string. The local Azure reads comparisons "
                f"(field eq 'value', field ne 'value') of {', '.join(_FIELDS)}, joined by 'and'.",
            )
        clauses.append((field, found[2].lower(), found[3].replace("''", "'")))
    return clauses


def _matches(resource: Resource, clauses: list[tuple[str, str, str]]) -> bool:
    tags: dict[str, str] = {key.lower(): value for key, value in mapping_at(resource.document, "tags").items()}
    name = next((value for field, _, value in clauses if field == "tagName"), None)
    for field, comparison, value in clauses:
        if field == "tagName":
            equal = value.lower() in tags
        elif field == "tagValue":
            equal = value in (tags.values() if name is None else [tags.get(name.lower())])
        else:
            equal = _field(resource, field) == (normalised(value) if field == "location" else value.lower())
        if equal != (comparison == "eq"):
            return False
    return True


def _field(resource: Resource, field: str) -> str:
    if field == "resourceType":
        return resource.id.type.lower()
    if field == "name":
        return resource.id.name.lower()
    if field == "location":
        return normalised(str(resource.document.get("location") or ""))
    return (resource.id.resource_group or "").lower()
