"""Which faults or warnings are new, which are gone, and which are still there."""

from collections.abc import Iterable
from dataclasses import dataclass

from patching.faults import Fault


@dataclass(frozen=True, slots=True)
class FindingsChange:
    """Findings of two versions; those that are in both are `remaining`."""

    new: tuple[Fault, ...] = ()
    gone: tuple[Fault, ...] = ()
    remaining: tuple[Fault, ...] = ()


def compare_findings(before: Iterable[Fault], after: Iterable[Fault]) -> FindingsChange:
    """Compares findings; each counts once, and is the same in both where all of it is."""
    earlier, later = dict.fromkeys(before), dict.fromkeys(after)
    return FindingsChange(
        new=tuple(one for one in later if one not in earlier),
        gone=tuple(one for one in earlier if one not in later),
        remaining=tuple(one for one in later if one in earlier),
    )
