"""What several commands share: instants, the choice of a stack file, where a report goes, and how faults are shown."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from patching.commands import completing

if TYPE_CHECKING:
    from rich.console import Console

    from patching.faults import Fault, Findings
    from patching.inventory_file import Page

FAULTS_FOUND = 1
"""The exit status of a command that found faults; wrong usage is 2, as click has it."""


_AZURE = "azure"


class Instant(click.ParamType[datetime]):
    """An ISO instant with its offset, such as 2027-01-05T21:00:00Z."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads the option's text."""
        if isinstance(value, datetime):
            return value
        example = "2027-01-05T21:00:00Z"
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f'"{value}" is no ISO instant, e.g. {example}', param, ctx)
        if moment.tzinfo is None:
            self.fail(f'"{value}" has no offset from UTC, e.g. {example}', param, ctx)
        return moment


def stack_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds `--stack` and `--file`, which `stack_file` resolves."""
    command = click.option(
        "--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="A stack file, wherever it is."
    )(command)
    return click.option(
        "--stack", shell_complete=completing.stacks, help="A stack: Pulumi.<stack>.yaml in the current folder."
    )(command)


output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write, instead of standard output."
)


def format_option(*others: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds `--format`, as `form`: text, or one of `others`."""
    forms = click.Choice(["text", *others])
    return click.option(
        "--format", "form", type=forms, default="text", show_default=True, help="The form of the report."
    )


def inventory_option(answered: str, *, required: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds `--inventory`, which `read_inventories` reads; `answered` is its help."""
    return click.option(
        "--inventory", "inventories", required=required, multiple=True, metavar=f"FILE|{_AZURE}", help=answered
    )


def read_inventories(
    names: Sequence[str], ask_azure: "Callable[[], list[Page]]", findings: "Findings", form: str
) -> "list[Page]":
    """The pages of all files, and of Azure where it is named; ends the command where one cannot be read."""
    pages = inventory_pages(names, ask_azure, findings)
    if findings.faults:
        end_with_faults(findings.faults, findings.warnings, form)
    return pages


def inventory_pages(names: Sequence[str], ask_azure: "Callable[[], list[Page]]", findings: "Findings") -> "list[Page]":
    """The pages of all files, and of Azure where it is named; one that cannot be read leaves a fault."""
    from patching.inventory_file import read_inventory_file, warn_if_incomplete

    pages = [
        page
        for name in names
        for page in (ask_azure() if name == _AZURE else read_inventory_file(Path(name), findings))
    ]
    if not findings.faults:
        warn_if_incomplete(pages, findings)
    return pages


def standard_output() -> "Console":
    """Where tables are printed: as wide as the terminal, and wide enough where there is none."""
    from rich.console import Console

    from patching.report import WIDE

    return Console(width=None if sys.stdout.isatty() else WIDE)


def stack_file(stack: str | None, file: Path | None) -> Path:
    """The stack file that is meant; without either option, the only one in the current folder.

    Raises:
        click.UsageError: both are given, or neither and the folder does not decide.
    """
    from patching.stack_file import stack_files

    if stack is not None and file is not None:
        raise click.UsageError("--stack and --file exclude each other")
    if file is not None:
        return file
    if stack is not None:
        # As the engine has it, a stack may be named with its organisation and project, and its file end in .yml.
        named = [Path(f"Pulumi.{stack.rpartition('/')[2]}.{end}") for end in ("yaml", "yml")]
        return next((path for path in named if path.exists()), named[0])
    there = stack_files(Path())
    if len(there) == 1:
        return there[0]
    if not there:
        raise click.UsageError(
            f"there is no Pulumi.<stack>.yaml in {Path.cwd()}: run this in the folder of the program, or name one with "
            "--file"
        )
    raise click.UsageError(f"name a stack with --stack: there are {', '.join(path.name for path in there)}")


def write_report(text: str, output: Path | None) -> None:
    """Prints a report, or writes it to a file, with the line ends it has.

    Raises:
        click.UsageError: the file cannot be written.
    """
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="")
    except OSError as error:
        raise click.UsageError(f"--output {output}: {(error.strerror or 'it cannot be written').lower()}") from error


def print_faults_as_json(faults: "Sequence[Fault]", warnings: "Sequence[Fault]") -> None:
    """Prints the JSON of the command line's contract."""
    document = {"faults": [fault.as_json() for fault in faults], "warnings": [fault.as_json() for fault in warnings]}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def end_with_faults(faults: "Sequence[Fault]", warnings: "Sequence[Fault]", form: str) -> NoReturn:
    """Shows the faults that leave nothing to report, and ends the command."""
    if form == "json":
        print_faults_as_json(faults, warnings)
    else:
        for fault in faults:
            click.echo(str(fault))
    sys.exit(FAULTS_FOUND)
