"""Windows time zones, as the service takes them: by their exact names; their rules come from the tzdata package."""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

_ALSO_TAKEN = {"Kamchatka Standard Time": "Asia/Kamchatka", "Mid-Atlantic Standard Time": "Etc/GMT+2"}


@cache
def zone(windows_name: str) -> ZoneInfo | None:
    """Return the rules of a Windows time zone, None where there is none of exactly that name."""
    name = win_tz.get(windows_name) or _ALSO_TAKEN.get(windows_name)
    if name is None:
        return None
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def exists_in(local: datetime, rules: ZoneInfo) -> bool:
    """Tell whether a local time occurs in a zone: not where the clocks are put forward over it."""
    try:
        there_and_back = local.replace(tzinfo=rules).astimezone(UTC).astimezone(rules)
    except OverflowError:
        return True
    return there_and_back.replace(tzinfo=None) == local
