"""Builds the policy pack; the rules are in `policies.rules`."""

import sys
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent
# The engine starts the pack with its own folder first on the path; `patching` and `policies` are in the one above.
sys.path.insert(0, str(_REPOSITORY))

try:
    from policies.pack import build
except ModuleNotFoundError as missing:
    sys.exit(
        f"error: the policy pack needs the Python module {missing.name}, which {sys.executable} does not have. It runs "
        f"in the repository that it is a folder of, with the virtual environment .venv there: in {_REPOSITORY}, run "
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    )

build()
