"""Values of a stack file in general: text, numbers, lists, maps.

Each is judged by a small validator that says how to put it right.

The validators are pure: none asks a cloud, a clock or a file. What Azure's own words are is in
`patching.settings.vocabulary`.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from patching.plain_data import as_list, as_map
from patching.settings.secret import Secret

_SHORTEST_ABBREVIATION = 3
_LONGEST_SHOWN = 40
_Choice = TypeVar("_Choice", bound=StrEnum)


class Refused(ValueError):  # noqa: N818 (it reads as what it says)
    """A value that is not allowed: what is, an example, and the fix.

    The example is empty where the field's own will do, and None where it would not.
    """

    def __init__(self, expected: str, fix: str, example: str | None = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.example = example
        self.fix = fix


def plain(value: object) -> object:
    """Refuses what no field takes: a key with no value, and a secret."""
    if value is None:
        raise Refused("a value", "give the key a value, or remove it")
    if isinstance(value, Secret):
        raise Refused(
            "plain values, with no secret in them",
            "set it without --secret; only adminPasswords, webhookUrls and azure-native's own secrets may be secret",
        )
    return value


def text(value: object) -> str:
    """Text on one line, not empty."""
    value = plain(value)
    if not isinstance(value, str):
        raise Refused(
            "text",
            "put it in quotes"
            if isinstance(value, int | float) or hasattr(value, "isoformat")
            else "write one text here",
        )
    if not value.strip():
        raise Refused("text, not empty", "write the text, or remove the key")
    if value != value.strip():
        raise Refused("text without spaces around it", "remove the spaces", value.strip())
    if not value.isprintable():
        raise Refused("text on one line, without control characters", "remove line breaks and control characters")
    return value


def flag(value: object) -> bool:
    """True or false, as YAML has it."""
    value = plain(value)
    if isinstance(value, bool):
        return value
    spelled = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
    meant = spelled.get(value.lower()) if isinstance(value, str) else None
    raise Refused("true or false", f"write {meant}, without quotes" if meant else "write true or false", "true")


def whole(allowed: range) -> Callable[[object], int]:
    """A validator for whole numbers in a range."""

    def validate(value: object) -> int:
        value = plain(value)
        expected = f"a whole number from {allowed.start} to {allowed.stop - 1}"
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            number = isinstance(value, str) and value.strip().isdecimal()
            raise Refused(expected, "write it without quotes" if number else f"write {expected}", str(allowed.start))
        if value not in allowed:
            nearest = allowed.start if value < allowed.start else allowed.stop - 1
            raise Refused(expected, f"write {nearest}, or another number in that range", str(nearest))
        return value

    return validate


def fraction(value: object) -> float:
    """A number from 0 to 1."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("a number from 0 to 1", "write it without quotes, as a fraction of 1", "0.1")
    if not 0 <= value <= 1:
        meant = f"{value / 100:g}" if 1 < value <= 100 else "0.1"  # noqa: PLR2004 (per cent)
        raise Refused("a number from 0 to 1", f"write it as a fraction of 1, such as {meant}", meant)
    return float(value)


def choice(options: type[_Choice]) -> Callable[[object], _Choice]:
    """A validator for one of an enumeration's values, which names the nearest."""
    values = [option.value for option in options]

    def validate(value: object) -> _Choice:
        return options(one_of(value, values))

    return validate


def one_of(value: object, values: list[str], also: Mapping[str, str] | None = None) -> str:
    """One of some words, spelled exactly; `also` has words that are known to be wrong, with the reason."""
    written = text(value)
    if written in values:
        return written
    expected = _or(values)
    if also and (reason := also.get(written.lower())):
        raise Refused(expected, reason, values[0])
    guess = nearest(written, values)
    raise Refused(expected, f"write {guess}" if guess else f"write one of {', '.join(values)}", guess or values[0])


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The nearest of some words to a misspelt one, without regard to case, or None when none is near."""
    by_case = {word.lower(): word for word in known}
    guesses = difflib.get_close_matches(written.lower(), by_case, n=1)
    if not guesses:
        guesses = [
            word
            for word in by_case
            if len(written) >= _SHORTEST_ABBREVIATION
            and (written.lower().startswith(word) or word.startswith(written.lower()))
        ]
    return by_case[guesses[0]] if guesses else None


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def a_list(value: object) -> list[object]:
    """A list of anything; what is in it is judged by itself."""
    items = as_list(plain(value))
    if items is not None:
        return list(items)
    shown = value if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_SHOWN else "…"
    raise Refused("a list", f"write a list: [{shown}]")


def a_map(value: object) -> dict[str, object]:
    """A map with anything in it; what is in it is judged by itself."""
    entries = as_map(plain(value))
    if entries is not None:
        return {str(key): item for key, item in entries.items()}
    raise Refused("a map", "write keys and values, indented, or {key: value}")


@dataclass(frozen=True, slots=True)
class Place:
    """A value inside a value that is refused: where in it (`[1]`, `.owner`), what was found there, and why."""

    key: str
    value: object
    refused: Refused


class RefusedInside(ValueError):  # noqa: N818 (as above)
    """Values inside a value are refused."""

    def __init__(self, places: list[Place]) -> None:
        super().__init__(str(places[0].refused))
        self.places = tuple(places)


def _refuse_empty_item() -> NoReturn:
    raise Refused("a value", "write a value, or remove the item")


def list_of(item: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    """A validator for a list whose items are judged by another one, with nothing in it twice."""

    def validate(value: object) -> tuple[Any, ...]:
        items: list[Any] = []
        places: list[Place] = []
        for index, one in enumerate(a_list(value)):
            try:
                judged = item(one) if one is not None else _refuse_empty_item()
            except Refused as refused:
                places.append(Place(f"[{index}]", one, refused))
                continue
            if judged in items:
                places.append(Place(f"[{index}]", one, Refused("each value once", f"remove the second {judged}", None)))
            items.append(judged)
        if places:
            raise RefusedInside(places)
        return tuple(items)

    return validate
