"""Runs per second of `patching.schedule`, beside those of dateutil's `rrule` on the same schedules."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from dateutil import rrule

from bench.measuring import Contender, Measurement
from patching.recurrence import Daily, Hourly, MonthlyDates, MonthlyWeekday, Recurrence, Weekly
from patching.recurrence_grammar import parse
from patching.schedule import Schedule

_FIRST_DAY = datetime(2027, 1, 1)  # noqa: DTZ001 (the wall clock)
_RECURRENCES = (
    "Day",
    "Week Saturday",
    "Week Saturday,Sunday",
    "2Weeks Friday",
    "Month PatchTuesday",
    "Month PatchTuesday Offset4",
    "Month PatchTuesday Offset 11",
    "Month Last Sunday",
    "Month day1,day15",
    "Month day-1",
)
_ZONES = (
    "W. Europe Standard Time",
    "GMT Standard Time",
    "Eastern Standard Time",
    "Pacific Standard Time",
    "UTC",
    "India Standard Time",
    "AUS Eastern Standard Time",
    "E. South America Standard Time",
    "Morocco Standard Time",
)
_STARTS = (timedelta(hours=22), timedelta(hours=2, minutes=30), timedelta(hours=4), timedelta(minutes=15))
_DURATION = timedelta(hours=3)

Window = tuple[datetime, datetime]


def measurement(schedules: int, years: int) -> Measurement:
    """So many schedules, of a believable mix, each for so many years."""
    mix = list(islice(_mix(years), schedules))
    return Measurement(
        "runs",
        "runs",
        f"{schedules:,} schedules (daily, weekly, monthly, Patch Tuesday, in {len(_ZONES)} time zones), {years} years "
        "of each. rrule knows no time zones, so that it gives wall-clock times; for windows, each is put into its "
        "zone, and its end is worked out in UTC. Ours are windows with notes.",
        [
            Contender("dateutil rrule, windows", _counting(rrule_windows, mix)),
            Contender("dateutil rrule, wall-clock starts only", _counting(rrule_starts, mix)),
            Contender("patching.schedule, windows", _counting(our_windows, mix)),
        ],
        ["python-dateutil", "tzdata"],
    )


def _counting(windows: Callable[[Schedule], Iterator[object]], mix: list[Schedule]) -> Callable[[], int]:
    def work() -> int:
        return sum(1 for schedule in mix for _ in windows(schedule))

    return work


def _mix(years: int) -> Iterator[Schedule]:
    # Three cycles of coprime lengths, so that every recurrence meets every zone.
    for recurrence, zone, start in zip(
        cycle(_RECURRENCES), cycle(_ZONES), cycle((*_STARTS, *_STARTS[:3])), strict=False
    ):
        expires = _FIRST_DAY.replace(year=_FIRST_DAY.year + years)
        yield Schedule(parse(recurrence), _FIRST_DAY + start, zone, _DURATION, expires)


def our_windows(schedule: Schedule) -> Iterator[Window]:
    """The windows of a schedule, as this project works them out."""
    for run in schedule.runs():
        yield run.start, run.end


def rrule_windows(schedule: Schedule) -> Iterator[Window]:
    """The same windows by dateutil, with the zone put to each; a skipped time is moved on, as ours is."""
    for local in rrule_starts(schedule):
        start = local.replace(tzinfo=schedule.zone).astimezone(UTC)
        yield start.astimezone(schedule.zone), (start + schedule.duration).astimezone(schedule.zone)


def rrule_starts(schedule: Schedule) -> Iterator[datetime]:
    """The wall-clock starts by dateutil; an offset is added to the nth weekday as plain days."""
    offset = schedule.recurrence.offset if isinstance(schedule.recurrence, MonthlyWeekday) else 0
    expires = schedule.expires or datetime.max  # noqa: DTZ901 (the wall clock)
    for day in _rule(schedule.recurrence, schedule.start):
        local = day + timedelta(days=offset)
        if local >= expires:
            return
        yield local


def _rule(recurrence: Recurrence, start: datetime) -> rrule.rrule:
    match recurrence:
        case Hourly(interval):
            return rrule.rrule(rrule.HOURLY, start, interval)
        case Daily(interval):
            return rrule.rrule(rrule.DAILY, start, interval)
        case Weekly(interval, weekdays):
            return rrule.rrule(rrule.WEEKLY, start, interval, byweekday=[int(day) for day in weekdays] or None)
        case MonthlyDates(interval, days):
            return rrule.rrule(rrule.MONTHLY, start, interval, bymonthday=days)
        case MonthlyWeekday(interval, week, weekday, _):
            nth = rrule.weekday(int(weekday), int(week))
            return rrule.rrule(rrule.MONTHLY, start, interval, byweekday=nth)
