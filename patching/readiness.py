"""Whether a run would patch a machine that is there, and what is wrong with it.

The rules are those of `patching.machines`; what is here puts them together for machines of both kinds, as an inventory
describes them.
"""

from dataclasses import dataclass

from patching.arm_ids import MachineKind
from patching.machines import (
    OperatingSystem,
    PatchSettings,
    Unsupported,
    missing_prerequisites,
    not_ready,
    unassessed,
)
from patching.policy_definitions import PolicyKind

CONNECTED = "connected"
_OFF = frozenset({"deallocated", "deallocating", "stopped", "stopping"})


@dataclass(frozen=True, slots=True)
class MachineState:
    """What an inventory says of a machine, as far as it decides whether a run would patch it.

    `described` is false where the inventory has no properties of it. `settings` is None where nothing sets any, as on a
    machine made from a specialised disk. `arc_status` and `power` are the service's words in lower case (`connected`,
    `deallocated`), or None where the inventory does not say.
    """

    kind: MachineKind
    os: OperatingSystem | None
    described: bool = True
    settings: PatchSettings | None = None
    extensions_allowed: bool = True
    unsupported: Unsupported | None = None
    arc_status: str | None = None
    power: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a machine; `mended_by` are the policies that set it right, if any does."""

    text: str
    mended_by: tuple[PolicyKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """What keeps a run from patching a machine, and what is wrong besides."""

    blockers: tuple[Problem, ...]
    others: tuple[Problem, ...]

    @property
    def ready(self) -> bool:
        """Whether a run would patch the machine."""
        return not self.blockers


_PREREQUISITE = (PolicyKind.SCHEDULING_PREREQUISITE, PolicyKind.RECURRING_UPDATES)
_ASSESSMENT = (PolicyKind.PERIODIC_ASSESSMENT,)
_UNASSESSED = Problem("periodic assessment is off: nobody looks for missing updates between runs", _ASSESSMENT)


def readiness(state: MachineState) -> Readiness:
    """Judges a machine. Assessment that is off, and a machine that is off, are problems, but no unreadiness."""
    if not state.described:
        return Readiness((Problem("the inventory has no properties of it, which say how it is patched"),), ())
    if state.unsupported is not None:
        return Readiness((Problem(state.unsupported.value),), ())
    blockers = _arc_blockers(state) if state.kind is MachineKind.ARC else _azure_blockers(state)
    return Readiness(tuple(blockers), tuple(_others(state)))


def _arc_blockers(state: MachineState) -> list[Problem]:
    if state.arc_status == CONNECTED:
        return []
    if state.arc_status is None:
        return [Problem("the inventory does not say whether its Arc agent is connected")]
    return [Problem(f"its Arc agent is {state.arc_status}, not connected")]


def _azure_blockers(state: MachineState) -> list[Problem]:
    blockers: list[Problem] = []
    if state.os is None:
        blockers.append(Problem("the inventory does not say which operating system it has"))
    settings = state.settings
    if settings is None:
        blockers.append(Problem("no patch mode is set, as on a machine made from a specialised disk", _PREREQUISITE))
    else:
        missing = missing_prerequisites(settings)
        mendable = settings.agent and not settings.hotpatching and state.extensions_allowed
        mended_by = _PREREQUISITE if mendable else ()
        blockers += [Problem(text, mended_by if text in missing else ()) for text in not_ready(settings)]
    if not state.extensions_allowed:
        blockers.append(Problem("osProfile.allowExtensionOperations is false: no patch extension can be installed"))
    return blockers


def _others(state: MachineState) -> list[Problem]:
    others: list[Problem] = []
    if state.settings is None or unassessed(state.settings):
        others.append(_UNASSESSED)
    if state.power in _OFF:
        others.append(Problem(f"it is {state.power}: a run patches it only if it is on 15 minutes before"))
    return others
