"""Runs as text, JSON and Markdown."""

import json
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from patching.report.planned import PlannedRun

_COLUMNS = ("Starts", "Ends", "UTC offset", "Schedule", "Notes")
_BETWEEN = 3
"""The columns of a terminal that each column of the table takes besides its text."""


def as_json(runs: Iterable[PlannedRun]) -> str:
    """The JSON of the command line's contract."""
    rows = [
        {
            "schedule": planned.schedule,
            "start": planned.run.start.isoformat(),
            "end": planned.run.end.isoformat(),
            "startUtc": planned.run.start_utc.isoformat().replace("+00:00", "Z"),
            "notes": list(planned.notes),
        }
        for planned in runs
    ]
    return json.dumps({"runs": rows}, indent=2, ensure_ascii=False)


def as_markdown(runs: Iterable[PlannedRun]) -> str:
    """A table for a pull request."""
    lines = [_markdown_row(_COLUMNS), _markdown_row("---" for _ in _COLUMNS)]
    lines += [_markdown_row(_cells(planned)) for planned in runs]
    return "\n".join(lines)


def print_table(runs: Sequence[PlannedRun], console: Console) -> None:
    """A table that fits the console."""
    if not runs:
        console.print("No runs.")
        return
    rows = [_cells(planned) for planned in runs]
    fixed = [max(map(len, cells)) for cells in zip(_COLUMNS, *rows, strict=True)]
    # What must not be wrapped is cut where it does not fit: on a narrow terminal all of it is wrapped instead.
    is_wide = sum(fixed[:-1]) + _BETWEEN * len(_COLUMNS) + len(_COLUMNS[-1]) <= console.width
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, no_wrap=is_wide and column != _COLUMNS[-1], overflow="fold")
    for cells in rows:
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def _cells(planned: PlannedRun) -> tuple[str, ...]:
    start, end = planned.run.start, planned.run.end
    ends = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %H:%M}"
    offset = start.isoformat()[16:].removeprefix(":00")
    return (
        f"{start:%a} {start.date().isoformat()} {start:%H:%M}",
        ends,
        offset,
        planned.schedule,
        "; ".join(planned.notes),
    )


def _markdown_row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
