"""From the engine's flat text configuration to the plain mapping that the stack file gives."""

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from patching.plain_data import as_list, as_map
from patching.settings.secret import Secret

PASSWORDS = "adminPasswords"
WEBHOOK_URLS = "webhookUrls"
SECRET_MAPS = (PASSWORDS, WEBHOOK_URLS)
"""The keys of the project that are secret: maps of secrets by what they are for."""

DEEPEST = 60
"""No stack file is nested this deeply; what is stays text, or is a fault of the whole file."""

_GO_TIME = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) \+0000 UTC", re.ASCII)


def from_engine(config: Mapping[str, str], secret_keys: Collection[str] = ()) -> dict[str, object]:
    """The plain mapping of a stack's configuration, from what the engine hands to a program.

    The engine passes every value as text, maps and lists as JSON. What is under `secret_keys` (full keys) does not come
    in: in its place stands `Secret`.
    """
    return {
        key: without_secrets(key, from_text(text)) if key in secret_keys else from_text(text)
        for key, text in config.items()
    }


def without_secrets(key: str, value: object) -> object:
    """What stands in the place of a value that has a secret anywhere in it: the engine calls all of it secret.

    Of the passwords and webhooks it can be said which there are.
    """
    entries = as_map(value) if key.rpartition(":")[2] in SECRET_MAPS else None
    return Secret() if entries is None else dict.fromkeys(entries, Secret())


def from_text(text: str) -> object:
    """What the engine's text for one key means: a map or list if it is JSON, nothing if it is empty, or text."""
    if not text:
        return None
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
