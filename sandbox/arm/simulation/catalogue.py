"""The updates that exist in this world: made up, few, and published as Microsoft and Ubuntu publish theirs.

A family is an update that comes again and again, each one with all that the earlier ones had: of a family, a machine
lacks the newest or nothing. What is published when follows from the family's name and the month alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.relativedelta import TU, relativedelta

from sandbox.arm.simulation.chance import share

NEVER_REBOOTS, CAN_REBOOT, REBOOTS = "NeverReboots", "CanRequestReboot", "AlwaysRequiresReboot"
_LOOKED_BACK = 24
"""Months; a machine that was not patched for longer lacks nothing more."""
_REDMOND = ZoneInfo("America/Los_Angeles")
_FIRST_KB, _KBS = 5_100_000, 800_000


@dataclass(frozen=True)
class Update:
    """One update: its family, what it is called, and what installing it takes.

    `kb` is the number without letters, empty for packages; `published` is in seconds since the epoch.
    """

    family: str
    name: str
    version: str
    kb: str
    classification: str
    reboot: str
    minutes: int
    published: float


_Days = Callable[["Family", int, int], list[datetime]]


@dataclass(frozen=True)
class Family:
    """An update that comes again: `days` are when in a month, `kb` is set where its number is always the same.

    `on` is the share of machines that have what it updates.
    """

    name: str
    classification: str
    reboot: str
    minutes: int
    days: _Days
    kb: str = ""
    on: float = 1.0


def _tuesday(number: int, every: int = 1) -> _Days:
    """Publish on the nth Tuesday, at ten in the morning in Redmond, in every n-th month."""

    def days(_: Family, year: int, month: int) -> list[datetime]:
        day = date(year, month, 1) + relativedelta(weekday=TU(number))
        ten = datetime(day.year, day.month, day.day, 10, tzinfo=_REDMOND)
        return [ten.astimezone(UTC)] if (month - 1) % every == 0 else []

    return days


def _daily(_: Family, year: int, month: int) -> list[datetime]:
    first = datetime(year, month, 1, 6, tzinfo=UTC)
    return [first + timedelta(days=day) for day in range((first + relativedelta(months=1) - first).days)]


def _sometimes(chance: float) -> _Days:
    """Publish in some months, on a day that nobody foresees."""

    def days(family: Family, year: int, month: int) -> list[datetime]:
        stamp = f"{year}-{month:02}"
        if share(family.name, stamp, "whether") >= chance:
            return []
        day = 1 + int(share(family.name, stamp, "day") * 28)
        return [datetime(year, month, day, 8 + int(share(family.name, stamp, "hour") * 10), tzinfo=UTC)]

    return days


WINDOWS = (
    Family("Cumulative Update for Windows Server", "Security", REBOOTS, 35, _tuesday(2)),
    Family("Cumulative Update for .NET Framework", "UpdateRollup", CAN_REBOOT, 12, _tuesday(2)),
    Family("Windows Malicious Software Removal Tool", "UpdateRollup", NEVER_REBOOTS, 4, _tuesday(2), "890830"),
    Family("Security Intelligence Update for Microsoft Defender", "Definition", NEVER_REBOOTS, 2, _daily, "2267602"),
    Family("Out-of-band Critical Update for Windows Server", "Critical", REBOOTS, 20, _sometimes(0.2)),
    Family("Cumulative Update Preview for Windows Server", "Updates", REBOOTS, 35, _tuesday(4)),
    Family("Update for Windows Server Tools", "Tools", NEVER_REBOOTS, 3, _tuesday(3, 3)),
    Family("Service Pack for Microsoft SQL Server", "ServicePack", CAN_REBOOT, 45, _tuesday(2, 12), on=0.25),
    Family("Feature Pack for Windows Server", "FeaturePack", CAN_REBOOT, 25, _tuesday(4, 12)),
)
LINUX = (
    Family("linux-image-azure", "Security", REBOOTS, 6, _sometimes(0.9)),
    Family("libc6", "Security", REBOOTS, 3, _sometimes(0.2)),
    Family("openssl", "Critical", NEVER_REBOOTS, 2, _sometimes(0.3)),
    Family("openssh-server", "Security", NEVER_REBOOTS, 2, _sometimes(0.25)),
    Family("systemd", "Security", CAN_REBOOT, 3, _sometimes(0.2)),
    Family("sudo", "Critical", NEVER_REBOOTS, 1, _sometimes(0.15)),
    Family("curl", "Security", NEVER_REBOOTS, 1, _sometimes(0.4)),
    Family("libxml2", "Security", NEVER_REBOOTS, 1, _sometimes(0.3)),
    Family("python3.10", "Security", NEVER_REBOOTS, 2, _sometimes(0.4)),
    Family("vim", "Security", NEVER_REBOOTS, 1, _sometimes(0.5)),
    Family("tzdata", "Other", NEVER_REBOOTS, 1, _sometimes(0.4)),
    Family("cloud-init", "Other", NEVER_REBOOTS, 2, _sometimes(0.3)),
    Family("base-files", "Other", NEVER_REBOOTS, 1, _sometimes(0.2)),
    Family("ubuntu-advantage-tools", "Other", NEVER_REBOOTS, 2, _sometimes(0.4)),
    Family("nginx", "Security", NEVER_REBOOTS, 1, _sometimes(0.3), on=0.4),
    Family("postgresql-14", "Security", CAN_REBOOT, 4, _sometimes(0.35), on=0.3),
    Family("mysql-server-8.0", "Security", CAN_REBOOT, 4, _sometimes(0.35), on=0.2),
)
FAMILIES = {"Windows": WINDOWS, "Linux": LINUX}


@lru_cache(maxsize=8192)
def newest(family: Family, release: str, moment: float) -> Update | None:
    """Return the newest update of a family that is published by a moment (seconds since the epoch).

    `release` is that of Windows, which has a part in the number of the update; empty for Linux.
    """
    month = datetime.fromtimestamp(moment, UTC).date().replace(day=1)
    for back in range(_LOOKED_BACK):
        earlier = month - relativedelta(months=back)
        published = [one for one in _published(family, release, earlier.year, earlier.month) if one.published <= moment]
        if published:
            return published[-1]
    return None


@lru_cache(maxsize=8192)
def _published(family: Family, release: str, year: int, month: int) -> tuple[Update, ...]:
    return tuple(_update(family, release, day) for day in sorted(family.days(family, year, month)))


def _update(family: Family, release: str, day: datetime) -> Update:
    stamp = f"{day:%Y-%m}"
    rest = (family.classification, family.reboot, family.minutes, day.timestamp())
    if not release:
        return Update(family.name, family.name, f"1.{day:%Y%m%d}-0ubuntu1", "", *rest)
    kb = family.kb or str(_FIRST_KB + int(share(family.name, release, stamp) * _KBS))
    return Update(family.name, f"{stamp} {family.name} {release} (KB{kb})", f"{day:%Y.%m.%d}", kb, *rest)
