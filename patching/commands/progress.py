"""Long work shows itself: on a terminal, a line that goes away again; nothing where the output goes elsewhere."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click

_CANNOT_MOVE = ("", "dumb", "unknown")


@contextmanager
def working(title: str) -> Generator[Callable[[str], None]]:
    """Shows what is being done, on standard error; yields a function that prints a line on standard output meanwhile.

    The line moves only on a terminal that can do that (not one whose TERM is dumb); NO_COLOR takes its colour away.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM", "") in _CANNOT_MOVE:
        yield click.echo
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    console = Console(stderr=True)
    line = Spinner(
        "dots" if console.encoding.startswith("utf") else "line", Text(title, overflow="ellipsis", no_wrap=True)
    )
    # What is printed meanwhile stays on its own stream.
    with Live(line, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as live:

        def say(text: str) -> None:
            live.stop()
            click.echo(text)
            live.start()

        yield say
