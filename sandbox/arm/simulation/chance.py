"""Chance that is always the same."""

import hashlib


def share(*words: str) -> float:
    """Return a number from 0 up to 1 that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:6]) / 2**48
