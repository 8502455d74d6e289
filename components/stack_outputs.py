"""A stack's outputs: ids, each schedule in words, its next runs, warnings, and queries to watch it by."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pulumi

from patching.queries import queries_for
from patching.settings.model import ScheduleSettings, VirtualMachineSettings

from .azure_policy import AzurePolicy
from .declaring import together
from .estate import Estate
from .remediation import RemediationResult
from .roles import RoleToGrant

_RUNS_SHOWN = 5


def stack_outputs(estate: Estate, warnings: Sequence[str]) -> dict[str, Any]:
    """The stack's outputs, by the names of the contract. `warnings` are those of the settings; remediations add theirs.

    Ids of schedules and machines are plain text, the same in a preview.
    """
    settings = estate.settings
    return {
        "schedules": {key: _schedule(schedule) for key, schedule in settings.schedules.items()},
        "assignments": {key: _assignments(estate, key) for key in settings.schedules},
        "virtualMachines": {key: _machine(machine) for key, machine in settings.virtual_machines.items()},
        "azurePolicies": {key: _policy(policy) for key, policy in estate.azure_policies.items()},
        "remediations": _remediations(estate.azure_policies),
        "warnings": _warnings(estate.azure_policies, warnings),
        "queries": queries_for(settings),
        **_monitoring(estate),
        **_events(estate),
    }


def _schedule(schedule: ScheduleSettings) -> dict[str, Any]:
    described = {} if schedule.description is None else {"description": schedule.description}
    return {
        "resourceId": schedule.resource_id,
        "summary": schedule.schedule.summary(),
        "recurEvery": str(schedule.schedule.recurrence),
        "nextRuns": [run.start.isoformat() for run in islice(schedule.schedule.runs(), _RUNS_SHOWN)],
        **described,
    }


def _assignments(estate: Estate, schedule_key: str) -> dict[str, Any]:
    """A schedule's assignments: of machines by machine, of dynamic scopes by scope and subscription."""
    machines = [made.resource_ids for (key, _), made in estate.machine_assignments.items() if key == schedule_key]
    scopes: dict[str, dict[str, pulumi.Output[str]]] = {}
    for (key, scope, subscription), made in estate.dynamic_scopes.items():
        if key == schedule_key:
            scopes.setdefault(scope, {})[subscription] = made.resource_id
    return {"machines": pulumi.Output.all(*machines).apply(_merged), "scopes": scopes}


def _merged(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {key: resource_id for ids in each for key, resource_id in ids.items()}


def _machine(machine: VirtualMachineSettings) -> dict[str, Any]:
    return {"resourceId": machine.resource_id}


def _policy(policy: AzurePolicy) -> dict[str, Any]:
    return {
        "assignmentIds": policy.resource_ids,
        "principalIds": policy.principal_ids,
        "remediationIds": policy.remediation_ids,
        "rolesToGrant": policy.roles_to_grant.apply(_roles),
    }


def _roles(roles: Sequence[RoleToGrant]) -> list[dict[str, str]]:
    return [
        {
            "principalId": role["principal_id"],
            "roleDefinitionId": role["role_definition_id"],
            "scope": role["scope"],
            "command": role["command"],
        }
        for role in roles
    ]


def _events(estate: Estate) -> dict[str, Any]:
    """The output `events`, by schedule, of stacks where a schedule has some."""
    shown = {
        key: {"systemTopicId": made.resource_id, "before": made.before_ids, "after": made.after_ids}
        for key, made in estate.events.items()
    }
    return {"events": shown} if shown else {}


def _monitoring(estate: Estate) -> dict[str, Any]:
    """The output `monitoring`, of stacks that ask for some."""
    shown: dict[str, Any] = {}
    if (alerts := estate.alerts) is not None:
        shown["alerts"] = {
            "ruleIds": alerts.resource_ids,
            "identityId": alerts.identity_id,
            "rolesToGrant": alerts.roles_to_grant.apply(_roles),
        }
    if estate.workbook is not None:
        shown["workbook"] = {"resourceId": estate.workbook.resource_id}
    return {"monitoring": shown} if shown else {}


def _remediations(policies: Mapping[str, AzurePolicy]) -> pulumi.Output[dict[str, dict[str, RemediationResult]]]:
    """What became of each task, apart from `azurePolicies`: it alone is not known in a preview, which reads no task."""
    return together({key: policy.remediations for key, policy in policies.items()})


def _warnings(policies: Mapping[str, AzurePolicy], warnings: Sequence[str]) -> pulumi.Output[list[str]]:
    def gathered(of_policies: Sequence[Sequence[str]]) -> list[str]:
        by_policy = zip(policies, of_policies, strict=True)
        return [*warnings, *(f"azurePolicies.{key}: {one}" for key, of_one in by_policy for one in of_one)]

    return pulumi.Output.all(*(policy.warnings for policy in policies.values())).apply(gathered)
