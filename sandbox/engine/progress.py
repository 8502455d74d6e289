"""Tells the user what takes minutes: a live line with the elapsed time on a terminal, one line a step elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_SECONDS_A_MINUTE = 60


class Progress:
    """Writes to standard error, so that what a command prints stays its own."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, title: str) -> Generator[Callable[[str], None]]:
        """Show a step while it runs, and how long it took; yields a function that says how far it is."""
        started = time.monotonic()
        detail = ""
        if self._console.is_terminal:
            with self._console.status(title) as status:

                def tell(text: str) -> None:
                    nonlocal detail
                    detail = text
                    status.update(f"{title}: {detail} ({elapsed(started)})")

                yield tell
        else:
            self.note(f"{title} …")
            yield lambda _: None
        self.note(f"{title}: done in {elapsed(started)}")


def elapsed(started: float) -> str:
    """The time since `started` (a `time.monotonic()` reading), as `3 min 18 s`."""
    seconds = round(time.monotonic() - started)
    minutes, rest = divmod(seconds, _SECONDS_A_MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
