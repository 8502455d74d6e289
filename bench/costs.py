"""What a run of the engine costs: seconds on the clock, seconds of the processor by part, and the program's memory."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROGRAM = "pulumi-language-python-exec"
_BETWEEN_LOOKS = 0.02
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: `seconds` on the clock; the processor's seconds of engine, program and local Azure; megabytes.

    `memory` is the most that the program had at a time.
    """

    seconds: float
    engine: float
    program: float
    azure: float
    memory: float


class RunFailedError(Exception):
    """A measured command failed; the message is what it printed."""


def cost_of(command: Sequence[str], folder: Path, environment: Mapping[str, str], azure: int) -> Cost:
    """Runs a command of the engine and says what it cost; `azure` is the process of the local Azure.

    Raises:
        RunFailedError: it ended with another status than 0.
    """
    local_azure = psutil.Process(azure)
    azure_before = _busy(local_azure)
    begin = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    looks = _Looks(process.pid)
    looks.start()
    printed, _ = process.communicate()
    seconds = time.perf_counter() - begin
    looks.stop()
    if process.returncode:
        raise RunFailedError(f"{' '.join(command)} ended with {process.returncode}\n{printed}")
    return Cost(seconds, looks.engine, looks.program, _busy(local_azure) - azure_before, looks.memory / _MEGABYTE)


class _Looks(threading.Thread):
    """Looks at an engine and at its program again and again, until both have ended."""

    def __init__(self, engine: int) -> None:
        super().__init__(daemon=True)
        self.engine = self.program = self.memory = 0.0
        self._engine = psutil.Process(engine)
        self._program: psutil.Process | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_BETWEEN_LOOKS):
            try:
                self.engine = _busy(self._engine)
                self._program = self._program or self._find()
                if self._program is not None:
                    self.program = _busy(self._program)
                    self.memory = max(self.memory, self._program.memory_info().rss)
            except psutil.Error:
                continue

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _find(self) -> psutil.Process | None:
        for child in self._engine.children(recursive=True):
            if any(_PROGRAM in part for part in child.cmdline()[:4]) and "--executor" not in child.cmdline():
                return child
        return None


def _busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
