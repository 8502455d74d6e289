"""The grammar of recurEvery, as the service reads it: without regard to case, a space after a comma forgiven.

Sources: the description of recurEvery in the published REST specification; "Guidance on migrating" for hours, ranges
and `day-1`; hashicorp/terraform-provider-azurerm issues 29348 and 29738 for the refusal of a bare month.
"""

import re

from sandbox.arm.providers.maintenance.refusals import invalid_window

_AS_WRITTEN = re.IGNORECASE | re.ASCII
_FORM = re.compile(r"(?P<count>\d+)?(?P<unit>hour|day|week|month)s?(?:\s+(?P<rest>\S.*))?", _AS_WRITTEN)
_WEEKDAY = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_WEEKDAYS = re.compile(rf"{_WEEKDAY}(?:,\s*{_WEEKDAY})*", _AS_WRITTEN)
_DAY = r"day(?:-1|[1-9]|[12]\d|3[01])"
_DAYS = re.compile(rf"{_DAY}(?:,\s*{_DAY})*", _AS_WRITTEN)
_NTH = re.compile(rf"(?:first|second|third|fourth|last)\s+{_WEEKDAY}(?:\s+offset(?P<offset>-?\d+))?", _AS_WRITTEN)
_RANGES = {"hour": range(6, 36), "day": range(1, 36), "week": range(1, 36), "month": range(1, 36)}
_OFFSETS = range(-6, 7)


def check_recurrence(text: str) -> None:
    """Check a recurrence.

    Raises ArmError (400 InvalidMaintenanceWindow).
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise invalid_window(f"RecurEvery '{text}' of maintenance window is not valid.")
    unit, rest = found["unit"].lower(), found["rest"]
    allowed = _RANGES[unit]
    if int((found["count"] or str(max(1, allowed.start)))[:9]) not in allowed or (
        found["count"] is None and unit == "hour"
    ):
        raise invalid_window(
            f"RecurEvery '{text}' of maintenance window is out of range: {unit}s from {allowed.start} to {allowed[-1]}."
        )
    if unit in ("hour", "day") and rest:
        raise invalid_window(
            f"RecurEvery '{text}' of maintenance window is not valid: nothing follows a number of {unit}s."
        )
    if unit == "week" and rest and not _WEEKDAYS.fullmatch(rest):
        raise invalid_window(f"RecurEvery '{text}' of maintenance window has a day of week that is not valid.")
    if unit == "month":
        _check_month(text, rest)


def _check_month(text: str, rest: str | None) -> None:
    if not rest:
        raise invalid_window("Monthly maintenance window is missing day of month or week of month.")
    if _DAYS.fullmatch(rest):
        return
    nth = _NTH.fullmatch(rest)
    if nth is None:
        raise invalid_window(f"RecurEvery '{text}' of maintenance window has no valid day of month or week of month.")
    if nth["offset"] and int(nth["offset"][:9]) not in _OFFSETS:
        raise invalid_window(f"RecurEvery '{text}' of maintenance window has an offset outside of -6 to 6.")
