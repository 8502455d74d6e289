"""The repository's own stacks, deployed as `make up` does it, each on a local Azure of its own."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.clients import FACTORY, MAIN, SPOKE, Clients

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclasses.dataclass(frozen=True)
class Lab:
    """A local Azure with the seeded estate and one of the stacks, served beside the tests."""

    url: str
    https_url: str
    ca_bundle: str
    state: Path
    stack: str
    first_up: subprocess.CompletedProcess[str]

    @property
    def main(self) -> Clients:
        return Clients(self.https_url, self.ca_bundle, MAIN)

    @property
    def spoke(self) -> Clients:
        return Clients(self.https_url, self.ca_bundle, SPOKE)

    @property
    def factory(self) -> Clients:
        return Clients(self.https_url, self.ca_bundle, FACTORY)

    @property
    def subscriptions(self) -> tuple[Clients, ...]:
        return self.main, self.spoke, self.factory

    @property
    def stack_file(self) -> Path:
        """The copy of the stack file that the engine is given."""
        return self.state / "stacks" / f"Pulumi.{self.stack}.yaml"

    def sandbox(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _sandbox(self.state, *arguments)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `pulumi` on the stack, as a user with the local Azure around it does."""
        stack = ["--stack", self.stack, "--non-interactive", "--color", "never"]
        file = (
            ["--config-file", str(self.stack_file)] if arguments[0] in {"up", "preview", "refresh", "destroy"} else []
        )
        verb, *rest = arguments
        return _sandbox(self.state, "exec", "--", "pulumi", verb, *rest, *stack, *file)


def _sandbox(state: Path, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", verb, "--state", str(state), *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture
def serve_lab(engine, tmp_path_factory) -> Iterator:
    """Make labs: `serve_lab("dev")` serves a new local Azure, with options of `serve`, and deploys that stack to it."""
    yield from _labs(tmp_path_factory)


@pytest.fixture(scope="module")
def lab(engine, tmp_path_factory) -> Iterator[Lab]:
    """One lab for tests that only look at it."""
    for make in _labs(tmp_path_factory):
        yield make("dev")


def _labs(tmp_path_factory) -> Iterator:
    servers: list[subprocess.Popen[str]] = []

    def make(stack: str, *options: str) -> Lab:
        state = tmp_path_factory.mktemp("lab") / "state"
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--state", str(state), *options],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        servers.append(server)
        urls = [server.stdout.readline().strip().partition("=")[2] for _ in ("HTTP", "HTTPS", "its authority")]
        first_up = _sandbox(state, "up", "--stack", stack)
        assert first_up.returncode == 0, first_up.stdout + first_up.stderr
        return Lab(*urls, state, stack, first_up)

    yield make
    for server in servers:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        server.stdout.close()
