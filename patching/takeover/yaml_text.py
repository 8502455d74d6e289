"""A stack file's text: its configuration as YAML that a person reads, with comments, and that reads back the same.

Two parsers read it: this project's, of YAML 1.2, and the engine's, which still knows words of 1.1. Any text that one of
them could take for something else is in quotes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from patching.arm_ids import SUBSCRIPTION_ID
from patching.plain_data import as_list, as_map

_PLAIN = re.compile(r"[A-Za-z/_](?:[\w /.()*-]|:(?=\w))*(?<! )", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_INDENT = 2
_WIDE = 10_000
_SMALL = ("tags", "windows", "linux")
_SMALL_AT_THE_TOP = (":subscriptions", ":resourceGroup")

Comments = Mapping[tuple[str, ...], Iterable[str]]
"""Lines of comments by the path of the key they stand above."""


def yaml_text(config: Mapping[str, Any], header: Iterable[str], comments: Comments) -> str:
    """The text of a stack file with `config`, below the lines of `header`, with a comment above each of the keys named.

    A path is of keys, from those of `config` down; one that is not there, or is in a list, stands for the nearest
    above it.
    """
    written = _map(config, ())
    for path, lines in comments.items():
        _comment(written, path, lines)
    text = _dumped(CommentedMap({"config": written}), _INDENT)
    return "".join(f"# {_one_line(line)}\n" if line else "#\n" for line in header) + text


def entry_text(key: str, entry: Mapping[str, Any], comment: Iterable[str], *, indent: int, step: int) -> str:
    """The lines of one entry of a schedule-like section, as they stand in a stack file.

    The key is `indent` columns in, its own keys `step` further; the lines of `comment` stand above the first of them.
    """
    lines = _dumped(_map({key: entry}, ("schedules",)), step).splitlines(keepends=True)
    lines[1:1] = [f"{' ' * step}# {_one_line(line)}\n" for line in comment]
    return "".join(f"{' ' * indent}{line}" for line in lines)


def _dumped(written: Any, step: int) -> str:
    writer: Any = YAML()
    writer.width = _WIDE
    writer.allow_unicode = True
    writer.indent(mapping=step, sequence=step * 2, offset=step)
    text = StringIO()
    writer.dump(written, text)
    return text.getvalue()


def _comment(written: Any, path: Sequence[str], lines: Iterable[str]) -> None:
    parent, depth = written, 0
    while depth < len(path) - 1 and _is_block(parent.get(path[depth])) and path[depth + 1] in parent[path[depth]]:
        parent = parent[path[depth]]
        depth += 1
    text = "\n".join(_one_line(line) for line in lines)
    parent.yaml_set_comment_before_after_key(path[depth], before=text, indent=_INDENT * (depth + 1))


def _is_block(value: Any) -> bool:
    return isinstance(value, CommentedMap) and not cast("Any", value).fa.flow_style()


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _node(value: Any, path: tuple[str, ...]) -> Any:
    if (entries := as_map(value)) is not None:
        return _map(entries, path)
    if (items := as_list(value)) is not None:
        written: Any = CommentedSeq(_node(item, (*path, "")) for item in items)
        if not any(as_map(item) is not None or (isinstance(item, str) and item.startswith("/")) for item in items):
            written.fa.set_flow_style()
        return written
    return _scalar(value) if isinstance(value, str) else value


def _map(entries: Mapping[Any, Any], path: tuple[str, ...]) -> Any:
    written: Any = CommentedMap()
    for key, value in entries.items():
        written[_scalar(str(key))] = _node(value, (*path, str(key)))
    if _is_small(entries, path):
        written.fa.set_flow_style()
    return written


def _is_small(entries: Mapping[Any, Any], path: tuple[str, ...]) -> bool:
    """Whether a map is written on one line: one of a few values, that is no schedule and no scope."""
    if not path or any(as_map(item) is not None for item in entries.values()):
        return False
    return path[-1] in _SMALL or path[0].endswith(_SMALL_AT_THE_TOP)


def _scalar(text: str) -> str:
    is_plain = (_PLAIN.fullmatch(text) and text.lower() not in _WORDS) or SUBSCRIPTION_ID.fullmatch(text)
    return text if is_plain else DoubleQuotedScalarString(text)
