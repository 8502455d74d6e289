"""What changed: between two sets of arguments, and between two answers of ARM. Pure.

As azure-native does it (`provider/pkg/provider/diff.go`): arguments are compared with arguments, never with state; a
change of anything in the path, or of what a row of the table says, replaces; only `location` and `resourceGroupName`
are compared without regard to case. An id in another argument is not: what the service answers in another case is
drift, and shows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.plugin.table import ResourceType
from sandbox.plugin.values import Properties, is_array, is_object

Change = Literal["ADD", "DELETE", "UPDATE"]

CREATE_BEFORE_DELETE = "__createBeforeDelete"
"""The argument by which the plugin remembers that a name is random, so that a replacement can exist beside the old."""


@dataclass(frozen=True)
class PropertyChange:
    """One change: at what path (`a.b[0].c`), of what kind, whether it replaces the resource."""

    path: str
    kind: Change
    replaces: bool

    @property
    def argument(self) -> str:
        """The argument it is in, as azure-native cuts it off the path."""
        return self.path.partition(".")[0]


@dataclass(frozen=True)
class ArgumentDiff:
    """All changes between two sets of arguments, and whether the old resource goes before the new one comes."""

    changes: tuple[PropertyChange, ...]
    delete_before_replace: bool

    @property
    def replaces(self) -> list[str]:
        """The paths that replace the resource."""
        return [change.path for change in self.changes if change.replaces]


def argument_diff(
    resource_type: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any], state: Mapping[str, Any]
) -> ArgumentDiff:
    """Return what changed from the arguments `old` to `new` of a resource whose outputs are `state`."""
    replacing = {*resource_type.parameters, *resource_type.replace_on}
    found = tuple(
        _judged(change, replacing, new, state)
        for change in _object_changes(old, new, "")
        if not _is_same(change.path, old, new)
    )
    random_name = old.get(CREATE_BEFORE_DELETE)
    replaces = any(change.replaces for change in found)
    return ArgumentDiff(found, not random_name if isinstance(random_name, bool) else replaces)


def _judged(
    change: PropertyChange,
    replacing: set[str],
    new: Mapping[str, Any],
    state: Mapping[str, Any],
) -> PropertyChange:
    """Return `change` with whether it replaces: at a replacing argument, or an update of something inside one."""
    argument = change.path.partition(".")[0].partition("[")[0]
    whole = change.path == argument
    replaces = argument in replacing and (whole or change.kind == "UPDATE")
    if whole and change.kind == "ADD" and argument in state and same_value(state[argument], new[argument]):
        replaces = False  # the program now says what the service had chosen
    return PropertyChange(change.path, change.kind, replaces)


_NORMALIZED: dict[str, Callable[[str], str]] = {
    "location": lambda text: text.replace(" ", "").lower(),
    "resourceGroupName": str.lower,
}


def _is_same(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    normalize = _NORMALIZED.get(path)
    before, after = old.get(path), new.get(path)
    return (
        normalize is not None
        and isinstance(before, str)
        and isinstance(after, str)
        and normalize(before) == normalize(after)
    )


def _object_changes(old: Mapping[str, Any], new: Mapping[str, Any], base: str) -> Iterator[PropertyChange]:
    names = [name for name in {**old, **new} if not name.startswith("__")]
    for name in names:
        path = f"{base}.{name}" if base else name
        if name not in new:
            yield PropertyChange(path, "DELETE", replaces=False)
        elif name not in old:
            yield PropertyChange(path, "ADD", replaces=False)
        else:
            yield from _value_changes(old[name], new[name], path)


def _value_changes(old: Any, new: Any, path: str) -> Iterator[PropertyChange]:
    if is_object(old) and is_object(new):
        yield from _object_changes(old, new, path)
    elif is_array(old) and is_array(new):
        for index, (before, after) in enumerate(zip(old, new, strict=False)):
            yield from _value_changes(before, after, f"{path}[{index}]")
        for index in range(len(old), len(new)):
            yield PropertyChange(f"{path}[{index}]", "ADD", replaces=False)
        for index in range(len(new), len(old)):
            yield PropertyChange(f"{path}[{index}]", "DELETE", replaces=False)
    elif not same_value(old, new):
        yield PropertyChange(path, "UPDATE", replaces=False)


def same_value(old: Any, new: Any) -> bool:
    """Tell whether two values are equal; unlike Python, `true` is not 1."""
    if is_object(old) and is_object(new):
        return old.keys() == new.keys() and all(same_value(old[name], new[name]) for name in old)
    if is_array(old) and is_array(new):
        return len(old) == len(new) and all(map(same_value, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def drifted_arguments(arguments: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Properties:
    """Return `arguments` with what changed in Azure between `before` and `after`, both outputs in the arguments' shape.

    What the service filled in and left alone since is in both, and so does not come among the arguments.
    """
    result: Properties = {name: value for name, value in arguments.items() if name not in before or name in after}
    for name, value in after.items():
        if name not in before:
            result[name] = value
        elif not same_value(before[name], value):
            result[name] = _drifted(arguments[name], before[name], value) if name in arguments else value
    return result


def _drifted(argument: Any, before: Any, after: Any) -> Any:
    if is_object(argument) and is_object(before) and is_object(after):
        return drifted_arguments(argument, before, after)
    if is_array(argument) and is_array(before) and is_array(after):
        known = min(len(argument), len(before))
        return [_drifted(argument[i], before[i], item) if i < known else item for i, item in enumerate(after)]
    return after
