"""A terminal for a test: what a program shows on one, and how it takes Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

SECONDS = 120
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-KSTfhlnsu]")
"""Codes that move the cursor, hide it, or take back what was written."""
COLOURS = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def on_a_terminal(command, *, columns=80, cwd=None, **environment):
    """Run a command with all its streams on a terminal; returns its exit status, and what it wrote."""
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", **environment}
    environment = {name: value for name, value in environment.items() if value is not None}
    process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, cwd=cwd, env=environment)
    os.close(inside)
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    written = b""
    try:
        while chunk := _read(outside):
            written += chunk
        return process.wait(), written.decode("utf-8", "replace")
    finally:
        timer.cancel()
        os.close(outside)


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the last one has closed it
        return b""
