"""Checks that look at more than one value: one schedule's window, what it installs, and schedules beside each other."""
