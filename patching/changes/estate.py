"""What changes in a stack's entries: schedules, their machines and scopes, machines, policies, freezes, and the rest.

Compared is what the keys come to, defaults decided: a default that is written out is no change. Tags and `protect` that
entries take over from the stack are said once, of the stack.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from patching.changes.entries import STACK, Entry, Path
from patching.changes.values import FieldChange, changed_fields

_TAKEN_OVER = ("tags.", "protect")


class Change(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry that was added, removed or changed; `before` and `after` are what it is in words, None where it is not.

    Of an entry that was added or removed, `fields` are all it has.
    """

    path: Path
    change: Change
    before: str | None
    after: str | None
    fields: tuple[FieldChange, ...]

    @property
    def section(self) -> str:
        """What it is an entry of: `schedules`, `machines`, `scopes`, `virtualMachines`, …, or `stack`."""
        return self.path[-2:][0]

    @property
    def name(self) -> str:
        """Its path as the user writes it: `schedules.linux.scopes.ring`."""
        return ".".join(self.path)


def compare_entries(before: Mapping[Path, Entry], after: Mapping[Path, Entry]) -> tuple[EntryChange, ...]:
    """What differs between the entries of two versions, in the order of their paths, the stack's own keys last."""
    told = _told_of_the_stack(before, after)
    changes = (
        _compared(path, before.get(path), after.get(path), told)
        for path in sorted({*before, *after}, key=lambda path: (path == STACK, path))
    )
    return tuple(change for change in changes if change is not None)


def _compared(
    path: Path, before: Entry | None, after: Entry | None, told: Collection[FieldChange]
) -> EntryChange | None:
    found = changed_fields(before.fields if before else {}, after.fields if after else {})
    if before is None or after is None:
        change = Change.ADDED if before is None else Change.REMOVED
        return EntryChange(path, change, before and before.words, after and after.words, found)
    if path != STACK:
        found = tuple(field for field in found if field not in told)
    return EntryChange(path, Change.CHANGED, before.words, after.words, found) if found else None


def _told_of_the_stack(before: Mapping[Path, Entry], after: Mapping[Path, Entry]) -> Collection[FieldChange]:
    if STACK not in before or STACK not in after:
        return ()
    changed = changed_fields(before[STACK].fields, after[STACK].fields)
    return [field for field in changed if field.path.startswith(_TAKEN_OVER)]
