"""From the engine's flat text configuration to the plain mapping that the stack file gives."""

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from patching.plain_data import as_list, as_map
from patching.settings.secret import Secret

DEEPEST = 60
"""No stack file is nested this deeply; what is stays text, or is a fault of the whole file."""

_GO_TIME = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) \+0000 UTC", re.ASCII)


def from_engine(config: Mapping[str, str], secret_keys: Collection[str] = ()) -> dict[str, object]:
    """The plain mapping of a stack's configuration, from what the engine hands to a program.

    The engine passes every value as text, maps and lists as JSON. What is under `secret_keys` (full keys) does not come
    in: in its place stands `Secret`, in a map for each of its keys, so that it can be said which are there.
    """
    return {key: _secret(_value(text)) if key in secret_keys else _value(text) for key, text in config.items()}


def _value(text: str) -> object:
    if text[:1] not in ("{", "["):
        return text
    try:
        return _with_dates(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _with_dates(value: object, depth: int = 0) -> object:
    """The engine writes what looks like a date in YAML as Go does; it is given back as the stack file has it."""
    if depth > DEEPEST:
        raise RecursionError
    if (entries := as_map(value)) is not None:
        return {str(key): _with_dates(item, depth + 1) for key, item in entries.items()}
    if (items := as_list(value)) is not None:
        return [_with_dates(item, depth + 1) for item in items]
    if isinstance(value, str) and (match := _GO_TIME.fullmatch(value)):
        with suppress(ValueError):
            return datetime.fromisoformat(match[1])
    return value


def _secret(value: object) -> object:
    entries = as_map(value)
    return Secret() if entries is None else dict.fromkeys(entries, Secret())
