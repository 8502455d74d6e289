"""The stand-in for a value that is secret."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """Stands where a value is secret. The value itself never enters the core."""
