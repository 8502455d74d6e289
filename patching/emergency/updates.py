"""What an emergency installs: what its rings install, or what was asked for by name."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from patching.machines import OperatingSystem
from patching.settings.model import LinuxUpdates, Reboot, Updates, WindowsUpdates

_CAREFUL_FIRST = (Reboot.NEVER, Reboot.IF_REQUIRED, Reboot.ALWAYS)


def systems_of(updates: Updates) -> frozenset[OperatingSystem]:
    """The operating systems that a schedule patches."""
    blocks = ((OperatingSystem.WINDOWS, updates.windows), (OperatingSystem.LINUX, updates.linux))
    return frozenset(system for system, block in blocks if block is not None)


def named_updates(kbs: Sequence[str], packages: Sequence[str], reboot: Reboot) -> Updates:
    """Some KB numbers and packages, and nothing else."""
    return Updates(
        reboot,
        WindowsUpdates((), tuple(kbs), (), exclude_kbs_requiring_reboot=False) if kbs else None,
        LinuxUpdates((), tuple(packages), ()) if packages else None,
    )


def shared_updates(rings: Sequence[Updates]) -> Updates:
    """What every ring installs: no machine gets an update that its own ring keeps from it.

    Classes and inclusions are those that all have, exclusions those that any has, of the rings that patch a system at
    all. A block may come out empty, which the checks of a stack file refuse.
    """
    windows = [one.windows for one in rings if one.windows is not None]
    linux = [one.linux for one in rings if one.linux is not None]
    return Updates(
        reboot_of(rings),
        WindowsUpdates(
            _in_all(windows, lambda one: one.classifications),
            _in_all(windows, lambda one: one.kb_numbers_to_include),
            _in_any(windows, lambda one: one.kb_numbers_to_exclude),
            exclude_kbs_requiring_reboot=any(one.exclude_kbs_requiring_reboot for one in windows),
        )
        if windows
        else None,
        LinuxUpdates(
            _in_all(linux, lambda one: one.classifications),
            _in_all(linux, lambda one: one.package_name_masks_to_include),
            _in_any(linux, lambda one: one.package_name_masks_to_exclude),
        )
        if linux
        else None,
    )


def reboot_of(rings: Iterable[Updates]) -> Reboot:
    """The most careful of the rings' reboot settings."""
    return min((one.reboot for one in rings), key=_CAREFUL_FIRST.index)


def updates_entry(updates: Updates) -> dict[str, Any]:
    """The same in the stack file's words, without what is empty."""
    entry: dict[str, Any] = {"reboot": updates.reboot.value}
    if updates.windows is not None:
        entry["windows"] = _without_empty(
            classifications=list(updates.windows.classifications),
            kbNumbersToInclude=list(updates.windows.kb_numbers_to_include),
            kbNumbersToExclude=list(updates.windows.kb_numbers_to_exclude),
            excludeKbsRequiringReboot=updates.windows.exclude_kbs_requiring_reboot,
        )
    if updates.linux is not None:
        entry["linux"] = _without_empty(
            classifications=list(updates.linux.classifications),
            packageNameMasksToInclude=list(updates.linux.package_name_masks_to_include),
            packageNameMasksToExclude=list(updates.linux.package_name_masks_to_exclude),
        )
    return entry


def _without_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _in_all(blocks: Sequence[Any], of: Callable[[Any], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(one for one in of(blocks[0]) if all(one in of(block) for block in blocks)) if blocks else ()


def _in_any(blocks: Iterable[Any], of: Callable[[Any], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for block in blocks for one in of(block)))
