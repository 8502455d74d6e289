"""What a machine lacks: the newest of each family of updates that was published since it was last patched."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.arm.bodies import mapping_at
from sandbox.arm.simulation.catalogue import FAMILIES, Update, newest
from sandbox.arm.simulation.chance import share
from sandbox.arm.simulation.machines import system_of, windows_release
from sandbox.arm.store import Resource

_KEY = "patching"
_DAY = 24 * 3600
_OLDEST_IMAGE_DAYS = 90


@dataclass(frozen=True)
class Condition:
    """What installations left on a machine: when the installed update of each family was published, and so on.

    `busy_until` is the end of its last run, and `last_start` the start of the last window that it had, both in seconds
    since the epoch.
    """

    installed: dict[str, float]
    reboot_pending: bool = False
    busy_until: float = 0.0
    last_start: float = 0.0


def condition(machine: Resource) -> Condition:
    """Return the condition of a machine."""
    kept: dict[str, Any] = mapping_at(machine.private, _KEY)
    return Condition(**kept) if kept else Condition({})


def with_condition(machine: Resource, changed: Condition) -> Resource:
    """Return the machine in another condition."""
    return replace(machine, private={**machine.private, _KEY: vars(changed)})


def pending(machine: Resource, moment: float) -> list[Update]:
    """Return the updates that a machine lacks at a moment, in the order of their publication."""
    installed, key, system = condition(machine).installed, machine.id.key, system_of(machine)
    release = windows_release(machine) if system == "Windows" else ""
    # Before its first installation, it is as old as its image.
    image = machine.created - share(key, "image") * _OLDEST_IMAGE_DAYS * _DAY
    there = [family for family in FAMILIES[system] if family.on >= 1 or share(key, family.name) < family.on]
    found = [(family, newest(family, release, moment)) for family in there]
    lacking = [update for family, update in found if update and update.published > installed.get(family.name, image)]
    return sorted(lacking, key=lambda update: (update.published, update.name))


def after_installing(before: Condition, updates: Iterable[Update], *, reboot_pending: bool) -> Condition:
    """Return the condition in which an installation leaves a machine."""
    installed = {**before.installed, **{update.family: update.published for update in updates}}
    return replace(before, installed=installed, reboot_pending=reboot_pending)
