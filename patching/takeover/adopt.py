"""Everything in one: rows of an inventory in, the text of a stack file out, with its faults and what is not in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from patching.faults import Fault
from patching.limits import Environment
from patching.plain_data import as_map
from patching.settings.reading import read_settings
from patching.stack_file import PROJECT, parse_stack_file
from patching.takeover.rows import read_inventory
from patching.takeover.stack_config import LeftOut, StackConfig, stack_config
from patching.takeover.yaml_text import yaml_text

_STACK = "adopted"


@dataclass(frozen=True, slots=True)
class StackFileText:
    """A stack file that adopts what was found: its text, its faults as `check` finds them, what is left out."""

    text: str
    faults: tuple[Fault, ...]
    left_out: tuple[LeftOut, ...]


def adopt(rows: Iterable[object], environment: Environment = Environment.PUBLIC) -> StackFileText:
    """The stack file that describes an inventory's schedules, with `adopt: true`.

    `rows` are of Resource Graph, of ARM's list responses, or of `az maintenance`, mixed and in any order. Faults are
    comments in the text, too, above the keys they are at.
    """
    made = stack_config(read_inventory(rows), environment)
    header = _header(made)
    text = yaml_text(made.config, header, {})
    faults = _faults(text)
    comments: dict[tuple[str, ...], list[str]] = {}
    for fault in faults:
        comments.setdefault(_path(fault, made), []).append(f"FAULT: {fault}")
    return StackFileText(yaml_text(made.config, header, comments), faults, tuple(made.left_out))


def _faults(text: str) -> tuple[Fault, ...]:
    """What `check` would say of the text: it is read back, so that nothing hangs on how it was written."""
    parsed = parse_stack_file(text.encode(), "the stack file")
    if parsed.faults:
        return parsed.faults
    return read_settings(parsed.config, project=PROJECT, stack=_STACK).faults


def _path(fault: Fault, made: StackConfig) -> tuple[str, ...]:
    """The keys that a fault's path names; a key may itself have dots."""
    left, path = fault.path, list[str]()
    inner: Any = made.config
    while left and (entries := as_map(inner)) is not None:
        names = [str(name).removeprefix(f"{PROJECT}:") for name in entries]
        fitting = [name for name in names if left == name or left.startswith((f"{name}.", f"{name}["))]
        if not fitting:
            break
        name = max(fitting, key=len)
        key = name if name in entries else f"{PROJECT}:{name}"
        path.append(key)
        inner, left = entries[key], left[len(name) :].removeprefix(".")
    return tuple(path) or (next(iter(made.config)),)


def _header(made: StackConfig) -> list[str]:
    lines = ["What is there already, to be adopted as it is: `pulumi preview` has to show imports and nothing else."]
    if not made.config:
        lines = ["No schedule was found that a stack file can describe."]
    if made.left_out:
        lines.extend(["", "Left out:", *(f"- {one}" for one in made.left_out)])
    return lines
