"""`recover`: after a killed run, the state gets back what was made and forgotten."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import sys
from pathlib import Path

import click

from patching.commands.completing import stacks
from patching.commands.options import FAULTS_FOUND
from patching.commands.progress import working


@click.command()
@click.option("--stack", required=True, shell_complete=stacks, help="The stack to recover.")
@click.option(
    "--config-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The stack's file, where it is not beside the program.",
)
@click.option("--cancel", is_flag=True, help="Free the lock that a dead run left, first.")
@click.option(
    "--existing",
    is_flag=True,
    help="Adopt whatever the next update would create and is there already, whoever made it: for an update that says "
    '"cannot create already existing resource". `pulumi state delete URN` gives one back.',
)
def recover(*, stack: str, config_file: Path | None, cancel: bool, existing: bool) -> None:
    """After a killed run, adopts what was made and forgotten, with the pulumi on PATH."""
    from patching.recover import Engine, RecoveryError
    from patching.recover import recover as recover_stack

    try:
        with working(f"Asking the engine about the stack {stack}") as say:
            recover_stack(Engine(stack, config_file), say, cancel=cancel, existing=existing)
    except RecoveryError as error:
        click.echo(str(error), err=True)
        sys.exit(FAULTS_FOUND)
