"""When a maintenance window opens: its recurrence on dateutil's rules, and each time as an instant.

Where the public record is silent, as it is on all of this but the grammar, a choice is made:

- The first opening is the first of the recurrence on or after the start; the last is before the expiry.
- A time that the clocks skip is as much later; of one that comes twice, the first is meant. A day that a zone leaves
  out has none. Hours are counted on the wall clock, as days are.
- Weeks begin on Monday. A bare week means the start's weekday. A day that a month does not have is its last day.
- Of every N months, the start's month is the first; where an offset moves an opening to the start's own day, that
  opening's month is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule, tz
from dateutil.relativedelta import relativedelta

from sandbox.arm.bodies import at, mapping_at
from sandbox.arm.errors import ArmError
from sandbox.arm.providers.maintenance.recurrence import check_recurrence
from sandbox.arm.providers.maintenance.time_zones import zone
from sandbox.arm.store import Resource

_FORM = re.compile(r"(?P<count>\d+)?\s*(?P<unit>hour|day|week|month)s?\s*(?P<rest>.*)", re.IGNORECASE | re.ASCII)
_NTH = re.compile(r"(?P<nth>\w+)\s+(?P<day>\w+)(?:\s+offset\s*(?P<offset>[+-]?\d+))?", re.IGNORECASE)
_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_WEEKDAYS = {
    "monday": rrule.MO,
    "tuesday": rrule.TU,
    "wednesday": rrule.WE,
    "thursday": rrule.TH,
    "friday": rrule.FR,
    "saturday": rrule.SA,
    "sunday": rrule.SU,
}
_LONGEST_MONTH = 31
_DAY = timedelta(days=1)
_NEAR = timedelta(days=2)
"""Further than any wall clock is from UTC."""


@dataclass(frozen=True)
class Window:
    """A maintenance window as a configuration has it: times on the wall clock of `zone`, and a recurrence."""

    start: datetime
    duration: timedelta
    rules: ZoneInfo
    recur_every: str
    expiry: datetime | None = None


_After = Callable[[datetime], datetime | None]
"""Gives the first opening, on the wall clock, that is not before a wall-clock time."""


def window_of(properties: dict[str, Any]) -> Window | None:
    """Return the window of a configuration's `maintenanceWindow`; None where it does not recur, or cannot be read."""
    rules = zone(str(properties.get("timeZone") or ""))
    recurrence = " ".join(str(properties.get("recurEvery") or "").split()).lower()
    expiry = properties.get("expirationDateTime")
    try:
        check_recurrence(recurrence)
        start = datetime.fromisoformat(str(properties.get("startDateTime") or ""))
        hours, minutes = str(properties.get("duration") or "").split(":")
        duration = timedelta(hours=int(hours), minutes=int(minutes))
        end = datetime.fromisoformat(str(expiry)) if expiry else None
    except (ArmError, ValueError):  # machines that were seeded bring what nobody has checked
        return None
    return Window(start, duration, rules, recurrence, end) if rules else None


def guest_window(configuration: Resource) -> Window | None:
    """Return the window of a configuration for guests that patches by its own schedule, None of any other."""
    properties = configuration.properties
    ours = properties.get("maintenanceScope") == "InGuestPatch"
    if not ours or at(properties, "extensionProperties", "InGuestPatchMode") != "User":
        return None
    return window_of(mapping_at(properties, "maintenanceWindow"))


def fires_at(configuration: Resource, after: float) -> float | None:
    """Return when a configuration fires next, later than a moment; both in seconds since the epoch."""
    window = guest_window(configuration)
    try:
        opening = next_opening(window, datetime.fromtimestamp(after, UTC)) if window else None
    except (OverflowError, ValueError):  # where the calendar begins or ends
        return None
    return opening.timestamp() if opening else None


def next_opening(window: Window, after: datetime) -> datetime | None:
    """Return the first opening later than an aware instant, as an aware instant in UTC; None where there is none."""
    earliest = max(window.start, after.astimezone(window.rules).replace(tzinfo=None) - _NEAR)
    at_or_after = _recurrence(window.recur_every, window.start)
    while (local := at_or_after(earliest)) is not None and (window.expiry is None or local < window.expiry):
        opening = _instant(local, window)
        if opening is not None and opening > after:
            return opening
        earliest = local + timedelta(minutes=1)
    return None


def _instant(local: datetime, window: Window) -> datetime | None:
    aware = local.replace(tzinfo=window.rules, fold=0)
    real = tz.resolve_imaginary(aware)
    wall = real.replace(tzinfo=None)
    left_out = wall >= local + _DAY or (window.expiry is not None and wall >= window.expiry)
    return None if left_out else real.astimezone(UTC)


@lru_cache(maxsize=512)
def _recurrence(text: str, start: datetime) -> _After:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no recurrence")
    interval, rest = int(found["count"] or 1), found["rest"]
    match found["unit"]:
        case "hour":
            return _every(timedelta(hours=interval), start)
        case "day":
            return _every(timedelta(days=interval), start)
        case "week":
            days = [_WEEKDAYS[day.strip()] for day in rest.split(",")] if rest else None
            return _ruled(rrule.rrule(rrule.WEEKLY, start, interval, wkst=rrule.MO, byweekday=days, cache=True))
        case _:
            return _monthly(interval, rest, start)


def _every(step: timedelta, start: datetime) -> _After:
    def after(earliest: datetime) -> datetime | None:
        try:
            return start + -((start - earliest) // step) * step
        except OverflowError:
            return None

    return after


def _ruled(rule: rrule.rrule | rrule.rruleset) -> _After:
    return lambda earliest: rule.after(earliest, inc=True)


def _monthly(interval: int, rest: str, start: datetime) -> _After:
    first_of_month = start.replace(day=1)
    nth = _NTH.fullmatch(rest)
    if nth is None:
        days = [int(day.strip().removeprefix("day")) for day in rest.split(",")]
        return _ruled(_by_days(interval, days, first_of_month))
    weekday = _WEEKDAYS[nth["day"]](_NUMBERS[nth["nth"]])
    offset = timedelta(days=int(nth["offset"] or 0))

    def rule_from(month: datetime, every: int) -> rrule.rrule:
        return rrule.rrule(rrule.MONTHLY, month, every, byweekday=weekday, cache=True)

    unmoved = start - offset
    moved_to_start = rule_from(first_of_month - relativedelta(months=2), 1).after(unmoved, inc=True) == unmoved
    anchor = unmoved.replace(day=1) if moved_to_start else first_of_month
    # An offset may move the opening of a month before the start's to the start or after it.
    rule = rule_from(anchor - relativedelta(months=interval), interval)

    def after(earliest: datetime) -> datetime | None:
        found = rule.after(max(earliest, start) - offset, inc=True)
        return found + offset if found else None

    return after


def _by_days(interval: int, days: list[int], first_of_month: datetime) -> rrule.rruleset:
    """Return the rule of days of the month; one that some months lack is the last of those that the month has."""
    together = rrule.rruleset(cache=True)
    for day in days:
        up_to = list(range(28, day + 1)) if 28 < day <= _LONGEST_MONTH else [day]  # noqa: PLR2004
        together.rrule(rrule.rrule(rrule.MONTHLY, first_of_month, interval, bymonthday=up_to, bysetpos=-1))
    return together
