"""Change freezes: times in which nothing may change, and the runs that fall into them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from patching.schedule import Run, Schedule

if TYPE_CHECKING:
    from icalendar import Calendar, Event
    from recurring_ical_events import CalendarQuery


class OnRun(StrEnum):
    """What a run inside a freeze is: a warning, or a fault that stops the stack."""

    WARN = "warn"
    FAIL = "fail"


class CalendarError(ValueError):
    """A file that is no iCalendar file, or one that cannot be read. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class FrozenPeriod:
    """From `start`, which is in it, to `end`, which is not. Naive times are wall-clock times wherever a run is."""

    start: datetime
    end: datetime
    reason: str

    def overlaps(self, run: Run) -> bool:
        """Whether any part of a run's window lies in the period."""
        return _comparable(run.start, self.end) < _utc(self.end) and _utc(self.start) < _comparable(run.end, self.start)


@dataclass(frozen=True, slots=True)
class FrozenRun:
    """A run that falls into a freeze."""

    run: Run
    period: FrozenPeriod


@dataclass(frozen=True, slots=True)
class FixedFreeze:
    """A freeze with one period."""

    period: FrozenPeriod

    def periods(self, start: datetime, end: datetime) -> Iterator[FrozenPeriod]:
        """The period, if it has any part between two instants (within a day, for naive times)."""
        day = timedelta(days=1)
        if _utc(self.period.start) - day < end and start < _utc(self.period.end) + day:
            yield self.period

    @property
    def last_end(self) -> datetime:
        """When the last period ends that does not come again."""
        return _utc(self.period.end)


@dataclass(frozen=True)
class CalendarFreeze:
    """Every event of an iCalendar file, those that come again included, those that were cancelled left out.

    An all-day event is a day of the run's own zone.
    """

    calendar: "Calendar"

    @cached_property
    def _query(self) -> "CalendarQuery":
        import recurring_ical_events  # noqa: PLC0415 (slow to load, and rarely needed)

        return recurring_ical_events.of(self.calendar)

    def periods(self, start: datetime, end: datetime) -> Iterator[FrozenPeriod]:
        """The events that have any part between two instants (within a day, for all-day events).

        Raises:
            CalendarError: an event of the file cannot be worked out.
        """
        day = timedelta(days=1)
        try:
            events = cast("list[Event]", self._query.between(start - day, end + day))
            found = [_period(event) for event in events if event.get("STATUS") != "CANCELLED"]
        except Exception as error:  # the file is somebody else's, and so is what reads it
            raise CalendarError(f"one of its events cannot be read: {error}") from error
        yield from found

    @cached_property
    def last_end(self) -> datetime:
        """When the last event ends that does not come again, or the last one's first occurrence."""
        return max((_utc(_as_datetime(event.end)) for event in self.calendar.events), default=_EARLIEST)


Freeze = FixedFreeze | CalendarFreeze
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_MARGIN = timedelta(days=2)
"""More than a window and any two time zones are apart."""


def read_calendar(content: bytes) -> CalendarFreeze:
    """Reads an iCalendar file.

    Raises:
        CalendarError: it is none, or an event in it cannot be read.
    """
    from icalendar import Calendar  # noqa: PLC0415 (slow to load, and rarely needed)

    try:
        calendar = Calendar.from_ical(content)
        freeze = CalendarFreeze(calendar)
        _ = freeze.last_end
    except Exception as error:
        raise CalendarError(f"it is no iCalendar file: {error}") from error
    if not calendar.events:
        raise CalendarError("it has no event")
    if often := next((rule for rule in map(_rule_text, calendar.events) if _TOO_OFTEN.search(rule)), None):
        raise CalendarError(f"an event in it comes more often than once a day: {often[:_LONGEST_RULE]}")
    return freeze


def _rule_text(event: "Event") -> str:
    rules: Any = event.get("RRULE", [])
    several = cast("list[Any]", rules if isinstance(rules, list) else [rules])
    return " ".join(str(one.to_ical(), "utf-8", "replace") for one in several)


_TOO_OFTEN = re.compile(r"FREQ=(SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE)
"""Such rules would take minutes to work out, and no freeze is meant by them."""
_LONGEST_RULE = 80


def frozen_runs(schedule: Schedule, periods: Iterable[FrozenPeriod]) -> Iterator[FrozenRun]:
    """The runs of a schedule that have any part in one of some periods, period by period, from the earliest."""
    for period in sorted(periods, key=lambda period: (_utc(period.start), _utc(period.end), period.reason)):
        for run in schedule.runs(after=_utc(period.start) - _MARGIN):
            if run.start > _utc(period.end) + _MARGIN:
                break
            if period.overlaps(run):
                yield FrozenRun(run, period)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _comparable(moment: datetime, other: datetime) -> datetime:
    """A run's moment beside another one: as an instant, or, beside a naive one, by the wall clock."""
    return moment.astimezone(UTC) if other.tzinfo else moment.replace(tzinfo=UTC)


def _period(event: "Event") -> FrozenPeriod:
    summary = str(event.get("SUMMARY", "")) or "a calendar event"
    return FrozenPeriod(_as_datetime(event.start), _as_datetime(event.end), summary)


def _as_datetime(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())


ReadFile = Callable[[str], bytes]
"""Reads a file that the stack file names, relative to the stack file's folder; raises OSError where it cannot."""
