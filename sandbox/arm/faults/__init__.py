"""Faults on demand: what a user asks the local Azure to do wrong, at which requests, and a log of what was asked."""
