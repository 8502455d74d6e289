"""Loads what exists already, from what `az graph query -o json` prints, into a local Azure."""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import check, check_envelope, mapping_at, without_nulls
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import MACHINE_TYPES, RESOURCE_GROUP, SUBSCRIPTION, VIRTUAL_MACHINE, ResourceId, parse
from sandbox.arm.providers.resources import new_group, new_subscription
from sandbox.arm.regions import DEFAULT, GLOBAL, normalised, region
from sandbox.arm.store import Resource
from sandbox.arm.world import open_azure

_COLUMNS = ("location", "tags", "properties", "identity", "zones", "plan", "sku", "kind", "extendedLocation")
_LONGEST_SHOWN = 120
_TOLD_EVERY = 500
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class SeedError(Exception):
    """A document that cannot be loaded; its text says which row, what was found and what is wanted."""


@dataclass(frozen=True)
class SeedReport:
    """What became of each row, by its id: loaded, or left as it was (there already, or of a type not modelled)."""

    loaded: list[str]
    left: list[str]


@dataclass(frozen=True)
class _Row:
    number: int
    id: ResourceId
    columns: dict[str, Any]


def seed(state: Path, document: object, tell: Callable[[str], None] = lambda _: None) -> SeedReport:
    """Load a Resource Graph answer, `{"data": [...]}` or the bare array, into the local Azure of a state directory.

    Subscriptions and resource groups that the rows are in are made where they are missing. What is there already is
    left as it is. The whole document is loaded, or nothing. `tell` is told how far it is. Raises SeedError.
    """
    azure = open_azure(state)
    with closing(azure.store):
        rows = [_row(azure, number, row) for number, row in enumerate(_rows(document), 1)]
        report = SeedReport([], [])
        with azure.store.transaction():
            for number, row in enumerate(sorted(rows, key=lambda one: one.id.text.count("/"))):
                if number % _TOLD_EVERY == 0:
                    tell(f"{number:,} of {len(rows):,} resources")
                _load(azure, row, report)
    return report


def _rows(document: object) -> list[object]:
    rows = cast("dict[str, object]", document).get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise SeedError(
            'The inventory is not a list of resources. Wanted: what `az graph query -q "resources | where type in~ '
            "('microsoft.compute/virtualmachines', 'microsoft.hybridcompute/machines')\" -o json` prints, that is "
            '{"data": [...]} or the bare array.'
        )
    return cast("list[object]", rows)


def _row(azure: Azure, number: int, row: object) -> _Row:
    if not isinstance(row, dict):
        raise SeedError(f"Row {number} is not an object but {_shown(row)}. Wanted: a resource with an id.")
    columns = cast("dict[str, Any]", row)
    text = columns.get("id")
    if not isinstance(text, str) or not text:
        raise SeedError(f"Row {number} has the id {_shown(text)}. Wanted: the ARM id of a resource, as text.")
    try:
        resource_id = azure.canonical(parse(text))
        check_envelope(columns)
        resource_type = azure.types.get(resource_id.type.lower())
        check(columns.get("properties"), (resource_type and resource_type.shape) or {}, "properties")
    except (ArmError, RecursionError) as error:
        message = error.message if isinstance(error, ArmError) else str(error)
        raise SeedError(f"Row {number} ({_shown(text)}): {message}") from error
    _check_agrees(number, text, "type", columns.get("type"), _printed_type(resource_id))
    if resource_id.type != SUBSCRIPTION:  # Resource Graph prints a subscription's display name there
        _check_agrees(number, text, "name", columns.get("name"), resource_id.name)
    _check_subscription(number, text, resource_id)
    return _Row(number, resource_id, columns)


def _printed_type(resource_id: ResourceId) -> str:
    return f"{SUBSCRIPTION}/resourceGroups" if resource_id.type == RESOURCE_GROUP else resource_id.type


def _check_agrees(number: int, text: str, column: str, given: object, expected: str) -> None:
    if given is not None and not (isinstance(given, str) and given.lower() == expected.lower()):
        raise SeedError(f"Row {number} ({_shown(text)}) has the {column} {_shown(given)}. Its id says {expected!r}.")


def _check_subscription(number: int, text: str, resource_id: ResourceId) -> None:
    subscription = resource_id.subscription
    if subscription is not None and not _GUID.fullmatch(subscription):
        raise SeedError(
            f"Row {number} ({_shown(text)}) is in the subscription {_shown(subscription)}. Wanted: a GUID, for example "
            "11111111-1111-4111-8111-111111111111."
        )


def _load(azure: Azure, row: _Row, report: SeedReport) -> None:
    subscription_id = row.id.subscription
    if row.id.type.lower() not in azure.types or subscription_id is None:
        report.left.append(row.id.text)
        return
    found = azure.store.get(row.id)
    if found is not None:
        _hang_below_management_groups(azure, row, found)
        report.left.append(row.id.text)
        return
    _make_enclosing(azure, row, subscription_id)
    parent = row.id.parent
    if parent is not None and azure.store.get(parent) is None:
        raise SeedError(
            f"Row {row.number} ({_shown(row.id.text)}): '{parent.text}', which it belongs to, is neither in the "
            "inventory nor in the local Azure. Wanted: a row for it."
        )
    azure.store.put(_resource(row), azure.now())
    report.loaded.append(row.id.text)


def _make_enclosing(azure: Azure, row: _Row, subscription_id: str) -> None:
    """Make the subscription and the group that a row is in, where they are missing."""
    subscription = ResourceId("", SUBSCRIPTION, (subscription_id,))
    if row.id.type != SUBSCRIPTION and azure.store.get(subscription) is None:
        azure.store.put(new_subscription(subscription_id, subscription_id), azure.now())
    if row.id.resource_group is None or row.id.type == RESOURCE_GROUP:
        return
    group = ResourceId(subscription.text, RESOURCE_GROUP, (row.id.resource_group,))
    if azure.store.get(group) is None:
        azure.store.put(new_group(group, _location(row) or DEFAULT), azure.now())


def _location(row: _Row) -> str | None:
    given = row.columns.get("location")
    if row.id.type in (*MACHINE_TYPES, RESOURCE_GROUP):
        try:
            return region(given, row.id.type)
        except ArmError as error:
            raise SeedError(f"Row {row.number} ({_shown(row.id.text)}): {error.message}") from error
    return normalised(given) if isinstance(given, str) and given and normalised(given) != GLOBAL else None


def _resource(row: _Row) -> Resource:
    if row.id.type == SUBSCRIPTION:
        return _subscription(row)
    if row.id.type == RESOURCE_GROUP:
        return new_group(row.id, _location(row) or DEFAULT, row.columns.get("tags"))
    document = {key: row.columns[key] for key in _COLUMNS if row.columns.get(key) not in (None, "")}
    if location := _location(row):
        document["location"] = location
    document["properties"] = without_nulls(document.get("properties", {}))
    resource = Resource(row.id, document)
    return _with_power_state(resource) if row.id.is_type(VIRTUAL_MACHINE) else resource


def _subscription(row: _Row) -> Resource:
    name = row.columns.get("name")
    subscription = new_subscription(row.id.name, str(name or row.id.name), row.columns.get("tags"))
    properties = mapping_at(row.columns, "properties")
    chain: object = properties.get("managementGroupAncestorsChain")
    if chain is None:
        return subscription
    groups: list[object] = cast("list[object]", chain) if isinstance(chain, list) else [None]
    if not all(
        isinstance(one, Mapping) and isinstance(cast("Mapping[str, object]", one).get("name"), str) for one in groups
    ):
        raise SeedError(
            f"Row {row.number} ({_shown(row.id.text)}): its managementGroupAncestorsChain is {_shown(groups)}. "
            'Wanted: [{"name": …, "displayName": …}, …], the nearest group first.'
        )
    return subscription.with_properties(managementGroupAncestorsChain=groups)


def _hang_below_management_groups(azure: Azure, row: _Row, found: Resource) -> None:
    """Put a subscription that is there already below the management groups that its row names."""
    if row.id.type == SUBSCRIPTION:
        groups = _subscription(row).properties.get("managementGroupAncestorsChain")
        if groups is not None:
            azure.store.put(found.with_properties(managementGroupAncestorsChain=groups), azure.now())


def _with_power_state(machine: Resource) -> Resource:
    """Keep the power state that Resource Graph prints under `extended`, which Compute itself does not answer."""
    properties = {key: value for key, value in machine.properties.items() if key != "extended"}
    extended: Any = machine.properties.get("extended")
    code: Any = extended
    for key in ("instanceView", "powerState", "code"):
        code = cast("dict[str, Any]", code).get(key) if isinstance(code, dict) else None
    state = code if isinstance(code, str) and code.startswith("PowerState/") else "PowerState/running"
    private = {**machine.private, "powerState": state}
    return replace(machine, document={**machine.document, "properties": properties}, private=private)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
