"""YAML as the engine reads it: plain data, and every mistake named by its line.

The engine's YAML library, Go's yaml.v3, is a port of libyaml, which scans the text here too, so that both take the same
files. What a plain scalar means is yaml.v3's reading of YAML, from its `resolve.go`: `yes` and `22:30` are text, `0777`
is octal, `2027-01-05` is a time. Numbers are as they are behind the engine's JSON: `8.0` is 8.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isinf
from typing import Any, cast

import yaml

from patching.faults import Found, found
from patching.plain_data import as_list, as_map
from patching.settings.engine import DEEPEST
from patching.settings.secret import Secret

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML is with libyaml on every common platform; where it is not, its own scanner reads the same, slower."""

_MOST_VALUES = 200_000
_LONGEST_PROBLEM, _LONGEST_NUMBER = 200, 100
_CORRECT = "correct the line, or the one before it; put values with : or # in quotes"
_CONSTANTS: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGERS = (
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+", re.ASCII), 16),
    (re.compile(r"[-+]?0[oO]?[0-7]+", re.ASCII), 8),
    (re.compile(r"[-+]?0[bB][01]+", re.ASCII), 2),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII), 10),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INTEGER_RANGE = range(-(2**63), 2**63)
_WHOLE_IN_JSON = 1e21
"""From here on the engine's JSON writes a whole number with an exponent."""
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| )(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(Z|[-+]\d{2}:\d{2})?)?", re.ASCII
)


class StackYamlError(ValueError):
    """A text that is no YAML, or more of it than a stack file has: what was found, what is expected, and the fix."""

    def __init__(self, got: Found, expected: str, fix: str) -> None:
        super().__init__(expected)
        self.got = got
        self.expected = expected
        self.fix = fix


@dataclass(frozen=True, slots=True)
class YamlText:
    """The plain data of a YAML text, None where there is none; `repeated` are keys that are there twice."""

    data: object
    repeated: tuple[StackYamlError, ...] = ()


def read_yaml(text: str) -> YamlText:
    """Reads a YAML text; of a key that is there twice, the first counts.

    Raises:
        StackYamlError: it cannot be read.
    """
    try:
        reader = _Reader(text)
        return YamlText(reader.document(), tuple(reader.repeated))
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(error, text) from error
    except yaml.YAMLError as error:
        got = Found(_one_line(str(error)), literal=False)
        raise StackYamlError(got, "YAML", "remove control characters, and save the file as UTF-8") from error


@dataclass(slots=True)
class _Anchored:
    """What an alias stands for; `values` is how many it has, and None while it is being read."""

    value: object = None
    values: int | None = None


class _Reader:
    """Builds plain data from libyaml's events, within a budget that aliases count against, too."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._events = cast("Iterator[Any]", yaml.parse(text, Loader=_LOADER))  # pyright: ignore[reportUnknownMemberType] (any loader does)
        self._anchored: dict[str, _Anchored] = {}
        self._count = 0
        self.repeated: list[StackYamlError] = []

    def document(self) -> object:
        """The one document of the text."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                document = self._value(next(self._events), 0)
                next(self._events)
                self._end()
                return document
        return None

    def _end(self) -> None:
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refused(event, "one document", "remove the --- and what follows, or put it under config")

    def _value(self, event: Any, depth: int) -> object:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > DEEPEST:
            raise self._refused(event, f"values nested at most {DEEPEST} deep", "flatten it")
        anchored = _Anchored()
        if event.anchor:
            self._anchored[event.anchor] = anchored
        before = self._count
        self._spend(1, event)
        match event:
            case yaml.ScalarEvent():
                anchored.value = self._scalar(event)
            case yaml.SequenceStartEvent():
                anchored.value = self._sequence(event, depth)
            case _:
                anchored.value = self._mapping(event, depth)
        anchored.values = self._count - before
        return anchored.value

    def _spend(self, values: int, event: Any) -> None:
        self._count += values
        if self._count > _MOST_VALUES:
            expected = f"a stack file of at most {_MOST_VALUES} values, those behind aliases counted"
            raise self._refused(event, expected, "shorten it, or split the stack")

    def _alias(self, event: Any) -> object:
        anchored = self._anchored.get(event.anchor)
        if anchored is None:
            raise self._refused(event, f"an anchor that is there; &{event.anchor} is not", "correct the alias's name")
        if anchored.values is None:
            raise self._refused(event, f"an anchor outside itself; &{event.anchor} refers to itself", "write it out")
        self._spend(anchored.values, event)
        return anchored.value

    def _scalar(self, event: Any) -> object:
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise self._refused(event, f"a value without the tag {event.tag}", "remove the tag")
        is_plain = not event.style and event.tag in (None, "!")
        return _resolved(event.value) if is_plain else event.value

    def _sequence(self, event: Any, depth: int) -> list[object]:
        self._refuse_tag(event)
        items: list[object] = []
        while not isinstance(one := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(one, depth + 1))
        return items

    def _mapping(self, event: Any, depth: int) -> object:
        """The map, or a `Secret` for what is encrypted."""
        self._refuse_tag(event)
        entries: dict[str, object] = {}
        merged: dict[str, object] = {}
        lines: dict[str, int] = {}
        while not isinstance(key_event := next(self._events), yaml.MappingEndEvent):
            key_value = self._value(key_event, depth + 1)
            if as_map(key_value) is not None or as_list(key_value) is not None:
                raise self._refused(key_event, "a key that is text", "write a name before the colon")
            key = _key_text(key_value)
            value_event = next(self._events)
            value = self._value(value_event, depth + 1)
            if key == "<<" and not key_event.style:
                merged |= self._merged(value, value_event)
                continue
            if key in entries:
                expected = f"each key once; {key} is on line {lines[key]}, too"
                self.repeated.append(self._refused(key_event, expected, "keep one of the two"))
                continue
            entries[key] = value
            lines[key] = int(key_event.start_mark.line) + 1
        both = {**merged, **entries}
        return Secret() if both.keys() == {"secure"} and isinstance(both["secure"], str) else both

    def _merged(self, value: object, event: Any) -> dict[str, object]:
        merged: dict[str, object] = {}
        for one in reversed(as_list(value) or [value]):  # the first has the last word
            entries = as_map(one)
            if entries is None:
                raise self._refused(event, "a map, or a list of maps, behind <<", "merge a map: <<: *anchor")
            merged |= {str(key): item for key, item in entries.items()}
        return merged

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
            raise self._refused(event, f"a value without the tag {event.tag}", "remove the tag")

    def _refused(self, event: Any, expected: str, fix: str) -> StackYamlError:
        number = int(event.start_mark.line)
        line = self._lines[number] if number < len(self._lines) else ""
        return StackYamlError(found(line.strip()), f"{expected} (line {number + 1})", fix)


def _resolved(text: str) -> object:
    """What a plain scalar means."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if match := _TIME.fullmatch(text):
        with suppress(ValueError):
            return _time(match)
    number = _number(text if text[0] == "." else text.replace("_", ""))
    return text if number is None else number


def _number(digits: str) -> int | float | None:
    for form, base in _INTEGERS:
        if form.fullmatch(digits) and len(digits) < _LONGEST_NUMBER and int(digits, base) in _INTEGER_RANGE:
            return int(digits, base)
    if not _FLOAT.fullmatch(digits) or isinf(number := float(digits)):
        return None
    return int(Decimal(repr(number))) if abs(number) < _WHOLE_IN_JSON and number.is_integer() else number


def _time(match: "re.Match[str]") -> datetime:
    """A time; one with an offset that is not UTC is left to be text, which no field takes for a time either."""
    if match[7] not in (None, "Z"):
        raise ValueError(match[0])
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (it is text again in a moment, without a zone)


def _key_text(key: object) -> str:
    """A key as the engine has it, which knows text only."""
    match key:
        case str():
            return key
        case None:
            return "<nil>"
        case bool():
            return str(key).lower()
        case datetime():
            return f"{key} +0000 UTC"
        case _:
            return str(key)


def _no_yaml(error: yaml.MarkedYAMLError, text: str) -> StackYamlError:
    lines = text.splitlines()
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
    shown = [(int(mark.line), lines[mark.line].strip()) for mark in marks if mark.line < len(lines)]
    number, line = next((one for one in shown if one[1]), (0, ""))
    problem = _one_line(str(error.problem or error.context or "it cannot be read"))
    tab = "indent with spaces, not tabs"
    fix = tab if any("\t" in one for one in lines[number : number + 1]) else _CORRECT
    return StackYamlError(found(line), f"YAML (line {number + 1}: {problem})", fix)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_PROBLEM]
