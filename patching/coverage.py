"""What a stack reaches of an estate: for each machine the schedules that reach it, whether it is ready, what is wrong.

Pure: settings and an inventory in, findings out. What a policy of the stack will mend is said, but readiness is judged
on what is there.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from patching.arm_ids import ScopeKind
from patching.checks.overlap import Windows, span
from patching.faults import Fault, Findings, Found
from patching.inventory import Inventory, InventoryMachine
from patching.inventory_file import SUBSCRIPTIONS_QUERY
from patching.limits import schedule_limits
from patching.machines import AssessmentMode, OperatingSystem
from patching.policy_definitions import PolicyKind
from patching.reach import Membership, Reach, Reaches, ScopePlace
from patching.readiness import Problem, readiness
from patching.settings.model import ExistingMachine

if TYPE_CHECKING:
    from patching.settings.model import AzurePolicySettings, ScheduleSettings, Settings

UNREACHED = "no schedule reaches it"


@dataclass(frozen=True, slots=True)
class MachineProblem:
    """What is wrong with a machine; `mended_by` is the key of the stack's policy that will mend it, if one does."""

    text: str
    mended_by: str | None = None

    def __str__(self) -> str:
        return f"{self.text} (the policy {self.mended_by} mends it)" if self.mended_by else self.text


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What holds for every machine of one kind: what reaches it, whether a run would patch it, and what is wrong."""

    schedules: tuple[Reach, ...]
    ready: bool
    problems: tuple[MachineProblem, ...]


@dataclass(frozen=True, slots=True)
class CoveredMachine:
    """A machine of the inventory and what was found of it; machines that are alike share their verdict."""

    machine: InventoryMachine
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Coverage:
    """The machines of an inventory in its order, and what is wrong with the stack or the inventory as a whole.

    `subscriptions` are the stack's keys by subscription id, in lower case.
    """

    schedules: tuple[str, ...]
    subscriptions: Mapping[str, str]
    machines: tuple[CoveredMachine, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def total(self) -> int:
        """How many machines there are."""
        return len(self.machines)

    @property
    def covered(self) -> int:
        """How many a schedule reaches."""
        return sum(bool(one.verdict.schedules) for one in self.machines)

    @property
    def ready(self) -> int:
        """How many a run would patch, reached or not."""
        return sum(one.verdict.ready for one in self.machines)

    @property
    def uncovered(self) -> int:
        """How many no schedule reaches."""
        return self.total - self.covered


def cover(settings: "Settings", inventory: Inventory, found: Findings | None = None) -> Coverage:
    """Judges every machine of an inventory against a stack; `found` is what was found before, in reading it."""
    reaches = Reaches(settings, inventory.management_groups)
    judge = _Judge(settings, reaches)
    machines: list[CoveredMachine] = []
    in_place: Counter[ScopePlace] = Counter()
    memberships: Counter[Membership] = Counter()
    for one in inventory.machines:
        membership = reaches.membership(one.machine)
        memberships[membership] += 1
        machines.append(CoveredMachine(one, judge.verdict(one, membership)))
    for membership, number in memberships.items():
        for place in membership.places:
            in_place[place] += number
    findings = Findings(warnings=list(inventory.warnings))
    findings.extend(found or Findings())
    _check_missing(settings, inventory, findings)
    _check_subscriptions(settings, inventory, findings)
    _check_management_groups(settings, inventory, findings)
    _check_limits(settings, machines, in_place, findings)
    return Coverage(
        schedules=tuple(settings.schedules),
        subscriptions={one.id.lower(): one.key for one in settings.subscriptions.values()},
        machines=tuple(machines),
        faults=tuple(findings.faults),
        warnings=tuple(findings.warnings),
    )


class _Judge:
    """Judges each kind of machine once."""

    def __init__(self, settings: "Settings", reaches: Reaches) -> None:
        self._schedules = settings.schedules
        self._subscriptions = {one.id.lower() for one in settings.subscriptions.values()}
        self._reaches = reaches
        self._verdicts: dict[Hashable, Verdict] = {}
        self._windows = Windows()
        self._overlaps: dict[tuple[str, str], str | None] = {}

    def verdict(self, one: InventoryMachine, membership: Membership) -> Verdict:
        """What was found of a machine."""
        named = self._reaches.named(one.machine)
        known = one.machine.id.subscription_id.lower() in self._subscriptions
        key = (one.state, membership, named, known)
        verdict = self._verdicts.get(key)
        if verdict is None:
            schedules = self._reaches.reaching(named, membership)
            state = readiness(one.state)
            reached = self._of_schedules(one, schedules) if schedules else self._unreached(one, membership, known=known)
            problems = [MachineProblem(text) for text in reached]
            problems += [_with_mending(problem, membership) for problem in (*state.blockers, *state.others)]
            verdict = self._verdicts[key] = Verdict(schedules, state.ready, tuple(problems))
        return verdict

    def _unreached(self, one: InventoryMachine, membership: Membership, *, known: bool) -> list[str]:
        if one.state.unsupported is not None:
            return []
        if not known:
            return [f"{UNREACHED}: the stack does not know its subscription"]
        return [f"{UNREACHED}: {membership.nearly}" if membership.nearly else UNREACHED]

    def _of_schedules(self, one: InventoryMachine, schedules: tuple[Reach, ...]) -> Iterator[str]:
        keys = list(dict.fromkeys(reach.schedule for reach in schedules))
        for key in keys:
            if not _installs_on(self._schedules[key], one.machine.os):
                yield f"{key} installs nothing on {one.machine.os}"
        for pair in combinations(keys, 2):
            if pair not in self._overlaps:
                self._overlaps[pair] = self._overlap(*(self._schedules[key] for key in pair))
            if text := self._overlaps[pair]:
                yield text

    def _overlap(self, one: "ScheduleSettings", other: "ScheduleSettings") -> str | None:
        overlap = self._windows.first_overlap(one.schedule, other.schedule)
        if overlap is None:
            return None
        runs = f"{one.key} runs {span(overlap.one, one.schedule)}, {other.key} {span(overlap.other, other.schedule)}"
        if overlap.same_start:
            return f"{one.key} and {other.key} start together, so that only one of them runs: {runs}"
        return f"the windows of {one.key} and {other.key} overlap: {runs}"


def _installs_on(schedule: "ScheduleSettings", os: OperatingSystem | None) -> bool:
    updates = {OperatingSystem.LINUX: schedule.updates.linux, OperatingSystem.WINDOWS: schedule.updates.windows}
    return os is None or updates[os] is not None


def _with_mending(problem: Problem, membership: Membership) -> MachineProblem:
    menders = (reach.policy.key for reach in membership.policies if _mends(reach.policy, problem))
    return MachineProblem(problem.text, next(menders, None))


def _mends(policy: "AzurePolicySettings", problem: Problem) -> bool:
    assesses = policy.kind is not PolicyKind.PERIODIC_ASSESSMENT or policy.mode is AssessmentMode.AUTOMATIC_BY_PLATFORM
    return policy.kind in problem.mended_by and assesses


def _check_missing(settings: "Settings", inventory: Inventory, findings: Findings) -> None:
    """A machine that a schedule names and the inventory lacks: it is gone, or the inventory is not whole."""
    there = {str(one.machine.id).lower() for one in inventory.machines}
    for schedule in settings.schedules.values():
        for index, machine in enumerate(schedule.machines):
            if isinstance(machine, ExistingMachine) and machine.resource_id.lower() not in there:
                findings.warn(
                    f"schedules.{schedule.key}.machines[{index}]",
                    machine.resource_id,
                    "a machine of the inventory: it is gone, or the inventory is not whole",
                    "take the machine out, or add the inventory of its subscription",
                )


def _check_subscriptions(settings: "Settings", inventory: Inventory, findings: Findings) -> None:
    known = {one.id.lower() for one in settings.subscriptions.values()}
    counts = Counter(one.machine.id.subscription_id.lower() for one in inventory.machines)
    for subscription, number in counts.items():
        if subscription not in known:
            machines = "machine is" if number == 1 else "machines are"
            findings.warn(
                "subscriptions",
                subscription,
                f"the subscriptions of the inventory: {number} {machines} in this one",
                "add it to subscriptions, or leave it out of the inventory",
                f"other: {{id: {subscription}}}",
            )


def _check_management_groups(settings: "Settings", inventory: Inventory, findings: Findings) -> None:
    """What a policy at a management group reaches is known only of subscriptions whose own rows are there."""
    subscriptions = {one.machine.id.subscription_id.lower() for one in inventory.machines}
    unplaced = subscriptions - inventory.management_groups.keys()
    for policy in settings.azure_policies.values():
        if policy.scope.kind is ScopeKind.MANAGEMENT_GROUP and not policy.kind.is_audit and unplaced:
            findings.warn(
                f"azurePolicies.{policy.key}.scope",
                policy.scope.id,
                "the rows of its subscriptions in the inventory: without them, what it reaches is not known",
                "add them with a second --inventory",
                f'az graph query -q "{SUBSCRIPTIONS_QUERY}" -o json',
            )


def _check_limits(
    settings: "Settings", machines: list[CoveredMachine], in_place: Counter[ScopePlace], findings: Findings
) -> None:
    """The limits that count machines, which only an inventory can tell."""
    limits = schedule_limits(settings.environment)
    fix = "make a second schedule with the same window, and share the machines out"
    for place, number in in_place.items():
        if number > limits.machines_per_dynamic_scope:
            where = place.target.resource_group or place.target.subscription_key
            expected = (
                f"at most {limits.machines_per_dynamic_scope} machines in a dynamic scope; in {where} it has these"
            )
            path = f"schedules.{place.schedule}.scopes.{place.scope}"
            findings.fault(path, Found(str(number), literal=False), expected, fix)
    reached: dict[str, int] = defaultdict(int)
    for verdict, number in Counter(one.verdict for one in machines).items():
        for key in {reach.schedule for reach in verdict.schedules}:
            reached[key] += number
    for key, number in reached.items():
        if number > limits.machines_per_schedule:
            expected = f"at most {limits.machines_per_schedule} machines in a schedule"
            findings.fault(f"schedules.{key}", Found(str(number), literal=False), expected, fix)
