"""What every form of the coverage report counts: machines by schedule and by problem, and those to look at."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patching.reach import By

if TYPE_CHECKING:
    from patching.coverage import Coverage, CoveredMachine


@dataclass(frozen=True, slots=True)
class ScheduleCount:
    """How many machines a schedule reaches, and by what; a machine may be reached by more than one.

    `schedule` is None for the machines that none reaches.
    """

    schedule: str | None
    machines: int
    ready: int
    named: int = 0
    by_policy: int = 0
    by_scope: int = 0


def schedule_counts(coverage: "Coverage") -> list[ScheduleCount]:
    """The counts of every schedule of the stack, in its order, and at last of the machines that none reaches."""
    machines: Counter[str | None] = Counter()
    ready: Counter[str | None] = Counter()
    ways: Counter[tuple[str, By, bool]] = Counter()
    for verdict, number in Counter(one.verdict for one in coverage.machines).items():
        schedules = {reach.schedule for reach in verdict.schedules} or {None}
        for schedule in schedules:
            machines[schedule] += number
            ready[schedule] += number if verdict.ready else 0
        for way in {(reach.schedule, reach.by, reach.policy is not None) for reach in verdict.schedules}:
            ways[way] += number
    counts = [
        ScheduleCount(
            schedule=key,
            machines=machines[key],
            ready=ready[key],
            named=ways[key, By.STATIC, False],
            by_policy=ways[key, By.STATIC, True],
            by_scope=ways[key, By.SCOPE, False],
        )
        for key in coverage.schedules
    ]
    return [*counts, ScheduleCount(None, machines[None], ready[None])] if machines[None] else counts


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """How many machines have a problem, and of how many a policy of the stack will mend it."""

    text: str
    machines: int
    mended: int


def problem_counts(coverage: "Coverage") -> list[ProblemCount]:
    """Every problem, the most frequent first."""
    machines: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    for verdict, number in Counter(one.verdict for one in coverage.machines).items():
        for problem in verdict.problems:
            machines[problem.text] += number
            mended[problem.text] += number if problem.mended_by else 0
    ordered = sorted(machines, key=lambda text: (-machines[text], text))
    return [ProblemCount(text, machines[text], mended[text]) for text in ordered]


def to_look_at(coverage: "Coverage") -> "list[CoveredMachine]":
    """The machines with a problem: first those that a schedule reaches in vain, then those that none reaches."""
    found = [one for one in coverage.machines if one.verdict.problems]
    return sorted(found, key=lambda one: (one.verdict.ready, not one.verdict.schedules))
