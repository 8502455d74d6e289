"""Rules on schedules beside each other: overlaps, ring order, freezes, limits, machines at once.

All are judged by the core's own checks, over what is known of the stack.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import groupby, pairwise
from typing import Any, cast

from patching.checks.frozen import check_freezes
from patching.checks.order import check_order
from patching.checks.overlap import Windows, check_overlap
from patching.checks.reach import check_reach
from patching.faults import Fault, Findings
from patching.limits import Environment, schedule_limits
from patching.settings.change_freezes import read_freezes
from patching.settings.context import Context
from patching.settings.model import Follows, ResourceGroup, ScheduleSettings
from policies.rules.core_settings import core_machines, core_schedules
from policies.rules.planned import Plan, Planned, machine_id, may_match, plan_of
from policies.rules.rule import Plain, Stack, StackRule, Violation, words
from policies.rules.virtual_machines import MACHINE

_SCHEDULES = "https://learn.microsoft.com/azure/update-manager/scheduled-patching"
_LIMITS = "https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations"
_TROUBLE = "https://learn.microsoft.com/azure/update-manager/troubleshoot"

_PLACE = re.compile(r"schedules\.(\S+)\.(?:machines|scopes\.\S+)(?= has this)")
_MASKS = {"type": "array", "items": {"type": "string"}}


def _violations(faults: Iterable[Fault], plan: Plan, does: str, fix: str = "") -> Iterator[Violation]:
    """What the core found, at the configuration whose schedule it is about; `does` says what that schedule does."""
    for fault in faults:
        key = _key_in(fault, plan)
        urns = [one.resource.urn for one in plan.schedules if one.key == key]
        where = f"Schedule {key}" if key else "All schedules together"
        message = f"{where} {does.format(got=fault.got)}, but there should be {_in_program(fault.expected)}."
        yield Violation(f"{message} To mend it: {fix or _in_program(fault.fix)}.", urns[0] if urns else "")


def _in_program(text: str) -> str:
    """The core's words for a stack file as a program has them."""
    for article, name in (("an", "a"), ("another", "another")):
        text = text.replace(f"{article} assignmentName", f"{name} configurationAssignmentName")
    return _PLACE.sub(r"\1", text)


def _key_in(fault: Fault, plan: Plan) -> str:
    """The schedule that a finding of the core is about, whose key may have dots; empty where it is about all."""
    inside = f"{fault.path.removeprefix('schedules.')}."
    return max((one.key for one in plan.schedules if inside.startswith(f"{one.key}.")), key=len, default="")


def _overlap(stack: Stack, settings: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    limits = schedule_limits(Environment(settings["environment"]))
    schedules, machines = core_schedules(plan), core_machines(stack)
    together = check_overlap(schedules, machines, limits).faults
    yield from _violations(together, plan, "patches {got}, as another schedule does")
    # Which scopes reach a machine of somebody else is not known here, and nothing to warn of.
    own = {
        key: replace(one, machines=tuple(each for each in one.machines if each.key in machines))
        for key, one in schedules.items()
    }
    told: set[str] = set()
    for warning in check_overlap(own, machines, limits).warnings:
        if (key := _key_in(warning, plan)) not in told:
            told.add(key)
            yield from _violations([warning], plan, "may patch the same machines as another schedule")


def _limits(stack: Stack, settings: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    faults = check_reach(core_schedules(plan), Environment(settings["environment"])).faults
    yield from _violations(faults, plan, "has {got}")


def in_rings(rings: Any, keys: Iterable[str]) -> list[list[str]]:
    """The schedules of each ring, in order; a ring is a mask (`prod-*`), or a list of masks."""
    known = list(keys)
    masks = [words(ring if isinstance(ring, list) else [ring]) for ring in cast("list[Any]", rings or [])]
    return [[key for key in known if any(fnmatchcase(key, mask) for mask in ring)] for ring in masks]


def _order(stack: Stack, settings: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    once = {one.key for one in plan.schedules if one.runs_once}
    schedules = {key: one for key, one in core_schedules(plan).items() if key not in once}
    days = int(settings["soakDays"])
    rings = [ring for ring in in_rings(settings["rings"], schedules) if ring]
    for earlier, later in pairwise(rings):
        for key in later:
            for leader in earlier:
                follower = replace(schedules[key], follows=Follows(leader, days))
                faults = check_order({key: follower, leader: schedules[leader]}).faults
                fix = f"move {key} or {leader}, or change rings or soakDays of this rule"
                yield from _violations(faults, plan, "runs too soon, {got}", fix)


def _freezes(stack: Stack, settings: Plain) -> Iterator[Violation]:
    plan = plan_of(stack)
    context = _context()
    given = {name: {"onRun": "fail", **one} for name, one in cast("dict[str, Plain]", settings["freezes"]).items()}
    freezes = read_freezes(given, context)
    for fault in context.findings.faults:
        yield Violation(f"This rule's own configuration is wrong: {fault}.")
    for key, one in core_schedules(plan).items():
        (planned,) = (other for other in plan.schedules if other.key == key)
        if not planned.resource.managed:
            continue
        faults = check_freezes({key: one}, freezes).faults
        for path, (first, *others) in ((path, list(group)) for path, group in groupby(faults, lambda one: one.path)):
            more = " It is not the only one." if others else ""
            yield Violation(
                f"A run falls into the freeze {path.removeprefix('freezes.')}: there should be {first.expected}.{more} "
                "To mend it: cancel or move that run, or let the schedule end before.",
                planned.resource.urn,
            )


def _context() -> Context:
    """What the core wants to know to read freezes: no file is read for a policy pack."""
    return Context(
        project="",
        stack="",
        environment=Environment.PUBLIC,
        location="",
        subscriptions={},
        subscription_keys=(),
        resource_group=ResourceGroup("", create=False),
        tags={},
        protect=True,
        schedule_keys=(),
        schedules_of_policies=(),
        machine_keys=(),
        webhook_keys=(),
        read_file=None,
        as_of=None,
        findings=Findings(),
    )


def _at_once(stack: Stack, settings: Plain) -> Iterator[Violation]:
    most, masks = settings["most"], words(settings["schedules"])
    if most is None:
        return
    plan = plan_of(stack)
    known = core_schedules(plan)
    chosen = [one for one in plan.schedules if one.key in known and any(fnmatchcase(one.key, mask) for mask in masks)]
    machines = {one.key: _machines(stack, one, known) for one in chosen}
    windows = Windows()
    told: set[frozenset[str]] = set()
    for one in chosen:
        together = [other for other in chosen if _meet(windows, known[one.key], known[other.key])]
        reached = set[str]().union(*(machines[other.key] for other in together))
        names = frozenset(other.key for other in together)
        if len(reached) > int(most) and names not in told:
            told.add(names)
            beside = ", ".join(sorted(names - {one.key}))
            more = f", together with {beside}, whose windows overlap it," if beside else ""
            yield Violation(
                f"Schedule {one.key}{more} patches {len(reached)} machines of this stack in one window, and at most "
                f"{int(most)} were agreed: if an update breaks them, all break at once. Move some to another schedule, "
                "on another night. (Machines outside of the stack that a dynamic scope reaches are not counted.)",
                one.resource.urn,
            )


def _meet(windows: Windows, one: ScheduleSettings, other: ScheduleSettings) -> bool:
    return one.key == other.key or windows.first_overlap(one.schedule, other.schedule) is not None


def _machines(stack: Stack, planned: Planned, known: Mapping[str, ScheduleSettings]) -> set[str]:
    named = {one.resource_id.lower() for one in known[planned.key].machines}
    own = ((one, machine_id(stack, one)) for one in stack.of(MACHINE))
    return named | {text for one, text in own if text and any(may_match(scope, stack, one) for scope in planned.scopes)}


_ENVIRONMENT: Mapping[str, Any] = {
    "type": "string",
    "enum": [one.value for one in Environment],
    "description": "The Azure cloud, whose limits hold.",
    "default": Environment.PUBLIC.value,
}
RINGS: Mapping[str, Any] = {
    "type": "array",
    "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "description": "The rings in order, the first to be patched first: each a mask for names of maintenance "
    "configurations (prod-*), or a list of masks.",
    "default": [],
}

RULES = (
    StackRule(
        name="windows-apart",
        description="Windows on one machine do not overlap: one run would wait for the other, and lose its window.",
        severity="high",
        url=_TROUBLE,
        settings={"environment": _ENVIRONMENT},
        judge=_overlap,
    ),
    StackRule(
        name="service-limits-kept",
        description="Schedules, machines and dynamic scopes stay within the service's limits, each under its own name.",
        severity="critical",
        url=_LIMITS,
        refused=True,
        settings={"environment": _ENVIRONMENT},
        judge=_limits,
    ),
    StackRule(
        name="rings-in-order",
        description="Each ring is patched after the ring before it, and long enough after it to see what breaks.",
        severity="high",
        url=_SCHEDULES,
        settings={
            "rings": RINGS,
            "soakDays": {
                "type": "integer",
                "minimum": 0,
                "maximum": 366,
                "description": "How many days there must be between a ring's run and the next ring's.",
                "default": 1,
            },
        },
        judge=_order,
    ),
    StackRule(
        name="no-run-in-a-freeze",
        description="No schedule runs in a change freeze.",
        severity="high",
        url=_SCHEDULES,
        settings={
            "freezes": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ("from", "to", "timeZone", "reason")},
                    "required": ["from", "to", "timeZone"],
                    "additionalProperties": False,
                },
                "description": "Freezes by name, as in a stack file: from and to (YYYY-MM-DD HH:mm), timeZone (a "
                "Windows id), and a reason.",
                "default": {},
            }
        },
        judge=_freezes,
    ),
    StackRule(
        name="machines-at-once",
        description="No more machines are patched in one window than were agreed.",
        severity="medium",
        url=_SCHEDULES,
        settings={
            "most": {"type": "integer", "minimum": 1, "description": "The most machines in one window."},
            "schedules": {
                **_MASKS,
                "description": "Masks for the names of the maintenance configurations that are counted (prod-*).",
                "default": ["*"],
            },
        },
        judge=_at_once,
    ),
)
