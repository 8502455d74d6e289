"""Microsoft.PolicyInsights/policyStates: compliance, row by row and in sums.

Each query evaluates afresh: the delay of Azure's evaluation, and its history, are not modelled.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.arm.azure import CALLER_ID, Azure, Reply, Request, ResourceType
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import RESOURCE_GROUP, SUBSCRIPTION, ResourceId
from sandbox.arm.operations import begin_result
from sandbox.arm.policy.aggregation import applied
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS, Assignment, Part
from sandbox.arm.policy.definitions import DefinitionSet, find_definition
from sandbox.arm.policy.queries import invalid_query, ordered, read_filter, selected
from sandbox.arm.policy.rules import COMPLIANT, NON_COMPLIANT
from sandbox.arm.policy.scopes import Hierarchy
from sandbox.arm.providers.authorization.common import check_listed_scope, check_scope
from sandbox.arm.providers.policy_insights.evaluation import State, all_assignments, machines_in, states
from sandbox.arm.times import instant
from sandbox.arm.words import words

_VERSIONS = words("2018-04-04 2018-07-01-preview 2019-10-01 2022-03-01 2024-10-01")
_STATES = "Microsoft.PolicyInsights/policyStates"
_DEFINITION_TYPES = ("Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions")
_SUMMED = frozenset({"api-version", "$top", "$filter", "$from", "$to"})
_QUERIED = _SUMMED | {"$orderby", "$select", "$apply"}
_COLUMNS = words(
    """
    timestamp resourceId policyAssignmentId policyDefinitionId effectiveParameters isCompliant subscriptionId
    resourceType resourceLocation resourceGroup resourceTags policyAssignmentName policyAssignmentOwner
    policyAssignmentParameters policyAssignmentScope policyDefinitionName policyDefinitionAction
    policyDefinitionCategory policySetDefinitionId policySetDefinitionName policySetDefinitionOwner
    policySetDefinitionCategory policySetDefinitionParameters managementGroupIds policyDefinitionReferenceId
    complianceState policyDefinitionVersion policySetDefinitionVersion policyAssignmentVersion
    """
)


def _found(request: Request, options: frozenset[str]) -> list[State]:
    """Evaluate what a query asks for: by its scope, which may be an assignment or a definition, and its filter."""
    azure, states_id = request.azure, request.resource_id
    if states_id.name.lower() not in ("latest", "default"):
        raise bad_request(
            "InvalidPolicyStatesResource",
            f"The policy states resource '{states_id.name}' is not supported; it must be 'latest' or 'default'.",
        )
    unknown = sorted(set(request.query) - options)
    if unknown:
        raise invalid_query(
            unknown[0], request.query[unknown[0]], f"the local Azure models {', '.join(sorted(options))}"
        )
    for option in ("$from", "$to"):
        _check_instant(option, request.query.get(option))
    scope, hierarchy = _scope(azure, states_id)
    assignments = all_assignments(azure)
    wanted: set[str] | None = None
    if scope is not None and scope.is_type(POLICY_ASSIGNMENTS):
        assignments = [one for one in assignments if one.id.key == scope.key]
        scope = scope.parent
    elif scope is not None and any(scope.is_type(one) for one in _DEFINITION_TYPES):
        wanted = {f"{scope.type}/{scope.name}".lower()}
        scope = scope.parent
    rows = list(states(azure, machines_in(azure, scope, hierarchy), assignments, hierarchy))
    if wanted is not None:
        rows = [one for one in rows if _definition_keys(one) & wanted]
    text = request.query.get("$filter", "")
    if not text.strip():
        return rows
    test = read_filter(text, _COLUMNS)
    return [one for one in rows if test(_row(one, hierarchy, ""))]


def _check_instant(option: str, text: str | None) -> None:
    try:
        datetime.fromisoformat(text or "2000-01-01")
    except ValueError as error:
        raise invalid_query(option, text or "", "it is not an ISO 8601 instant") from error


def _scope(azure: Azure, states_id: ResourceId) -> tuple[ResourceId | None, Hierarchy]:
    scope = states_id.parent
    if scope is not None and any(scope.is_type(one) for one in (*_DEFINITION_TYPES, POLICY_ASSIGNMENTS)):
        hierarchy = check_scope(azure, scope)
        if scope.is_type(POLICY_ASSIGNMENTS) and azure.store.get(scope) is None:
            raise ArmError(404, "PolicyAssignmentNotFound", f"The policy assignment '{scope.name}' is not found.")
        return scope, hierarchy
    return scope, check_listed_scope(azure, scope)


def _definition_keys(state: State) -> set[str]:
    assigned = str(state.assignment.document["properties"]["policyDefinitionId"])
    return {"/".join(one.lower().split("/")[-3:]) for one in (state.part.definition.id, assigned)}


def _query_results(request: Request) -> Reply:
    rows = _found(request, _QUERIED)
    hierarchy = _scope(request.azure, request.resource_id)[1]
    now = instant(request.azure.now())
    shown, columns = [_row(one, hierarchy, now) for one in rows], [*_COLUMNS]
    if request.query.get("$apply", "").strip():
        shown, columns = applied(shown, request.query["$apply"], columns)
    shown = ordered(shown, request.query.get("$orderby", ""), columns)
    shown = selected(shown[: _top(request)], request.query.get("$select", ""), columns)
    context = _context(request, "$entity")
    value = [{"@odata.id": None, "@odata.context": context, **one} for one in shown]
    return Reply(
        200,
        {
            "@odata.context": _context(request, "latest"),
            "@odata.count": len(value),
            "@odata.nextLink": None,
            "value": value,
        },
    )


def _top(request: Request) -> int | None:
    text = request.query.get("$top")
    if text is None:
        return None
    if not text.isdecimal():
        raise invalid_query("$top", text, "it is not a number")
    return int(text)


def _context(request: Request, what: str) -> str:
    scope = request.resource_id.scope
    return f"{request.base_url}{scope}/providers/Microsoft.PolicyInsights/policyStates/$metadata#{what}"


def _row(state: State, hierarchy: Hierarchy, now: str) -> dict[str, Any]:
    machine, assignment, part = state.machine, state.assignment, state.part
    subscription = machine.id.subscription or ""
    properties = assignment.document["properties"]
    metadata: dict[str, Any] = properties.get("metadata") or {}
    return {
        "timestamp": now,
        "resourceId": machine.id.text,
        "policyAssignmentId": assignment.id.text,
        "policyDefinitionId": part.definition.id,
        "effectiveParameters": json.dumps({name: {"value": value} for name, value in part.values.items()}),
        "isCompliant": state.compliance == COMPLIANT,
        "subscriptionId": subscription,
        "resourceType": machine.id.type,
        "resourceLocation": machine.location,
        "resourceGroup": machine.id.resource_group,
        "resourceTags": json.dumps(machine.tags),
        "policyAssignmentName": assignment.id.name,
        "policyAssignmentOwner": metadata.get("assignedBy") or CALLER_ID,
        "policyAssignmentParameters": json.dumps(properties.get("parameters") or {}),
        "policyAssignmentScope": assignment.scope,
        "policyDefinitionName": part.definition.name,
        "policyDefinitionAction": part.effect,
        "policyDefinitionCategory": part.definition.category,
        **_set_columns(assignment, part),
        "managementGroupIds": ",".join(hierarchy.above.get(subscription.lower(), ())),
        "complianceState": state.compliance,
        "policyDefinitionVersion": part.definition.versions[0],
        "policyAssignmentVersion": "",
    }


def _set_columns(assignment: Assignment, part: Part) -> dict[str, Any]:
    assigned = find_definition(str(assignment.document["properties"]["policyDefinitionId"]))
    initiative = assigned if isinstance(assigned, DefinitionSet) else None
    return {
        "policySetDefinitionId": initiative.id if initiative else "",
        "policySetDefinitionName": initiative.name if initiative else "",
        "policySetDefinitionOwner": "",
        "policySetDefinitionCategory": initiative.category if initiative else "",
        "policySetDefinitionParameters": "",
        "policySetDefinitionVersion": initiative.versions[0] if initiative else "",
        "policyDefinitionReferenceId": part.reference or "",
    }


def _summarize(request: Request) -> Reply:
    rows = _found(request, _SUMMED)
    uri = f"{request.base_url}{request.resource_id.text}/queryResults?api-version={request.api_version}"
    by_assignment: dict[str, list[State]] = {}
    for one in rows:
        by_assignment.setdefault(one.assignment.id.key, []).append(one)
    summary = {
        "@odata.id": None,
        "@odata.context": _context(request, "summary/$entity"),
        "results": _results(rows, uri),
        "policyAssignments": [_assignment_summary(one, uri) for one in by_assignment.values()],
    }
    return Reply(200, {"@odata.context": _context(request, "summary"), "@odata.count": 1, "value": [summary]})


def _assignment_summary(rows: list[State], uri: str) -> dict[str, Any]:
    by_part: dict[tuple[str, str | None], list[State]] = {}
    for one in rows:
        by_part.setdefault((one.part.definition.id, one.part.reference), []).append(one)
    return {
        "policyAssignmentId": rows[0].assignment.id.text,
        "policySetDefinitionId": _set_columns(rows[0].assignment, rows[0].part)["policySetDefinitionId"],
        "results": _results(rows, uri),
        "policyDefinitions": [
            {
                "policyDefinitionId": definition,
                "policyDefinitionReferenceId": reference or "",
                "policyDefinitionGroupNames": [],
                "effect": found[0].part.effect,
                "results": _results(found, uri),
            }
            for (definition, reference), found in by_part.items()
        ],
        "policyGroups": [],
    }


def _results(rows: list[State], uri: str) -> dict[str, Any]:
    resources = _worst((one.machine.id.key, one.compliance) for one in rows)
    policies = _worst(
        ((one.assignment.id.key, one.part.reference, one.part.definition.id), one.compliance) for one in rows
    )
    return {
        "queryResultsUri": uri,
        "nonCompliantResources": resources[NON_COMPLIANT],
        "nonCompliantPolicies": policies[NON_COMPLIANT],
        "resourceDetails": _details(resources),
        "policyDetails": _details(policies),
        "policyGroupDetails": [],
    }


def _worst(pairs: Iterable[tuple[object, str]]) -> Counter[str]:
    """Count by state what has several: one that is non-compliant in anything is non-compliant."""
    found: dict[object, str] = {}
    for key, compliance in pairs:
        if found.get(key) != NON_COMPLIANT:
            found[key] = compliance
    return Counter(found.values())


def _details(counts: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"complianceState": state.lower(), "count": counts[state]}
        for state in (COMPLIANT, NON_COMPLIANT)
        if counts[state]
    ]


def _trigger(request: Request) -> Reply:
    """Accept an evaluation of a subscription or a resource group; every query evaluates afresh anyway."""
    scope = request.resource_id.parent
    if scope is None or not (scope.is_type(SUBSCRIPTION) or scope.is_type(RESOURCE_GROUP)):
        raise ArmError(
            405, "MethodNotAllowed", "An evaluation can be triggered for a subscription or a resource group."
        )
    check_listed_scope(request.azure, scope)
    _, headers = begin_result(request, request.azure.settings.operation_delay)
    return Reply(202, None, headers)


TYPE = ResourceType(
    _STATES,
    _VERSIONS,
    actions={
        "POST queryresults": _query_results,
        "POST summarize": _summarize,
        "POST triggerevaluation": _trigger,
    },
)
