"""Two versions of one stack, and all that changes between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from patching.changes.calendar import CalendarChange, compare_calendars
from patching.changes.entries import entries_of
from patching.changes.estate import EntryChange, compare_entries
from patching.changes.findings import FindingsChange, compare_findings
from patching.changes.machines import CoverageChange, compare_coverage
from patching.changes.preview import Preview
from patching.coverage import Coverage, cover
from patching.faults import Fault, Findings
from patching.inventory import Inventory
from patching.schedule import Schedule
from patching.settings.model import Settings
from patching.settings.reading import Reading


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a stack file: what came of reading it, and its plain configuration."""

    reading: Reading
    config: Mapping[str, object]


class State(StrEnum):
    """What becomes of a stack's file."""

    NEW = "new"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class StackChange:
    """What changes in a stack.

    `entries` and `calendar` are None where a version has faults, so that nobody knows what it means; `coverage`, too,
    and where no inventory was given. `preview` is None where none was given, or none can be read: a fault of its own.
    """

    stack: str
    state: State
    faults: FindingsChange
    warnings: FindingsChange
    entries: tuple[EntryChange, ...] | None
    calendar: CalendarChange | None
    preview: Preview | None
    coverage: CoverageChange | None

    @property
    def faults_now(self) -> tuple[Fault, ...]:
        """The faults that the later version has, or what it was given with it."""
        return (*self.faults.new, *self.faults.remaining)

    @property
    def warnings_now(self) -> tuple[Fault, ...]:
        """The warnings of the later version."""
        return (*self.warnings.new, *self.warnings.remaining)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes, as far as is known: not where a version has faults."""
        parts_are = self.entries == () and self.calendar is not None and self.calendar.is_empty
        findings_are = not (self.faults.new or self.faults.gone or self.warnings.new or self.warnings.gone)
        resources_are = self.preview is None or not (self.preview.resources or self.preview.failed)
        machines_are = self.coverage is None or self.coverage.is_empty
        return self.state is State.KEPT and parts_are and findings_are and resources_are and machines_are


def compare_stack(
    stack: str,
    before: Version | None,
    after: Version | None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    preview: Preview | Fault | None = None,
    inventory: Inventory | None = None,
    found: Findings | None = None,
) -> StackChange:
    """Compares two versions of a stack; None is a version that is not there, which has nothing.

    `since` and `until`, aware instants, are the time whose runs count. `preview` is the later version's, or why it
    cannot be read; `found` is what was found in reading the inventory, which is None where that failed.
    """
    unread = (preview,) if isinstance(preview, Fault) else ()
    if inventory is None and found is not None:
        unread = (*unread, *found.faults)
    one, other = _settings(before), _settings(after)
    known = (before is None or one is not None) and (after is None or other is not None)
    coverage = None
    if inventory is not None and known and (one or other):
        coverage = compare_coverage(_cover(one, inventory, found), _cover(other, inventory, found))
    more = (coverage.faults, coverage.warnings) if coverage else (FindingsChange(), FindingsChange())
    return StackChange(
        stack=stack,
        state=State.NEW if before is None else State.REMOVED if after is None else State.KEPT,
        faults=_together(before and before.reading.faults, after and after.reading.faults, more[0], unread),
        warnings=_together(before and before.reading.warnings, after and after.reading.warnings, more[1], ()),
        entries=_entries(before, after) if known else None,
        calendar=compare_calendars(_schedules(one), _schedules(other), since=since, until=until) if known else None,
        preview=None if isinstance(preview, Fault) else preview,
        coverage=coverage,
    )


def _settings(version: Version | None) -> Settings | None:
    return version.reading.settings if version else None


def _cover(settings: Settings | None, inventory: Inventory, found: Findings | None) -> Coverage | None:
    return cover(settings, inventory, found) if settings else None


def _schedules(settings: Settings | None) -> dict[str, Schedule]:
    return {key: entry.schedule for key, entry in settings.schedules.items()} if settings else {}


def _entries(before: Version | None, after: Version | None) -> tuple[EntryChange, ...]:
    earlier, later = (
        entries_of(version.reading.settings, version.config) if version and version.reading.settings else {}
        for version in (before, after)
    )
    return compare_entries(earlier, later)


def _together(
    before: tuple[Fault, ...] | None, after: tuple[Fault, ...] | None, more: FindingsChange, given: tuple[Fault, ...]
) -> FindingsChange:
    own = compare_findings(before or (), after or ())
    return FindingsChange(
        new=(*own.new, *more.new, *given),
        gone=(*own.gone, *more.gone),
        remaining=(*own.remaining, *more.remaining),
    )
