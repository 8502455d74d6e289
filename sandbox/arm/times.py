"""Instants as the services write them."""

from datetime import UTC, datetime


def instant(seconds: float) -> str:
    """Return an instant (seconds since the epoch) in ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
