"""The clock of a local Azure: this machine's, put forward by as much as its user moved it, and never back."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from sandbox.arm.store import Store

_OFFSET = "clock.offset"


class Clock:
    """Gives seconds since the epoch; by how much it is put forward is kept in the store."""

    def __init__(self, store: Store, source: Callable[[], float]) -> None:
        """Go on where the store's clock was; `source` is a clock that nobody moves."""
        self._store = store
        self._source = source
        self._offset = float(store.remembered(_OFFSET) or 0)
        self._held: float | None = None

    def __call__(self) -> float:
        """Return the time."""
        return self._source() + self._offset if self._held is None else self._held

    def put_forward(self, seconds: float) -> None:
        """Make it the given time. To be called in a transaction, and with no time that is past."""
        self._offset = seconds - self._source()
        self._store.remember(_OFFSET, repr(self._offset))
        if self._held is not None:
            self._held = seconds

    @contextmanager
    def held(self) -> Generator[None]:
        """Let the clock stand still, but for being put forward."""
        self._held = self()
        try:
            yield
        finally:
            self._held = None
