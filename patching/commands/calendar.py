"""`calendar` and `runs`: when the schedules of a stack run, and when a recurrence does."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patching.commands.options import (
    Instant,
    end_with_faults,
    format_option,
    output_option,
    stack_file,
    stack_options,
    standard_output,
    write_report,
)

if TYPE_CHECKING:
    from patching.report.calendar_page import Span
    from patching.report.planned import PlannedRun
    from patching.schedule import Schedule

_DEFAULT_COUNT = 5
_COUNTS = click.IntRange(min=1, max=100_000)
_format_option = format_option("json", "markdown", "ics", "html")
_YEAR_AS_PAGE = "with --format html, those of twelve months"


@click.command()
@stack_options
@click.option("--after", type=Instant(), help="Runs that start at or after this instant; otherwise from each start on.")
@click.option(
    "--count", type=_COUNTS, help=f"Runs of each schedule; without --until {_DEFAULT_COUNT}, or, {_YEAR_AS_PAGE}."
)
@click.option("--until", type=Instant(), help="Runs that start before this instant.")
@_format_option
@output_option
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
    from patching.stack_file import read_stack_file

    reading = read_stack_file(stack_file(stack, file))
    settings = reading.settings
    if settings is None:
        end_with_faults(reading.faults, reading.warnings, form)
    schedules = {key: schedule.schedule for key, schedule in settings.schedules.items()}
    count, until = _extent(schedules.values(), form, after=after, count=count, until=until)
    planned = with_freezes(list(planned_runs(schedules, after=after, count=count, until=until)), settings.freezes)
    if form == "html":
        from patching.report.calendar_page import as_html, rings_of

        rings, span = rings_of(settings), _span(planned, after=after, until=until)
        freezes, warnings = settings.freezes, reading.warnings
        page = as_html(settings.stack, planned, rings=rings, span=span, freezes=freezes, warnings=warnings)
        write_report(page, output)
        return
    if form == "text" and output is None:
        _echo_summaries(schedules)
    _report(planned, form, output)


@click.command()
@click.argument("recur_every", metavar="RECUR_EVERY")
@click.option("--start", required=True, help="YYYY-MM-DD HH:MM, local to the time zone.")
@click.option("--time-zone", required=True, help="A Windows time-zone id.")
@click.option("--duration", default="03:00", show_default=True, help="HH:MM, from 01:30 to 03:55.")
@click.option("--expires", help="YYYY-MM-DD HH:MM, local to the time zone.")
@click.option("--after", type=Instant(), help="Runs that start at or after this instant; otherwise from the start on.")
@click.option("--count", type=_COUNTS, help=f"Runs to show; without it {_DEFAULT_COUNT}, or, {_YEAR_AS_PAGE}.")
@_format_option
@output_option
def runs(
    *,
    recur_every: str,
    start: str,
    time_zone: str,
    duration: str,
    expires: str | None,
    after: datetime | None,
    count: int | None,
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
        end_with_faults(single.faults, single.warnings, form)
    for warning in single.warnings:
        click.echo(f"warning: {warning}", err=True)
    key = str(single.schedule.recurrence)
    count, until = _extent([single.schedule], form, after=after, count=count, until=None)
    planned = list(planned_runs({key: single.schedule}, after=after, count=count, until=until))
    if form == "html":
        from patching.report.calendar_page import Ring, as_html

        span = _span(planned, after=after, until=until)
        page = as_html(key, planned, rings={key: Ring(single.schedule)}, span=span, warnings=single.warnings)
        write_report(page, output)
        return
    if form == "text" and output is None:
        click.echo(single.schedule.summary())
    _report(planned, form, output)


def _extent(
    schedules: "Iterable[Schedule]", form: str, *, after: datetime | None, count: int | None, until: datetime | None
) -> tuple[int | None, datetime | None]:
    """How many runs, and until when: as asked for, or else a few of each schedule, or a page of twelve months."""
    if count is not None or until is not None:
        return count, until
    if form != "html":
        return _DEFAULT_COUNT, None
    from patching.schedule import year_after

    if after is not None:
        return None, year_after(after)
    firsts = [run.start for schedule in schedules if (run := schedule.first_run())]
    return (None, year_after(min(firsts))) if firsts else (_DEFAULT_COUNT, None)


def _span(planned: "list[PlannedRun]", *, after: datetime | None, until: datetime | None) -> "Span | None":
    """The time that some runs are the answer for; None where nothing says one."""
    from patching.report.calendar_page import Span

    start = after or (planned[0].run.start if planned else None)
    end = until or max((one.run.end for one in planned), default=start)
    return Span(start, end) if start and end and start < end else None


def _echo_summaries(schedules: "Mapping[str, Schedule]") -> None:
    width = max(map(len, schedules), default=0)
    for key, schedule in schedules.items():
        click.echo(f"{key:<{width}}  {schedule.summary()}")


def _report(planned: "list[PlannedRun]", form: str, output: Path | None) -> None:
    if form == "text" and output is None:
        from patching.report.runs import print_table

        print_table(planned, standard_output())
        return
    write_report(_WRITERS[form](planned), output)


def _as_text(planned: "list[PlannedRun]") -> str:
    from io import StringIO

    from rich.console import Console

    from patching.report import WIDE
    from patching.report.runs import print_table

    content = StringIO()
    print_table(planned, Console(file=content, width=WIDE))
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
