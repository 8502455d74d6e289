"""The targets of an emergency: the machines and dynamic scopes of its rings, in the stack file's own words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patching.machines import OperatingSystem
from patching.plain_data import as_list, as_map
from patching.settings.model import ScheduleSettings, VirtualMachineSettings

_OWN_NAME = "assignmentName"
"""Names one assignment of one schedule; a second one on the same machine has to have another name."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A schedule whose targets are patched: as it was read, as it is written, and the systems to patch of it.

    `usual` are the systems that the schedule itself patches; `systems` are some of them, or all.
    """

    settings: ScheduleSettings
    written: Mapping[object, object]
    usual: frozenset[OperatingSystem]
    systems: frozenset[OperatingSystem]

    @property
    def key(self) -> str:
        """The schedule's key."""
        return self.settings.key


def machines_of(rings: Sequence[Ring], own: Mapping[str, VirtualMachineSettings]) -> list[Any]:
    """The machines that some schedules name, each once, in their order.

    `own` are the machines of the stack: of those it is known whether their system is to be patched.
    """
    found: dict[str, Any] = {}
    for ring in rings:
        for item in as_list(ring.written.get("machines")) or ():
            written = {str(name): value for name, value in (as_map(item) or {"id": item}).items() if name != _OWN_NAME}
            machine = str(written["id"])
            if machine not in own or own[machine].os in ring.systems:
                found.setdefault(machine.lower().rstrip("/"), machine if written.keys() == {"id"} else written)
    return list(found.values())


def scopes_of(rings: Sequence[Ring]) -> dict[str, Any]:
    """The dynamic scopes of some schedules, by key; where two use one, the later has its schedule's before it.

    Each looks only for the systems that are to be patched of its schedule.
    """
    found: dict[str, Any] = {}
    together = frozenset[OperatingSystem]().union(*(ring.systems for ring in rings))
    for ring in rings:
        for key, scope in (as_map(ring.written.get("scopes")) or {}).items():
            written = {str(name): value for name, value in (as_map(scope) or {}).items() if name != _OWN_NAME}
            named = _named_systems(written)
            allowed = ring.systems & (named or ring.systems)
            if allowed != (named or ring.usual) or (not named and allowed != together):
                written["osTypes"] = [one.value for one in OperatingSystem if one in allowed]
            if allowed and written not in found.values():
                found[_free(str(key), ring.key, found)] = written
    return found


def _named_systems(scope: Mapping[str, object]) -> frozenset[OperatingSystem]:
    return frozenset(OperatingSystem(str(one)) for one in as_list(scope.get("osTypes")) or ())


def _free(key: str, ring: str, taken: Collection[str]) -> str:
    names = (key, f"{ring}-{key}", *(f"{ring}-{key}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
