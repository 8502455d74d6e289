"""Microsoft.Insights/scheduledQueryRules, of kind LogAlert: kept and checked; none is ever evaluated.

Sources: the published REST specification, 2023-12-01, for what is required; the values that azurerm takes for spans of
time, which are the service's; "Create or edit a log search alert rule" for the rest. The words of a scope too many and
of a query of Resource Graph without an identity are those of public issues (azure-dev-docs 1131, azure-cli-extensions
8364); where no answer of the service is on public record, the code is BadRequest.
"""

import uuid
from datetime import timedelta
from typing import Any

from sandbox.arm.azure import (
    TENANT_ID,
    Azure,
    Reply,
    Request,
    ResourceType,
    delete_resource,
    get_resource,
    list_resources,
)
from sandbox.arm.bodies import Shape, check, invalid_content, list_at, mapping_at, merged, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import parse
from sandbox.arm.providers.authorization.principals import USER_ASSIGNED_IDENTITIES, user_assigned
from sandbox.arm.providers.insights import common
from sandbox.arm.providers.insights.alert_queries import asks_another_service, check_query
from sandbox.arm.regions import check_unchanged, region
from sandbox.arm.store import Resource
from sandbox.arm.words import words

RULE = "Microsoft.Insights/scheduledQueryRules"
_VERSIONS = words(
    """
    2021-02-01-preview 2021-08-01 2022-06-15 2022-08-01-preview 2023-03-15-preview 2023-12-01 2024-01-01-preview
    2025-01-01-preview 2026-03-01
    """
)
_MINUTES = {"PT1M": 1, "PT5M": 5, "PT10M": 10, "PT15M": 15, "PT30M": 30, "PT45M": 45}
_HOURS = {f"PT{number}H": 60 * number for number in range(1, 7)}
_DAYS = {"P1D": 1440, "P2D": 2880}
_FREQUENCIES = {**_MINUTES, **_HOURS, "P1D": 1440}
_WINDOWS = {**_MINUTES, **_HOURS, **_DAYS}
_LONGEST_LOOK_BACK = timedelta(days=2)
_MOST_PERIODS = 6
_MOST_DIMENSIONS = 6
_MOST_ACTION_GROUPS = 5
_SEVERITIES = range(5)
_CONDITION: Shape = {
    "query": str,
    "timeAggregation": frozenset({"Count", "Average", "Minimum", "Maximum", "Total"}),
    "metricMeasureColumn": str,
    "resourceIdColumn": str,
    "dimensions": [{"name": str, "operator": frozenset({"Include", "Exclude"}), "values": [str]}],
    "operator": frozenset({"Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}),
    "threshold": float,
    "failingPeriods": {"numberOfEvaluationPeriods": float, "minFailingPeriodsToAlert": float},
}
_SHAPE: Shape = {
    "description": str,
    "displayName": str,
    "severity": float,
    "enabled": bool,
    "scopes": [str],
    "evaluationFrequency": str,
    "windowSize": str,
    "overrideQueryTimeRange": str,
    "targetResourceTypes": [str],
    "criteria": {"allOf": [_CONDITION]},
    "muteActionsDuration": str,
    "actions": {"actionGroups": [str], "customProperties": {str: str}, "actionProperties": {str: str}},
    "checkWorkspaceAlertsStorageConfigured": bool,
    "skipQueryValidation": bool,
    "autoMitigate": bool,
}
_IDENTITY: Shape = {"type": frozenset({"SystemAssigned", "UserAssigned", "None"}), "userAssignedIdentities": {}}


def _put(request: Request) -> Reply:
    azure, body = request.azure, without_nulls(request.body)
    azure.check_parents(request.resource_id)
    return _kept(request, azure.store.get(request.resource_id), body)


def _patch(request: Request) -> Reply:
    found = request.azure.existing(request.resource_id)
    document = {key: value for key, value in found.document.items() if key != "identity"}
    changes = {key: request.body[key] for key in ("tags", "properties", "identity") if key in request.body}
    asked = merged({**document, "identity": found.private["identity"]}, changes)
    return _kept(request, found, without_nulls(asked))


def _kept(request: Request, found: Resource | None, body: dict[str, Any]) -> Reply:
    check(body, {"kind": frozenset({"LogAlert"}), "identity": _IDENTITY, "properties": _SHAPE})
    location = region(body.get("location"), RULE)
    if found:
        check_unchanged(found.document["location"], location, found.id.name, found.id.resource_group)
    properties: dict[str, Any] = mapping_at(body, "properties")
    _check(properties)
    asked: dict[str, Any] = body.get("identity") or {"type": "None"}
    if not properties.get("skipQueryValidation"):
        _check_queries(properties, asked)
    created = found.properties["createdWithApiVersion"] if found else request.api_version
    document: dict[str, Any] = {
        "location": location,
        "kind": "LogAlert",
        "tags": body.get("tags") or {},
        "properties": {
            "displayName": request.resource_id.name,
            "autoMitigate": True,
            "checkWorkspaceAlertsStorageConfigured": False,
            **properties,
            "createdWithApiVersion": created,
            "isLegacyLogAnalyticsRule": False,
            "isWorkspaceAlertsStorageConfigured": False,
        },
    }
    private: dict[str, Any] = {"identity": asked, "principalId": (found.private if found else {}).get("principalId")}
    identity = _identity(request.azure, asked, private)
    if identity:
        document["identity"] = identity
    return common.stored(request, document, private)


def _identity(azure: Azure, asked: dict[str, Any], private: dict[str, Any]) -> dict[str, Any] | None:
    """Return the identity as it is answered; a system-assigned one keeps its principal until it is removed."""
    kind = str(asked.get("type")).lower()
    if kind != "systemassigned":
        private["principalId"] = None
    if kind == "systemassigned":
        private["principalId"] = private["principalId"] or str(uuid.uuid4())
        return {"type": "SystemAssigned", "principalId": private["principalId"], "tenantId": TENANT_ID}
    if kind == "none":
        return None
    named = list(mapping_at(asked, "userAssignedIdentities"))
    if not named:
        raise common.bad_rule("An identity of the type UserAssigned names the identities under userAssignedIdentities.")
    users: dict[str, Any] = {}
    for identity_id in named:
        found = user_assigned(azure, identity_id)
        if found is None:
            raise common.bad_rule(f"The identity '{identity_id}' is no resource of type {USER_ASSIGNED_IDENTITIES}.")
        users[identity_id] = {key: found.properties[key] for key in ("principalId", "clientId")}
    return {"type": "UserAssigned", "userAssignedIdentities": users}


def _check(properties: dict[str, Any]) -> None:
    common.required(properties, "criteria", "scopes", "evaluationFrequency", "windowSize")
    for name in ("enabled", "severity"):
        if properties.get(name) is None:
            raise common.bad_rule(f"The required property 'properties.{name}' is missing.")
    if len(properties["scopes"]) != 1:
        raise bad_request(
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized: 'Scopes list should contain exactly 1 "
            "resource Id'",
        )
    if properties["severity"] not in _SEVERITIES:
        raise common.bad_rule("The severity is a whole number from 0 to 4.")
    conditions = list_at(properties, "criteria", "allOf")
    if len(conditions) != 1:
        raise common.bad_rule("The criteria of a log alert have exactly one condition.")
    _check_condition(conditions[0])
    _check_times(properties, conditions[0])
    groups = list_at(properties, "actions", "actionGroups")
    if len(groups) > _MOST_ACTION_GROUPS:
        raise common.bad_rule(f"A rule has at most {_MOST_ACTION_GROUPS} action groups.")
    for one in (*properties["scopes"], *groups):
        _check_id(one)


def _check_condition(condition: dict[str, Any]) -> None:
    for name in ("query", "timeAggregation", "operator", "threshold"):
        if condition.get(name) in (None, ""):
            raise common.bad_rule(f"The required property 'criteria.allOf[0].{name}' is missing.")
    counts = condition["timeAggregation"].lower() == "count"
    if counts is bool(condition.get("metricMeasureColumn")):
        raise common.bad_rule("A 'metricMeasureColumn' goes with every time aggregation but Count.")
    dimensions = list_at(condition, "dimensions")
    if len(dimensions) > _MOST_DIMENSIONS:
        raise common.bad_rule(f"A condition has at most {_MOST_DIMENSIONS} dimensions.")
    if any(one.get(name) in (None, "", []) for one in dimensions for name in ("name", "operator", "values")):
        raise common.bad_rule("Each dimension has a name, an operator and values.")
    periods, failing = _periods(condition)
    if not 1 <= failing <= periods <= _MOST_PERIODS:
        raise common.bad_rule(f"Of 1 to {_MOST_PERIODS} evaluation periods, at least one and at most all may fail.")


def _check_times(properties: dict[str, Any], condition: dict[str, Any]) -> None:
    every = _span(properties, "evaluationFrequency", _FREQUENCIES)
    window = _span(properties, "windowSize", _WINDOWS)
    look_back = window * int(_periods(condition)[0])
    if every > look_back:
        raise common.bad_rule("The evaluation frequency cannot be longer than the span that is looked back over.")
    if look_back > _LONGEST_LOOK_BACK:
        raise common.bad_rule("The span that is looked back over cannot be longer than 48 hours.")
    if properties.get("overrideQueryTimeRange") and _span(properties, "overrideQueryTimeRange", _WINDOWS) < look_back:
        raise common.bad_rule("The query's time range cannot be shorter than the span that is looked back over.")
    if properties.get("muteActionsDuration"):
        _span(properties, "muteActionsDuration", _WINDOWS)
        if properties.get("autoMitigate", True):
            raise common.bad_rule("Actions cannot be muted where alerts are resolved automatically.")


def _span(properties: dict[str, Any], name: str, allowed: dict[str, int]) -> timedelta:
    minutes = allowed.get(properties[name])
    if minutes is None:
        raise common.bad_rule(f"The value '{properties[name]}' of '{name}' is not one of {', '.join(allowed)}.")
    return timedelta(minutes=minutes)


def _periods(condition: dict[str, Any]) -> tuple[float, float]:
    """Return how many periods are looked at, and how many of them have to fail."""
    given = mapping_at(condition, "failingPeriods")
    return given.get("numberOfEvaluationPeriods", 1), given.get("minFailingPeriodsToAlert", 1)


def _check_id(text: str) -> None:
    try:
        parse(text)
    except ArmError as error:
        raise invalid_content("properties", f"has '{text}', which is no resource id") from error


def _check_queries(properties: dict[str, Any], identity: dict[str, Any]) -> None:
    for condition in list_at(properties, "criteria", "allOf"):
        if asks_another_service(condition["query"]):
            if str(identity.get("type")).lower() == "none":
                raise common.bad_rule("The 'adx' pattern cannot be used with the current authentication scheme.")
            check_query(condition["query"])


def _present(rule: Resource) -> dict[str, Any]:
    answer = common.shown(rule, "microsoft.insights/scheduledqueryrules")
    return common.with_system_data(rule, {**answer, "etag": f'"{rule.etag}"'})


TYPE = ResourceType(
    RULE,
    _VERSIONS,
    get=get_resource,
    put=_put,
    patch=_patch,
    delete=delete_resource,
    list=list_resources,
    present=_present,
    tracked=True,
)
