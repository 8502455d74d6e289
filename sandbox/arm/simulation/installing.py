"""What fits into a window, and whether the machine restarts.

Sources: "How updates are installed in Azure Update Manager" and its FAQ: ten minutes of a window are kept for the
restart of Windows, on which the next update starts only where fifteen more remain (twenty for a service pack); fifteen
on Linux; what has begun is not stopped. Azure/LinuxPatchExtension for batches of packages: five minutes for each up to
three, of more `5 + average * (n - 1)`, 300 at most, and no time kept for a restart that is never made.
"""

from dataclasses import dataclass

from sandbox.arm.simulation.catalogue import REBOOTS, Update

SUCCEEDED, FAILED, WITH_WARNINGS = "Succeeded", "Failed", "CompletedWithWarnings"
_KEPT_FOR_RESTART = {"Windows": 10, "Linux": 15}
_FOR_AN_UPDATE, _FOR_A_SERVICE_PACK = 15, 20
_MINUTES_OF_A_PACKAGE = 5
_FEW_PACKAGES = 3
_LARGEST_BATCH = 300
_RESTART_MINUTES = 5


@dataclass(frozen=True)
class Installation:
    """What an installation did in its window, whose `minutes` it took; `left` is what there was no time for."""

    installed: list[Update]
    left: list[Update]
    minutes: int
    exceeded: bool
    reboot_status: str
    status: str

    @property
    def reboot_pending(self) -> bool:
        """Whether the machine waits for a restart."""
        return self.reboot_status == "Required"


def install(system: str, updates: list[Update], minutes: int, reboot: str, *, reboot_pending: bool) -> Installation:
    """Install updates in a window of so many minutes; `reboot` is IfRequired, Never or Always."""
    count = _windows(updates, minutes) if system == "Windows" else _linux(updates, minutes, reboot)
    installed, left = updates[:count], updates[count:]
    used = sum(update.minutes for update in installed)
    exceeded = bool(left) or used > minutes
    needed = reboot_pending or any(update.reboot == REBOOTS for update in installed)
    reboot_status = "Required" if needed else "NotNeeded"
    if reboot == "Always" or (needed and reboot == "IfRequired"):
        in_time = minutes - used >= _KEPT_FOR_RESTART[system]
        reboot_status = "Completed" if in_time else reboot_status
        used += _RESTART_MINUTES if in_time else 0
    status = FAILED if exceeded else WITH_WARNINGS if reboot_status == "Required" else SUCCEEDED
    return Installation(installed, left, used, exceeded, reboot_status, status)


def _windows(updates: list[Update], minutes: int) -> int:
    """Return how many updates are begun."""
    used = 0
    for count, update in enumerate(updates):
        needed = _FOR_A_SERVICE_PACK if update.classification == "ServicePack" else _FOR_AN_UPDATE
        if minutes - used < needed + _KEPT_FOR_RESTART["Windows"]:
            return count
        used += update.minutes
    return len(updates)


def _linux(updates: list[Update], minutes: int, reboot: str) -> int:
    """Return how many packages are begun, in batches as large as the time that is left."""
    kept = 0 if reboot == "Never" else _KEPT_FOR_RESTART["Linux"]
    count, used, average = 0, 0, float(_MINUTES_OF_A_PACKAGE)
    while count < len(updates):
        batch = min(len(updates) - count, _LARGEST_BATCH)
        while batch and _batch_minutes(batch, average) + kept > minutes - used:
            batch -= 1
        if not batch:
            break
        used += sum(update.minutes for update in updates[count : count + batch])
        count += batch
        average = used / count
    return count


def _batch_minutes(packages: int, average: float) -> float:
    if packages <= _FEW_PACKAGES:
        return _MINUTES_OF_A_PACKAGE * packages
    return _MINUTES_OF_A_PACKAGE + average * (packages - 1)
