"""The open connections of this process, so that one can be ended without an answer: ASGI knows no such thing."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_Address = tuple[str, int]
_OPEN: dict[tuple[_Address, _Address], asyncio.Transport] = {}


class KnownConnection(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which can be found again by its two ends."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (uvicorn's own)
        """Remember the connection."""
        super().connection_made(transport)
        self._ends = _ends(transport.get_extra_info("sockname"), transport.get_extra_info("peername"))
        _OPEN[self._ends] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        _OPEN.pop(self._ends, None)
        super().connection_lost(exc)


def end_connection(scope: Any) -> None:
    """End the connection that a request (its ASGI scope) came by, at once."""
    _OPEN[_ends(scope["server"], scope["client"])].abort()


def _ends(server: Any, client: Any) -> tuple[_Address, _Address]:
    return (server[0], server[1]), (client[0], client[1])
