"""Checks of windows that overlap on one machine: one run waits for the other, and loses its window."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, takewhile
from typing import TYPE_CHECKING

from patching.arm_ids import MACHINE_TYPES, MachineId, MachineKind
from patching.checks import JUDGED_FOR
from patching.faults import Findings
from patching.schedule import Run, Schedule, local_text
from patching.scopes import Machine, ScopeFilter, are_disjoint, location_key, matches

if TYPE_CHECKING:
    from patching.settings.model import MachineTarget, ScheduleSettings, ScopeTarget, VirtualMachineSettings

_BLOCK_YEARS = 4
_LONGEST_WINDOW = timedelta(hours=4)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two runs whose windows overlap."""

    one: Run
    other: Run

    @property
    def same_start(self) -> bool:
        """Whether both start at the same instant, so that only one of them runs."""
        return self.one.start_utc == self.other.start_utc


def check_overlap(
    schedules: "Mapping[str, ScheduleSettings]", virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> Findings:
    """Judges every two schedules for two years from the later start.

    A machine that both name is a fault; one that both may reach through a dynamic scope is a warning.
    """
    findings = Findings()
    windows = _Windows()
    for one, other in combinations(schedules.values(), 2):
        named = _named_by_both(one, other)
        possible = None if named else _reached_by_both(one, other, virtual_machines)
        if not named and possible is None:
            continue
        overlap = windows.first_overlap(one.schedule, other.schedule)
        if overlap is None:
            continue
        path = f"schedules.{other.key}"
        if named:
            findings.fault(
                f"{path}.machines",
                _shown(named),
                _expected(one, other, overlap),
                "move one of the two, or take the machine out of one",
            )
        else:
            findings.warn(
                f"{path}.{possible}",
                other.key,
                f"{_expected(one, other, overlap)} (a machine may be in both)",
                "move one of the two, or make the filters exclude each other",
            )
    return findings


def _expected(one: "ScheduleSettings", other: "ScheduleSettings", overlap: Overlap) -> str:
    runs = f"{one.key} runs {_span(overlap.one, one.schedule)}, {other.key} {_span(overlap.other, other.schedule)}"
    if overlap.same_start:
        return f"schedules that do not start together on one machine, because only one of them would run: {runs}"
    return f"windows that do not overlap on one machine: {runs}"


def _span(run: Run, schedule: Schedule) -> str:
    return f"{local_text(run.start.replace(tzinfo=None))} to {run.end:%H:%M} {schedule.time_zone}"


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def _named_by_both(one: "ScheduleSettings", other: "ScheduleSettings") -> list[str]:
    ids = {machine.resource_id.lower() for machine in one.machines}
    return [machine.name for machine in other.machines if machine.resource_id.lower() in ids]


def _reached_by_both(
    one: "ScheduleSettings", other: "ScheduleSettings", virtual_machines: "Mapping[str, VirtualMachineSettings]"
) -> str | None:
    """Where in the second schedule a machine may come from that the first may reach too; None where none can."""
    for key, target, scope in _scopes(other):
        if any(_same_place(target, ours) and not are_disjoint(scope, our_scope) for _, ours, our_scope in _scopes(one)):
            return f"scopes.{key}"
        if any(_may_match(machine, target, scope, virtual_machines) for machine in one.machines):
            return f"scopes.{key}"
    for _, target, scope in _scopes(one):
        if any(_may_match(machine, target, scope, virtual_machines) for machine in other.machines):
            return "machines"
    return None


def _scopes(schedule: "ScheduleSettings") -> "Iterator[tuple[str, ScopeTarget, ScopeFilter]]":
    for scope in schedule.scopes.values():
        for target in scope.targets:
            yield scope.key, target, scope.filter


def _same_place(one: "ScopeTarget", other: "ScopeTarget") -> bool:
    if one.subscription_id.lower() != other.subscription_id.lower():
        return False
    groups = {target.resource_group.lower() for target in (one, other) if target.resource_group is not None}
    return len(groups) <= 1


def _may_match(
    machine: "MachineTarget",
    target: "ScopeTarget",
    scope: ScopeFilter,
    virtual_machines: "Mapping[str, VirtualMachineSettings]",
) -> bool:
    """Whether a machine that is named elsewhere may be in a scope.

    Of a machine that the stack does not make, operating system and tags are unknown.
    """
    if machine.subscription_id.lower() != target.subscription_id.lower():
        return False
    if target.resource_group is not None and machine.resource_group.lower() != target.resource_group.lower():
        return False
    own = virtual_machines.get(machine.key)
    if own is not None and own.resource_id.lower() == machine.resource_id.lower():
        provider, resource_type = MACHINE_TYPES[MachineKind.AZURE].split("/")
        machine_id = MachineId(
            own.subscription_id, own.resource_group, provider, resource_type, own.name, MachineKind.AZURE
        )
        return matches(scope, Machine(machine_id, own.os, own.location, own.tags))
    types = {one.lower() for one in scope.resource_types}
    groups = {one.lower() for one in scope.resource_groups}
    return (
        MACHINE_TYPES[machine.kind].lower() in types
        and (not groups or machine.resource_group.lower() in groups)
        and (not scope.locations or location_key(machine.location) in map(location_key, scope.locations))
    )


class _Windows:
    """The runs of schedules, worked out once for each block of years: many pairs are judged in little time."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[Schedule, int], tuple[list[datetime], list[Run]]] = {}

    def first_overlap(self, one: Schedule, other: Schedule) -> Overlap | None:
        """The first two runs that overlap within two years of the later start."""
        begin = max(one.start.replace(tzinfo=one.zone), other.start.replace(tzinfo=other.zone)).astimezone(UTC)
        end = begin + JUDGED_FOR
        ours, theirs = self._runs(one, begin), self._runs(other, begin)
        index = 0
        for run in ours:
            if run.start_utc >= end:
                return None
            while index < len(theirs) and theirs[index].end <= run.start:
                index += 1
            if index < len(theirs) and theirs[index].start < run.end:
                return Overlap(run, theirs[index])
        return None

    def _runs(self, schedule: Schedule, begin: datetime) -> list[Run]:
        key = (schedule, begin.year // _BLOCK_YEARS)
        if key not in self._blocks:
            first = datetime(max(begin.year // _BLOCK_YEARS * _BLOCK_YEARS, 1), 1, 1, tzinfo=UTC) - _LONGEST_WINDOW
            last = first + timedelta(days=366 * (_BLOCK_YEARS + 2) + 2)
            runs = list(takewhile(lambda run: run.start_utc < last, schedule.runs(after=first)))
            self._blocks[key] = ([run.start_utc for run in runs], runs)
        starts, runs = self._blocks[key]
        return runs[bisect_left(starts, begin - _LONGEST_WINDOW) :]
