"""Whether Azure has a resource as the program says it, defaults of Azure's own aside. Pure."""

from collections.abc import Mapping
from typing import Any, cast

WITHHELD = ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[secret]")
"""What a preview prints in the place of a value that is not known yet, and of a secret (`--show-secrets` or not)."""

_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 (the key that marks one in a state: `sig.Key` of the engine)
_ABSENT = object()


def agreed(said: Mapping[str, Any], actual: Mapping[str, Any]) -> dict[str, Any] | None:
    """The inputs as the program says them, where nothing in `actual`, what Azure says, contradicts them; else None.

    A value that is withheld is taken from `actual`, and left out where that has none either. A secret contradicts
    nothing, because Azure does not tell it.
    """
    if not _agrees(said, actual):
        return None
    filled: dict[str, Any] = _filled(said, actual)
    return filled


def settle(resources: list[dict[str, Any]], said: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Gives resources of a state the inputs that the program said, by URN, in place, where these agree with Azure's.

    After an adoption a resource has for inputs whatever Azure says. Left so, an update would take its defaults away,
    and replace what names a built-in role in another form. Where Azure contradicts the program they stay, and the next
    update puts it right. Returns the URNs of what was changed.
    """
    changed: list[str] = []
    for one in resources:
        urn = str(one["urn"])
        if urn in said and not one.get("delete"):
            actual: dict[str, Any] = one.get("inputs") or {}
            inputs = agreed(said[urn], actual)
            if inputs is not None and inputs != actual:
                one["inputs"] = inputs
                changed.append(urn)
    return tuple(changed)


def has_gap(value: Any) -> bool:
    """Whether something in a value is withheld."""
    if isinstance(value, Mapping):
        return any(has_gap(one) for one in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(has_gap(one) for one in cast("list[Any]", value))
    return value in WITHHELD


def told(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs without what is withheld; a list with a gap in it is left out whole."""
    return _filled(inputs, {})


def _agrees(said: Any, actual: Any) -> bool:
    if isinstance(said, Mapping):
        wanted = cast("Mapping[str, Any]", said)
        if _SECRET in wanted:
            return True
        if not isinstance(actual, Mapping):
            return False
        given = cast("Mapping[str, Any]", actual)
        return all(_agrees(value, given.get(name)) for name, value in wanted.items())
    if isinstance(said, list) and isinstance(actual, list):
        wanted_items, given_items = cast("list[Any]", said), cast("list[Any]", actual)
        return len(wanted_items) == len(given_items) and all(map(_agrees, wanted_items, given_items))
    if isinstance(said, str) and isinstance(actual, str) and said.startswith("/"):
        return _same_id(said.lower(), actual.lower())
    return said == actual or said in WITHHELD


def _same_id(said: str, actual: str) -> bool:
    """Azure answers ids in other cases, and those of built-in things with the subscription they are seen from."""
    return said == actual or (said.startswith("/providers/") and actual.endswith(said))


def _filled(said: Any, actual: Any) -> Any:
    if isinstance(said, Mapping):
        wanted = cast("Mapping[str, Any]", said)
        given = cast("Mapping[str, Any]", actual if isinstance(actual, Mapping) else {})
        values = {name: _filled(value, given.get(name, _ABSENT)) for name, value in wanted.items()}
        return {name: value for name, value in values.items() if value is not _ABSENT}
    return actual if has_gap(said) else said
