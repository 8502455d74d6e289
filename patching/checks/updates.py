"""Checks of what a schedule installs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from patching.faults import NOTHING, Fault, found

if TYPE_CHECKING:
    from patching.settings.entries import UpdatesEntry


def check_updates(path: str, updates: "UpdatesEntry") -> Iterator[Fault]:
    """Judges a schedule's updates, whose key is `path`, such as `schedules.linux.updates`.

    The service refuses a system's block that installs nothing.
    """
    windows, linux = updates.windows, updates.linux
    if windows is None and linux is None:
        yield Fault(
            path,
            NOTHING,
            "what to install: windows, linux, or both",
            "{linux: {classifications: [Critical, Security]}}",
            "add windows or linux",
        )
    if windows is not None:
        names = ("kbNumbersToInclude", "kbNumbersToExclude")
        lists = (windows.kb_numbers_to_include, windows.kb_numbers_to_exclude)
        yield from _check_block(f"{path}.windows", windows.classifications, names, lists)
    if linux is not None:
        names = ("packageNameMasksToInclude", "packageNameMasksToExclude")
        lists = (linux.package_name_masks_to_include, linux.package_name_masks_to_exclude)
        yield from _check_block(f"{path}.linux", linux.classifications, names, lists)


def _check_block(
    path: str,
    classifications: tuple[str, ...],
    names: tuple[str, str],
    lists: tuple[tuple[str, ...], tuple[str, ...]],
) -> Iterator[Fault]:
    """Judges one system's block; `names` and `lists` are what to include and what to exclude."""
    include, exclude = lists
    if not classifications and not include:
        yield Fault(
            path,
            NOTHING,
            f"classifications or {names[0]}: the service refuses a block that installs nothing",
            "{classifications: [Critical, Security]}",
            "add classifications, or remove the block",
        )
    for one in include:
        if one in exclude:
            yield Fault(
                f"{path}.{names[1]}",
                found(one),
                f"nothing that {names[0]} has, too: what is excluded is never installed",
                "",
                "remove it from one of the two",
            )
