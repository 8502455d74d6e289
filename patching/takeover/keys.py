"""Names of a stack file for what has names in Azure: legal, readable, each once, the same in every run."""

import re
from collections.abc import Collection, Iterable, Mapping

from patching.arm_ids import SUBSCRIPTION_ID
from patching.settings.vocabulary import is_key

_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 80
_ORDINALS = ("main", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def key_for(name: str, taken: Collection[str], also: str = "") -> str:
    """A key like `name` that is not among `taken`, whatever its case; `also` is what would tell it apart, first."""
    readable = _legal(name) or "schedule"
    lowered = {one.lower() for one in taken}
    candidates = [readable]
    if also:
        candidates.append(_legal(f"{readable}-{also}"))
    candidates.extend(f"{readable}-{number}" for number in range(2, len(lowered) + 3))
    return next(one for one in candidates if one.lower() not in lowered)


def _legal(name: str) -> str:
    key = _NOT_IN_A_KEY.sub("-", name)[:_LONGEST].strip("-._")
    return key if is_key(key) else ""


def subscription_keys(guids: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """A key for each subscription's GUID, in their order: its own name, or `main`, `second` and so on."""
    keys: dict[str, str] = {}
    for number, guid in enumerate(guids):
        name = names.get(guid.lower(), "")
        if not name or SUBSCRIPTION_ID.fullmatch(name):
            name = _ORDINALS[number] if number < len(_ORDINALS) else f"subscription-{number + 1}"
        keys[guid] = key_for(name.lower(), keys.values())
    return keys
