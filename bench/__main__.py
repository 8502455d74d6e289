"""`python -m bench`: takes every measurement and prints it; `--output` writes the same as JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from bench import runs
from bench.measuring import as_data, measure, print_scores, surroundings


@click.command()
@click.option("--schedules", default=1000, show_default=True, type=click.IntRange(1), help="How many schedules.")
@click.option("--years", default=10, show_default=True, type=click.IntRange(1, 1000), help="Years of each schedule.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is timed.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the numbers here, as JSON.")
def main(schedules: int, years: int, rounds: int, output: Path | None) -> None:
    """Measure how fast things are, beside what one would otherwise use."""
    console = Console()
    measurements = [runs.measurement(schedules, years)]
    libraries = [library for one in measurements for library in one.libraries]
    around = surroundings(datetime.now(UTC), libraries)
    console.print(", ".join(f"{name} {value}" for name, value in around.items()), highlight=False)
    results: list[dict[str, object]] = []
    for measurement in measurements:
        scores = measure(measurement, rounds)
        print_scores(measurement, scores, console)
        results.append(as_data(measurement, scores))
    if output:
        document = {"surroundings": around, "rounds": rounds, "measurements": results}
        output.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    main(prog_name="python -m bench")
