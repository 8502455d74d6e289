"""Faults: what is wrong in a stack file, where, and how to put it right.

A fault is data. It is never raised from inside the core, but gathered, so that a user sees all of a file's faults at
once; it reaches them as one line of text, or as one JSON object, from the command line and from the Pulumi program
alike. A warning has the same shape: what is done with it (stop, or go on and say so) is decided by the list it is in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import cast

_LONGEST_SHOWN = 300
_LONGEST_LIST = 60


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the user's file.

    `literal` tells the user's own text, shown in quotes, from our description of a thing ("a map", "nothing").
    """

    text: str
    literal: bool = True

    def __str__(self) -> str:
        return f'"{self.text}"' if self.literal else self.text


NOTHING = Found("nothing", literal=False)


def found(value: object) -> Found:  # noqa: PLR0911 (a case each)
    """What to show of a value read from YAML or JSON: text as it is, anything else described by its kind."""
    match value:
        case None:
            return NOTHING
        case str() if "PRIVATE KEY" in value:
            return Found("a private key", literal=False)
        case str():
            flat = " ".join(value.split()) if "\n" in value else value
            return Found(flat if len(flat) <= _LONGEST_SHOWN else f"{flat[:_LONGEST_SHOWN]}…")
        case bool():
            return Found(f"{str(value).lower()} (a boolean)", literal=False)
        case int() | float():
            shown = str(value) if isinstance(value, float) or abs(value) < 10**_LONGEST_SHOWN else "a very large number"
            return Found(f"{shown} (a number)", literal=False)
        case date() | time():
            return Found(f"{value.isoformat()} (a date)", literal=False)
        case Mapping():
            return Found("a map" if value else "an empty map", literal=False)
        case list() | tuple():
            return Found(_list_text(cast("Sequence[object]", value)), literal=False)
        case _:
            return Found(f"a {type(value).__name__.lower()}", literal=False)


def _list_text(items: Sequence[object]) -> str:
    """A short list of short words as it is: there is more to see in it than that it is a list."""
    shown = ", ".join(str(item) for item in items)
    if not items:
        return "an empty list"
    plain = all(isinstance(item, str | int) for item in items) and "KEY" not in shown
    return f"[{shown}]" if plain and len(shown) <= _LONGEST_LIST else "a list"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, or, in a list of warnings, one thing that will be regretted.

    `path` is the key as the user wrote it, without the project's own namespace: `schedules.linux.duration`,
    `azure-native:location`, `schedules.linux.machines[1]`. `example` is a value that would be right there, and may be
    empty where no value would be.
    """

    path: str
    got: Found
    expected: str
    example: str
    fix: str

    def as_json(self) -> dict[str, str]:
        """The JSON object of the command line's contract; all values are text."""
        return {
            "path": self.path,
            "got": self.got.text,
            "expected": self.expected,
            "example": self.example,
            "fix": self.fix,
        }

    def __str__(self) -> str:
        example = f", e.g. {self.example}" if self.example else ""
        return printable(f"{self.path}: got {self.got}; expected {self.expected}{example}; fix: {self.fix}")


def printable(text: str) -> str:
    """The text without what could move a terminal's cursor, or break the line."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


@dataclass(slots=True)
class Findings:
    """The faults and warnings gathered so far."""

    faults: list[Fault] = field(default_factory=list[Fault])
    warnings: list[Fault] = field(default_factory=list[Fault])

    def fault(self, path: str, got: object, expected: str, fix: str, example: str = "") -> None:
        """Adds a fault; `got` is the value as read."""
        self.faults.append(Fault(path, got if isinstance(got, Found) else found(got), expected, example, fix))

    def warn(self, path: str, got: object, expected: str, fix: str, example: str = "") -> None:
        """Adds a warning."""
        self.warnings.append(Fault(path, got if isinstance(got, Found) else found(got), expected, example, fix))

    def extend(self, other: "Findings") -> None:
        """Adds what was found elsewhere."""
        self.faults.extend(other.faults)
        self.warnings.extend(other.warnings)
