"""An emergency: the targets of schedules that are there, patched once and out of turn, as one more schedule."""

from patching.emergency.one_off import Asked, OneOff, one_off
from patching.emergency.timing import judge_timing

__all__ = ["Asked", "OneOff", "judge_timing", "one_off"]
