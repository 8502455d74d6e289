"""`emergency`: writes a schedule that runs once into a stack file, and takes it out again."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from patching.commands import clock
from patching.commands.completing import emergencies, schedules
from patching.commands.editing import StackText, difference, read_stack_text, write_whole
from patching.commands.options import Instant, end_with_faults, stack_file, stack_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patching.emergency import Asked, OneOff
    from patching.settings.model import ScheduleSettings, Settings
    from patching.settings.reading import Reading

_SECTION = "schedules"
_TO_MAKE = {
    "start": "--start",
    "rings": "--ring",
    "time_zone": "--time-zone",
    "duration": "--duration",
    "expires": "--expires",
    "kbs": "--kb",
    "packages": "--package",
    "reboot": "--reboot",
    "reason": "--reason",
}
"""The options that say what to make, by what they are called in here."""


@click.command()
@stack_options
@click.option("--start", help="YYYY-MM-DD HH:MM in the time zone, or an ISO instant such as 2027-01-05T21:00:00Z.")
@click.option(
    "--ring",
    "--schedule",
    "rings",
    multiple=True,
    metavar="SCHEDULE",
    shell_complete=schedules,
    help="A schedule whose machines and scopes are patched, by its key; again for each.",
)
@click.option("--all", "every", is_flag=True, help="Every schedule; with --remove, every emergency.")
@click.option("--duration", help="HH:MM, from 01:30 to 03:55; otherwise the longest of the schedules'.")
@click.option("--time-zone", help="A Windows time-zone id; otherwise the schedules' own.")
@click.option("--expires", help="YYYY-MM-DD HH:MM in the time zone; otherwise an hour after the window.")
@click.option("--kb", "kbs", multiple=True, help="Install this KB number, and on Windows nothing else; again for each.")
@click.option(
    "--package",
    "packages",
    multiple=True,
    help="Install this package or mask, and on Linux nothing else; again for each.",
)
@click.option("--reboot", metavar="IfRequired|Never|Always", help="Otherwise the most careful of the schedules'.")
@click.option("--reason", help="Why: it becomes the tag patch-emergency of the maintenance configuration.")
@click.option("--name", metavar="KEY", shell_complete=emergencies, help="Its key; otherwise emergency- and its start.")
@click.option("--remove", is_flag=True, help="Take an emergency out of the file again.")
@click.option("--as-of", "--now", "as_of", type=Instant(), help="What time it is; otherwise the clock says.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file to write instead of the stack's, or - for standard output.",
)
def emergency(
    *,
    stack: str | None,
    file: Path | None,
    every: bool,
    name: str | None,
    remove: bool,
    as_of: datetime | None,
    output: Path | None,
    **wanted: str | tuple[str, ...] | None,
) -> None:
    """Patches the machines of schedules once, out of turn: writes one more schedule into the stack file.

    It has the machines and the dynamic scopes of the schedules that --ring names, a start, and an expiry that lets it
    run once. Nothing is deployed: a normal `pulumi up` does that, and another one, after --remove, takes it away. What
    changes is shown as a diff. Where there is a fault, nothing is written, and the exit status is 1.
    """
    path, moment = stack_file(stack, file), as_of or clock.now()
    again = shlex.join(["--stack", stack] if stack else ["--file", str(file)] if file else [])
    task = _Task(path, moment, output, again)
    if remove:
        if given := [option for name, option in _TO_MAKE.items() if wanted[name]]:
            raise click.UsageError(f"--remove takes no {given[0]}")
        task.remove(name, every=every)
        return
    if not wanted["start"]:
        raise click.UsageError("--start says when; or take an emergency out with --remove")
    if every and wanted["rings"]:
        raise click.UsageError("--ring and --all exclude each other")
    task.make(name, wanted, every=every)


class _Task:
    """One edit of one stack file."""

    def __init__(self, path: Path, now: datetime, output: Path | None, stack_option: str) -> None:
        from patching.stack_file import read_stack_file

        self._path = path
        self._now = now
        self._output = output
        self._command = f"python -m patching emergency {stack_option}".rstrip()
        self._up = f"pulumi up {stack_option}" if stack_option.startswith("--stack") else "pulumi up"
        self._reading = read_stack_file(path)
        if self._reading.settings is None:
            end_with_faults(self._reading.faults, self._reading.warnings, "text")
        self._settings: Settings = self._reading.settings
        self._file = read_stack_text(path)

    def make(self, name: str | None, wanted: "dict[str, str | tuple[str, ...] | None]", *, every: bool) -> None:
        """Puts an emergency in, unless it is there."""
        from patching.emergency import judge_timing, one_off
        from patching.faults import Findings
        from patching.stack_edit import StackEditError, with_entry

        findings, written = Findings(), self._written()
        made = one_off(self._asked(name, wanted, every=every), self._settings, written, findings)
        if made is None:
            end_with_faults(findings.faults, findings.warnings, "text")
        if made.key in written:
            self._end_where_it_is_there(made, written[made.key])
        findings.extend(judge_timing(made, self._now))
        if findings.faults:
            end_with_faults(findings.faults, findings.warnings, "text")
        for warning in findings.warnings:
            click.echo(f"warning: {warning}", err=True)
        comment = [f"Runs once. To take it out again: {self._command} --remove --name {made.key}"]
        try:
            edited = with_entry(self._file.text, _SECTION, made.key, made.entry, comment)
        except StackEditError as error:
            self._end_where_it_cannot_be_edited(error)
        self._finish(self._file.edited(edited))
        self._say_what_is_next(made)

    def remove(self, name: str | None, *, every: bool) -> None:
        """Takes an emergency out, if it is there."""
        from patching.stack_edit import StackEditError, without_entry

        keys = self._to_remove(name, every=every)
        text = self._file.text
        try:
            for key in keys:
                text = without_entry(text, _SECTION, key)
        except StackEditError as error:
            self._end_where_it_cannot_be_edited(error)
        if not keys:
            self._finish(self._file)
            return
        for key in keys:
            self._warn_where_it_runs(self._settings.schedules[key])
        self._finish(self._file.edited(text))
        removed = ", ".join(keys)
        click.echo(f"{self._path.name}: {removed} is out of the file. Take it out of Azure: {self._up}", err=True)

    def _asked(self, name: str | None, wanted: "dict[str, str | tuple[str, ...] | None]", *, every: bool) -> "Asked":
        from patching.emergency import Asked

        usual = [key for key, one in self._settings.schedules.items() if one.emergency is None]
        if not every and not wanted["rings"]:
            if len(usual) != 1:
                known = " ".join(f"--ring {key}" for key in usual) or "the file has no schedule"
                raise click.UsageError(f"say whose machines are patched, with --ring or --all: {known}")
            wanted = {**wanted, "rings": (usual[0],)}
        return Asked(name=name, **wanted)  # pyright: ignore[reportArgumentType] (click gives each its type)

    def _written(self) -> "dict[object, object]":
        from patching.plain_data import as_map
        from patching.stack_file import PROJECT, parse_stack_file

        config = parse_stack_file(self._file.content, self._path.name).config
        return dict(as_map(config.get(f"{PROJECT}:{_SECTION}", config.get(_SECTION))) or {})

    def _end_where_it_is_there(self, made: "OneOff", there: object) -> NoReturn:
        from patching.faults import Findings

        if there == made.entry:
            self._finish(self._file)
            click.echo(f"{self._path.name}: {made.key} is there already, and says this: nothing to change", err=True)
            click.get_current_context().exit()
        findings = Findings()
        expected = "a key that no schedule has; this one says something else"
        fix = f"give another --name, or first run `{self._command} --remove --name {made.key}`"
        findings.fault("--name", made.key, expected, fix, f"{made.key}-2")
        end_with_faults(findings.faults, (), "text")

    def _end_where_it_cannot_be_edited(self, error: Exception) -> NoReturn:
        from patching.faults import Fault, Found

        got, expected = Found(str(error), literal=False), "entries that stand in the file one below the other"
        fix = "write them so, or edit the file by hand"
        end_with_faults([Fault(_SECTION, got, expected, "", fix)], (), "text")

    def _to_remove(self, name: str | None, *, every: bool) -> list[str]:
        from patching.faults import Findings

        there = [key for key, one in self._settings.schedules.items() if one.emergency is not None]
        if name is not None and name in self._settings.schedules and name not in there:
            findings = Findings()
            expected = f"an emergency: {', '.join(there) or 'there is none'}"
            findings.fault("--name", name, expected, "take a schedule that goes on out by hand")
            end_with_faults(findings.faults, (), "text")
        keys = [key for key in there if name in (None, key)]
        if len(keys) > 1 and not every:
            raise click.UsageError(f"say which with --name, or --all: there are {', '.join(keys)}")
        if not keys:
            what = f"emergency {name}" if name else "emergency"
            others = f" (there is {', '.join(there)})" if there else ""
            click.echo(f"{self._path.name}: there is no {what}: nothing to remove{others}", err=True)
        return keys

    def _warn_where_it_runs(self, one: "ScheduleSettings") -> None:
        run = one.schedule.first_run()
        if run and run.start <= self._now < run.end:
            click.echo(
                f"warning: the window of {one.key} is open until {run.end:%H:%M} {one.schedule.time_zone}: what Azure "
                "does with machines that are being patched when their schedule is deleted is not documented",
                err=True,
            )

    def _finish(self, after: StackText) -> None:
        """Checks the new text as `check` does, then writes it and shows what changed."""
        from patching.stack_file import read_stack_content

        reading = read_stack_content(after.content, self._path)
        if reading.faults:
            end_with_faults(reading.faults, reading.warnings, "text")
        for warning in _new_warnings(reading, self._reading):
            click.echo(f"warning: {warning}", err=True)
        if self._output == Path("-"):
            click.echo(after.content, nl=False)
            return
        if self._output or after != self._file:
            write_whole(self._output or self._path, after.content)
        for line in difference(self._file, after):
            click.echo(line)

    def _say_what_is_next(self, made: "OneOff") -> None:
        from patching.limits import LEAD_TIME_MINUTES

        run = next(made.schedule.runs())
        zone, last = made.schedule.time_zone, run.start - timedelta(minutes=LEAD_TIME_MINUTES)
        machines, scopes = (len(made.entry.get(name, ())) for name in ("machines", "scopes"))
        rings = ", ".join(ring.key for ring in made.rings)
        utc = run.start_utc.isoformat().replace("+00:00", "Z")
        when = f"{run.start:%a %Y-%m-%d %H:%M} to {run.end:%H:%M} {zone} ({utc})"
        what = f"{_counted(machines, 'machine')} and {_counted(scopes, 'dynamic scope')} of {rings}"
        click.echo(f"{made.key} runs once, {when}: {what}", err=True)
        click.echo(f"before {last:%H:%M}, deploy it:  {self._up}", err=True)
        click.echo(f"when it has run:      {self._command} --remove --name {made.key}", err=True)
        click.echo(f"and then again:       {self._up}", err=True)


def _new_warnings(reading: "Reading", before: "Reading") -> "Sequence[object]":
    return [warning for warning in reading.warnings if warning not in before.warnings]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
