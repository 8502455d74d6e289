"""What time it is: asked once by a command that judges by it, and an argument everywhere else."""

from datetime import UTC, datetime


def now() -> datetime:
    """The instant, aware."""
    return datetime.now(UTC)
