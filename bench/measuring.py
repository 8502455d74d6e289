"""Timing contenders at the same work, and showing the times: one table, and the same as JSON."""

import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work; `work` does it once and returns how many things it made."""

    name: str
    work: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Measurement:
    """The same work done in several ways.

    `thing` is what the rates count, in the plural; `explained` says what the contenders do, and why that is fair. Rates
    are compared to that of the first contender.
    """

    name: str
    thing: str
    explained: str
    contenders: Sequence[Contender]
    libraries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Score:
    """A contender's rates, in things per second, one for each round, and its ratio to the first contender's."""

    contender: str
    things: int
    rates: Sequence[float]
    ratio: float


def measure(measurement: Measurement, rounds: int) -> list[Score]:
    """Lets the contenders work in turns, round after round, so that a slow moment of the machine hits all of them.

    Each works once before, untimed. The ratio is the median of the rounds' own ratios.
    """
    made = {contender.name: contender.work() for contender in measurement.contenders}
    rates: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for contender in measurement.contenders:
            begin = time.perf_counter()
            number = contender.work()
            rates[contender.name].append(number / (time.perf_counter() - begin))
    base = rates[measurement.contenders[0].name]
    return [
        Score(
            name, made[name], rates[name], median(rate / other for rate, other in zip(rates[name], base, strict=True))
        )
        for name in made
    ]


def print_scores(measurement: Measurement, scores: Sequence[Score], console: Console) -> None:
    """A table: the median rate of the rounds, their spread, and how it compares."""
    console.print(Text(f"{measurement.name}: {measurement.explained}"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for column in (measurement.thing, f"{measurement.thing}/s", "lowest", "highest", "ratio"):
        table.add_column(column, justify="right")
    for score in scores:
        numbers = (score.things, median(score.rates), min(score.rates), max(score.rates))
        table.add_row(Text(score.contender), *(f"{number:,.0f}" for number in numbers), f"{score.ratio:.2f}")
    console.print(table)


def as_data(measurement: Measurement, scores: Sequence[Score]) -> dict[str, Any]:
    """The same for JSON, with the rate of each round; rates are in things per second."""
    return {
        "measurement": measurement.name,
        "thing": measurement.thing,
        "explained": measurement.explained,
        "scores": [
            {
                "contender": score.contender,
                "things": score.things,
                "median": median(score.rates),
                "lowest": min(score.rates),
                "highest": max(score.rates),
                "rates": list(score.rates),
                "ratio": score.ratio,
            }
            for score in scores
        ],
    }


def surroundings(measured_at: datetime, libraries: Iterable[str]) -> Mapping[str, str]:
    """When and on what it was measured: rates mean nothing without it."""
    return {
        "date": measured_at.isoformat(timespec="seconds"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{sys.platform} {platform.machine()}",
        **{name: version(name) for name in sorted(set(libraries))},
    }
