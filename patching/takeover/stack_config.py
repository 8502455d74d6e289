"""From what was found to the configuration of a stack that adopts it, in the stack file's words.

Everything is said as it is there. What no stack file can say is left out, each with its reason; what the checks would
call a fault is not judged here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from patching.arm_ids import ArmIdError, ScopeKind, parse_machine_id, parse_resource_id, parse_scope_id
from patching.limits import Environment
from patching.scopes import location_key
from patching.stack_file import PROJECT
from patching.takeover.entries import machine_entry, schedule_entry, scope_entry, unsayable, unsayable_filter
from patching.takeover.found import DynamicAssignment, FoundAssignment, FoundConfiguration, Inventory
from patching.takeover.keys import key_for, subscription_keys
from patching.takeover.rows import CONFIGURATION


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is there and that the stack file does not describe."""

    id: str
    reason: str

    def __str__(self) -> str:
        return f"{self.id}: {self.reason}"


@dataclass(slots=True)
class StackConfig:
    """A stack file's `config:` mapping, in the order it is to be written, and what is not in it."""

    config: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])


def stack_config(inventory: Inventory, environment: Environment) -> StackConfig:
    """The configuration of a stack that adopts what was found in a cloud."""
    return _Builder(inventory, environment).build()


class _Builder:
    def __init__(self, inventory: Inventory, environment: Environment) -> None:
        self._inventory = inventory
        self._environment = environment
        self._left_out = [LeftOut("a row of the inventory", reason) for reason in inventory.unread]
        self._configurations = self._adoptable()
        self._static: dict[str, list[FoundAssignment]] = {}
        self._dynamic: dict[str, list[DynamicAssignment]] = {}

    def build(self) -> StackConfig:
        for assignment in self._inventory.assignments.values():
            self._sort(assignment)
        self._groups = _spellings(
            [one.id.resource_group for one in self._configurations.values()],
        )
        self._location = self._own_location()
        self._group = _most_common(self._groups[one.id.resource_group.lower()] for one in self._configurations.values())
        self._subscriptions = self._named_subscriptions()
        return StackConfig(self._config(), self._left_out)

    def _leave_out(self, resource_id: str, reason: str) -> None:
        self._left_out.append(LeftOut(resource_id, reason))

    def _adoptable(self) -> dict[str, FoundConfiguration]:
        adoptable: dict[str, FoundConfiguration] = {}
        for key, found in self._inventory.configurations.items():
            if reason := unsayable(found):
                self._leave_out(str(found.id), reason)
            else:
                adoptable[key] = found
        return adoptable

    def _sort(self, found: FoundAssignment) -> None:
        """Puts an assignment to its configuration's machines or scopes, or leaves it out."""
        key = found.configuration_id.lower().rstrip("/")
        if key not in self._configurations:
            self._leave_out(found.id, self._without_configuration(found))
            return
        if (scope := _scope_of(found.scope_id)) is not None:
            self._sort_dynamic(key, DynamicAssignment(found, scope))
            return
        try:
            machine = str(parse_machine_id(found.scope_id)).lower()
        except ArmIdError as error:
            self._leave_out(found.id, str(error))
            return
        attached = self._static.setdefault(key, [])
        if any(str(parse_machine_id(one.scope_id)).lower() == machine for one in attached):
            self._leave_out(found.id, "the machine has another assignment to the same schedule, and one is enough")
        else:
            attached.append(found)

    def _sort_dynamic(self, key: str, assignment: DynamicAssignment) -> None:
        if reason := unsayable_filter(assignment.found.filter):
            self._leave_out(assignment.found.id, reason)
        else:
            self._dynamic.setdefault(key, []).append(assignment)

    def _without_configuration(self, found: FoundAssignment) -> str:
        configuration_id = found.configuration_id
        if configuration_id.lower().rstrip("/") in self._inventory.configurations:
            return f"its maintenance configuration {configuration_id} is left out"
        try:
            parsed = parse_resource_id(configuration_id)
            is_configuration = f"{parsed.provider}/{parsed.resource_type}".lower() == CONFIGURATION
        except ArmIdError:
            is_configuration = False
        if is_configuration:
            return f"its maintenance configuration {configuration_id} is not in the inventory"
        return f"it names no maintenance configuration of a resource group: {configuration_id or 'nothing'}"

    def _own_location(self) -> str:
        locations = [one.location for one in self._configurations.values()] or []
        return _most_common(location for location in locations if location)

    def _named_subscriptions(self) -> dict[str, str]:
        """Keys by lower-cased GUID: first those with the most schedules."""
        schedules = Counter(one.id.subscription_id.lower() for one in self._configurations.values())
        reached = {_subscription_of(one.scope_id) for found in self._static.values() for one in found}
        reached |= {_subscription_of(one.found.scope_id) for found in self._dynamic.values() for one in found}
        guids = sorted(schedules.keys() | reached, key=lambda guid: (-schedules[guid], guid))
        return subscription_keys(guids, self._inventory.subscription_names)

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = {}
        if not self._configurations:
            return config
        if self._environment is not Environment.PUBLIC:
            config["azure-native:environment"] = self._environment.value
        if self._location:
            config["azure-native:location"] = self._location
        config["azure-native:subscriptionId"] = next(iter(self._subscriptions))
        config[f"{PROJECT}:subscriptions"] = {
            key: {"id": guid} for guid, key in sorted(self._subscriptions.items(), key=lambda item: item[1])
        }
        config[f"{PROJECT}:resourceGroup"] = {"name": self._group, "create": False}
        config[f"{PROJECT}:schedules"] = dict(sorted(self._schedules().items()))
        return config

    def _schedules(self) -> dict[str, Any]:
        schedules: dict[str, Any] = {}
        # A name that comes twice is the key of the one in the stack's own group.
        own_first = sorted(
            self._configurations.items(), key=lambda item: bool(self._elsewhere(item[1].id.resource_group))
        )
        for configuration_key, found in own_first:
            key = key_for(found.id.name, schedules, found.id.resource_group)
            schedules[key] = schedule_entry(
                found,
                name=None if key == found.id.name else found.id.name,
                subscription=self._subscriptions[found.id.subscription_id.lower()],
                resource_group=self._elsewhere(found.id.resource_group),
                location=self._not_here(found.location),
                machines=self._machines(configuration_key),
                scopes=self._scopes(configuration_key),
            )
        return schedules

    def _elsewhere(self, group: str) -> str | None:
        spelled = self._groups[group.lower()]
        return None if spelled == self._group else spelled

    def _not_here(self, location: str) -> str | None:
        return location if location and location_key(location) != location_key(self._location) else None

    def _machines(self, configuration_key: str) -> list[dict[str, Any]]:
        attached = self._static.get(configuration_key, [])
        locations = self._inventory.machine_locations
        return [
            machine_entry(found, self._not_here(found.location or locations.get(found.scope_id.lower(), "")))
            for found in sorted(attached, key=lambda found: found.scope_id.lower())
        ]

    def _scopes(self, configuration_key: str) -> dict[str, Any]:
        """Assignments that say the same of several subscriptions are one scope; each other is one of its own."""
        alike: dict[str, tuple[dict[str, Any], str, list[str]]] = {}
        for assignment in self._dynamic.get(configuration_key, []):
            at_group = assignment.scope.kind is ScopeKind.RESOURCE_GROUP
            location = self._not_here(assignment.found.location) if at_group else None
            group = assignment.scope.name if at_group else None
            entry = scope_entry(assignment.found, resource_group=group, location=location)
            subscription = self._subscriptions[_subscription_of(assignment.found.scope_id)]
            alike.setdefault(repr(entry), (entry, assignment.found.name, []))[2].append(subscription)
        scopes: dict[str, Any] = {}
        for entry, name, subscriptions in alike.values():
            scopes[key_for(name, scopes, entry.get("resourceGroup", ""))] = {
                "subscriptions": sorted(subscriptions),
                **entry,
            }
        return dict(sorted(scopes.items()))


def _scope_of(scope_id: str) -> Any:
    try:
        scope = parse_scope_id(scope_id)
    except ArmIdError:
        return None
    return None if scope.kind is ScopeKind.MANAGEMENT_GROUP else scope


def _subscription_of(resource_id: str) -> str:
    return resource_id.split("/")[2].lower()


def _most_common(values: Iterable[str]) -> str:
    """The most common of some values, the first of the alphabet where several are; empty where there is none."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else ""


def _spellings(names: Iterable[str]) -> Mapping[str, str]:
    """By lower-cased name, how to write it: as it is written where case was kept, because services lower it."""
    spelled: dict[str, str] = {}
    for name in sorted(names):
        spelled.setdefault(name.lower(), name)
    return spelled
