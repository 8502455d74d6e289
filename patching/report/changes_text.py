"""What changes as text: each stack's sentences, then its tables."""

from collections.abc import Iterable
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from patching.changes.stack import StackChange
from patching.faults import printable
from patching.report import WIDE
from patching.report.changes_parts import Part, parts_of
from patching.report.changes_words import findings_cell, headlines, resources_cell, runs_cell, state_words


def as_text(changes: Iterable[StackChange]) -> str:
    """The text for a file."""
    content = StringIO()
    print_text(changes, Console(file=content, width=WIDE))
    return content.getvalue()


def print_text(changes: Iterable[StackChange], console: Console) -> None:
    """The text for a terminal. Faults come first, a line each, as `check` has them."""
    for change in changes:
        for fault in change.faults_now:
            _print(console, str(fault))
        _print(console, f"{printable(change.stack)}: {_summary(change)}")
        for line in (*filter(None, [state_words(change)]), *headlines(change, printable)):
            _print(console, f"  {line}")
        for part in [] if change.is_empty else parts_of(change, printable):
            if not part.title.endswith(("fault", "faults")):
                _print(console, f"\n{part.title}")
                console.print(_table(part))


def _summary(change: StackChange) -> str:
    if change.is_empty:
        return "nothing changes"
    cells = {"runs": runs_cell(change.calendar), "findings": findings_cell(change)}
    if change.preview is not None:
        cells["resources"] = resources_cell(change.preview)
    return "; ".join(f"{name} {words}" for name, words in cells.items())


def _print(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)


def _table(part: Part) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in part.columns:
        table.add_column(column, overflow="fold")
    for row in part.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
