"""Tells the user what takes long: a live line with the elapsed time on a terminal, plain lines or nothing elsewhere.

A terminal whose TERM is dumb cannot move its cursor, and is no live one; NO_COLOR takes the colours away.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_SECONDS_A_MINUTE = 60
_CANNOT_MOVE = ("", "dumb", "unknown")


class Progress:
    """Writes to standard error, so that what a command prints stays its own."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    @property
    def is_live(self) -> bool:
        """Whether a line can be shown that goes away again: not where colours are forced upon what is no terminal."""
        return self._console.file.isatty() and os.environ.get("TERM", "") not in _CANNOT_MOVE

    def note(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Generator[Callable[[str], None]]:
        """Show a step of minutes, and how long it took; yields a function that says how far it is."""
        started = time.monotonic()
        if not self.is_live:
            self.note(f"{title} …")
        with self.watch(title) as tell:
            yield tell
        self.note(f"{title}: done in {elapsed(started)}")

    @contextmanager
    def watch(self, title: str) -> Generator[Callable[[str], None]]:
        """Show a step of seconds while it lasts, and only on a terminal; yields a function that says how far it is."""
        if not self.is_live:
            yield lambda _: None
            return
        started = time.monotonic()
        line = Spinner("dots" if self._console.encoding.startswith("utf") else "line", _one_line(title))
        # What is printed meanwhile stays on its own stream.
        with Live(line, console=self._console, transient=True, redirect_stdout=False, redirect_stderr=False):
            yield lambda detail: line.update(text=_one_line(f"{title}: {detail} ({elapsed(started)})"))


def _one_line(text: str) -> Text:
    """A text that a narrow terminal cuts: a live line of two could not be taken back."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def elapsed(started: float) -> str:
    """The time since `started` (a `time.monotonic()` reading), as `3 min 18 s`."""
    seconds = round(time.monotonic() - started)
    minutes, rest = divmod(seconds, _SECONDS_A_MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
