"""The machines of an inventory: the rows that Azure's tools print, read with whatever they lack.

A row may be Resource Graph's or Azure Resource Manager's, with its facts under `properties`, or the Azure CLI's own,
which has them at the top. Ids and types are in any case. Rows that are no machines are counted, and never a fault.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from patching.arm_ids import MACHINE_TYPES, ArmIdError, MachineId, MachineKind, parse_machine_id
from patching.faults import Fault, Findings, Found
from patching.images import is_windows_client, system_of
from patching.inventory_file import Page
from patching.machines import AssessmentMode, OperatingSystem, PatchMode, PatchSettings, Unsupported
from patching.plain_data import as_list
from patching.readiness import MachineState
from patching.scopes import Machine

_SUBSCRIPTION = "microsoft.resources/subscriptions"
_TYPES = {name.lower(): kind for kind, name in MACHINE_TYPES.items()}
_CONFIGURATIONS = {OperatingSystem.LINUX: "linuxConfiguration", OperatingSystem.WINDOWS: "windowsConfiguration"}
_DEFAULT_MODES = {OperatingSystem.LINUX: PatchMode.IMAGE_DEFAULT, OperatingSystem.WINDOWS: PatchMode.AUTOMATIC_BY_OS}
_MODES = {mode.lower(): mode for mode in PatchMode}
_MANAGERS = {
    "/virtualmachinescalesets/": Unsupported.SCALE_SET,
    "/microsoft.containerservice/": Unsupported.AKS,
    "/microsoft.databricks/": Unsupported.DATABRICKS,
}
_PUBLISHERS = {
    "microsoft-aks": Unsupported.AKS,
    "azuredatabricks": Unsupported.DATABRICKS,
}
_AKS_TAG = "aks-managed-"
_WINDOWS_CLIENT = re.compile(r"windows[ -](?:xp|vista|7|8|8\.1|10|11)\b", re.IGNORECASE)
_MOST_TYPES = 3
_NO_COLUMNS: Mapping[object, object] = {}


@dataclass(frozen=True, slots=True)
class InventoryMachine:
    """A machine of an inventory: `id` as written there, what a filter looks at, and what its readiness hangs on."""

    id: str
    machine: Machine
    state: MachineState


@dataclass(frozen=True, slots=True)
class Inventory:
    """The machines of some pages, each once, and what was noticed on the way.

    `management_groups` has the names of the management groups above a subscription, both in lower case, for the
    subscriptions whose own rows are in the inventory.
    """

    machines: tuple[InventoryMachine, ...]
    management_groups: Mapping[str, frozenset[str]]
    warnings: tuple[Fault, ...]


@dataclass(slots=True)
class _Left:
    """What is left out: other types by their name, rows that are no resources, and machines named before."""

    types: Counter[str]
    nameless: int = 0
    repeated: int = 0


def read_inventory(pages: Iterable[Page]) -> Inventory:
    """The machines of all pages; of a machine that comes twice, the first row counts."""
    findings = Findings()
    machines: dict[str, InventoryMachine] = {}
    groups: dict[str, frozenset[str]] = {}
    left = _Left(Counter())
    sources: list[str] = []
    for page in pages:
        sources.append(page.source)
        for index, row in enumerate(page.rows):
            columns = _object(row)
            text = columns.get("id") if columns is not None else None
            if columns is None or not isinstance(text, str):
                left.nameless += 1
                continue
            kind = columns.get("type")
            if isinstance(kind, str) and kind.lower() not in _TYPES:
                left.types[kind.lower()] += 1
                if kind.lower() == _SUBSCRIPTION:
                    groups |= _management_groups(text, columns)
                continue
            try:
                machine_id = parse_machine_id(text)
            except ArmIdError as error:
                _leave(left, findings, page.place(index), text, error, known=isinstance(kind, str))
                continue
            key = str(machine_id).lower()
            if key in machines:
                left.repeated += 1
            else:
                machines[key] = _machine(text, machine_id, columns)
    _warn(machines.values(), left, sources, findings)
    return Inventory(tuple(machines.values()), groups, tuple(findings.warnings))


def patch_settings(os: OperatingSystem, configuration: Mapping[object, object]) -> PatchSettings:
    """What the Linux or Windows configuration of an osProfile says about patching, with Azure's defaults.

    A patch mode that Azure does not have is read as the system's default. The Azure CLI may spell `provisionVmAgent`,
    and may have the patch settings of an Arc machine one level up.
    """
    patching = _object(configuration.get("patchSettings")) or configuration
    platform = _object(patching.get("automaticByPlatformSettings")) or _NO_COLUMNS
    windows = os is OperatingSystem.WINDOWS
    agent = configuration.get("provisionVMAgent", configuration.get("provisionVmAgent"))
    automatic = configuration.get("enableAutomaticUpdates")
    assessed = _text(patching.get("assessmentMode")).lower() == AssessmentMode.AUTOMATIC_BY_PLATFORM.lower()
    return PatchSettings(
        os=os,
        patch_mode=_MODES.get(_text(patching.get("patchMode")).lower(), _DEFAULT_MODES[os]),
        bypass=platform.get("bypassPlatformSafetyChecksOnUserSchedule") is True,
        assessment_mode=AssessmentMode.AUTOMATIC_BY_PLATFORM if assessed else AssessmentMode.IMAGE_DEFAULT,
        agent=agent is not False,
        automatic_updates=automatic if windows and isinstance(automatic, bool) else None,
        hotpatching=patching.get("enableHotpatching") is True if windows else None,
    )


def _machine(text: str, machine_id: MachineId, columns: Mapping[object, object]) -> InventoryMachine:
    inner = _object(columns.get("properties"))
    properties = columns if inner is None else inner
    described = any(name in properties for name in ("storageProfile", "osProfile", "osType", "osName", "status"))
    profile = _object(properties.get("osProfile")) or _NO_COLUMNS
    os = _system(machine_id.kind, properties, profile)
    configuration = _object(profile.get(_CONFIGURATIONS[os])) if os is not None else None
    written = _object(columns.get("tags")) or _NO_COLUMNS
    tags = {str(name): value for name, value in written.items() if isinstance(value, str)}
    state = MachineState(
        kind=machine_id.kind,
        os=os,
        described=described,
        settings=patch_settings(os, configuration) if os is not None and configuration is not None else None,
        extensions_allowed=profile.get("allowExtensionOperations") is not False,
        unsupported=_unsupported(columns, properties, tags),
        arc_status=_text(properties.get("status")).lower() or None if machine_id.kind is MachineKind.ARC else None,
        power=_power(properties) if machine_id.kind is MachineKind.AZURE else None,
    )
    return InventoryMachine(text, Machine(machine_id, os, _text(columns.get("location")), tags), state)


def _system(
    kind: MachineKind, properties: Mapping[object, object], profile: Mapping[object, object]
) -> OperatingSystem | None:
    """The operating system: as the disk or the Arc agent says, by the image, or by the configuration there is."""
    if kind is MachineKind.AZURE:
        written = [_text(_at(properties, "storageProfile", "osDisk").get("osType"))]
    else:
        written = [_text(properties.get(name)) for name in ("osType", "osName")]
    for os in OperatingSystem:
        if any(one.lower() == os.lower() for one in written):
            return os
    by_image = system_of(_text(_at(properties, "storageProfile", "imageReference").get("publisher")))
    return by_image or next(
        (os for os, name in _CONFIGURATIONS.items() if _object(profile.get(name)) is not None), None
    )


def _unsupported(
    columns: Mapping[object, object], properties: Mapping[object, object], tags: Mapping[str, str]
) -> Unsupported | None:
    """Why no schedule patches the machine, whatever its settings; the image tells where nothing else does."""
    if _object(properties.get("virtualMachineScaleSet")) is not None:
        return Unsupported.SCALE_SET
    manager = f"{_text(columns.get('managedBy'))} {_text(properties.get('managedBy'))}".lower()
    for part, reason in _MANAGERS.items():
        if part in manager:
            return reason
    image = _at(properties, "storageProfile", "imageReference")
    publisher = _text(image.get("publisher"))
    if reason := _PUBLISHERS.get(publisher.lower()):
        return reason
    if any(name.lower().startswith(_AKS_TAG) for name in tags):
        return Unsupported.AKS
    instance = _at(properties, "extended", "instanceView") or _at(properties, "instanceView")
    names = (properties.get("osSku"), instance.get("osName"), image.get("offer"), image.get("sku"))
    client = any(_WINDOWS_CLIENT.match(name) for name in names if isinstance(name, str))
    if client or is_windows_client(publisher) or _text(properties.get("licenseType")).lower() == "windows_client":
        return Unsupported.WINDOWS_CLIENT
    return None


def _power(properties: Mapping[object, object]) -> str | None:
    """The power state: Resource Graph's, an instance view's, or that of `az vm list --show-details`."""
    code = _text(_at(properties, "extended", "instanceView", "powerState").get("code"))
    statuses = [_object(one) or _NO_COLUMNS for one in as_list(_at(properties, "instanceView").get("statuses")) or ()]
    codes = [code, *(_text(one.get("code")) for one in statuses)]
    for one in codes:
        kind, _, state = one.partition("/")
        if kind.lower() == "powerstate" and state:
            return state.lower()
    return _text(properties.get("powerState")).lower().removeprefix("vm ") or None


def _at(columns: Mapping[object, object], *path: str) -> Mapping[object, object]:
    """The object at a path of nested objects; an empty one where there is none."""
    for name in path:
        columns = _object(columns.get(name)) or _NO_COLUMNS
    return columns


def _object(value: object) -> Mapping[object, object] | None:
    """The value, if it is an object of JSON: a dict and nothing else, which is quick to tell."""
    return cast("Mapping[object, object]", value) if isinstance(value, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _management_groups(text: str, columns: Mapping[object, object]) -> dict[str, frozenset[str]]:
    chain = as_list(_at(columns, "properties").get("managementGroupAncestorsChain")) or ()
    names = (_text((_object(one) or _NO_COLUMNS).get("name")).lower() for one in chain)
    return {text.rstrip("/").rpartition("/")[2].lower(): frozenset(name for name in names if name)}


def _leave(left: _Left, findings: Findings, place: str, text: str, error: ArmIdError, *, known: bool) -> None:
    """Counts a row whose id is no machine's; of one whose type says that it is a machine, the id is wrong."""
    if known:
        findings.warn(f"{place}.id", text, f"the ARM id of an Azure VM or Arc machine ({error})", "correct the id")
    else:
        left.types["resources of another type"] += 1


def _warn(machines: Iterable[InventoryMachine], left: _Left, sources: Sequence[str], findings: Findings) -> None:
    """Says once for all rows what was left out, and what is missing."""
    source = sources[0] if len(sources) == 1 else "inventory"
    left.types.pop(_SUBSCRIPTION, None)
    counts = [f"{number} {name}" for name, number in left.types.most_common(_MOST_TYPES)]
    if len(left.types) > _MOST_TYPES:
        counts.append(f"{sum(left.types.values()) - sum(n for _, n in left.types.most_common(_MOST_TYPES))} others")
    if left.nameless:
        counts.append(f"{left.nameless} without an id")
    if counts:
        number = left.types.total() + left.nameless
        got = Found(f"{number} {'row' if number == 1 else 'rows'} of no machine: {', '.join(counts)}", literal=False)
        findings.warn(source, got, "Azure VMs and Arc machines; the rest is left out", "ask for these two types alone")
    if left.repeated:
        got = Found(f"{left.repeated} {'row' if left.repeated == 1 else 'rows'} more of the same", literal=False)
        findings.warn(source, got, "each machine once; the first row of each counts", "leave out the older file")
    bare = sum(not one.state.described for one in machines)
    if bare:
        got = Found(f"{bare} {'machine' if bare == 1 else 'machines'} without properties", literal=False)
        findings.warn(source, got, "rows with their properties", "ask without `project`, or add properties to it")
