"""The functions of the query language that take texts apart, or put them together."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any, cast

from sandbox.arm.resource_graph.comparisons import regular_expression
from sandbox.arm.resource_graph.compiled import Compiled, Context, Row, derived, required, text
from sandbox.arm.resource_graph.errors import Place, refused
from sandbox.arm.resource_graph.values import to_text


def substring(whole: str, start: int, length: int | None = None) -> str:
    """Return a part of a text; a negative start counts from its end."""
    rest = whole[start:]
    return rest if length is None else rest[: max(length, 0)]


def replaced(whole: str, old: str, new: str) -> str:
    """Return a text with each occurrence of another replaced."""
    return whole.replace(old, new) if old else whole


def joined(items: Any, separator: str) -> str:
    """Return the elements of an array as one text."""
    return separator.join(to_text(one) for one in cast("list[Any]", items)) if isinstance(items, list) else ""


def parsed_json(content: str) -> Any:
    """Return the value that a text is in JSON, or the text itself where it is none."""
    try:
        return json.loads(content, parse_constant=_no_json, parse_float=_finite) if content else None
    except (ValueError, RecursionError):
        return content


def _no_json(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_json(digits)


def split(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `split`: an array of the parts, or, with an index, of that part alone."""
    whole, separator = (text(one, place) for one in arguments[:2])
    if separator.constant and not separator.run(()):
        raise refused("A split at nothing is not modelled.", place)
    index = required(arguments[2], "long", place).run if len(arguments) > 2 else None  # noqa: PLR2004
    one, other = whole.run, separator.run

    def run(row: Row) -> list[str]:
        by = other(row)
        parts: list[str] = one(row).split(by) if by else [one(row)]
        if index is None:
            return parts
        at = index(row)
        return parts[at : at + 1] if at is not None and at >= 0 else []

    return derived("dynamic", run, *arguments)


def extract(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `extract`: a group of the first match of a regular expression; the empty text where there is none."""
    pattern = regular_expression(arguments[0], place)
    group = required(arguments[1], "long", place)
    which = group.run(()) if group.constant else None
    if which is None or not 0 <= which <= pattern.groups:
        raise refused(f"The expression has {pattern.groups} groups, and 0 is the whole of it.", place)
    run = text(arguments[2], place).run

    def found(row: Row) -> str:
        match = pattern.search(run(row))
        return (match[which] or "") if match else ""

    return derived("string", found, arguments[2])


def replaced_by_expression(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    r"""Compile `replace_regex`: a text in which each match is replaced; `\1` stands for the match's first group."""
    whole, new = text(arguments[0], place), text(arguments[2], place)
    pattern = regular_expression(arguments[1], place)
    one, other = whole.run, new.run

    def run(row: Row) -> str:
        rewrite = other(row)
        return pattern.sub(lambda match: _GROUP.sub(lambda group: _group(match, int(group[1])), rewrite), one(row))

    return derived("string", run, whole, new)


_GROUP = re.compile(r"\\(\d)", re.ASCII)


def _group(match: re.Match[str], number: int) -> str:
    return (match[number] or "") if number <= match.re.groups else ""


def trim(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `trim`: a text without what a regular expression matches at its ends."""
    return _trimmed(arguments, place, start=True, end=True)


def trim_start(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `trim_start`: a text without what a regular expression matches at its beginning."""
    return _trimmed(arguments, place, start=True, end=False)


def trim_end(arguments: Sequence[Compiled], place: Place, _: Context) -> Compiled:
    """Compile `trim_end`: a text without what a regular expression matches at its end."""
    return _trimmed(arguments, place, start=False, end=True)


def _trimmed(arguments: Sequence[Compiled], place: Place, *, start: bool, end: bool) -> Compiled:
    pattern = regular_expression(arguments[0], place)
    run = text(arguments[1], place).run

    def trimmed(row: Row) -> str:
        whole: str = run(row)
        if start and (found := pattern.match(whole)):
            whole = whole[found.end() :]
        if not end:
            return whole
        ends = (one.start() for one in pattern.finditer(whole) if one.end() == len(whole))
        return whole[: next(ends, len(whole))]

    return derived("string", trimmed, arguments[1])
