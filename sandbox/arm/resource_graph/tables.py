"""The tables that queries are asked of, each made anew of what the local Azure has."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.ids import MACHINE_TYPES, RESOURCE_GROUP, SUBSCRIPTION, VIRTUAL_MACHINE
from sandbox.arm.policy.assignments import POLICY_ASSIGNMENTS
from sandbox.arm.policy.machines import machine_of
from sandbox.arm.policy.scopes import MANAGEMENT_GROUPS, group_id, hierarchy_of, management_group_name
from sandbox.arm.providers.compute.power import power_state
from sandbox.arm.providers.maintenance import names
from sandbox.arm.providers.policy_insights.evaluation import State, all_assignments, states
from sandbox.arm.resource_graph import history
from sandbox.arm.resource_graph.compiled import Row, Table
from sandbox.arm.resource_graph.rows import COLUMNS, Scope, in_order, row
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_Rows = Callable[[Azure, Scope], Iterator[Row]]
_POLICY_STATES = "microsoft.policyinsights/policystates"


def table(azure: Azure, scope: Scope, name: str) -> Table | None:
    """Return a table by its lower-cased name, None where there is none; its rows are in the order of their ids."""
    sources = _TABLES.get(name)
    if sources is None:
        return None
    return Table(COLUMNS, in_order(one for source in sources for one in source(azure, scope) if scope.shows(one)))


def _resources(azure: Azure, scope: Scope) -> Iterator[Row]:
    for kind in azure.types.values():
        if kind.tracked:
            for resource in scope.resources(azure, kind.name):
                yield row(resource.id, kind.name, _presented(azure, resource))


def _presented(azure: Azure, resource: Resource) -> dict[str, Any]:
    answer = azure.present(resource)
    if not resource.id.is_type(VIRTUAL_MACHINE):
        return answer
    state = power_state(resource)
    shown = {"code": state, "displayStatus": f"VM {state.removeprefix('PowerState/')}", "level": "Info"}
    properties: dict[str, Any] = mapping_at(answer, "properties")
    view: dict[str, Any] = {"powerState": shown}
    computer = mapping_at(properties, "osProfile").get("computerName")
    view |= {"computerName": computer} if computer else {}
    return {**answer, "properties": {**properties, "extended": {"instanceView": view}}}


def _subscriptions(azure: Azure, scope: Scope) -> Iterator[Row]:
    for subscription in azure.store.under("", SUBSCRIPTION):
        if scope.whole or subscription.id.name.lower() in scope.subscriptions:
            answer = azure.present(subscription)
            properties: dict[str, Any] = {
                "managementGroupAncestorsChain": subscription.properties.get("managementGroupAncestorsChain") or [],
                **{key: answer.get(key) for key in ("state", "subscriptionPolicies", "managedByTenants")},
            }
            columns: dict[str, Any] = {"properties": properties, "tags": answer.get("tags")}
            yield row(subscription.id, SUBSCRIPTION, columns, name=answer.get("displayName") or subscription.id.name)


def _groups(azure: Azure, scope: Scope) -> Iterator[Row]:
    for group in scope.resources(azure, RESOURCE_GROUP):
        answer = {**azure.present(group), "id": group.id.text}
        yield row(group.id, f"{SUBSCRIPTION}/resourceGroups", answer)


def _management_groups(azure: Azure, scope: Scope) -> Iterator[Row]:
    hierarchy = hierarchy_of(azure.store)
    for name, group in hierarchy.groups.items():
        if scope.whole or name in scope.management_groups:
            above = [hierarchy.groups[one] for one in group.above]
            chain = [{"name": one.name, "displayName": one.display_name} for one in above]
            details: dict[str, Any] = {"managementGroupAncestorsChain": chain}
            if chain:
                details["parent"] = {**chain[0], "id": group_id(above[0].name).text}
            properties = {"displayName": group.display_name, "details": details}
            yield row(group_id(group.name), MANAGEMENT_GROUPS, {"properties": properties})


def _configuration_assignments(azure: Azure, scope: Scope) -> Iterator[Row]:
    for assignment in scope.resources(azure, names.ASSIGNMENT):
        answer = azure.present(assignment)
        properties: dict[str, Any] = dict(mapping_at(answer, "properties"))
        for key in ("maintenanceConfigurationId", "resourceId"):
            properties[key] = str(properties.get(key) or "").lower()
        yield row(assignment.id, names.ASSIGNMENT, {**answer, "id": assignment.id.key, "properties": properties})


def _policy_assignments(azure: Azure, scope: Scope) -> Iterator[Row]:
    for assignment in azure.store.under("", POLICY_ASSIGNMENTS):
        group = management_group_name(assignment.id.scope)
        inside = (assignment.id.subscription or "").lower() in scope.subscriptions or group in scope.management_groups
        if scope.whole or inside:
            yield row(assignment.id, POLICY_ASSIGNMENTS, azure.present(assignment))


def _policy_states(azure: Azure, scope: Scope) -> Iterator[Row]:
    hierarchy, assignments = hierarchy_of(azure.store), all_assignments(azure)
    if not assignments:
        return
    machines = [machine_of(one) for kind in MACHINE_TYPES for one in scope.resources(azure, kind)]
    now = instant(azure.now())
    for state in states(azure, machines, assignments, hierarchy):
        yield _policy_state(state, now)


def _policy_state(state: State, now: str) -> Row:
    machine, assignment, part = state.machine, state.assignment, state.part
    key = f"{machine.id.key} {assignment.id.key} {part.reference or ''} {part.definition.id.lower()}"
    name = uuid.uuid5(uuid.NAMESPACE_URL, key).hex
    properties = {
        "complianceState": state.compliance,
        "timestamp": now,
        "resourceId": machine.id.key,
        "resourceType": machine.id.type.lower(),
        "resourceLocation": machine.location,
        "resourceGroup": (machine.id.resource_group or "").lower(),
        "subscriptionId": machine.id.subscription,
        "policyAssignmentId": assignment.id.key,
        "policyAssignmentName": assignment.id.name,
        "policyAssignmentScope": assignment.scope.lower(),
        "policyDefinitionId": part.definition.id.lower(),
        "policyDefinitionName": part.definition.name,
        "policyDefinitionAction": part.effect,
        "policyDefinitionReferenceId": (part.reference or "").lower(),
        "policySetDefinitionId": _assigned(state) if assignment.is_set else "",
    }
    answer = {"id": f"{machine.id.key}/providers/{_POLICY_STATES}/{name}", "properties": properties}
    return row(machine.id, _POLICY_STATES, answer, name=name)


def _assigned(state: State) -> str:
    return str(state.assignment.document["properties"]["policyDefinitionId"]).lower()


_TABLES: dict[str, tuple[_Rows, ...]] = {
    "resources": (_resources,),
    "resourcecontainers": (_subscriptions, _groups, _management_groups),
    "maintenanceresources": (_configuration_assignments, history.runs),
    "patchassessmentresources": (history.assessments,),
    "patchinstallationresources": (history.installations,),
    "policyresources": (_policy_assignments, _policy_states),
}
"""What the rows of each table come from."""
