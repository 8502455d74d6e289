"""The command line of the local Azure: `python -m sandbox --help` lists its commands."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from sandbox.errors import SandboxError
from sandbox.manners import WellManneredGroup, show_version
from sandbox.state import DEFAULT_STATE, StateDirectory

_state = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_STATE,
    show_default=True,
    help="Where the local Azure and its stacks live.",
)
_port = click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Port of the ARM endpoint; by default a free one."
)
_https_port = click.option(
    "--https-port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port of the same over HTTPS, for clients that sign in; by default a free one.",
)
_form = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the report.",
)
_quirks = click.option(
    "--quirk",
    "quirks",
    multiple=True,
    metavar="NAME=on|off",
    help="Switch one of the service's oddities that docs/local-azure.md lists; may be given several times.",
)


@click.group(cls=WellManneredGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and exit.",
)
def main() -> None:
    """A local Azure to deploy to: nothing of it leaves this machine."""


@main.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_state
@_port
@_https_port
@_quirks
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(
    state: Path, port: int | None, https_port: int | None, quirks: tuple[str, ...], command: tuple[str, ...]
) -> None:
    """Run COMMAND with the local Azure around it.

    The exit status is COMMAND's. A second one on the same state directory shares the first one's local Azure.
    """
    from sandbox.commands import run_command  # noqa: PLC0415 - each command loads what it needs, and no more
    from sandbox.deployment import deployment  # noqa: PLC0415
    from sandbox.local_azure import Ports  # noqa: PLC0415

    with deployment(StateDirectory(state), ports=Ports(port, https_port), quirks=quirks) as (directory, environment):
        code = run_command(command, environment, directory)
    sys.exit(code)


@main.command()
@_state
@_port
@_https_port
@_quirks
def serve(state: Path, port: int | None, https_port: int | None, quirks: tuple[str, ...]) -> None:
    """Serve the local Azure alone, until it is interrupted."""
    from sandbox.environment import endpoint_variables  # noqa: PLC0415
    from sandbox.local_azure import Ports, run  # noqa: PLC0415

    directory = StateDirectory(state)
    directory.prepare()
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with run(directory, ports=Ports(port, https_port), note=_note, quirks=quirks) as endpoint:
        for name, value in endpoint_variables(endpoint).items():
            click.echo(f"{name}={value}")
        _note(
            f"The local Azure of {directory.path} listens at {endpoint.url} and, for clients that sign in, at "
            f"{endpoint.https_url}; Ctrl-C stops it."
        )
        stop.wait()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@_state
def seed(file: Path, state: Path) -> None:
    """Load machines that exist already from FILE.

    FILE is - for standard input. It works whether or not the local Azure runs.

    FILE holds what `az graph query -q "resources | where type in~ (...)" -o json` prints: {"data": [...]} or the
    bare array.
    """
    from sandbox.estate import seed_file  # noqa: PLC0415

    directory = StateDirectory(state)
    directory.prepare()
    click.echo(seed_file(directory, file))


@main.command("run-until")
@click.argument("until", metavar="INSTANT")
@_form
@_state
def run_until(until: str, form: str, state: Path) -> None:
    """Move the local Azure's clock to INSTANT.

    INSTANT is in ISO 8601, and in UTC where it does not say. On the way everything happens that is due: maintenance
    configurations fire, machines are patched and assessed. What the runs did is shown: a line for each maintenance
    configuration, or with --format json every run. It works whether or not the local Azure runs.
    """
    from sandbox.time_travel import run_until as travel  # noqa: PLC0415

    click.echo(travel(StateDirectory(state), until, form))


@main.command()
@click.option("--after", metavar="INSTANT", help="Only events later than this; from the beginning without it.")
@click.option("--until", metavar="INSTANT", help="Only events not later than this; until now without it.")
@_form
@_state
def events(after: str | None, until: str | None, form: str, state: Path) -> None:
    """Show the pre- and post-events that were raised.

    Each is shown with what became of its deliveries. Instants are in ISO 8601, and in UTC where they do not say. It
    works whether or not the local Azure runs.
    """
    from sandbox.events import events_of  # noqa: PLC0415

    click.echo(events_of(StateDirectory(state), after, until, form))


@main.command()
@click.option("--stack", default="dev", show_default=True, help="Deploy Pulumi.<stack>.yaml of the current directory.")
@click.option(
    "--seed/--no-seed", "seeded", default=True, show_default=True, help="Load the estate of sandbox/estate.json first."
)
@_state
def up(stack: str, state: Path, *, seeded: bool) -> None:
    """Deploy a stack of this folder to the local Azure.

    The engine is the one that is here, or one built now.
    """
    from sandbox.stack import up as deploy  # noqa: PLC0415

    sys.exit(deploy(StateDirectory(state), stack, seeded=seeded))


@main.command()
@click.option("--stack", default="dev", show_default=True, help="Look at Pulumi.<stack>.yaml of the current directory.")
@_state
def preview(stack: str, state: Path) -> None:
    """Show what `up` would change, and change nothing.

    The stack file stays as it is, too.
    """
    from sandbox.stack import preview as look  # noqa: PLC0415

    sys.exit(look(StateDirectory(state), stack))


@main.command()
@click.option("--stack", default="dev", show_default=True, help="The stack to destroy.")
@_state
def down(stack: str, state: Path) -> None:
    """Destroy a stack, and remove the state directory.

    The directory stays while it has other stacks.
    """
    from sandbox.stack import down as destroy  # noqa: PLC0415

    sys.exit(destroy(StateDirectory(state), stack))


@main.group()
def faults() -> None:
    """Make requests to the local Azure fail.

    It works whether or not the local Azure runs. docs/local-azure.md has the rules.
    """


@faults.command("set")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@_state
def set_faults(file: Path, state: Path) -> None:
    """Put the rules in FILE (- for standard input) in the place of those there are; all count from 0."""
    from sandbox.faults import set_rules  # noqa: PLC0415

    click.echo(set_rules(StateDirectory(state), file))


@faults.command("clear")
@_state
def clear_faults(state: Path) -> None:
    """Forget the rules."""
    from sandbox.faults import clear_rules  # noqa: PLC0415

    click.echo(clear_rules(StateDirectory(state)))


@faults.command("list")
@_state
def list_faults(state: Path) -> None:
    """Show the rules as JSON, with the number of requests that each has matched."""
    from sandbox.faults import listed_rules  # noqa: PLC0415

    click.echo(listed_rules(StateDirectory(state)))


def _note(text: str) -> None:
    click.echo(text, err=True)


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; a failure that is the user's to mend is one message, never a traceback."""
    try:
        main(arguments, prog_name="python -m sandbox")
    except SandboxError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
