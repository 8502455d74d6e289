"""Markdown for a comment that a stranger's text gets into: what a file, a preview or an inventory says stays text.

On GitHub and Azure DevOps a comment is Markdown and HTML at once; a name may hold pipes, backticks, tags, mentions and
references. `code` takes all of it for what it is: everything that has a meaning is written as a numeric entity, and
inside `<code>` neither host looks for mentions, references or emoji.
"""

import string
from collections.abc import Iterable, Sequence

from patching.faults import printable

LONGEST = 300
"""The characters of one text that are shown."""

_PLAIN = frozenset("-,./()+=%;? ")
_MEANT = {ord(char): f"&#{ord(char)};" for char in string.punctuation if char not in _PLAIN}


def code(text: str) -> str:
    """A text as it is, on one line, cut where it is very long; empty for an empty one."""
    flat = " ".join(text.split())
    shown = printable(flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…")
    escaped = shown.translate(_MEANT).replace("www.", "www&#46;").replace("WWW.", "WWW&#46;")
    return f"<code>{escaped}</code>" if escaped else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are Markdown already."""
    return [_row(columns), _row(["---"] * len(columns)), *map(_row, rows)]


def details(summary: str, lines: Iterable[str], *, is_open: bool = False) -> list[str]:
    """The lines of a part that is folded; the summary is HTML, in which entities and tags are as they are."""
    return [f"<details{' open' if is_open else ''}><summary>{summary}</summary>", "", *lines, "", "</details>"]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
