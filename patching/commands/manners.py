"""How every command ends and what it prints to: exit statuses, Ctrl-C, closed pipes, and terminals of few characters.

| status | when |
|---|---|
| 0 | fine |
| 1 | faults were found, or what was asked for cannot be done |
| 2 | wrong usage, as click has it |
| 130 | Ctrl-C, as a shell says it |
| 141 | nobody reads the output any more, as of a program that SIGPIPE ended |
"""

import codecs
import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, cast

import click

from patching.commands.version import version

NOT_WRITTEN = 1
INTERRUPTED = 130
PIPE_CLOSED = 141

_WHOLE = 10_000
_ESCAPED = "azure-patching-escaped"


class WellMannered(click.Command):
    """A command that ends without a traceback whatever the user or the terminal does."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Reads the command line; `--help` and `--version` print here."""
        with _ending_well():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        with _ending_well():
            return super().invoke(ctx)


class WellManneredGroup(WellMannered, click.Group):
    """A group of commands that end so."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """Lists the commands, each with its whole first sentence."""
        rows = [(name, self.commands[name].get_short_help_str(_WHOLE)) for name in sorted(self.commands)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def version_option(program: str) -> Any:
    """Adds `--version`, which prints the version of the project."""

    def show(context: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            click.echo(f"{program} {version()}")
            context.exit()

    return click.option(
        "--version", is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


@contextmanager
def _ending_well() -> Generator[None]:
    _escape_what_cannot_be_shown()
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] (it is, where it was closed)
                sys.stdout.flush()
    except KeyboardInterrupt:
        _forget_output()
        click.echo("\nInterrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _forget_output()
        raise click.exceptions.Exit(PIPE_CLOSED) from None
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename:
            raise
        _forget_output()
        click.echo(f"error: standard output cannot be written: {os.strerror(errno.ENOSPC).lower()}", err=True)
        raise click.exceptions.Exit(NOT_WRITTEN) from None


def _forget_output() -> None:
    """Nothing is written any more, also not of what Python still holds back when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _escape_what_cannot_be_shown() -> None:
    """A character that the locale lacks is shown by its number, as JSON does it: there it stands for the same."""
    for stream in cast("tuple[Any, ...]", (sys.stdout, sys.stderr)):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPED, _escaped)
