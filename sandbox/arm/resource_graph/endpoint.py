"""Microsoft.ResourceGraph/resources: a query goes in, a page of rows comes out.

Sources: the published REST specification; "Working with large Azure resource data sets" for pages; "Guidance for
throttled requests in Azure Resource Graph" for the headers.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.arm.azure import Azure, Reply, Request, ResourceType
from sandbox.arm.bodies import Shape, check
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import RESOURCE_GRAPH, SUBSCRIPTION, ResourceId
from sandbox.arm.policy.scopes import hierarchy_of
from sandbox.arm.providers.authorization.principals import Grants, grants_of
from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.compiled import Context, Table
from sandbox.arm.resource_graph.errors import QueryError
from sandbox.arm.resource_graph.evaluation import evaluate
from sandbox.arm.resource_graph.pages import Page, Pages
from sandbox.arm.resource_graph.rows import Scope
from sandbox.arm.resource_graph.tables import table
from sandbox.arm.resource_graph.values import as_json
from sandbox.arm.words import words

_VERSIONS = words("2021-03-01 2022-10-01 2024-04-01")
_MOST_ROWS = 1000
_MOST_SUBSCRIPTIONS = 1000
_FORMATS = frozenset({"table", "objectArray"})
_SHAPE: Shape = {
    "subscriptions": [str],
    "managementGroups": [str],
    "query": str,
    "options": {
        "$top": int,
        "$skip": int,
        "$skipToken": str,
        "resultFormat": _FORMATS,
        "allowPartialScopes": bool,
        "authorizationScopeFilter": str,
    },
    "facets": [{}],
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_JSON_TYPES = {"long": "integer", "real": "number", "bool": "boolean", "dynamic": "object", "datetime": "datetime"}
_HEADERS = {"x-ms-user-quota-remaining": "15", "x-ms-user-quota-resets-after": "00:00:05"}
_pages: WeakKeyDictionary[Azure, Pages] = WeakKeyDictionary()


def _query(request: Request) -> Reply:
    azure, body = request.azure, request.body
    check(body, _SHAPE, refuse=_invalid)
    options: dict[str, Any] = body.get("options") or {}
    if body.get("facets"):
        raise QueryError("FacetsNotSupported", "Facets are not modelled. Ask for a summarize of its own instead.")
    if str(options.get("authorizationScopeFilter") or "AtScopeAndBelow").lower() != "atscopeandbelow":
        raise _invalid("options.authorizationScopeFilter", "has a value that is not modelled: only AtScopeAndBelow is")
    grants = grants_of(azure, hierarchy_of(azure.store), request.limited_to) if request.limited_to else None
    scope = _scope(azure, body, grants)
    from sandbox.arm.resource_graph.parsing import parse  # noqa: PLC0415 (slow to load, and rarely needed)

    query = parse(str(body.get("query") or ""))

    def answer() -> Table:
        now = datetime.fromtimestamp(azure.now(), UTC)
        # Of one moment, and made once, however often the query names it.
        return evaluate(query, Context(now, cache(partial(table, azure, scope))))

    pages = _pages.setdefault(azure, Pages())
    where = [sorted(scope.subscriptions), sorted(scope.management_groups), scope.whole]
    asked = json.dumps([body.get("query"), *where, request.limited_to])
    size, token = _size(options), options.get("$skipToken")
    if token:
        page = pages.next(asked, token, size, answer)
    else:
        page = pages.first(asked, answer(), _skipped(options, query), size)
    return Reply(200, _answered(page, str(options.get("resultFormat") or "objectArray")), _HEADERS)


def _invalid(path: str, message: str) -> ArmError:
    return QueryError("InvalidRequest", f"'{path}' {message}.")


def _size(options: dict[str, Any]) -> int:
    top = options.get("$top")
    if top is not None and not 0 < top <= _MOST_ROWS:
        raise _invalid("options.$top", f"is not between 1 and {_MOST_ROWS}")
    return top or _MOST_ROWS


def _skipped(options: dict[str, Any], query: syntax.Query) -> int:
    """Return how many rows are skipped: none where the query itself says how many it takes."""
    skip = options.get("$skip") or 0
    if skip < 0:
        raise _invalid("options.$skip", "is negative")
    limited = any(isinstance(one, syntax.Take) and not one.keys for one in query.pipeline.operators)
    return 0 if limited else skip


def _scope(azure: Azure, body: dict[str, Any], grants: Grants | None) -> Scope:
    """Return where to look: the subscriptions or the management groups that are named, or the tenant.

    Subscriptions that are not there are left out, and those in which nothing is granted; not one of them is refused.
    """
    subscriptions: list[str] = [one.lower() for one in body.get("subscriptions") or ()]
    groups: list[str] = [one.lower() for one in body.get("managementGroups") or ()]
    if subscriptions and groups:
        raise _invalid("managementGroups", "stands beside 'subscriptions': a query has one of them, or neither")
    if groups:
        return replace(_below(azure, groups), grants=grants)
    if not subscriptions:
        return Scope(frozenset(), frozenset(), whole=True, grants=grants)
    if len(subscriptions) > _MOST_SUBSCRIPTIONS:
        raise _invalid("subscriptions", f"has more than {_MOST_SUBSCRIPTIONS} items")
    there = frozenset(
        one
        for one in subscriptions
        if _GUID.fullmatch(one)
        and azure.store.get(_subscription(one))
        and (grants is None or grants.reach(_subscription(one).text))
    )
    if not there:
        message = (
            "There must be at least one subscription that is eligible to contain resources. Given: "
            f"'{', '.join(subscriptions)[:200]}'."
        )
        raise QueryError("NoValidSubscriptionsInQueryRequest", message)
    return Scope(there, frozenset(), grants=grants)


def _subscription(name: str) -> ResourceId:
    return ResourceId("", SUBSCRIPTION, (name,))


def _below(azure: Azure, groups: Sequence[str]) -> Scope:
    hierarchy = hierarchy_of(azure.store)
    missing = [one for one in groups if one not in hierarchy.groups]
    if missing:
        raise _invalid("managementGroups", f"names '{missing[0][:90]}', which is not there")
    below = [name for name, one in hierarchy.groups.items() if any(group in (name, *one.above) for group in groups)]
    subscriptions = [one for group in groups for one in hierarchy.subscriptions_below(group)]
    return Scope(frozenset(subscriptions), frozenset(below))


def _answered(page: Page, result_format: str) -> dict[str, Any]:
    names = [column.name for column in page.table.columns]
    rows = [[as_json(value) for value in row] for row in page.table.rows]
    data: object = [dict(zip(names, row, strict=True)) for row in rows]
    if result_format.lower() == "table":
        columns = [{"name": one.name, "type": _JSON_TYPES.get(one.type, "string")} for one in page.table.columns]
        data = {"columns": columns, "rows": rows}
    body: dict[str, Any] = {
        "totalRecords": page.total,
        "count": len(rows),
        "data": data,
        "facets": [],
        "resultTruncated": "true" if page.truncated else "false",
    }
    body |= {"$skipToken": page.token} if page.token else {}
    try:
        json.dumps(body)
    except RecursionError as error:
        raise QueryError("ResponsePayloadTooLarge", "A value of the answer is too deeply nested.") from error
    return body


TYPE = ResourceType(RESOURCE_GRAPH, _VERSIONS, actions={"POST resources": _query})
