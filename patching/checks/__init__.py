"""Checks that look at more than one value: one schedule's window, what it installs, and schedules beside each other."""

from datetime import timedelta

JUDGED_FOR = timedelta(days=2 * 366)
"""How long schedules are judged beside each other and beside freezes: two years hold every turn of a calendar."""
