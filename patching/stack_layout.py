"""Where things stand in a stack file's text, so that an entry can be put in or taken out and the rest stays as it is.

The text is scanned by the engine's own grammar (see `patching.stack_yaml`). Places are indices into the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the text, from its first character to behind its last one; comments and blank lines are outside.

    `text` is a scalar's; `pairs` are a map's. `flow` says that a map is in braces; `is_alias` that the value stands
    elsewhere.
    """

    start: int
    end: int
    text: str | None = None
    is_map: bool = False
    flow: bool = False
    is_alias: bool = False
    pairs: "tuple[tuple[Node, Node], ...]" = field(default=())

    def value_of(self, *keys: str) -> "Node | None":
        """The value of the first of some keys that this map has; None where it has none of them."""
        for key in keys:
            for name, value in self.pairs:
                if name.text == key:
                    return value
        return None


def layout(text: str) -> Node:
    """The document of a YAML text.

    Raises:
        yaml.YAMLError: it is no YAML.
        StopIteration: there is no document.
    """
    events = cast("Iterator[Any]", yaml.parse(text, Loader=_LOADER))  # pyright: ignore[reportUnknownMemberType] (any loader does)
    while not isinstance(next(events), yaml.DocumentStartEvent):
        pass
    return _node(next(events), events, text)


def _node(event: Any, events: Iterator[Any], text: str) -> Node:
    start = int(event.start_mark.index)
    if isinstance(event, yaml.AliasEvent):
        return Node(start, int(event.end_mark.index), is_alias=True)
    if isinstance(event, yaml.ScalarEvent):
        return Node(start, _end_of_scalar(event, text), text=str(event.value))
    if isinstance(event, yaml.SequenceStartEvent):
        items, closing = _until(yaml.SequenceEndEvent, events, text)
        return Node(start, _end(event, closing, items))
    nodes, closing = _until(yaml.MappingEndEvent, events, text)
    pairs = tuple(zip(nodes[::2], nodes[1::2], strict=True))
    return Node(start, _end(event, closing, nodes), is_map=True, flow=bool(event.flow_style), pairs=pairs)


def _until(kind: type, events: Iterator[Any], text: str) -> tuple[list[Node], Any]:
    """The nodes up to an event that closes them, and that event."""
    nodes: list[Node] = []
    while not isinstance(event := next(events), kind):
        nodes.append(_node(event, events, text))
    return nodes, event


def _end(opening: Any, closing: Any, nodes: list[Node]) -> int:
    """What is in braces ends with them; what is not, with the last thing in it."""
    if opening.flow_style or not nodes:
        return int(closing.end_mark.index)
    return max(node.end for node in nodes)


def _end_of_scalar(event: Any, text: str) -> int:
    """A block of text is scanned up to the next thing, blank lines included."""
    end = int(event.end_mark.index)
    return int(event.start_mark.index) + len(text[int(event.start_mark.index) : end].rstrip()) if event.style else end
