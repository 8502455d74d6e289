"""A time zone's rules for an iCalendar file, in the only form that all calendars read: yearly rules.

Outlook takes no more of a VTIMEZONE than one yearly rule for standard time and one for daylight saving time, each on
the nth or the last weekday of a month (Microsoft's [MS-STANOICAL] 2.2.47 and [MS-OXCICAL] 2.1.3.1.1.19); a list of
dates, which is what libraries generate, is ignored there, and its events are then shown at wrong hours. So a zone is
written as such rules where they are true for all years that matter, and is not written at all elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from patching.days import run_days
from patching.recurrence import MonthlyWeekday, Weekday, WeekOfMonth
from patching.zones import ClockChange, clock_changes


@dataclass(frozen=True, slots=True)
class _YearlyChange:
    """A change of the clocks that comes every year: on a month's nth weekday, at a wall-clock time before it."""

    month: int
    day: MonthlyWeekday
    at: time
    before: timedelta
    after: timedelta

    def in_year(self, year: int) -> datetime:
        first = date(year, self.month, 1)
        day, _ = next(run_days(self.day, first, first))
        return datetime.combine(day, self.at)


def time_zone_in_rules(zone: ZoneInfo, first: datetime, last: datetime) -> Timezone | None:
    """A VTIMEZONE that is true from one aware instant to another, or None where yearly rules cannot say it."""
    years = range(first.astimezone(UTC).year, last.astimezone(UTC).year + 1)
    changes = [clock_changes(zone, year) for year in years]
    component = cast("Any", Timezone())  # typed only in part
    component.add("tzid", zone.key)
    if not any(changes):
        offset = first.astimezone(zone).utcoffset() or timedelta()
        begin = datetime(years.start - 1, 1, 1)  # noqa: DTZ001 (the wall clock)
        component.add_component(_observance(zone, begin, offset, offset))
        return component
    rules = _yearly_changes(changes)
    if rules is None:
        return None
    for rule in rules:
        # A year early, so that a rule is in effect when the first year begins.
        component.add_component(_observance(zone, rule.in_year(years.start - 1), rule.before, rule.after, rule))
    return component


def _yearly_changes(years: Sequence[Sequence[ClockChange]]) -> list[_YearlyChange] | None:
    """The two changes of each year as rules, or None where there are not two, or no rule gives all of them."""
    if any(len(changes) != 2 for changes in years):  # noqa: PLR2004 (there and back)
        return None
    there, back = (_yearly_change([changes[index] for changes in years]) for index in range(2))
    if there is None or back is None or there.before != back.after:
        return None
    return [there, back]


def _yearly_change(changes: Sequence[ClockChange]) -> _YearlyChange | None:
    moments = [(change.instant + change.before).replace(tzinfo=None) for change in changes]
    for week in (WeekOfMonth.LAST, *WeekOfMonth):
        day = MonthlyWeekday(1, week, Weekday(moments[0].weekday()), 0)
        rule = _YearlyChange(moments[0].month, day, moments[0].time(), changes[0].before, changes[0].after)
        fits = [
            rule.in_year(moment.year) == moment and (change.before, change.after) == (rule.before, rule.after)
            for moment, change in zip(moments, changes, strict=True)
        ]
        if all(fits):
            return rule
    return None


def _observance(
    zone: ZoneInfo, begin: datetime, before: timedelta, after: timedelta, rule: _YearlyChange | None = None
) -> TimezoneStandard | TimezoneDaylight:
    component = cast("Any", TimezoneDaylight() if after > before else TimezoneStandard())
    component.add("dtstart", begin)
    component.add("tzoffsetfrom", before)
    component.add("tzoffsetto", after)
    component.add("tzname", f"{(begin - before).replace(tzinfo=UTC).astimezone(zone):%Z}")
    if rule:
        nth = f"{int(rule.day.week)}{str(rule.day.weekday)[:2].upper()}"
        component.add("rrule", {"freq": "yearly", "bymonth": rule.month, "byday": nth})
    return component
