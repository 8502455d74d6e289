"""The command line on large estates: `check` of a large stack file, and `coverage` of a large inventory."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.estates import arc_machines, rows, stack_config
from bench.stacks import REPOSITORY

_BETWEEN_LOOKS = 0.01
_MEGABYTE = 1_000_000
_SUBSCRIPTIONS = 200
_SCHEDULES = 250
_MACHINES = 100_000


@dataclass(frozen=True, slots=True)
class CommandRow:
    """What a command took, in seconds by round, and the most memory it had, in megabytes."""

    command: str
    seconds: Sequence[float]
    memory: float


def measure_commands(rounds: int) -> list[CommandRow]:
    """Both commands, and `check --help`, which is what starting them takes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack_file = Path(folder, "Pulumi.large.yaml")
        stack_file.write_text(json.dumps({"config": stack_config(_SCHEDULES, _SUBSCRIPTIONS)}), encoding="utf-8")
        inventory = Path(folder, "inventory.json")
        inventory.write_text(json.dumps(rows(arc_machines(_MACHINES, _SUBSCRIPTIONS))), encoding="utf-8")
        ring = Path(folder, "Pulumi.ring.yaml")
        ring.write_text(json.dumps({"config": stack_config(5, _SUBSCRIPTIONS)}), encoding="utf-8")
        commands = {
            "check --help": ["check", "--help"],
            f"check: {_SCHEDULES} schedules, each a scope in {_SUBSCRIPTIONS} subscriptions": [
                "check",
                "--file",
                str(stack_file),
            ],
            f"coverage: {_MACHINES:,} machines": [
                "coverage",
                "--file",
                str(ring),
                "--inventory",
                str(inventory),
                "--format",
                "json",
            ],
        }
        return [_measured(name, arguments, rounds) for name, arguments in commands.items()]


def _measured(name: str, arguments: Sequence[str], rounds: int) -> CommandRow:
    runs = [_run(arguments) for _ in range(rounds)]
    return CommandRow(name, [seconds for seconds, _ in runs], max(memory for _, memory in runs))


def _run(arguments: Sequence[str]) -> tuple[float, float]:
    begin = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", "patching", *arguments], cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    memory = 0
    while process.poll() is None:
        memory = max(memory, process.memory_info().rss)
        time.sleep(_BETWEEN_LOOKS)
    return time.perf_counter() - begin, memory / _MEGABYTE


def print_commands(measured: Sequence[CommandRow], console: Console) -> None:
    """A table: the median, the spread, and the memory."""
    console.print("the command line")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for column in ("seconds", "lowest", "highest", "MB"):
        table.add_column(column, justify="right")
    for row in measured:
        numbers = (median(row.seconds), min(row.seconds), max(row.seconds))
        table.add_row(row.command, *(f"{number:.2f}" for number in numbers), f"{row.memory:.0f}")
    console.print(table)


def commands_as_data(measured: Sequence[CommandRow]) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "measurement": "the command line",
        "rows": [
            {"command": row.command, "seconds": list(row.seconds), "median": median(row.seconds), "memory": row.memory}
            for row in measured
        ],
    }
