"""The versions the engine is made of, and how to compare what a machine has with them."""

from __future__ import annotations

import re

PULUMI = "3.259.0"
"""The engine this project is developed against: the version of `go.mod` beside this file and of the Python SDK."""
AZURE_NATIVE = "3.29.0"
"""The azure-native plugin that the local Azure stands in for: the version of the Python SDK."""
GO_MINIMUM = "1.25.11"
"""The `go` line of `go.mod`: an older toolchain refuses the build."""

_VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?(?P<pre>-|rc|alpha|beta)?")

Version = tuple[int, int, int, int]


def parse_version(text: str) -> Version | None:
    """Read the first version in a text such as `v3.259.0`, `go1.26.8 linux/amd64` or `3.260.0-alpha.1`.

    Returns major, minor, patch and 1, or 0 for a pre-release, which comes before its release; None without a version.
    """
    found = _VERSION.search(text)
    if found is None:
        return None
    return int(found[1]), int(found[2]), int(found[3] or 0), 0 if found["pre"] else 1


def is_at_least(found: str, minimum: str) -> bool:
    """Whether the version in `found` is `minimum` or newer; False where there is none to be read."""
    version, needed = parse_version(found), parse_version(minimum)
    return version is not None and needed is not None and version >= needed
