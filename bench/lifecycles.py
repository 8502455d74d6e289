"""Stacks taken through their life on one local Azure, program beside program: from the first preview to destroy."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.costs import Cost
from bench.stacks import LocalAzure, MeasuredStack, local_azure

Say = Callable[[str], None]
NEW = "preview"
UNCHANGED = "preview, no change"
UP = "up"
UP_WITH_CHECKPOINTS = "up, with checkpoints"


@dataclass(frozen=True, slots=True)
class Program:
    """One way to declare the same: a module of `bench.programs`, or None for this repository's own program.

    `judged` says that this repository's policy pack judges its previews.
    """

    name: str
    module: str | None
    config: Mapping[str, Any]
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The same resources declared by several programs; ratios are to the first of them.

    `resources` is how many there are, `machines` the rows that are seeded before. With `only_preview` nothing is
    deployed. With `checkpoints`, `up` is measured once more as the engine does it unless told otherwise.
    """

    name: str
    explained: str
    resources: int
    programs: Sequence[Program]
    machines: Sequence[Mapping[str, object]] = ()
    only_preview: bool = False
    checkpoints: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What one operation of one program cost, round by round, and its ratios to the first program's."""

    program: str
    operation: str
    costs: Sequence[Cost] = field(default_factory=list[Cost])
    ratio: float = 1.0
    busy_ratio: float = 1.0

    @property
    def seconds(self) -> float:
        """The median of the rounds."""
        return median(cost.seconds for cost in self.costs)

    @property
    def busy(self) -> float:
        """The processor's seconds of engine and program, the median: other work on the machine moves them little."""
        return median(cost.engine + cost.program for cost in self.costs)

    def beside(self, other: "Row") -> "Row":
        """The same, compared to another program's."""
        return Row(self.program, self.operation, self.costs, self.seconds / other.seconds, self.busy / other.busy)


def measure_lifecycle(lifecycle: Lifecycle, rounds: int, say: Say) -> list[Row]:
    """Previews by turns, round after round; then each program's life by itself, because all declare the same."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with local_azure(folder / "state") as azure:
            if lifecycle.machines:
                azure.seed(lifecycle.machines)
            rows = list(_rows(lifecycle, azure, rounds, say))
    finally:
        shutil.rmtree(folder)
    first = {row.operation: row for row in rows if row.program == lifecycle.programs[0].name}
    return [row.beside(first[row.operation]) for row in rows]


def _rows(lifecycle: Lifecycle, azure: LocalAzure, rounds: int, say: Say) -> Iterator[Row]:
    stacks = {
        program.name: MeasuredStack(azure, f"p{number}", program.module, program.config)
        for number, program in enumerate(lifecycle.programs)
    }
    previews: dict[str, list[Cost]] = {name: [] for name in stacks}
    judged = {program.name: program.judged for program in lifecycle.programs}
    for number in range(rounds):
        for name, stack in stacks.items():
            say(f"{lifecycle.name}: preview by {name}, round {number + 1} of {rounds}")
            previews[name].append(stack.cost_of("preview", judged=judged[name]))
    for name, stack in stacks.items():
        yield Row(name, NEW, previews[name])
        if not lifecycle.only_preview:
            say(f"{lifecycle.name}: the life of what {name} declares")
            yield Row(name, UP, [stack.cost_of("up")])
            yield Row(name, UNCHANGED, [stack.cost_of("preview") for _ in range(rounds)])
            yield Row(name, "refresh", [stack.cost_of("refresh")])
            yield Row(name, "destroy", [stack.cost_of("destroy")])
    if lifecycle.checkpoints:
        for number, program in enumerate(lifecycle.programs):
            again = MeasuredStack(azure, f"c{number}", program.module, program.config)
            yield Row(program.name, UP_WITH_CHECKPOINTS, [again.cost_of("up", checkpoints=True)])
            again.cost_of("destroy")


def print_rows(lifecycle: Lifecycle, rows: Sequence[Row], console: Console) -> None:
    """A table: the median on the clock and the spread, ratios, who was busy how long, and the program's memory."""
    console.print(Text(f"{lifecycle.name}: {lifecycle.explained}"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("operation", "program"):
        table.add_column(column)
    for column in ("seconds", "lowest", "highest", "ratio", "busy", "ratio", "engine", "program", "azure", "MB"):
        table.add_column(column, justify="right")
    for operation in dict.fromkeys(row.operation for row in rows):
        for row in rows:
            if row.operation == operation:
                table.add_row(row.operation, Text(row.program), *_numbers(row))
    console.print(table)


def _numbers(row: Row) -> list[str]:
    seconds = [cost.seconds for cost in row.costs]
    parts = [median(getattr(cost, part) for cost in row.costs) for part in ("engine", "program", "azure")]
    memory = max(cost.memory for cost in row.costs)
    return [
        *(f"{number:.1f}" for number in (row.seconds, min(seconds), max(seconds))),
        f"{row.ratio:.2f}",
        f"{row.busy:.1f}",
        f"{row.busy_ratio:.2f}",
        *(f"{part:.1f}" for part in parts),
        f"{memory:.0f}" if memory else "",
    ]


def rows_as_data(lifecycle: Lifecycle, rows: Sequence[Row]) -> dict[str, Any]:
    """The same for JSON, with every round; seconds and megabytes."""
    return {
        "measurement": lifecycle.name,
        "explained": lifecycle.explained,
        "resources": lifecycle.resources,
        "rows": [
            {
                "program": row.program,
                "operation": row.operation,
                "seconds": row.seconds,
                "ratio": row.ratio,
                "busy": row.busy,
                "busyRatio": row.busy_ratio,
                "rounds": [asdict(cost) for cost in row.costs],
            }
            for row in rows
        ],
    }
