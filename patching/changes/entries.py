"""A stack's entries as flat text: each with its path, what it is in a few words, and its keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from patching.arm_ids import resource_group_id, subscription_id
from patching.changes.values import Fields, Shown, flat, masked
from patching.freezes import FixedFreeze
from patching.names import assignment_name
from patching.plain_data import as_map
from patching.scopes import RESOURCE_TYPES, ScopeFilter, TagOperator
from patching.settings.azure_native import NAMESPACE, SECRETS
from patching.settings.model import (
    AzurePolicySettings,
    DynamicScope,
    ExistingMachine,
    FreezeSettings,
    MachineTarget,
    ManagedMachine,
    ScheduleSettings,
    ScopeTarget,
    Settings,
    Subscription,
    VirtualMachineSettings,
)

Path = tuple[str, ...]

STACK: Path = ("stack",)
"""The path of the stack's own keys, those that are no map of entries."""

_SAID_AS_AZURE_NATIVE = ("location", "environment")
_NO_KEYS = frozenset({"project", "stack", "ambient_subscription", "azure_native", *_SAID_AS_AZURE_NATIVE})
"""Fields of the settings that are no key of the stack file's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a stack; `fields` are its keys, without those that are entries themselves."""

    path: Path
    words: str
    fields: Fields


def entries_of(settings: Settings, config: Mapping[str, object]) -> dict[Path, Entry]:
    """The entries of a stack by path; `config` is its plain configuration, for the keys that settings do not keep."""
    found = [Entry(STACK, "the stack's own keys", _of_stack(settings) | _not_kept(settings, config))]
    for one in fields(settings):
        section = to_camel(one.name)
        for key, entry in _entries(getattr(settings, one.name)).items():
            path = (section, key)
            if isinstance(entry, ScheduleSettings):
                found += _of_schedule(entry, path)
            else:
                found.append(Entry(path, _words(entry), _fields(entry)))
    return {entry.path: entry for entry in found}


def _entries(value: object) -> Mapping[str, Any]:
    """The value, if it is a map of entries; an empty map is one, too, so that tags that are gone are no entry."""
    entries = as_map(value) or {}
    are = all(is_dataclass(entry) and not isinstance(entry, type) for entry in entries.values())
    return {str(key): entry for key, entry in entries.items()} if are else {}


def _of_stack(settings: Settings) -> dict[str, Shown]:
    found: dict[str, Shown] = {
        f"{NAMESPACE}:location": settings.location,
        f"{NAMESPACE}:environment": settings.environment.value,
    }
    for name, value in settings.azure_native.items():
        path = f"{NAMESPACE}:{name}"
        if name not in _SAID_AS_AZURE_NATIVE:
            found |= masked(value, path) if name in SECRETS else flat(value, path)
    for one in fields(settings):
        value = getattr(settings, one.name)
        if one.name not in _NO_KEYS and not _entries(value):
            found |= flat(value, to_camel(one.name))
    return found


def _not_kept(settings: Settings, config: Mapping[str, object]) -> dict[str, Shown]:
    """The keys that settings have no field for: a flag is shown, of all else (passwords, other packages') no value."""
    kept = {to_camel(one.name) for one in fields(settings)}
    found: dict[str, Shown] = {}
    for key, value in config.items():
        namespace, _, name = key.rpartition(":")
        is_own = namespace in ("", settings.project)
        if namespace == NAMESPACE or (is_own and name in kept):
            continue
        is_flag = is_own and str(value).lower() in ("true", "false")
        found |= flat(str(value).lower(), name) if is_flag else masked(value, name if is_own else key)
    return found


def _of_schedule(schedule: ScheduleSettings, path: Path) -> Iterator[Entry]:
    own = flat(schedule.schedule)
    for name, shown in _fields(schedule, but=("schedule", "machines", "scopes")).items():
        own[name] = shown
    yield Entry(path, schedule.schedule.summary(), own)
    for machine in schedule.machines:
        yield Entry((*path, "machines", machine.key), _words(machine), _of_machine(machine, schedule))
    for scope in schedule.scopes.values():
        yield Entry((*path, "scopes", scope.key), _words(scope), _of_scope(scope, schedule))


def _of_machine(machine: MachineTarget, schedule: ScheduleSettings) -> dict[str, Shown]:
    """Its place, and its assignment's name where somebody chose it; the rest of a machine of the stack is its own."""
    found: dict[str, Shown] = {"id": machine.resource_id}
    if isinstance(machine, ExistingMachine):
        found["location"] = machine.location
    if machine.assignment_name != assignment_name(schedule.name, schedule.resource_id, machine.resource_id):
        found["assignmentName"] = machine.assignment_name
    return found


def _of_scope(scope: DynamicScope, schedule: ScheduleSettings) -> dict[str, Shown]:
    found: dict[str, Shown] = {"subscriptions": tuple(sorted(target.subscription_key for target in scope.targets))}
    first = next(iter(scope.targets), None)
    if first is not None and first.resource_group is not None:
        found |= {"resourceGroup": first.resource_group, "location": first.location}
    found |= flat(scope.filter)
    chosen = {one.assignment_name for one in scope.targets if one.assignment_name != _given_name(scope, one, schedule)}
    return found | ({"assignmentName": tuple(sorted(chosen))} if chosen else {})


def _given_name(scope: DynamicScope, target: ScopeTarget, schedule: ScheduleSettings) -> str:
    group, subscription = target.resource_group, target.subscription_id
    scope_id = resource_group_id(subscription, group) if group else subscription_id(subscription)
    return assignment_name(schedule.name, schedule.resource_id, scope_id, scope.key)


def _fields(entry: object, but: tuple[str, ...] = ()) -> dict[str, Shown]:
    """An entry's keys, but some that are said elsewhere."""
    if isinstance(entry, FreezeSettings):
        return _of_freeze(entry)
    left_out = (*but, "subscription") if isinstance(entry, AzurePolicySettings) else but
    return {path: shown for path, shown in flat(entry).items() if path.partition(".")[0] not in left_out}


def _of_freeze(freeze: FreezeSettings) -> dict[str, Shown]:
    own: dict[str, Shown] = {"onRun": freeze.on_run.value}
    if not isinstance(freeze.freeze, FixedFreeze):
        return flat(freeze.freeze) | own
    period = freeze.freeze.period
    reason: dict[str, Shown] = {"reason": period.reason} if period.reason else {}
    return flat(period.start, "from") | flat(period.end, "to") | reason | own


def _words(entry: object) -> str:
    """What an entry is, in a few words; empty for a sort of entry that has none."""
    match entry:
        case ManagedMachine() | ExistingMachine() | DynamicScope():
            return _target_words(entry)
        case VirtualMachineSettings():
            return f"{entry.os.value}, {entry.size}, in {entry.location}"
        case AzurePolicySettings():
            return f"{entry.kind.value} at {entry.scope.id}"
        case Subscription():
            return entry.id
        case FreezeSettings():
            shown = _of_freeze(entry)
            events = shown.get("events", ())
            return f"{len(events)} calendar events" if isinstance(events, tuple) and events else _period(shown)
        case _:
            return ""


def _target_words(target: MachineTarget | DynamicScope) -> str:
    if isinstance(target, ManagedMachine):
        return "a machine that this stack makes"
    if isinstance(target, ExistingMachine):
        return target.resource_id
    places = sorted({one.resource_group or one.subscription_key for one in target.targets})
    return f"{filter_words(target.filter)}, in {', '.join(places)}"


def _period(shown: Fields) -> str:
    reason = f": {shown['reason']}" if "reason" in shown else ""
    return f"from {shown['from']} to {shown['to']}{reason}"


def filter_words(scope: ScopeFilter) -> str:
    """A dynamic scope's filter in words: "Linux machines with patch-ring = test"."""
    systems = " and ".join(sorted(one.value for one in scope.os_types)) or "all"
    kinds = "" if set(scope.resource_types) == set(RESOURCE_TYPES) else f" of type {', '.join(scope.resource_types)}"
    groups = f" of {', '.join(sorted(scope.resource_groups))}" if scope.resource_groups else ""
    regions = f" in {', '.join(sorted(scope.locations))}" if scope.locations else ""
    joint = " and " if scope.tag_operator is TagOperator.ALL else " or "
    tags = joint.join(f"{name} = {' or '.join(sorted(values))}" for name, values in sorted(scope.tags.items()))
    return f"{systems} machines{kinds}{groups}{regions}{f' with {tags}' if tags else ''}"
