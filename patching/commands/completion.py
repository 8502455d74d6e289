"""`completion`: what a shell needs to complete commands, options, stacks and schedules."""

import click
from click.shell_completion import get_completion_class

SCRIPT = "azure-patching"
"""The program that an installed package has; `python -m patching` is the same, and shells complete no such thing."""
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(*, shell: str) -> None:
    """Prints the completion script of azure-patching for a shell.

    For bash, write it to ~/.local/share/bash-completion/completions/azure-patching; for fish, to
    ~/.config/fish/completions/azure-patching.fish; for zsh, to a file _azure-patching in a folder of $fpath.
    """
    kind = get_completion_class(shell)
    if kind is not None:
        variable = f"_{SCRIPT}_COMPLETE".replace("-", "_").upper()
        click.echo(kind(click.Group(), {}, SCRIPT, variable).source())
