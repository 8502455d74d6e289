"""Sets, clears and shows the fault rules of a local Azure: by asking it while it runs, in its directory otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.arm.faults.asked import FaultRuleError
from sandbox.arm.faults.desk import FILE, FaultDesk
from sandbox.arm.faults.middleware import FAULTS_PATH
from sandbox.arm.faults.rules import read_rules
from sandbox.errors import SandboxError
from sandbox.local_azure import Endpoint, attached_or_alone

if TYPE_CHECKING:
    from sandbox.state import StateDirectory

_STANDARD_INPUT = Path("-")


def set_rules(state: StateDirectory, file: Path) -> str:
    """Put the rules in a file (`-` for standard input) in the place of those there are; returns what was done.

    Raises:
        SandboxError: the file cannot be read or holds no rules, or the local Azure does not answer.

    """
    try:
        content = sys.stdin.read() if file == _STANDARD_INPUT else file.read_text(encoding="utf-8")
        rules = read_rules(content)
    except OSError as error:
        raise SandboxError(f"cannot read {file}: {error.strerror or error}.") from error
    except (FaultRuleError, UnicodeDecodeError) as error:
        raise SandboxError(f"{file}: {error}") from error
    state.prepare()
    with attached_or_alone(state) as endpoint:
        if endpoint:
            _ask("PUT", endpoint, content)
        else:
            (state.path / FILE).unlink(missing_ok=True)
            FaultDesk(state.path).replace(content)
    return f"Set {len(rules)} rule(s); `python -m sandbox faults clear` ends them."


def clear_rules(state: StateDirectory) -> str:
    """Forget the rules; returns what was done. Raises SandboxError as `set_rules`."""
    if state.path.exists():
        state.prepare()
        with attached_or_alone(state) as endpoint:
            if endpoint:
                _ask("DELETE", endpoint)
            else:
                (state.path / FILE).unlink(missing_ok=True)
    return "There are no rules now."


def listed_rules(state: StateDirectory) -> str:
    """The rules as a JSON list, each with the number of requests that it `matched`. Raises SandboxError."""
    rules: Any = []
    if state.path.exists():
        state.prepare()
        with attached_or_alone(state) as endpoint:
            rules = _ask("GET", endpoint).json()["value"] if endpoint else _in_directory(state)
    return json.dumps(rules, indent=2)


def _in_directory(state: StateDirectory) -> list[dict[str, Any]]:
    try:
        return FaultDesk(state.path).shown()
    except FaultRuleError as error:
        raise SandboxError(f"{error}. `python -m sandbox faults clear` removes them.") from error


def _ask(method: str, endpoint: Endpoint, content: str | None = None) -> httpx.Response:
    try:
        answer = httpx.request(method, endpoint.url + FAULTS_PATH, content=content, trust_env=False)
    except httpx.TransportError as error:
        raise SandboxError(f"the local Azure at {endpoint.url} does not answer: {error}.") from error
    if answer.is_error:
        raise SandboxError(f"the local Azure at {endpoint.url} refuses: {answer.text}")
    return answer
