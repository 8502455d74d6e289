"""`diff`: what a change of stack files does, before it is done."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from patching.commands.options import (
    FAULTS_FOUND,
    Instant,
    format_option,
    inventory_option,
    inventory_pages,
    output_option,
    standard_output,
    write_report,
)
from patching.commands.progress import working

if TYPE_CHECKING:
    from patching.changes.preview import Preview
    from patching.changes.stack import StackChange, Version
    from patching.faults import Fault, Findings
    from patching.inventory import Inventory
    from patching.inventory_file import Page


class _Pair(NamedTuple):
    """The two files of one stack, one of which may not be there."""

    stack: str
    base: Path
    head: Path


@click.command()
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    required=True,
    help="The stack file as it was, or a folder with all of them. A file that is missing or empty is a stack that was "
    "not there.",
)
@click.option(
    "--head",
    type=click.Path(path_type=Path),
    required=True,
    help="The stack file as it will be, or a folder. A file that is missing or empty is a stack that is given up.",
)
@click.option(
    "--preview",
    type=click.Path(path_type=Path),
    help="What `pulumi preview --json` printed for the head; with folders, a folder with <stack>.json for each.",
)
@inventory_option(
    "Machines to compare the coverage of: what `az graph query -o json`, `az vm list` or an ARM list answered, again "
    "for each file; or `azure`, to ask Resource Graph for the machines of the stacks' subscriptions.",
    required=False,
)
@click.option("--after", type=Instant(), help="Runs that start at or after this instant; otherwise from each start on.")
@click.option(
    "--until",
    type=Instant(),
    help="Runs that start before this instant; otherwise those of twelve months from --after, or from the first run.",
)
@format_option("json", "markdown")
@output_option
def diff(
    *,
    base: Path,
    head: Path,
    preview: Path | None,
    inventories: tuple[str, ...],
    after: datetime | None,
    until: datetime | None,
    form: str,
    output: Path | None,
) -> None:
    """Shows what changes between two versions of a stack file: keys, calendar, findings, resources, coverage.

    The exit status is 1 where the head has faults, or a preview or an inventory cannot be read; the report is made all
    the same, and shows them. That something changes is no fault.
    """
    from patching.changes.stack import compare_stack
    from patching.faults import Findings

    pairs = list(_pairs(base, head, preview))
    versions = [(_read(pair.base, pair.stack), _read(pair.head, pair.stack)) for pair in pairs]
    findings = Findings()
    with working("Comparing"):
        inventory = _inventory(inventories, versions, findings)
        changes = [
            compare_stack(
                pair.stack,
                earlier,
                later,
                since=after,
                until=until,
                preview=_preview(preview, pair, later),
                inventory=inventory,
                found=findings,
            )
            for pair, (earlier, later) in zip(pairs, versions, strict=True)
        ]
    _report(changes, form, output)
    sys.exit(FAULTS_FOUND if any(change.faults_now for change in changes) else 0)


def _pairs(base: Path, head: Path, preview: Path | None) -> Iterator[_Pair]:
    """The stacks to compare: one, or with folders each that either has.

    Raises:
        click.UsageError: a file and a folder, or nothing to compare.
    """
    from patching.stack_file import is_stack_file, stack_files, stack_of

    if base.is_dir() or head.is_dir():
        if not (base.is_dir() and head.is_dir()):
            raise click.UsageError("--base and --head are two files, or two folders: one of them is no folder")
        if preview is not None and not preview.is_dir():
            raise click.UsageError("--preview is a folder with <stack>.json for each stack, as --base and --head are")
        names = sorted({path.name for folder in (base, head) for path in stack_files(folder)})
        if not names:
            raise click.UsageError("there is no Pulumi.<stack>.yaml in either folder")
        yield from (_Pair(stack_of(Path(name)), base / name, head / name) for name in names)
        return
    if not (base.exists() or head.exists()):
        raise click.UsageError(f"there is neither {base} nor {head}")
    if preview is not None and preview.is_dir():
        raise click.UsageError("--preview is a file, as --base and --head are")
    named = head if is_stack_file(head) or not is_stack_file(base) else base
    yield _Pair(stack_of(named), base, head)


def _read(path: Path, stack: str) -> "Version | None":
    """A version of a stack file; None where there is none, or nothing in it."""
    from patching.changes.stack import Version
    from patching.stack_file import parse_stack_file, read_stack_content, read_stack_file

    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return Version(read_stack_file(path, stack=stack), {})
    if not content.strip():
        return None
    return Version(read_stack_content(content, path, stack=stack), parse_stack_file(content, path.name).config)


def _preview(given: Path | None, pair: _Pair, later: "Version | None") -> "Preview | Fault | None":
    """The preview of a stack's head; a head that is gone has none, and one with faults none that says more."""
    from patching.changes.preview import PreviewError, missing_preview, read_preview

    if given is None or later is None or later.reading.faults:
        return None
    path = given / f"{pair.stack}.json" if given.is_dir() else given
    try:
        return read_preview(path.read_bytes(), path.name)
    except OSError:
        return missing_preview(path.name)
    except PreviewError as error:
        return error.fault


def _inventory(
    names: Sequence[str], versions: "Sequence[tuple[Version | None, Version | None]]", findings: "Findings"
) -> "Inventory | None":
    """The machines to compare the coverage of; None where none are given, or cannot be read, which leaves a fault."""
    from patching.inventory import read_inventory

    pages = inventory_pages(names, lambda: _machines_on_azure(versions, findings), findings)
    return read_inventory(pages) if names and not findings.faults else None


def _machines_on_azure(
    versions: "Sequence[tuple[Version | None, Version | None]]", findings: "Findings"
) -> "list[Page]":
    from patching.azure_inventory import machines_on_azure
    from patching.limits import Environment

    known = [one.reading.settings for pair in versions for one in pair if one and one.reading.settings]
    subscriptions = dict.fromkeys(one.id for settings in known for one in settings.subscriptions.values())
    environment = known[-1].environment if known else Environment.PUBLIC
    return machines_on_azure(list(subscriptions), environment, findings)


def _report(changes: "Sequence[StackChange]", form: str, output: Path | None) -> None:
    if form == "json":
        from patching.report.changes_json import as_json

        write_report(as_json(changes), output)
    elif form == "markdown":
        from patching.report.changes_markdown import as_markdown

        write_report(as_markdown(changes), output)
    else:
        _report_text(changes, output)


def _report_text(changes: "Sequence[StackChange]", output: Path | None) -> None:
    from patching.report.changes_text import as_text, print_text

    if output is None:
        print_text(changes, standard_output())
    else:
        write_report(as_text(changes), output)
