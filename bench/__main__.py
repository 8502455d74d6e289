"""`python -m bench`: takes every measurement and prints it; `--output` writes the same as JSON."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from bench import assignments, policies, runs, scopes, start_up, virtual_machines
from bench.commands import commands_as_data, measure_commands, print_commands
from bench.lifecycles import Lifecycle, measure_lifecycle, print_rows, rows_as_data
from bench.measuring import as_data, measure, print_scores, surroundings
from patching.commands.manners import WellMannered, version_option

_PARTS = ("runs", "policies", "commands", "start-up", "scopes", "virtual-machines", "assignments")
_ENGINE = ["pulumi", "pulumi-azure-native"]
_NOISE_LOOPS = 300_000
_WIDTH = 150


@click.command(cls=WellMannered, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@version_option("bench of azure-patching")
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="Take these measurements only.")
@click.option(
    "--full",
    is_flag=True,
    help="3,000 static assignments too, 10,000 machines in scopes, 200 virtual machines, and 1,000 with checkpoints.",
)
@click.option("--schedules", default=1000, show_default=True, type=click.IntRange(1), help="How many schedules.")
@click.option("--years", default=10, show_default=True, type=click.IntRange(1, 1000), help="Years of each schedule.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is timed.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the numbers here, as JSON.")
def main(only: tuple[str, ...], schedules: int, years: int, rounds: int, output: Path | None, *, full: bool) -> None:
    """Measure how fast things are, beside what one would otherwise use."""
    # In a file, the tables are as wide as they are.
    console = Console() if Console().is_terminal else Console(width=_WIDTH)
    notes = Console(stderr=True, highlight=False)
    parts = only or _PARTS
    compared = [
        measurement
        for part, measurement in (
            ("runs", runs.measurement(schedules, years)),
            ("policies", policies.measurement(schedules)),
        )
        if part in parts
    ]
    around = surroundings(datetime.now(UTC), [*_ENGINE, *(name for one in compared for name in one.libraries)])
    around = {**around, "processors": str(os.cpu_count()), "noise before": _noise()}
    console.print(", ".join(f"{name} {value}" for name, value in around.items()), highlight=False)
    results: list[dict[str, object]] = []
    for measurement in compared:
        notes.print(f"{measurement.name}: {len(measurement.contenders)} contenders, {rounds} round(s) each …")
        scores = measure(measurement, rounds)
        print_scores(measurement, scores, console)
        results.append(as_data(measurement, scores))
    if "commands" in parts:
        notes.print(f"the command line, {rounds} round(s) each …")
        rows = measure_commands(rounds)
        print_commands(rows, console)
        results.append(commands_as_data(rows))
    for lifecycle in _lifecycles(parts, full=full):
        rows = measure_lifecycle(lifecycle, rounds, notes.print)
        print_rows(lifecycle, rows, console)
        results.append(rows_as_data(lifecycle, rows))
    around = {**around, "noise after": _noise()}
    console.print(f"the same work took, at the end, {around['noise after']}", highlight=False)
    if output:
        document = {"surroundings": around, "rounds": rounds, "measurements": results}
        output.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")


def _lifecycles(parts: tuple[str, ...], *, full: bool) -> Iterator[Lifecycle]:
    if "start-up" in parts:
        yield start_up.lifecycle()
    if "scopes" in parts:
        yield scopes.lifecycle(10_000 if full else 1_000, 50)
    if "virtual-machines" in parts:
        yield virtual_machines.lifecycle(200 if full else 20)
    if "assignments" in parts:
        for machines in (100, 1_000, 3_000) if full else (100, 1_000):
            yield assignments.lifecycle(machines, full=full)


def _noise() -> str:
    """How long the same piece of work takes, again and again: the spread is what else the machine does."""
    times: list[float] = []
    for _ in range(15):
        begin = time.perf_counter()
        sum(range(_NOISE_LOOPS))
        times.append(time.perf_counter() - begin)
    return f"{min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms"


if __name__ == "__main__":
    main(prog_name="python -m bench")
