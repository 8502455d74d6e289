"""Who uses a port: for the message that says that it is taken."""

from __future__ import annotations

import psutil


def describe_holder(port: int) -> str:
    """Name the process that listens on a local TCP port, as far as the system lets us see it."""
    try:
        holder = next(
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        )
        if holder is None:
            return "a process of another user listens there"
        return f"process {holder} ({' '.join(psutil.Process(holder).cmdline())[:80]}) listens there"
    except (StopIteration, psutil.Error):
        return "no process that we may see listens there"
