"""Time zones by their Windows ids, which are the only ones the service knows.

The mapping to zone rules is the CLDR's, as kept by `tzlocal`; the rules are those of the pinned `tzdata` package, never
the machine's own, so that two machines agree on every run.
"""

import difflib
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

_SUPERSEDED = {"Kamchatka Standard Time": "Russia Time Zone 11", "Mid-Atlantic Standard Time": "UTC-02"}
"""Ids that Windows keeps for old settings, and what took their place.

Windows gives them rules that no place has followed for years, so that the CLDR maps them to none.
"""

_PROBE = timedelta(days=7)
"""No zone has changed its clocks twice within a week since 1990: a test holds that against the zones' own data."""


class UnknownTimeZoneError(ValueError):
    """A text that is no Windows time-zone id whose rules are known.

    `nearest` is the id to write instead, or None; `is_iana` says it is an IANA name; `aside` goes on from "a Windows
    time-zone id" to what this one is instead, and is empty where nothing is known of it.
    """

    def __init__(self, message: str, nearest: str | None, *, aside: str = "", is_iana: bool = False) -> None:
        super().__init__(message)
        self.nearest = nearest
        self.aside = aside
        self.is_iana = is_iana


def windows_ids() -> list[str]:
    """Every Windows time-zone id of the mapping, in order."""
    return sorted(win_tz)


@cache
def zone_of(windows_id: str) -> ZoneInfo:
    """The zone rules for a Windows time-zone id, spelled exactly.

    Raises:
        UnknownTimeZoneError: it is no such id.
    """
    iana = win_tz.get(windows_id)
    if iana is None:
        raise _unknown(windows_id)
    file = resources.files("tzdata").joinpath("zoneinfo", *iana.split("/"))
    with file.open("rb") as rules:
        return ZoneInfo.from_file(rules, key=iana)


class ClockChange(NamedTuple):
    """A change of a zone's offset from UTC: its instant, in UTC, and the offsets before and after it."""

    instant: datetime
    before: timedelta
    after: timedelta


@lru_cache(maxsize=4096)
def clock_changes(zone: ZoneInfo, year: int) -> tuple[ClockChange, ...]:
    """When a zone's clocks change in a year, in order.

    The year is UTC's, from 1990 to 9998; in other years there are no changes.
    """
    if year not in range(1990, 9999):
        return ()
    found: list[ClockChange] = []
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    begin = datetime(year, 1, 1, tzinfo=UTC)
    while begin < end:
        following = min(begin + _PROBE, end)
        before, after = _offset(zone, begin), _offset(zone, following)
        if before != after:
            found.append(ClockChange(_first_with_another_offset(zone, begin, following), before, after))
        begin = following
    return tuple(found)


def _first_with_another_offset(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime:
    before = _offset(zone, begin)
    while end - begin > timedelta(seconds=1):
        middle = begin + (end - begin) // timedelta(seconds=2) * timedelta(seconds=1)
        begin, end = (middle, end) if _offset(zone, middle) == before else (begin, middle)
    return end


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _unknown(text: str) -> UnknownTimeZoneError:
    if newer := _SUPERSEDED.get(text):
        aside = f" with rules of today: Windows keeps this one only for old settings, and {newer} took its place"
        return UnknownTimeZoneError("a superseded id", newer, aside=aside)
    by_iana = {name.lower(): windows for name, windows in tz_win.items() if name}
    if windows := by_iana.get(text.strip().lower()):
        message = "an IANA name, which the service does not know"
        return UnknownTimeZoneError(message, windows, aside=", not an IANA name", is_iana=True)
    by_case = {name.lower(): name for name in win_tz}
    guesses = difflib.get_close_matches(text.lower(), by_case, n=1, cutoff=0.7)
    nearest = by_case[guesses[0]] if guesses else None
    if nearest is None:
        cities = {
            name.rsplit("/", 1)[-1].replace("_", " ").lower(): windows for name, windows in tz_win.items() if name
        }
        nearest = cities.get(text.strip().lower())
    return UnknownTimeZoneError("no Windows time-zone id", nearest)
