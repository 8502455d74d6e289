"""What changes in what a stack reaches: machines that a schedule now reaches, or no longer, or another one does.

Both versions are judged on one inventory, so that whether a machine is ready is the same in both; what matters is the
machine that a schedule now reaches in vain.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from patching.arm_ids import MachineId
from patching.changes.findings import FindingsChange, compare_findings
from patching.coverage import Coverage, CoveredMachine


@dataclass(frozen=True, slots=True)
class MachineChange:
    """A machine that other schedules reach than before; both are in the order of the stack's schedules."""

    machine: MachineId
    before: tuple[str, ...]
    after: tuple[str, ...]
    ready: bool


@dataclass(frozen=True, slots=True)
class ProblemChange:
    """How many machines have a problem before and after, where the numbers differ."""

    text: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class CoverageChange:
    """What the two versions reach of an inventory of `total` machines.

    `gained` had no schedule, `lost` has none any more, `moved` has others. `in_vain` are those that a schedule did not
    reach before, and that no run would patch: they are not ready.
    """

    total: int
    covered_before: int
    covered_after: int
    gained: tuple[MachineChange, ...]
    lost: tuple[MachineChange, ...]
    moved: tuple[MachineChange, ...]
    in_vain: tuple[MachineChange, ...]
    problems: tuple[ProblemChange, ...]
    faults: FindingsChange
    warnings: FindingsChange

    @property
    def is_empty(self) -> bool:
        """Whether every machine has the schedules and the problems it had."""
        return not (self.gained or self.lost or self.moved or self.problems)


def compare_coverage(before: Coverage | None, after: Coverage | None) -> CoverageChange:
    """Compares the coverage of one inventory by two versions; None is a version that is not there.

    Raises:
        ValueError: neither is there.
    """
    there = after or before
    if there is None:
        raise ValueError("one of the two versions has to be there")
    changes = [
        MachineChange(one.machine.machine.id, was, now, one.verdict.ready)
        for index, one in enumerate(there.machines)
        if (was := _schedules(before, index)) != (now := _schedules(after, index))
    ]
    return CoverageChange(
        total=there.total,
        covered_before=before.covered if before else 0,
        covered_after=after.covered if after else 0,
        gained=tuple(one for one in changes if not one.before),
        lost=tuple(one for one in changes if not one.after),
        moved=tuple(one for one in changes if one.before and one.after),
        in_vain=tuple(one for one in changes if not one.before and not one.ready),
        problems=tuple(_problems(before, after)),
        faults=compare_findings(before.faults if before else (), after.faults if after else ()),
        warnings=compare_findings(before.warnings if before else (), after.warnings if after else ()),
    )


def _schedules(coverage: Coverage | None, index: int) -> tuple[str, ...]:
    if coverage is None:
        return ()
    return tuple(dict.fromkeys(reach.schedule for reach in coverage.machines[index].verdict.schedules))


def _problems(before: Coverage | None, after: Coverage | None) -> Iterable[ProblemChange]:
    if before is None or after is None:
        return []
    earlier, later = _counted(before.machines), _counted(after.machines)
    texts = sorted({*earlier, *later}, key=lambda text: (-abs(later[text] - earlier[text]), text))
    return [ProblemChange(text, earlier[text], later[text]) for text in texts if earlier[text] != later[text]]


def _counted(machines: Iterable[CoveredMachine]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for verdict, number in Counter(one.verdict for one in machines).items():
        for problem in verdict.problems:
            counts[problem.text] += number
    return counts
