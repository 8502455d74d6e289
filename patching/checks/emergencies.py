"""Checks of an emergency: a schedule that runs once, out of turn."""

from datetime import datetime, timedelta
from itertools import islice

from patching.faults import Findings
from patching.limits import LEAD_TIME_MINUTES
from patching.schedule import Schedule, local_text


def check_emergency(path: str, schedule: Schedule, reason: str, as_of: datetime | None = None) -> Findings:
    """Judges an emergency whose window is right: it runs exactly once.

    `path` is the schedule's key. Only with `as_of`, an aware instant, is anything judged by the time it is.
    """
    findings = Findings()
    first, *more = islice(schedule.runs(), 2)
    if more:
        findings.fault(
            f"{path}.emergency",
            reason,
            "a schedule that runs once, because freezes and agreed windows do not hold for it; this one runs again "
            f"{local_text(more[0].start.replace(tzinfo=None))}",
            f"let it expire between {local_text(first.end.replace(tzinfo=None))}, when its first window ends, and that "
            "run, or remove emergency",
        )
    if as_of is not None and first.end <= as_of:
        findings.warn(
            f"{path}.emergency",
            reason,
            f"an emergency that is yet to run: as of {as_of.isoformat()} it is over",
            "remove it with `python -m patching emergency --remove`",
        )
    elif as_of is not None and as_of <= first.start < as_of + timedelta(minutes=LEAD_TIME_MINUTES):
        findings.warn(
            f"{path}.start",
            local_text(schedule.start),
            f"a start at least {LEAD_TIME_MINUTES} minutes after {as_of.isoformat()}, unless it is deployed already",
            "move the start, if it is not",
        )
    return findings
