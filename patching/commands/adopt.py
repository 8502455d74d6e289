"""`adopt`: from what the portal made to the stack file that takes it over."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patching.commands.options import FAULTS_FOUND, inventory_option, output_option, read_inventories, write_report
from patching.commands.progress import working
from patching.limits import Environment

if TYPE_CHECKING:
    from patching.faults import Findings
    from patching.inventory_file import Page


@click.command()
@inventory_option(
    "What `az graph query`, `az maintenance configuration list`, `az maintenance assignment list` or an ARM list "
    "answered, again for each file; or `azure`, to ask Resource Graph for all that the login may read.",
)
@click.option(
    "--environment",
    type=click.Choice([one.value for one in Environment]),
    default=Environment.PUBLIC.value,
    show_default=True,
    help="The cloud; another than public is written to the stack file.",
)
@output_option
def adopt(*, inventories: tuple[str, ...], environment: str, output: Path | None) -> None:
    """Writes the stack file that adopts the schedules of an inventory.

    What the file leaves out, and its faults, are said on standard error; the exit status is 1 where it has faults.
    """
    from patching.faults import Findings
    from patching.takeover import adopt as stack_file_of

    findings, cloud = Findings(), Environment(environment)
    with working("Reading the inventory"):
        pages = read_inventories(inventories, lambda: _schedules_on_azure(cloud, findings), findings, "text")
        made = stack_file_of([row for page in pages for row in page.rows], cloud)
    write_report(made.text.removesuffix("\n"), output)
    for warning in (*findings.warnings, *(f"left out: {one}" for one in made.left_out)):
        click.echo(f"warning: {warning}", err=True)
    for fault in made.faults:
        click.echo(str(fault), err=True)
    sys.exit(FAULTS_FOUND if made.faults else 0)


def _schedules_on_azure(environment: Environment, findings: "Findings") -> "list[Page]":
    from patching.azure_inventory import ask_resource_graph
    from patching.takeover.queries import QUERIES

    return ask_resource_graph(QUERIES, None, environment, findings)
