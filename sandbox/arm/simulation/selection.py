"""Which of a machine's pending updates are installed: classifications, numbers and masks.

Sources: the published REST specification of installPatches: what is included adds to the classifications, and
excludeKbsRequiringReboot leaves out what is not known never to reboot; Azure/LinuxPatchExtension, PackageFilter.py, for
the masks: `name=version` may be included, of an exclusion the version is ignored, a second `=` makes a mask invalid.
That an exclusion wins is that code's for Linux, and taken to be so for Windows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.arm.bodies import list_at
from sandbox.arm.simulation.catalogue import NEVER_REBOOTS, Update
from sandbox.arm.simulation.on_demand import published_by

BLOCKS = {"Windows": "windowsParameters", "Linux": "linuxParameters"}


@dataclass(frozen=True)
class Selection:
    """The pending updates, by what becomes of them."""

    selected: list[Update]
    excluded: list[Update]
    not_selected: list[Update]


def select(updates: Iterable[Update], system: str, block: dict[str, Any]) -> Selection:
    """Sort updates by the block of installPatches for a system; an empty one selects nothing."""
    excluded = _excluded_on_windows if system == "Windows" else _excluded_on_linux
    included = _included_on_windows if system == "Windows" else _included_on_linux
    classifications = {one.lower() for one in list_at(block, "classificationsToInclude")}
    found = Selection([], [], [])
    for update in updates:
        if not (update.classification.lower() in classifications or included(update, block)):
            found.not_selected.append(update)
        elif excluded(update, block):
            found.excluded.append(update)
        else:
            found.selected.append(update)
    return found


def _included_on_windows(update: Update, block: dict[str, Any]) -> bool:
    return _is_kb(update, block, "kbNumbersToInclude") or _is_named(update, block, "patchNameMasksToInclude")


def _excluded_on_windows(update: Update, block: dict[str, Any]) -> bool:
    newest = published_by(str(block.get("maxPatchPublishDate") or ""))
    return (
        _is_kb(update, block, "kbNumbersToExclude")
        or _is_named(update, block, "patchNameMasksToExclude")
        or (block.get("excludeKbsRequiringReboot") is True and update.reboot != NEVER_REBOOTS)
        or (newest is not None and update.published > newest)
    )


def _is_kb(update: Update, block: dict[str, Any], key: str) -> bool:
    return update.kb in {one.strip().lower().removeprefix("kb") for one in list_at(block, key)}


def _is_named(update: Update, block: dict[str, Any], key: str) -> bool:
    return any(fnmatchcase(update.name.lower(), mask.lower()) for mask in list_at(block, key))


def _included_on_linux(update: Update, block: dict[str, Any]) -> bool:
    for name, version in _masks(block, "packageNameMasksToInclude"):
        if fnmatchcase(update.name, name) and version in ("", update.version):
            return True
    return False


def _excluded_on_linux(update: Update, block: dict[str, Any]) -> bool:
    return any(fnmatchcase(update.name, name) for name, _ in _masks(block, "packageNameMasksToExclude"))


def _masks(block: dict[str, Any], key: str) -> list[tuple[str, str]]:
    """Return masks as pairs of name and version, which may be empty."""
    parts = [mask.strip().partition("=") for mask in list_at(block, key)]
    return [(name, version) for name, _, version in parts if name and "=" not in version]
