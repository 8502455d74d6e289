"""`coverage`: what a stack reaches of an inventory, and what is wrong with each machine."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patching.commands.options import (
    FAULTS_FOUND,
    end_with_faults,
    format_option,
    inventory_option,
    output_option,
    read_inventories,
    stack_file,
    stack_options,
    standard_output,
    write_report,
)
from patching.commands.progress import working

if TYPE_CHECKING:
    from patching.coverage import Coverage
    from patching.faults import Findings
    from patching.inventory_file import Page
    from patching.settings.model import Settings


@click.command()
@stack_options
@inventory_option(
    "What `az graph query -o json`, `az vm list` or an ARM list answered, again for each file; or `azure`, to ask "
    "Resource Graph for the machines of the stack's subscriptions.",
)
@format_option("json", "markdown", "html")
@output_option
def coverage(
    *, stack: str | None, file: Path | None, inventories: tuple[str, ...], form: str, output: Path | None
) -> None:
    """Shows which machines the schedules reach, which are ready, and what is wrong.

    What a report finds of machines is no fault: the exit status is 1 only where the stack file or the inventory cannot
    be read, or a schedule reaches more machines than the service allows.
    """
    from patching.coverage import cover
    from patching.faults import Findings
    from patching.inventory import read_inventory
    from patching.stack_file import read_stack_file

    reading = read_stack_file(stack_file(stack, file))
    settings = reading.settings
    if settings is None:
        end_with_faults(reading.faults, reading.warnings, form)
    findings = Findings()
    with _no_garbage_collection(), working("Reading the inventory"):
        pages = read_inventories(inventories, lambda: _machines_on_azure(settings, findings), findings, form)
        covered = cover(settings, read_inventory(pages), findings)
    _report(covered, settings, form, output)
    sys.exit(FAULTS_FOUND if covered.faults else 0)


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    """Of an inventory nothing is garbage while it is read, and looking for it takes longer than the reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _machines_on_azure(settings: "Settings", findings: "Findings") -> "list[Page]":
    from patching.azure_inventory import machines_on_azure

    return machines_on_azure([one.id for one in settings.subscriptions.values()], settings.environment, findings)


def _report(covered: "Coverage", settings: "Settings", form: str, output: Path | None) -> None:
    if form == "text" and output is None:
        from patching.report.coverage import print_text

        print_text(covered, standard_output())
        return
    write_report(_written(covered, settings, form), output)


def _written(covered: "Coverage", settings: "Settings", form: str) -> str:
    if form == "html":
        from patching.report.coverage_page import as_html

        return as_html(settings.stack, covered)
    from patching.report.coverage import as_json, as_markdown, as_text

    return {"text": as_text, "json": as_json, "markdown": as_markdown}[form](covered)
