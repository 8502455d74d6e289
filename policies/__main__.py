"""Builds the policy pack; the rules are in `policies.rules`."""

import sys
from pathlib import Path

# The engine starts the pack with its own folder first on the path; `patching` and `policies` are in the one above.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.pack import build

build()
