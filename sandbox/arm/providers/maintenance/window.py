"""The maintenance window: start, end, time zone, duration and recurrence.

Sources: the published REST specification of maintenanceConfigurations; "Maintenance configurations" (guest scope: 1
hour 30 minutes at least) and "Guidance on migrating" (4 hours at most); hashicorp/terraform-provider-azurerm issue
32918 for a start that a change of the clocks leaves out; Azure/azure-sdk-for-net issue 34604 for a missing start. A
start in the past is taken, as the service does.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.arm.bodies import Shape
from sandbox.arm.providers.maintenance.recurrence import check_recurrence
from sandbox.arm.providers.maintenance.refusals import invalid_window
from sandbox.arm.providers.maintenance.time_zones import exists_in, zone

WINDOW: Shape = {
    "startDateTime": str,
    "expirationDateTime": str,
    "duration": str,
    "timeZone": str,
    "recurEvery": str,
}
NEVER = "9999-12-31 23:59:59"
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2})(:\d{2})?", re.ASCII)
_DURATION = re.compile(r"(\d{2}):([0-5]\d)", re.ASCII)
_GUEST_SHORTEST = timedelta(hours=1, minutes=30)
_GUEST_LONGEST = timedelta(hours=4)
_NEEDED = {
    "startDateTime": "StartDateTime",
    "timeZone": "TimeZone",
    "duration": "Duration",
    "recurEvery": "RecurEvery",
}


def check_window(window: dict[str, Any], earlier: dict[str, Any], now: float, *, guest: bool) -> None:
    """Check a window; `earlier` is what is stored, `guest` is set for the scope InGuestPatch.

    Raises ArmError (400 InvalidMaintenanceWindow).
    """
    for key, name in _NEEDED.items():
        if not window.get(key) and (guest or key in ("startDateTime", "timeZone")):
            raise invalid_window(f"{name} is not set for maintenance window.")
    rules = zone(window["timeZone"])
    if rules is None:
        raise invalid_window(f"TimeZone '{window['timeZone']}' of maintenance window is not a valid Windows time zone.")
    start = _moment(window["startDateTime"], "StartDateTime")
    if not exists_in(start, rules):
        written = f"{start.month}/{start.day}/{start.year} {start.hour % 12 or 12}:{start:%M:%S %p}"
        raise invalid_window(
            f"StartDateTime {written} of maintenance window is invalid in timezone {window['timeZone']}."
        )
    expiry = window.get("expirationDateTime")
    if expiry:
        end = _moment(expiry, "ExpirationDateTime")
        if end <= start:
            raise invalid_window("ExpirationDateTime of maintenance window is not after StartDateTime.")
        if expiry != earlier.get("expirationDateTime") and _is_past(end, rules, now):
            raise invalid_window("ExpirationDateTime of maintenance window is not in the future.")
    if window.get("duration"):
        _check_duration(window["duration"], guest=guest)
    if window.get("recurEvery"):
        check_recurrence(window["recurEvery"])


def _moment(text: str, name: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(found[1] + (found[2] or ":00")) if found else None
    except ValueError:
        moment = None
    if moment is None:
        raise invalid_window(
            f"{name} '{text}' of maintenance window is not valid. The format is YYYY-MM-DD hh:mm, local to the time "
            "zone."
        )
    return moment


def _is_past(end: datetime, rules: Any, now: float) -> bool:
    local_now = datetime.fromtimestamp(now, UTC).astimezone(rules).replace(tzinfo=None)
    return end <= local_now


def _check_duration(text: str, *, guest: bool) -> None:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise invalid_window(f"Duration '{text}' of maintenance window is not valid. The format is HH:mm.")
    duration = timedelta(hours=int(found[1]), minutes=int(found[2]))
    if guest and not _GUEST_SHORTEST <= duration <= _GUEST_LONGEST:
        raise invalid_window(
            f"Duration '{text}' of maintenance window is out of range: for the scope InGuestPatch it is from 01:30 to "
            "04:00."
        )
