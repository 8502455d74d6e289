"""What a shell offers behind an option: stacks, and the schedules of the stack that the line names so far."""

# ruff: noqa: PLC0415 (a command loads what it needs, so that each starts fast)

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from patching.settings.model import ScheduleSettings


def stacks(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The stacks that have a file in the current folder."""
    from patching.stack_file import stack_files, stack_of

    return _beginning_with(incomplete, (stack_of(path) for path in stack_files(Path())))


def schedules(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The schedules of the stack, but for emergencies."""
    return _beginning_with(incomplete, (one.key for one in _schedules(context) if one.emergency is None))


def emergencies(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The emergencies of the stack."""
    return _beginning_with(incomplete, (one.key for one in _schedules(context) if one.emergency is not None))


def _schedules(context: click.Context) -> "Iterable[ScheduleSettings]":
    from patching.commands.options import stack_file
    from patching.stack_file import read_stack_file

    try:
        path = stack_file(context.params.get("stack"), context.params.get("file"))
    except click.UsageError:
        return ()
    settings = read_stack_file(path).settings
    return settings.schedules.values() if settings else ()


def _beginning_with(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
