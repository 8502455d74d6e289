"""Edits of a stack file's text: one entry goes in or comes out, and every other character stays what it is.

Comments, blank lines, quotes and line ends are the user's. What was put in can be taken out again without a trace.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from patching.plain_data import as_map
from patching.stack_file import PROJECT, parse_stack_file
from patching.stack_layout import Node, layout
from patching.takeover.yaml_text import entry_text

_DEFAULT_STEP = 2


class StackEditError(ValueError):
    """A text that is written in a way that cannot be edited; the message says which, and what to do instead."""


def with_entry(text: str, section: str, key: str, entry: Mapping[str, Any], comment: Iterable[str] = ()) -> str:
    """The text of a stack file with one more entry at the end of a section, such as `schedules`, that has some already.

    `entry` is plain data; the lines of `comment` stand above its first key, but not in a section that is in braces.

    Raises:
        StackEditError: nothing can be put in there.
    """
    entries = _entries(text, section)
    put_in = _into_flow if entries.flow else _into_block
    edited = put_in(text, entries, key, entry, comment)
    before, rest = _parts(text, section)
    if _parts(edited, section) != ({**before, key: entry}, rest):
        raise StackEditError(f"{section} is written in a way that cannot be added to: add the entry by hand")
    return edited


def without_entry(text: str, section: str, key: str) -> str:
    """The text of a stack file without one entry of a section.

    Raises:
        StackEditError: it cannot be taken out there.
    """
    entries = _entries(text, section)
    place = next((index for index, (name, _) in enumerate(entries.pairs) if name.text == key), None)
    before, rest = _parts(text, section)
    if place is None or len(before) == 1:
        raise StackEditError(f"{section} has no other entry, or not this one by itself: remove it by hand")
    take_out = _out_of_flow if entries.flow else _out_of_block
    edited = take_out(text, entries, place)
    if _parts(edited, section) != ({name: one for name, one in before.items() if name != key}, rest):
        raise StackEditError(f"{section} is written in a way that nothing can be taken out of: remove it by hand")
    return edited


def _entries(text: str, section: str) -> Node:
    """The map of a section, which stands in the file itself and has an entry."""
    try:
        root = layout(text)
    except (yaml.YAMLError, StopIteration) as error:
        raise StackEditError("it is no YAML: correct it first") from error
    config = root.value_of("config")
    found = config.value_of(f"{PROJECT}:{section}", section) if config else None
    if found is None or not found.is_map or not found.pairs:
        raise StackEditError(
            f"{section} is no map of its own below config (an alias, a merged key, or one text): write it out"
        )
    return found


def _parts(text: str, section: str) -> tuple[dict[object, object], object]:
    """The entries of a section, and all that an edit must leave alone."""
    parsed = parse_stack_file(text.encode(), "")
    name = f"{PROJECT}:{section}" if f"{PROJECT}:{section}" in parsed.config else section
    rest = {other: value for other, value in parsed.config.items() if other != name}
    return dict(as_map(parsed.config.get(name)) or {}), (parsed.faults, rest)


def _into_flow(text: str, entries: Node, key: str, entry: Mapping[str, Any], _: Iterable[str]) -> str:
    first = entries.pairs[0][0].start
    return f"{text[:first]}{json.dumps({key: entry}, ensure_ascii=False)[1:-1]}, {text[first:]}"


def _out_of_flow(text: str, entries: Node, place: int) -> str:
    name, value = entries.pairs[place]
    if place + 1 < len(entries.pairs):
        return text[: name.start] + text[entries.pairs[place + 1][0].start :]
    return text[: entries.pairs[place - 1][1].end] + text[value.end :]


def _into_block(text: str, entries: Node, key: str, entry: Mapping[str, Any], comment: Iterable[str]) -> str:
    column = _column(text, entries.pairs[0][0].start)
    made = entry_text(key, entry, comment, indent=column, step=_step(text, entries, column))
    if _has_blank_between(text, entries):
        made = f"\n{made}"
    if "\r\n" in text:
        made = made.replace("\n", "\r\n")
    end = _end_of_entry(text, entries.pairs[-1][1].end, column)
    if end == len(text) and not text.endswith("\n"):
        newline = "\r\n" if "\r\n" in text else "\n"
        return text + newline + made.removesuffix(newline)
    return text[:end] + made + text[end:]


def _out_of_block(text: str, entries: Node, place: int) -> str:
    name, value = entries.pairs[place]
    column = _column(text, name.start)
    begin, end = _line_start(text, name.start), _end_of_entry(text, max(name.end, value.end), column)
    above = _line_start(text, begin - 1) if begin else 0
    is_last, is_apart = place + 1 == len(entries.pairs), not _line_at(text, end).strip()
    if not text[above:begin].strip() and (is_last or is_apart):
        begin = above
    elif is_apart and not is_last:
        end = _next_line(text, end)
    kept = text[:begin]
    if end == len(text) and not text.endswith("\n"):
        kept = kept.removesuffix("\n").removesuffix("\r")
    return kept + text[end:]


def _step(text: str, entries: Node, column: int) -> int:
    """How much further in an entry's own keys stand."""
    inner = next((value for _, value in reversed(entries.pairs) if value.pairs and not value.flow), None)
    return _column(text, inner.pairs[0][0].start) - column if inner else _DEFAULT_STEP


def _has_blank_between(text: str, entries: Node) -> bool:
    """Whether the last two entries stand apart."""
    if len(entries.pairs) == 1:
        return False
    (_, value), (name, _) = entries.pairs[-2:]
    between = text[value.end : name.start].splitlines()
    return any(not line.strip() for line in between[1:-1])


def _end_of_entry(text: str, end: int, column: int) -> int:
    """Behind the last line of what ends at `end`, with the comments that stand further in than its key."""
    end = _next_line(text, end)
    place = end
    while place < len(text):
        line = _line_at(text, place)
        place += len(line)
        if line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > column:
            end = place
        elif line.strip():
            break
    return end


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _next_line(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _line_at(text: str, start: int) -> str:
    return text[start : _next_line(text, start)]


def _column(text: str, index: int) -> int:
    return index - _line_start(text, index)
