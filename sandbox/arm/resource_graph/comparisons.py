"""Comparisons and text operators: `==`, `=~`, `<`, `in`, `has`, `contains`, `matches regex` and their kin.

For `==`, null with null is null, and null with anything else false; `!=` is the contrary; `<` and its like are null
with a null. A dynamic value is taken as what it is compared with. Sources: "Null values", "String operators",
"Numerical operators" and "The in operators" of the Kusto documentation.
"""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from sandbox.arm.resource_graph.compiled import NUMBERS, Compiled, Row, converted, derived, number, text
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.syntax import Type
from sandbox.arm.resource_graph.values import equal, has_term, negated

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "has": has_term,
    "hasprefix": lambda whole, part: has_term(whole, part, at_end=False),
    "hassuffix": lambda whole, part: has_term(whole, part, at_start=False),
    "contains": lambda whole, part: part in whole,
    "startswith": lambda whole, part: whole.startswith(part),
    "endswith": lambda whole, part: whole.endswith(part),
}
_NOT_RE2 = re.compile(r"\(\?(?:[=!>#(]|<[=!])|(?<!\\)(?:\\\\)*\\[1-9]|(?<!\\)[*+?}]\+")


def compared(name: str, left: Compiled, right: Compiled, place: Place) -> Compiled:
    """Compile a comparison, a text operator or `matches regex`.

    Raises QueryError where the operands cannot be compared.
    """
    if name in ("==", "!="):
        return _equality(left, right, place, negate=name == "!=")
    if name in ("=~", "!~"):
        return _text_test(left, right, place, equal_texts, fold=True, negate=name == "!~")
    if name in _ORDERED:
        return _order(name, left, right, place)
    if name == "matches regex":
        return _regex(left, right, place)
    bare = name.removeprefix("!")
    fold = not bare.endswith("_cs")
    return _text_test(left, right, place, _TESTS[bare.removesuffix("_cs")], fold=fold, negate=name != bare)


def equal_texts(left: str, right: str) -> bool:
    """Tell whether two texts are the same."""
    return left == right


def _equality(left: Compiled, right: Compiled, place: Place, *, negate: bool) -> Compiled:
    one, other = (part.run for part in _alike(left, right, place))
    if negate:
        return derived("bool", lambda row: negated(equal(one(row), other(row))), left, right)
    return derived("bool", lambda row: equal(one(row), other(row)), left, right)


def _order(name: str, left: Compiled, right: Compiled, place: Place) -> Compiled:
    first, second = _alike(left, right, place)
    if first.type in ("string", "bool"):
        raise refused(f"'{name}' compares numbers, instants and lengths of time, not a {first.type}.", place)
    compare, one, other = _ORDERED[name], first.run, second.run

    def run(row: Row) -> bool | None:
        a, b = one(row), other(row)
        return None if a is None or b is None else compare(a, b)

    return derived("bool", run, left, right)


def _alike(left: Compiled, right: Compiled, place: Place) -> tuple[Compiled, Compiled]:
    """Return two operands as ones of the same type: a dynamic one becomes what the other is."""
    if left.type == right.type != "dynamic" or (left.type in NUMBERS and right.type in NUMBERS):
        return left, right
    if left.type == right.type or "dynamic" not in (left.type, right.type):
        raise refused(
            f"Cannot compare values of types {left.type} and {right.type}. Convert one of them, for example with "
            "tostring(…).",
            place,
        )
    if left.type == "dynamic":
        return _as(left, right.type), right
    return left, _as(right, left.type)


def _as(value: Compiled, kind: Type) -> Compiled:
    return number(value) if kind in NUMBERS else converted(value, kind)


def _text_test(
    left: Compiled,
    right: Compiled,
    place: Place,
    test: Callable[[str, str], bool],
    *,
    fold: bool,
    negate: bool,
) -> Compiled:
    one, other = folded(text(left, place), fold=fold).run, folded(text(right, place), fold=fold).run
    return derived("bool", lambda row: test(one(row), other(row)) is not negate, left, right)


def folded(value: Compiled, *, fold: bool) -> Compiled:
    """Return a text in lower case, where case does not count."""
    run = value.run
    return derived("string", lambda row: run(row).lower(), value) if fold else value


def _regex(left: Compiled, right: Compiled, place: Place) -> Compiled:
    pattern, run = regular_expression(text(right, place), place), text(left, place).run
    return derived("bool", lambda row: pattern.search(run(row)) is not None, left, right)


def regular_expression(value: Compiled, place: Place) -> re.Pattern[str]:
    """Return a constant text as a regular expression of RE2, which has neither look-around nor back-references.

    Raises QueryError.
    """
    if value.type != "string" or not value.constant:
        raise refused("A regular expression that is not a constant text is not modelled.", place)
    pattern: str = value.run(())
    if _NOT_RE2.search(pattern):
        raise refused(f"The regular expression '{pattern[:60]}' is not one of RE2.", place)
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError) as error:
        raise refused(f"The regular expression '{pattern[:60]}' cannot be read: {error}.", place) from error


def among(name: str, value: Compiled, items: Sequence[Compiled], place: Place) -> Compiled:
    """Compile `in` and its kin; a dynamic array among the items stands for its elements.

    Raises QueryError where value and items are of different types.
    """
    if name in ("has_any", "has_all"):
        return _has_several(name, value, items, place)
    negate, fold = name.startswith("!"), name.endswith("~")
    kind = _kind(value, items, place)
    if fold and kind != "string":
        raise refused(f"'{name}' compares texts, not a {kind}.", place)
    for item in items:
        if item.type not in (kind, "dynamic") and not (item.type in NUMBERS and kind in NUMBERS):
            raise refused(f"Cannot compare values of types {kind} and {item.type}.", place)
    choices = _choices(items, kind, fold=fold)
    run = folded(_as(value, kind), fold=fold).run
    return derived("bool", lambda row: (run(row) in choices(row)) is not negate, value, *items)


def _kind(value: Compiled, items: Sequence[Compiled], place: Place) -> Type:
    if value.type != "dynamic":
        return value.type
    given: list[Type] = [item.type for item in items if item.type != "dynamic"]
    if not all(one == given[0] or {one, given[0]} == set(NUMBERS) for one in given):
        raise refused(f"The values of '{place.token}' are of different types: {', '.join(sorted({*given}))}.", place)
    return given[0] if given else "string"


def _choices(items: Sequence[Compiled], kind: Type, *, fold: bool) -> Callable[[Row], frozenset[Any]]:
    def run(row: Row) -> frozenset[Any]:
        found: list[Any] = []
        for item in items:
            value = item.run(row)
            if item.type == "dynamic":
                elements = cast("list[Any]", value) if isinstance(value, list) else [value]
                found += [_as(Compiled("dynamic", lambda _, one=one: one), kind).run(()) for one in elements]
            else:
                found.append(value)
        return frozenset(one.lower() if fold else one for one in found if one is not None)

    if all(item.constant for item in items):
        fixed = run(())
        return lambda _: fixed
    return run


def _has_several(name: str, value: Compiled, items: Sequence[Compiled], place: Place) -> Compiled:
    for item in items:
        text(item, place)
    whole, choices = folded(text(value, place), fold=True).run, _choices(items, "string", fold=True)
    quantifier = any if name == "has_any" else all
    return derived("bool", lambda row: quantifier(has_term(whole(row), one) for one in choices(row)), value, *items)


def between(value: Compiled, low: Compiled, high: Compiled, place: Place, *, negate: bool) -> Compiled:
    """Compile `between`, both ends included.

    Raises QueryError where the three cannot be compared.
    """
    above, below = _order(">=", value, low, place).run, _order("<=", value, high, place).run

    def run(row: Row) -> bool | None:
        one, other = above(row), below(row)
        found = None if one is None or other is None else one and other
        return negated(found) if negate else found

    return derived("bool", run, value, low, high)
