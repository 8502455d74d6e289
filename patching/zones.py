"""Time zones by their Windows ids, which are the only ones the service knows.

The mapping to zone rules is the CLDR's, as kept by `tzlocal`; the rules are those of the pinned `tzdata` package, never
the machine's own, so that two machines agree on every run.
"""

import difflib
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz


class UnknownTimeZoneError(ValueError):
    """A text that is no Windows time-zone id.

    `nearest` is the id to write instead, or None; `is_iana` says it is an IANA name.
    """

    def __init__(self, message: str, nearest: str | None, *, is_iana: bool) -> None:
        super().__init__(message)
        self.nearest = nearest
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


def _unknown(text: str) -> UnknownTimeZoneError:
    by_iana = {name.lower(): windows for name, windows in tz_win.items() if name}
    if windows := by_iana.get(text.strip().lower()):
        return UnknownTimeZoneError("an IANA name, which the service does not know", windows, is_iana=True)
    by_case = {name.lower(): name for name in win_tz}
    guesses = difflib.get_close_matches(text.lower(), by_case, n=1, cutoff=0.7)
    nearest = by_case[guesses[0]] if guesses else None
    if nearest is None:
        cities = {
            name.rsplit("/", 1)[-1].replace("_", " ").lower(): windows for name, windows in tz_win.items() if name
        }
        nearest = cities.get(text.strip().lower())
    return UnknownTimeZoneError("no Windows time-zone id", nearest, is_iana=False)
