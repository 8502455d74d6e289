"""Everything a deployment to the local Azure needs, in one block: state directory, engine, server, environment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.engine.locate import find_or_build
from sandbox.engine.progress import Progress
from sandbox.environment import command_environment, prepare_engine_home
from sandbox.local_azure import Ports, run_or_attach

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sandbox.state import StateDirectory


@contextmanager
def deployment(
    state: StateDirectory, *, ports: Ports | None = None, quirks: Sequence[str] = ()
) -> Generator[tuple[StateDirectory, dict[str, str]]]:
    """Hold a local Azure with an engine beside it; yields the prepared state directory and a command's environment.

    Raises:
        SandboxError: the engine cannot be had, or the state directory or a port cannot be used.

    """
    progress = Progress()
    state.prepare()
    engine = find_or_build(progress)
    prepare_engine_home(state, engine)
    with run_or_attach(state, ports=ports or Ports(), note=progress.note, quirks=quirks) as endpoint:
        yield state, command_environment(state, endpoint, engine, os.environ)
