"""Where a local Azure keeps its fault rules, and remembers what it was asked.

The rules and their counts are a file in the state directory, written before a rule strikes: a rule that kills the
process once does not kill the next one. The log of requests is in memory, and ends with the process.
"""

import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.arm.faults.asked import Asked, FaultRuleError

if TYPE_CHECKING:
    from sandbox.arm.faults.rules import Faults, Rule

FILE = "faults.json"
LOGGED = 10_000
"""How many requests are remembered, the last ones."""


@dataclass
class Entry:
    """One request in the log: its number from 1, and how it was answered; None where it was not, or not yet."""

    number: int
    asked: Asked
    status: int | None = None
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The entry as JSON has it."""
        return {
            "n": self.number,
            "method": self.asked.method,
            "path": self.asked.path,
            "apiVersion": self.asked.api_version,
            "status": self.status,
            "fault": self.fault,
        }


class FaultDesk:
    """The fault rules and the request log of one local Azure. Used from one thread at a time."""

    def __init__(self, state: Path) -> None:
        """Take up what the state directory keeps. Raises FaultRuleError where that cannot be read."""
        self._file = state / FILE
        self._faults = self._load()
        self._log: deque[Entry] = deque(maxlen=LOGGED)
        self._logged = 0

    def _load(self) -> "Faults | None":
        """Return the rules that are kept, None for none: what reads them is slow to load."""
        if not self._file.exists():
            return None
        from sandbox.arm.faults.rules import restored  # noqa: PLC0415

        try:
            return restored(json.loads(self._file.read_text(encoding="utf-8")))
        except ValueError as error:
            raise FaultRuleError(f"{self._file}: {error}") from error

    def replace(self, content: str | bytes) -> None:
        """Put a JSON list of rules in the place of those there are; all count from 0. Raises FaultRuleError."""
        from sandbox.arm.faults.rules import Faults, read_rules  # noqa: PLC0415

        rules = read_rules(content)
        self._faults = Faults(rules) if rules else None
        self._keep()

    def clear(self) -> None:
        """Forget the rules."""
        self._faults = None
        self._keep()

    def shown(self) -> list[dict[str, Any]]:
        """The rules, and how many requests each matched."""
        return self._faults.shown() if self._faults else []

    def requests(self) -> list[dict[str, Any]]:
        """The last requests, the oldest first."""
        return [one.shown() for one in self._log]

    def meet(self, asked: Asked) -> "tuple[Entry, Rule | None]":
        """Note a request; returns its entry in the log, and the rule that strikes it."""
        rule: Rule | None = None
        if self._faults:
            rule = self._faults.meet(asked)
            self._keep()
        self._logged += 1
        entry = Entry(self._logged, asked, fault=rule.effect if rule else None)
        self._log.append(entry)
        return entry, rule

    def _keep(self) -> None:
        if self._faults is None:
            self._file.unlink(missing_ok=True)
            return
        draft = self._file.with_name(f".{FILE}.{os.getpid()}")
        draft.write_text(json.dumps(self._faults.kept()), encoding="utf-8")
        draft.replace(self._file)
