"""`check`: every fault of a stack file."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patching.commands.options import (
    FAULTS_FOUND,
    Instant,
    format_option,
    print_faults_as_json,
    stack_file,
    stack_options,
)

if TYPE_CHECKING:
    from patching.settings.reading import Reading


@click.command()
@stack_options
@format_option("json")
@click.option("--as-of", type=Instant(), help="What time it is, to judge past starts and expiries by.")
def check(*, stack: str | None, file: Path | None, form: str, as_of: datetime | None) -> None:
    """Finds every fault in a stack file."""
    from patching.stack_file import read_stack_file

    path = stack_file(stack, file)
    reading = read_stack_file(path, as_of=as_of)
    if form == "json":
        print_faults_as_json(reading.faults, reading.warnings)
    else:
        _print_text(path, reading)
    sys.exit(FAULTS_FOUND if reading.faults else 0)


def _print_text(path: Path, reading: "Reading") -> None:
    for fault in reading.faults:
        click.echo(str(fault))
    for warning in reading.warnings:
        click.echo(f"warning: {warning}")
    if not reading.faults:
        click.echo(f"{path.name}: no faults, {_counted(len(reading.warnings), 'warning')}")


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
