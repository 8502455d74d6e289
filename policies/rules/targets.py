"""Rules on assignments: targets that cannot be patched, schedules without targets, machines without a schedule."""

from collections.abc import Iterator
from typing import Any

from patching.arm_ids import MACHINE_TYPES, ArmIdError, MachineKind, parse_machine_id, parse_scope_id
from patching.limits import Environment, schedule_limits
from patching.machines import OperatingSystem, Outcome, outcome
from patching.policy_definitions import PolicyKind
from patching.scopes import RESOURCE_TYPES, TagOperator
from policies.rules.azure_policies import definition_of
from policies.rules.planned import (
    ASSIGNMENTS,
    ON_GROUP,
    POLICY,
    Plan,
    Target,
    filter_of,
    may_match,
    plan_of,
    some_target_id,
    subscription_of,
    text_of,
)
from policies.rules.rule import UNKNOWN, Plain, Resource, Rule, Stack, StackRule, Violation, at, words
from policies.rules.schedules_together import RINGS, in_rings
from policies.rules.virtual_machines import MACHINE, as_inventory_has_it, possible_settings, refusal, unready

_UNSUPPORTED = "https://learn.microsoft.com/azure/update-manager/unsupported-workloads"
_PREREQUISITES = "https://learn.microsoft.com/azure/update-manager/prerequsite-for-schedule-patching"
_SCOPES = "https://learn.microsoft.com/azure/update-manager/dynamic-scope-overview"
_SCHEDULES = "https://learn.microsoft.com/azure/update-manager/scheduled-patching"
_PREPARING = (PolicyKind.SCHEDULING_PREREQUISITE, PolicyKind.RECURRING_UPDATES)


def _filter(resource: Resource, _: Plain) -> Iterator[str]:
    if not isinstance(resource.props.get("filter"), dict):
        return
    for path, allowed in (
        (("resourceTypes",), RESOURCE_TYPES),
        (("osTypes",), tuple(OperatingSystem)),
        (("tagSettings", "filterOperator"), tuple(TagOperator)),
    ):
        value: Any = at(resource.props, "filter", *path)
        for one in words([value] if isinstance(value, str) else value):
            if one.lower() not in map(str.lower, allowed):
                place = ".".join(("filter", *path))
                yield (
                    f'{place} has "{one}", with which this scope reaches no machine, and Azure may refuse it: '
                    f"write {' or '.join(allowed)}."
                )
    limits = schedule_limits(Environment.PUBLIC)
    groups = at(resource.props, "filter", "resourceGroups")
    tags = at(resource.props, "filter", "tagSettings", "tags")
    for name, value, most in (
        ("filter.resourceGroups", groups, limits.resource_groups_per_dynamic_scope),
        ("filter.tagSettings.tags", tags, limits.tags_per_dynamic_scope),
    ):
        if isinstance(value, list | dict) and len(value) > most:  # pyright: ignore[reportUnknownArgumentType]
            yield f"{name} has more than {most} entries, which is all that Azure takes: make two dynamic scopes."


def _patchable(stack: Stack, _: Plain) -> Iterator[Violation]:
    for planned in plan_of(stack).schedules:
        for assignment, target in planned.targets:
            reason = _unpatchable(assignment, target)
            if reason:
                yield Violation(
                    f"{planned.key} patches guests, and {reason}: take this assignment out, or assign a "
                    "configuration of another scope.",
                    assignment.urn,
                )


def _unpatchable(assignment: Resource, target: Target) -> str | None:
    """Why no schedule patches what a configuration is assigned to; None where it does, or where that is not known."""
    unsupported = as_inventory_has_it(target.machine).state.unsupported if target.machine else None
    if unsupported:
        return f"{target.machine.name if target.machine else ''} is not for it: {unsupported}"
    written = target.id or some_target_id(assignment)
    if target.machine or written is None:
        return None
    try:
        parse_machine_id(written)
    except ArmIdError as error:
        return f"its target is no machine that a schedule patches ({error})"
    return None


def _ready(stack: Stack, _: Plain) -> Iterator[Violation]:
    for planned in plan_of(stack).schedules:
        for assignment, target in planned.targets:
            # Settings that Azure refuses by themselves are another rule's.
            reasons = unready(target.machine) if target.machine and not refusal(target.machine) else []
            if target.machine and reasons:
                yield Violation(
                    f"{planned.key} is assigned to {target.machine.name}, and Azure refuses that: "
                    f"{'; '.join(reasons)}. Set patchSettings.patchMode of the machine to AutomaticByPlatform and "
                    "automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule to true.",
                    assignment.urn,
                )


def _patched(stack: Stack, _: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    attached = (*plan.schedules, plan.elsewhere)
    targets = [target for one in attached for _, target in one.targets]
    if plan.unclear or any(one.policies for one in attached) or not all(target.known for target in targets):
        return
    reached = {target.machine.urn for target in targets if target.machine}
    for machine in (one for one in stack.of(MACHINE) if one.managed):
        settings = possible_settings(machine)
        outcomes = {outcome(one.patch_mode, bypass=one.bypass, scheduled=False) for one in settings}
        idle = outcomes == {Outcome.IDLE} and not refusal(machine)
        if idle and machine.urn not in reached and not _may_be_in_a_scope(plan, machine):
            yield Violation(
                "Nothing patches this machine: its bypass flag keeps the platform from it, and no schedule of this "
                "stack reaches it. Assign a schedule to it, or give it the tags of a dynamic scope. (A dynamic "
                "scope of another stack may reach it; this rule sees this one.)",
                machine.urn,
            )


def _may_be_in_a_scope(plan: Plan, machine: Resource) -> bool:
    scopes = (scope for one in (*plan.schedules, plan.elsewhere) for scope in one.scopes)
    return any(may_match(scope, plan.stack, machine) is not False for scope in scopes)


def _has_targets(stack: Stack, settings: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    keys = [one.key for one in plan.schedules]
    rings = in_rings(settings["rings"], keys)
    for ring, found in zip(settings["rings"] or [], rings, strict=True):
        if not found:
            name = ring if isinstance(ring, str) else ", ".join(ring)
            yield Violation(
                f"Ring {name} has no schedule in this stack: none of its maintenance configurations has such a name "
                f"({', '.join(keys) or 'there is none'}). Correct rings of this rule, or add the schedule."
            )
    in_one = {key for ring in rings for key in ring}
    for one in (one for one in plan.schedules if one.resource.managed):
        has_targets = bool(one.targets or one.scopes or one.policies)
        if not has_targets and not plan.unclear:
            yield Violation(
                f"Schedule {one.key} has no targets in this stack, so that it patches nothing: add a configuration "
                "assignment or a dynamic scope. (One that another stack makes is not seen here.)",
                one.resource.urn,
            )
        if has_targets and rings and one.key not in in_one and not one.runs_once:
            yield Violation(
                f"Schedule {one.key} has targets, but is in no ring, so that nothing says what is patched before them: "
                "add it to rings of this rule.",
                one.resource.urn,
            )


def _prepared(stack: Stack, settings: Plain) -> Iterator[Violation]:
    found = _prepared_places(stack)
    if found is None:
        return
    told = {one.lower() for one in words(settings["preparedSubscriptions"])}
    for scope in (scope for planned in plan_of(stack).schedules for scope in planned.scopes):
        looks_for, subscription = filter_of(scope), subscription_of(scope)
        group = text_of(stack, scope, "resourceGroupName")
        if looks_for is None or subscription is None or (scope.kind == ON_GROUP and group is None):
            continue
        groups = [str(group)] if scope.kind == ON_GROUP else looks_for.resource_groups
        places = [(subscription, one.lower()) for one in groups] or [(subscription, "")]
        prepared = all(place in found or (subscription, "") in found for place in places)
        reaches_virtual_machines = MACHINE_TYPES[MachineKind.AZURE].lower() in looks_for.allowed[0]
        if not reaches_virtual_machines or prepared or subscription in told:
            continue
        told.add(subscription)
        yield Violation(
            f"This dynamic scope reaches Azure VMs in subscription {subscription}, where no policy of this stack "
            "prepares them: a VM without patch mode AutomaticByPlatform and the bypass flag is not patched, and "
            "nobody is told. Assign the policy 9905ca54-1471-49c6-8291-7582c04cd4d4 there, or, if another stack "
            "does or all are ready, name the subscription in preparedSubscriptions of this rule.",
            scope.urn,
        )


def _prepared_places(stack: Stack) -> set[tuple[str, str]] | None:
    """The subscriptions, and resource groups in them, that a policy of the stack prepares; None where it may be all.

    The group is empty where it is the whole subscription.
    """
    found: set[tuple[str, str]] = set()
    for policy in stack.of(POLICY):
        definition, scope = definition_of(policy), policy.props.get("scope")
        effect = at(policy.props, "parameters", "effect", "value")
        may_be_any = policy.props.get("policyDefinitionId") is UNKNOWN
        prepares = definition is not None and definition[0] in _PREPARING
        if not may_be_any and (not prepares or (isinstance(effect, str) and effect.lower() == "disabled")):
            continue
        if may_be_any or not isinstance(scope, str):
            return None
        try:
            place = parse_scope_id(scope)
        except ArmIdError:
            continue
        if place.subscription_id is None:
            return None
        found.add((place.subscription_id, (place.name or "").lower()))
    return found


RULES = (
    Rule(
        name="dynamic-scope-accepted",
        description="A dynamic scope's filter has words that Azure knows, and not more than it takes.",
        severity="high",
        url=_SCOPES,
        refused=True,
        kinds=ASSIGNMENTS,
        judge=_filter,
    ),
    StackRule(
        name="target-patchable",
        description="A guest patching schedule is assigned only to machines that Update Manager patches.",
        severity="critical",
        url=_UNSUPPORTED,
        refused=True,
        judge=_patchable,
    ),
    StackRule(
        name="scheduled-machine-ready",
        description="A machine with a schedule of its own has patch mode AutomaticByPlatform with the bypass flag.",
        severity="critical",
        url=_PREREQUISITES,
        refused=True,
        judge=_ready,
    ),
    StackRule(
        name="machine-patched",
        description="A machine that only a schedule can patch has a schedule.",
        severity="medium",
        url=_PREREQUISITES,
        judge=_patched,
    ),
    StackRule(
        name="rings-have-targets",
        description="Every schedule has targets, every ring a schedule, and every schedule with targets a ring.",
        severity="medium",
        url=_SCHEDULES,
        settings={"rings": {**RINGS, "default": []}},
        judge=_has_targets,
    ),
    StackRule(
        name="scope-prepared",
        description="Where a dynamic scope reaches virtual machines, a policy makes them ready for a schedule.",
        severity="medium",
        url=_SCOPES,
        settings={
            "preparedSubscriptions": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of subscriptions whose machines are made ready elsewhere.",
                "default": [],
            }
        },
        judge=_prepared,
    ),
)
