"""A schedule: a recurrence with its start, expiry, time zone and window, and its runs as aware instants.

What the service does is followed where it is documented. Where it is not, a choice is made, here and for days in
`patching.days`, and the run carries a note:

- A run in the hour that daylight saving time skips starts as much later; of an hour that comes twice, the first is
  meant.
- Hours are counted on the wall clock, as days are: a window stays at its local time all year. A note says where
  counting real hours from the start would give another time.
- A day that a zone leaves out, crossing the date line, has no run.
- The schedule ends with the last run that starts before the expiry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from patching.days import FIRST_YEAR, LAST_YEAR, Notes, run_days
from patching.recurrence import Hourly, Recurrence, in_words
from patching.zones import clock_changes, zone_of

_DAY = timedelta(days=1)
_NEAR = timedelta(days=2)
"""Further than a wall clock is ever from UTC, and than any change moves it."""

_WALL_CLOCK_HOURS = ("hours are counted on the wall clock, which the service does not document",)


class Run(NamedTuple):
    """One run: its window's start and end, aware, in the schedule's zone, and what is to be said of it."""

    start: datetime
    end: datetime
    notes: Notes = ()

    @property
    def start_utc(self) -> datetime:
        """The start in UTC."""
        return self.start.astimezone(UTC)


_Occurrences = Iterator[tuple[datetime, Notes]]
"""Runs before daylight saving time is looked at: wall-clock times that carry the schedule's zone.

Two such times are compared, and added to, by the wall clock: that is how Python treats times of one zone.
"""


@dataclass(frozen=True)
class Schedule:
    """When a maintenance window opens, and how long it is open.

    `start` and `expires` are wall-clock times in `time_zone`, a Windows time-zone id, and so are naive; `duration` is
    real time.

    Raises:
        UnknownTimeZoneError: from `zone` and all that needs it, for an unknown id.
    """

    recurrence: Recurrence
    start: datetime
    time_zone: str
    duration: timedelta
    expires: datetime | None = None

    @cached_property
    def zone(self) -> ZoneInfo:
        """The rules of the schedule's time zone."""
        return zone_of(self.time_zone)

    def runs(self, after: datetime | None = None) -> Iterator[Run]:
        """The runs in order, from the start on, or those that start at or after an aware instant, until the expiry.

        Nothing is walked through to get to `after`, and nothing is kept: the runs of a thousand years cost no memory.
        """
        after = _utc(after) if after else None
        earliest = max(_wall_clock_before(after, self.zone), self._opening) if after else self._opening
        calm_until = earliest
        for local, notes in self._occurrences(earliest):
            if local >= self._end:
                return
            if local >= calm_until:
                calm_until = self._calm_until(local)
            run = Run(local, local + self.duration, notes) if local < calm_until else self._run(local, notes)
            if run and (after is None or run.start >= after):
                yield run

    def next_run(self, after: datetime) -> Run | None:
        """The first run that starts at or after an aware instant, or None when the schedule has ended by then."""
        return next(self.runs(after), None)

    def first_run(self) -> Run | None:
        """The first run, or None when there is none before the expiry."""
        return next(self.runs(), None)

    def starts_with_a_run(self) -> bool:
        """Whether the start itself is a run, rather than the earliest time of one."""
        first, _ = next(self._occurrences(self._opening), (None, ()))
        return first == self._opening

    def start_is_skipped(self) -> bool:
        """Whether the start is a time that daylight saving time skips, which the service refuses."""
        return self.start_that_exists() != self.start

    def start_that_exists(self) -> datetime:
        """The start, a wall-clock time; where daylight saving time skips it, as much later as the clocks jump."""
        if self.start.year not in range(FIRST_YEAR, LAST_YEAR + 1):
            return self.start
        return self._opening.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)

    def summary(self) -> str:
        """The schedule in words, as the portal's schedule summary has it."""
        expiry = f" until {_day_in_words(self.expires.date())} {self.expires:%H:%M}" if self.expires else ""
        when = in_words(self.recurrence)
        at = f"from {self.start:%H:%M}" if isinstance(self.recurrence, Hourly) else f"at {self.start:%H:%M}"
        return (
            f"{when[0].upper()}{when[1:]}, {at} ({self.time_zone}), for {duration_in_words(self.duration)}, "
            f"starting {_day_in_words(self.start.date())}{expiry}"
        )

    @cached_property
    def _opening(self) -> datetime:
        """The start's wall-clock time."""
        return self.start.replace(tzinfo=self.zone, fold=0)

    @cached_property
    def _end(self) -> datetime:
        """The wall-clock time from which nothing runs any more."""
        ever = datetime(LAST_YEAR + 1, 1, 1, tzinfo=self.zone)
        return min(self.expires.replace(tzinfo=self.zone, fold=0), ever) if self.expires else ever

    def _calm_until(self, local: datetime) -> datetime:
        """Up to which wall-clock time, from one on, no window is near a change of the zone's clocks.

        Up to there, a run's start and end are plain arithmetic. Where a change is near, it is the given time itself.
        """
        margin = _NEAR + self.duration
        for year in (local.year - 1, local.year, local.year + 1):
            for change in clock_changes(self.zone, year):
                roughly = change.instant.replace(tzinfo=self.zone)
                if local < roughly + margin:
                    return max(local, roughly - margin)
        return datetime(local.year + 1, 1, 1, tzinfo=self.zone)

    def _run(self, local: datetime, notes: Notes) -> Run | None:
        """The run at a wall-clock time; None where its day is left out, or where the clock skips to the expiry."""
        start, note = _instant(local)
        if start >= min(local + _DAY, self._end):
            return None
        end = (start.astimezone(UTC) + self.duration).astimezone(self.zone)
        return Run(start, end, (*notes, note) if note else notes)

    def _occurrences(self, earliest: datetime) -> _Occurrences:
        """Occurrences on or after a wall-clock time that is not before the start."""
        if isinstance(self.recurrence, Hourly):
            yield from self._every_hours(self.recurrence.interval, earliest)
            return
        at = self._opening.timetz()
        for day, notes in run_days(self.recurrence, self.start.date(), earliest.date()):
            local = datetime.combine(day, at)
            if local >= earliest:
                yield local, notes

    def _every_hours(self, interval: int, earliest: datetime) -> _Occurrences:
        step = timedelta(hours=interval)
        usual = self._opening.utcoffset()
        for index in count(-((self._opening - earliest) // step)):
            local = _plus(self._opening, step * index)
            if local is None:
                return
            if local >= earliest:
                yield local, () if local.utcoffset() == usual else _WALL_CLOCK_HOURS


def _plus(local: datetime, delta: timedelta) -> datetime | None:
    try:
        return local + delta
    except OverflowError:
        return None


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # within a day of the end of the calendar
        return instant.replace(tzinfo=UTC)


def _wall_clock_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time that is surely before an instant: days earlier, whatever the zone does with its clocks."""
    if instant.year <= FIRST_YEAR:
        return datetime.min.replace(tzinfo=zone)
    if instant.year > LAST_YEAR:
        return datetime.max.replace(tzinfo=zone)
    return instant.replace(tzinfo=zone) - _NEAR


def _instant(local: datetime) -> tuple[datetime, str | None]:
    """The instant a wall-clock time means, and a note where daylight saving time skips or repeats that time."""
    if local.utcoffset() == local.replace(fold=1).utcoffset():
        return local, None
    if _is_skipped(local):
        moved = local.astimezone(UTC).astimezone(local.tzinfo)
        return moved, f"{local:%H:%M} is skipped by daylight saving time on that day: {moved:%H:%M} is shown"
    return local, f"{local:%H:%M} comes twice on that day: the first is shown, at UTC{_offset_text(local)}"


def _is_skipped(local: datetime) -> bool:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None)


def _offset_text(aware: datetime) -> str:
    text = f"{aware:%z}"
    return f"{text[:3]}:{text[3:5]}"


def _day_in_words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def duration_in_words(duration: timedelta) -> str:
    """A duration in words: "3 hours", "1 hour 30 minutes"."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    parts = [
        f"{number} {unit}{'' if number == 1 else 's'}"
        for number, unit in ((hours, "hour"), (minutes, "minute"))
        if number
    ]
    return " ".join(parts) or "no time"


def window_text(duration: timedelta) -> str:
    """A duration as the service takes it, `HH:mm`."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def local_text(local: datetime) -> str:
    """A wall-clock time as the service takes it, `YYYY-MM-DD HH:mm`."""
    return f"{local.year:04}-{local:%m-%d %H:%M}"


def year_after(moment: datetime) -> datetime:
    """The same day and time of the next year, as far as there are years; of a leap day, the day before."""
    is_leap_day = (moment.month, moment.day) == (2, 29)
    return moment.replace(year=min(moment.year + 1, MAXYEAR), day=28 if is_leap_day else moment.day)
