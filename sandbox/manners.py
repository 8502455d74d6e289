"""How every command of the local Azure ends, and how characters are shown that a terminal lacks.

Exit statuses: 0 fine, 1 a failure whose message says what to do, 2 wrong usage, 130 Ctrl-C, 141 nobody reads the output
any more. Those of `exec`, `up`, `preview` and `down` are their command's.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
import tomllib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sandbox.engine.versions import AZURE_NATIVE, PULUMI

if TYPE_CHECKING:
    from collections.abc import Generator

NOT_WRITTEN = 1
INTERRUPTED = 130
PIPE_CLOSED = 141

_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
_WHOLE = 10_000
_ESCAPED = "local-azure-escaped"


class WellManneredGroup(click.Group):
    """A group of commands that end without a traceback whatever the user or the terminal does."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the command line; `--help` and `--version` print here."""
        with _ending_well():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _ending_well():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands, each with its whole first sentence."""
        rows = [(name, self.commands[name].get_short_help_str(_WHOLE)) for name in sorted(self.commands)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Print the version of the project, and of what it stands in for."""
    if asked and not context.resilient_parsing:
        version = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
        click.echo(f"local Azure of azure-patching {version}, for Pulumi {PULUMI} and azure-native {AZURE_NATIVE}")
        context.exit()


@contextmanager
def _ending_well() -> Generator[None]:
    for stream in cast("tuple[Any, ...]", (sys.stdout, sys.stderr)):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors=_ESCAPED)
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
        if error.errno != errno.ENOSPC:
            raise
        _forget_output()
        what = error.filename or "standard output"
        click.echo(f"error: {what} cannot be written: {os.strerror(errno.ENOSPC).lower()}", err=True)
        raise click.exceptions.Exit(NOT_WRITTEN) from None


def _forget_output() -> None:
    """Nothing is written any more, also not of what Python still holds back when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Show a character by its number, as JSON does it: there it stands for the same."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPED, _escaped)
