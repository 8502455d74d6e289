"""One schedule's window by itself, without a stack: for the `runs` command."""

from collections.abc import Mapping
from dataclasses import dataclass

from patching.checks.window import check_window
from patching.faults import Fault
from patching.schedule import Schedule
from patching.settings.entries import ScheduleEntry
from patching.settings.validation import read_entry

_NO_UPDATES: dict[str, object] = {"updates": dict[str, object]()}


@dataclass(frozen=True, slots=True)
class SingleSchedule:
    """A schedule, unless there is a fault."""

    schedule: Schedule | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_single_schedule(window: Mapping[str, str]) -> SingleSchedule:
    """Reads `recurEvery`, `start`, `timeZone`, `duration` and perhaps `expires`, as those of a stack file."""
    reading = read_entry(ScheduleEntry, {**window, **_NO_UPDATES}, "")
    if reading.faults:
        return SingleSchedule(None, reading.faults, ())
    entry = reading.entry
    judged = check_window("", entry.window, entry.recur_every.patch_tuesday)
    return SingleSchedule(None if judged.faults else entry.window, tuple(judged.faults), tuple(judged.warnings))
