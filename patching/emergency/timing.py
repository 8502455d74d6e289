"""Whether an emergency comes at a time at which Azure runs it, and at which its machines are free."""

from datetime import datetime, timedelta

from patching.checks.overlap import Windows, span
from patching.emergency.one_off import OneOff
from patching.faults import Findings
from patching.limits import LEAD_TIME_MINUTES
from patching.schedule import local_text

_TO_DEPLOY = timedelta(minutes=15)
"""What an update takes, added to the service's own lead time in an example."""
_STEP = timedelta(minutes=5)


def judge_timing(made: OneOff, now: datetime) -> Findings:
    """Judges the start by the clock, `now` being an aware instant, and by the windows of the emergency's own rings."""
    findings = Findings()
    start, lead = made.schedule.first_run(), timedelta(minutes=LEAD_TIME_MINUTES)
    if start is None:
        return findings
    written = local_text(made.schedule.start)
    if start.start < now + lead:
        local = now.astimezone(made.schedule.zone)
        example = local_text(_rounded_up(local + lead + _TO_DEPLOY))
        past = "it is past" if start.start < now else "Azure takes no change to a run that is nearer"
        expected = (
            f"a start at least {LEAD_TIME_MINUTES} minutes from now, {local_text(local)} {made.schedule.time_zone}: "
            f"{past}"
        )
        findings.fault("--start", written, expected, "start later, and leave time to deploy it", example)
    windows = Windows()
    for ring in made.rings:
        overlap = windows.first_overlap(ring.schedule, made.schedule)
        if overlap is not None:
            own = span(overlap.one, ring.schedule)
            expected = (
                f"a window beside that of {ring.key}, which runs {own}: of two windows that are open on a machine, "
                "Azure runs one after the other, and of two that begin together only one"
            )
            findings.fault("--start", written, expected, "let that run do it, or start before or after it")
    return findings


def _rounded_up(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond) % _STEP
    return moment + (_STEP - past) % _STEP
