"""Checks of how many things one schedule, or one subscription, has; and of names that two things would share."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from patching.arm_ids import resource_group_id, subscription_id
from patching.faults import Findings, Found
from patching.limits import Environment, ScheduleLimits, schedule_limits
from patching.scopes import location_key

if TYPE_CHECKING:
    from patching.settings.model import ScheduleSettings


def check_reach(schedules: "Mapping[str, ScheduleSettings]", environment: Environment) -> Findings:
    """Judges counts against the limits of a cloud, and names against each other."""
    findings = Findings()
    limits = schedule_limits(environment)
    for schedule in schedules.values():
        _check_schedule(schedule, limits, findings)
    _check_subscriptions(schedules, limits, findings)
    _check_configuration_names(schedules, findings)
    _check_assignment_names(schedules, findings)
    return findings


def _check_schedule(schedule: "ScheduleSettings", limits: ScheduleLimits, findings: Findings) -> None:
    path = f"schedules.{schedule.key}"
    targets = [target for scope in schedule.scopes.values() for target in scope.targets]
    subscriptions = {target.subscription_id.lower() for target in targets}
    for where, number, limit, noun in (
        ("machines", len(schedule.machines), limits.machines_per_schedule, "machines in a schedule"),
        (
            "scopes",
            len(targets),
            limits.dynamic_scopes_per_schedule,
            "dynamic scopes in a schedule, one for each subscription or group",
        ),
        (
            "scopes",
            len(subscriptions),
            limits.subscriptions_per_schedule,
            "subscriptions over all dynamic scopes of a schedule",
        ),
    ):
        if number > limit:
            _too_many(
                findings, f"{path}.{where}", number, f"{limit} {noun}", "make a second schedule with the same window"
            )


def _too_many(findings: Findings, path: str, number: int, allowed: str, fix: str) -> None:
    findings.fault(path, Found(str(number), literal=False), f"at most {allowed}", fix)


def _check_subscriptions(
    schedules: "Mapping[str, ScheduleSettings]", limits: ScheduleLimits, findings: Findings
) -> None:
    per_region = Counter((one.subscription_key, location_key(one.location)) for one in schedules.values())
    for (subscription, region), number in per_region.items():
        if number > limits.schedules_per_subscription_and_region:
            noun = f"schedules in one subscription and region; {subscription} has these in {region}"
            fix = "put some in another subscription or region"
            _too_many(findings, "schedules", number, f"{limits.schedules_per_subscription_and_region} {noun}", fix)
    per_target = Counter(scope_id for schedule in schedules.values() for scope_id, _, _ in _scope_assignments(schedule))
    for target, number in per_target.items():
        if number > limits.dynamic_scopes_per_target_and_region:
            noun = f"dynamic scopes on one subscription or group; {target} has these"
            fix = "let one schedule serve several rings"
            _too_many(findings, "schedules", number, f"{limits.dynamic_scopes_per_target_and_region} {noun}", fix)


def _check_configuration_names(schedules: "Mapping[str, ScheduleSettings]", findings: Findings) -> None:
    seen: dict[str, str] = {}
    for schedule in schedules.values():
        other = seen.setdefault(schedule.resource_id.lower(), schedule.key)
        if other != schedule.key:
            expected = f"a name of its own in {schedule.resource_group}, whatever its case; {other} has this one"
            findings.fault(f"schedules.{schedule.key}", schedule.name, expected, "give one of the two another name")


def _check_assignment_names(schedules: "Mapping[str, ScheduleSettings]", findings: Findings) -> None:
    seen: dict[tuple[str, str], str] = {}
    for schedule in schedules.values():
        machines = ((one.resource_id.lower(), one.assignment_name, "machines") for one in schedule.machines)
        for scope_id, name, where in (*machines, *_scope_assignments(schedule)):
            path = f"schedules.{schedule.key}.{where}"
            other = seen.setdefault((scope_id.lower(), name.lower()), path)
            if other != path:
                expected = f"an assignmentName of its own on {scope_id}; {other} has this one"
                findings.fault(path, name, expected, "give one of the two another assignmentName, or remove it")


def _scope_assignments(schedule: "ScheduleSettings") -> Iterator[tuple[str, str, str]]:
    """The scope's id, the assignment's name and the place in the file of each of a schedule's dynamic scopes."""
    for scope in schedule.scopes.values():
        for target in scope.targets:
            group = target.resource_group
            scope_id = (
                resource_group_id(target.subscription_id, group) if group else subscription_id(target.subscription_id)
            )
            yield scope_id.lower(), target.assignment_name, f"scopes.{scope.key}"
