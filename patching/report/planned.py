"""The runs to report: of one schedule or of several, in order of start."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile

from patching.freezes import FrozenPeriod
from patching.schedule import Run, Schedule
from patching.settings.model import FreezeSettings


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run of a schedule, by the schedule's key; `notes` are the run's own and the freezes it falls into."""

    schedule: str
    run: Run
    notes: tuple[str, ...]
    is_frozen: bool = False


def planned_runs(
    schedules: Mapping[str, Schedule],
    *,
    after: datetime | None = None,
    count: int | None = None,
    until: datetime | None = None,
) -> Iterator[PlannedRun]:
    """The runs of some schedules in order of start.

    With `count`, that many of each schedule; with `until`, an aware instant, those that start before it. Without
    `after`, an aware instant too, each schedule's are counted from its start. One of `count` and `until` must be given:
    schedules have no end of their own.
    """
    streams = [_stream(key, schedule, after, count, until) for key, schedule in schedules.items()]
    for key, run in heapq.merge(*streams, key=lambda item: (item[1].start_utc, item[0])):
        yield PlannedRun(key, run, run.notes)


def with_freezes(runs: Sequence[PlannedRun], freezes: Mapping[str, FreezeSettings]) -> list[PlannedRun]:
    """The same runs in the same order, noting the freezes they fall into."""
    if not runs:
        return []
    first, last = runs[0].run.start_utc, max(planned.run.end for planned in runs)
    periods = [(freeze.key, period) for freeze in freezes.values() for period in freeze.freeze.periods(first, last)]
    return [_noting(planned, tuple(_freeze_notes(planned.run, periods))) for planned in runs]


def _stream(
    key: str, schedule: Schedule, after: datetime | None, count: int | None, until: datetime | None
) -> Iterator[tuple[str, Run]]:
    runs = schedule.runs(after)
    if until is not None:
        runs = takewhile(lambda run: run.start < until, runs)
    if count is not None:
        runs = islice(runs, count)
    for run in runs:
        yield key, run


def _noting(planned: PlannedRun, frozen: tuple[str, ...]) -> PlannedRun:
    return replace(planned, notes=(*planned.notes, *frozen), is_frozen=bool(frozen))


def _freeze_notes(run: Run, periods: Iterable[tuple[str, FrozenPeriod]]) -> Iterator[str]:
    for key, period in periods:
        if period.overlaps(run):
            yield f"inside the freeze {key}{f': {period.reason}' if period.reason else ''}"
