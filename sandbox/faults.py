"""Sets, clears and shows the fault rules of a local Azure: by asking it while it runs, in its directory otherwise."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.arm.faults.desk import FILE, FaultDesk
from sandbox.arm.faults.middleware import FAULTS_PATH
from sandbox.arm.faults.rules import FaultRuleError, read_rules
from sandbox.errors import SandboxError
from sandbox.local_azure import running
from sandbox.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Generator

    from sandbox.state import StateDirectory

_STANDARD_INPUT = Path("-")
_PATIENCE_SECONDS = 20.0
_TURN_SECONDS = 0.05


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
    with _whoever_keeps_them(state) as url:
        if url:
            _ask("PUT", url, content)
        else:
            (state.path / FILE).unlink(missing_ok=True)
            FaultDesk(state.path).replace(content)
    return f"Set {len(rules)} rule(s); `python -m sandbox faults clear` ends them."


def clear_rules(state: StateDirectory) -> str:
    """Forget the rules; returns what was done. Raises SandboxError as `set_rules`."""
    if state.path.exists():
        state.prepare()
        with _whoever_keeps_them(state) as url:
            if url:
                _ask("DELETE", url)
            else:
                (state.path / FILE).unlink(missing_ok=True)
    return "There are no rules now."


def listed_rules(state: StateDirectory) -> str:
    """The rules as a JSON list, each with the number of requests that it `matched`. Raises SandboxError."""
    rules: Any = []
    if state.path.exists():
        state.prepare()
        with _whoever_keeps_them(state) as url:
            rules = _ask("GET", url).json()["value"] if url else _in_directory(state)
    return json.dumps(rules, indent=2)


def _in_directory(state: StateDirectory) -> list[dict[str, Any]]:
    try:
        return FaultDesk(state.path).shown()
    except FaultRuleError as error:
        raise SandboxError(f"{error}. `python -m sandbox faults clear` removes them.") from error


@contextmanager
def _whoever_keeps_them(state: StateDirectory) -> Generator[str | None]:
    """The address of the running local Azure, or None where there is none; none is started meanwhile."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        lock = FileLock(state.lock)
        if lock.try_exclusive():
            try:
                yield None
            finally:
                lock.release()
            return
        endpoint = running(state)
        if endpoint:
            yield endpoint.url
            return
        if time.monotonic() > deadline:
            raise SandboxError(f"another process holds {state.lock} but its local Azure does not answer.")
        time.sleep(_TURN_SECONDS)


def _ask(method: str, url: str, content: str | None = None) -> httpx.Response:
    try:
        answer = httpx.request(method, url + FAULTS_PATH, content=content, trust_env=False)
    except httpx.TransportError as error:
        raise SandboxError(f"the local Azure at {url} does not answer: {error}.") from error
    if answer.is_error:
        raise SandboxError(f"the local Azure at {url} refuses: {answer.text}")
    return answer
