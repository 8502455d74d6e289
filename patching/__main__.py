"""The command line: `python -m patching`. No engine, no cloud, no clock unless told; logic is in the rooms it calls."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from patching.faults import Fault
    from patching.report.planned import PlannedRun
    from patching.schedule import Schedule
    from patching.settings.reading import Reading

FAULTS_FOUND = 1
_DEFAULT_COUNT = 5
_WIDE = 200


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def main() -> None:
    """Guest patching on Azure Update Manager: checks a stack file and shows when its schedules run."""


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


def _stack_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option(
        "--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="A stack file, wherever it is."
    )(command)
    return click.option("--stack", help="A stack: Pulumi.<stack>.yaml in the current folder.")(command)


def _stack_file(stack: str | None, file: Path | None) -> Path:
    from patching.stack_file import stack_files

    if stack is not None and file is not None:
        raise click.UsageError("--stack and --file exclude each other")
    if file is not None:
        return file
    if stack is not None:
        return Path(f"Pulumi.{stack}.yaml")
    there = stack_files(Path())
    if len(there) == 1:
        return there[0]
    if not there:
        raise click.UsageError("there is no Pulumi.<stack>.yaml in this folder: name one with --file")
    raise click.UsageError(f"name a stack with --stack: there are {', '.join(path.name for path in there)}")


def _read(stack: str | None, file: Path | None, as_of: datetime | None = None) -> "Reading":
    from patching.stack_file import read_stack_file

    return read_stack_file(_stack_file(stack, file), as_of=as_of)


@main.command()
@_stack_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--as-of", type=Instant(), help="What time it is, to judge past starts and expiries by.")
def check(*, stack: str | None, file: Path | None, form: str, as_of: datetime | None) -> None:
    """Finds every fault in a stack file."""
    path = _stack_file(stack, file)
    reading = _read(None, path, as_of)
    if form == "json":
        _print_json(reading.faults, reading.warnings)
    else:
        _print_text(path, reading)
    sys.exit(FAULTS_FOUND if reading.faults else 0)


def _print_json(faults: "tuple[Fault, ...]", warnings: "tuple[Fault, ...]") -> None:
    document = {"faults": [fault.as_json() for fault in faults], "warnings": [fault.as_json() for fault in warnings]}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _print_text(path: Path, reading: "Reading") -> None:
    for fault in reading.faults:
        click.echo(str(fault))
    for warning in reading.warnings:
        click.echo(f"warning: {warning}")
    if not reading.faults:
        click.echo(f"{path.name}: no faults, {_counted(len(reading.warnings), 'warning')}")


def _end_with_faults(faults: "tuple[Fault, ...]", warnings: "tuple[Fault, ...]", form: str) -> NoReturn:
    if form == "json":
        _print_json(faults, warnings)
    else:
        for fault in faults:
            click.echo(str(fault))
    sys.exit(FAULTS_FOUND)


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


_FORMATS = click.Choice(["text", "json", "markdown", "ics"])


@main.command()
@_stack_options
@click.option("--after", type=Instant(), help="Runs that start at or after this instant; otherwise from each start on.")
@click.option(
    "--count", type=click.IntRange(min=1, max=100_000), help=f"Runs of each schedule; {_DEFAULT_COUNT} without --until."
)
@click.option("--until", type=Instant(), help="Runs that start before this instant.")
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write, instead of standard output."
)
def calendar(
    *,
    stack: str | None,
    file: Path | None,
    after: datetime | None,
    count: int | None,
    until: datetime | None,
    form: str,
    output: Path | None,
) -> None:
    """Shows when every schedule of a stack runs."""
    from patching.report.planned import planned_runs, with_freezes

    reading = _read(stack, file)
    settings = reading.settings
    if settings is None:
        _end_with_faults(reading.faults, reading.warnings, form)
    if count is None and until is None:
        count = _DEFAULT_COUNT
    schedules = {key: schedule.schedule for key, schedule in settings.schedules.items()}
    planned = with_freezes(list(planned_runs(schedules, after=after, count=count, until=until)), settings.freezes)
    if form == "text" and output is None:
        _echo_summaries(schedules)
    _report(planned, form, output)


@main.command()
@click.argument("recur_every", metavar="RECUR_EVERY")
@click.option("--start", required=True, help="YYYY-MM-DD HH:MM, local to the time zone.")
@click.option("--time-zone", required=True, help="A Windows time-zone id.")
@click.option("--duration", default="03:00", show_default=True, help="HH:MM, from 01:30 to 03:55.")
@click.option("--expires", help="YYYY-MM-DD HH:MM, local to the time zone.")
@click.option("--after", type=Instant(), help="Runs that start at or after this instant; otherwise from the start on.")
@click.option("--count", type=click.IntRange(min=1, max=100_000), default=_DEFAULT_COUNT, show_default=True)
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write, instead of standard output."
)
def runs(
    *,
    recur_every: str,
    start: str,
    time_zone: str,
    duration: str,
    expires: str | None,
    after: datetime | None,
    count: int,
    form: str,
    output: Path | None,
) -> None:
    """Shows when a recurrence runs, such as "Month Second Tuesday Offset4"."""
    from patching.report.planned import planned_runs
    from patching.settings.single import read_single_schedule

    options = {
        "recurEvery": recur_every,
        "start": start,
        "timeZone": time_zone,
        "duration": duration,
        "expires": expires,
    }
    single = read_single_schedule({key: value for key, value in options.items() if value is not None})
    if single.schedule is None:
        _end_with_faults(single.faults, single.warnings, form)
    for warning in single.warnings:
        click.echo(f"warning: {warning}", err=True)
    key = str(single.schedule.recurrence)
    if form == "text" and output is None:
        click.echo(single.schedule.summary())
    _report(list(planned_runs({key: single.schedule}, after=after, count=count)), form, output)


@main.command(name="recover")
@click.option("--stack", required=True, help="The stack to recover.")
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
def recover_command(*, stack: str, config_file: Path | None, cancel: bool, existing: bool) -> None:
    """After a killed run, adopts what was made and forgotten, with the pulumi on PATH."""
    from patching.recover import Engine, RecoveryError, recover

    try:
        recover(Engine(stack, config_file), click.echo, cancel=cancel, existing=existing)
    except RecoveryError as error:
        click.echo(str(error), err=True)
        sys.exit(FAULTS_FOUND)


def _echo_summaries(schedules: "Mapping[str, Schedule]") -> None:
    width = max(map(len, schedules), default=0)
    for key, schedule in schedules.items():
        click.echo(f"{key:<{width}}  {schedule.summary()}")


def _report(planned: "list[PlannedRun]", form: str, output: Path | None) -> None:
    if form == "text" and output is None:
        from rich.console import Console

        from patching.report.runs import print_table

        print_table(planned, Console(width=None if sys.stdout.isatty() else _WIDE))
        return
    text = _WRITERS[form](planned)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="")
    except OSError as error:
        raise click.UsageError(f"--output {output}: {(error.strerror or 'it cannot be written').lower()}") from error


def _as_text(planned: "list[PlannedRun]") -> str:
    from io import StringIO

    from rich.console import Console

    from patching.report.runs import print_table

    content = StringIO()
    print_table(planned, Console(file=content, width=_WIDE))
    return content.getvalue()


def _as_json(planned: "list[PlannedRun]") -> str:
    from patching.report.runs import as_json

    return as_json(planned)


def _as_markdown(planned: "list[PlannedRun]") -> str:
    from patching.report.runs import as_markdown

    return as_markdown(planned)


def _as_icalendar(planned: "list[PlannedRun]") -> str:
    from patching.report.icalendar_file import as_icalendar

    return as_icalendar(planned)


_WRITERS: Mapping[str, "Callable[[list[PlannedRun]], str]"] = {
    "text": _as_text,
    "json": _as_json,
    "markdown": _as_markdown,
    "ics": _as_icalendar,
}

if __name__ == "__main__":
    main(prog_name="python -m patching")
