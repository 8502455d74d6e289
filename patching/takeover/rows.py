"""Reading what users can get of Azure: rows of Resource Graph, list responses of ARM, lists of `az maintenance`.

A row has its properties in `properties`, or beside its name, where `az` has flattened them. Keys are read without
regard to case. What kind of thing a row is, its `type` says, or its id. Several rows may tell of one thing: what the
first leaves open, the next may fill in.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from patching.arm_ids import MACHINE_TYPES, SUBSCRIPTION_ID, ArmIdError, ResourceId, parse_resource_id
from patching.plain_data import as_map
from patching.takeover.found import FoundAssignment, FoundConfiguration, Inventory

Row = Mapping[str, Any]
"""A row, with its keys in lower case."""

CONFIGURATION = "microsoft.maintenance/maintenanceconfigurations"
ASSIGNMENT = "microsoft.maintenance/configurationassignments"
_MACHINES = {machine_type.lower() for machine_type in MACHINE_TYPES.values()}
_SUBSCRIPTION = "microsoft.resources/subscriptions"
_OF_THE_WINDOW = ("startDateTime", "expirationDateTime", "duration", "timeZone", "recurEvery")
_OF_A_CONFIGURATION = ("maintenanceScope", "visibility", "extensionProperties", "installPatches")
_OF_A_FILTER = ("resourceTypes", "resourceGroups", "osTypes", "locations", "tagSettings")
_ASSIGNMENT_ID = re.compile(
    r"(?P<scope>/.+)/providers/microsoft\.maintenance/configurationassignments/(?P<name>[^/]+)/?", re.IGNORECASE
)


def read_inventory(rows: Iterable[object]) -> Inventory:
    """What the rows tell, in any order; what cannot be understood is in `unread`."""
    reader = _Reader()
    for row in rows:
        reader.read(row)
    return reader.inventory()


def by_lower_key(value: object) -> Row:
    """A map by its keys in lower case; empty where the value is none."""
    return {str(key).lower(): item for key, item in (as_map(value) or {}).items()}


def properties_of(row: Row) -> Row:
    """A row's own properties, also where Resource Graph has them as text."""
    written = row.get("properties")
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            return {}
    return by_lower_key(written)


class _Reader:
    def __init__(self) -> None:
        self._configurations: dict[str, FoundConfiguration] = {}
        self._assignments: dict[str, FoundAssignment] = {}
        self._machine_ids: dict[str, str] = {}
        self._machine_locations: dict[str, str] = {}
        self._subscription_names: dict[str, str] = {}
        self._unread: list[str] = []

    def inventory(self) -> Inventory:
        return Inventory(
            dict(sorted(self._configurations.items())),
            {key: self._at_machine(found) for key, found in sorted(self._assignments.items())},
            self._machine_ids,
            self._machine_locations,
            self._subscription_names,
            tuple(self._unread),
        )

    def _at_machine(self, found: FoundAssignment) -> FoundAssignment:
        """The assignment at its machine's id as the machine's own row spells it."""
        return replace(found, scope_id=self._machine_ids.get(found.scope_id.lower(), found.scope_id))

    def read(self, value: object) -> None:
        row = by_lower_key(value)
        written_id = row.get("id")
        self._read_subscription_name(row)
        if not isinstance(written_id, str) or not written_id:
            if "subscriptionid" not in row:
                self._unread.append(f"a row without an id: {_shown(value)}")
            return
        try:
            self._read_by_type(row, written_id)
        except ArmIdError as error:
            self._unread.append(f"{written_id}: {error}")

    def _read_by_type(self, row: Row, written_id: str) -> None:
        match = _ASSIGNMENT_ID.fullmatch(written_id)
        if match:
            self._add_assignment(row, match["scope"], match["name"])
            return
        kind = _type_of(row, written_id)
        if kind == CONFIGURATION:
            self._add_configuration(row, parse_resource_id(written_id))
        elif kind == ASSIGNMENT:
            self._unread.append(f"{written_id}: it is no configuration assignment's id")
        elif kind in _MACHINES:
            key = written_id.lower().rstrip("/")
            self._machine_ids.setdefault(key, written_id.rstrip("/"))
            if location := _text(row.get("location")):
                self._machine_locations.setdefault(key, location)

    def _read_subscription_name(self, row: Row) -> None:
        """A subscription's name: of its own row, of `az account list`, or in a column that a query added."""
        own_id = str(row.get("id") or "").rpartition("/subscriptions/")[2]
        is_subscription = bool(SUBSCRIPTION_ID.fullmatch(own_id))
        guid = own_id if is_subscription else str(row.get("subscriptionid") or "")
        own_name = row.get("displayname") or row.get("name") if is_subscription else None
        name = own_name or row.get("subscriptionname") or row.get("subscriptiondisplayname")
        if SUBSCRIPTION_ID.fullmatch(guid) and isinstance(name, str) and name:
            self._subscription_names.setdefault(guid.lower(), name)

    def _add_configuration(self, row: Row, parsed: ResourceId) -> None:
        properties = properties_of(row)
        window = by_lower_key(properties.get("maintenancewindow") or row.get("maintenancewindow"))
        found = {name: value for name in _OF_A_CONFIGURATION if (value := _first(name, properties, row)) is not None}
        times = {name: value for name in _OF_THE_WINDOW if (value := _first(name, window, properties, row)) is not None}
        if times:
            found["maintenanceWindow"] = times
        key = str(parsed).lower()
        earlier = self._configurations.get(key)
        name = _spelled(parsed.name, row.get("name"))
        self._configurations[key] = FoundConfiguration(
            ResourceId(
                parsed.subscription_id,
                parsed.resource_group,
                "Microsoft.Maintenance",
                "maintenanceConfigurations",
                name,
            ),
            (earlier.location if earlier else "") or _text(row.get("location")),
            (earlier.tags if earlier else {}) or _tags(row.get("tags")),
            {**found, **earlier.properties} if earlier else found,
        )

    def _add_assignment(self, row: Row, scope: str, written_name: str) -> None:
        properties = properties_of(row)
        name = _spelled(written_name, row.get("name"))
        written_filter = _first("filter", properties, row)
        flattened = {key: value for key in _OF_A_FILTER if (value := _first(key, properties, row)) is not None}
        found = as_map(written_filter) or flattened or None
        key = f"{scope}/{written_name}".lower()
        earlier = self._assignments.get(key)
        configuration_id = _text(_first("maintenanceConfigurationId", properties, row))
        self._assignments[key] = FoundAssignment(
            scope,
            name,
            (earlier.location if earlier else "") or _text(row.get("location")),
            (earlier.configuration_id if earlier else "") or configuration_id,
            (earlier.filter if earlier else None) or cast("Mapping[str, Any] | None", found),
        )


def _type_of(row: Row, written_id: str) -> str:
    try:
        parsed = parse_resource_id(written_id)
    except ArmIdError:
        if str(row.get("type") or "").lower() == CONFIGURATION:
            raise
        return str(row.get("type") or "").lower()
    return f"{parsed.provider}/{parsed.resource_type}".lower()


def _first(name: str, *places: Row) -> Any:
    return next((value for place in places if (value := place.get(name.lower())) is not None), None)


def _spelled(of_id: str, name: object) -> str:
    """A name as it is written in the row's `name`, because ids come in lower case."""
    return name if isinstance(name, str) and name.lower() == of_id.lower() else of_id


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _tags(value: object) -> dict[str, str]:
    return {str(name): str(tag) for name, tag in (as_map(value) or {}).items() if tag is not None}


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 (a line)
