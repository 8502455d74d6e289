"""The machines a schedule names: by key or by ARM id, each with its assignment's name."""

from collections.abc import Iterator, Mapping, Sequence

from patching.arm_ids import ArmIdError, parse_machine_id
from patching.names import NameBudgetError, assignment_name, machine_key
from patching.plain_data import as_map
from patching.settings.assignment_names import check_assignment_name
from patching.settings.context import EXAMPLE_MACHINE_ID, Configuration, Context
from patching.settings.entries import MachineEntry
from patching.settings.model import ExistingMachine, MachineTarget, ManagedMachine, VirtualMachineSettings
from patching.settings.validation import read_entry
from patching.settings.values import nearest


def read_machines(
    raw: Sequence[object],
    path: str,
    configuration: Configuration,
    virtual_machines: Mapping[str, VirtualMachineSettings],
    context: Context,
) -> Iterator[MachineTarget]:
    """The machines of one schedule, in the file's order; those that cannot be made out leave a fault."""
    seen: dict[str, str] = {}
    for index, item in enumerate(raw):
        where = f"{path}[{index}]"
        if not isinstance(item, str) and as_map(item) is None:
            expected = "a key of virtualMachines, a machine's ARM id, or a map with id, location, assignmentName"
            context.findings.fault(where, item, expected, "write the machine, or remove the item", EXAMPLE_MACHINE_ID)
            continue
        reading = read_entry(MachineEntry, {"id": item} if isinstance(item, str) else item, where)
        context.findings.faults.extend(reading.faults)
        if not reading.right("id"):
            continue
        if item_path := seen.get(reading.entry.id.lower().rstrip("/")):
            context.findings.fault(
                where, reading.entry.id, f"each machine once; it is at {item_path}", "remove one of them"
            )
            continue
        seen[reading.entry.id.lower().rstrip("/")] = where
        if reading.entry.id.startswith("/"):
            target = _existing(reading.entry, where, configuration, virtual_machines, context)
        else:
            target = _managed(reading.entry, where, configuration, virtual_machines, context)
        if target is not None:
            yield target


def _managed(
    entry: MachineEntry,
    path: str,
    configuration: Configuration,
    virtual_machines: Mapping[str, VirtualMachineSettings],
    context: Context,
) -> ManagedMachine | None:
    if entry.id not in context.machine_keys:
        guess = nearest(entry.id, context.machine_keys)
        expected = "a key of virtualMachines, or the ARM id of an Azure VM or Arc machine"
        fix = f"write {guess}" if guess else f"add {entry.id} to virtualMachines, or write the machine's ARM id"
        context.findings.fault(path, entry.id, expected, fix, guess or EXAMPLE_MACHINE_ID)
        return None
    if entry.location is not None:
        expected = "no location, for a machine of virtualMachines"
        context.findings.fault(f"{path}.location", entry.location, expected, "remove it: the machine's own holds")
    machine = virtual_machines.get(entry.id)
    if machine is None:
        return None
    name = _assignment_name(entry, path, configuration, machine.resource_id, context)
    if name is None:
        return None
    return ManagedMachine(
        key=machine.key,
        subscription_key=machine.subscription_key,
        subscription_id=machine.subscription_id,
        resource_group=machine.resource_group,
        location=machine.location,
        assignment_name=name,
    )


def _existing(
    entry: MachineEntry,
    path: str,
    configuration: Configuration,
    virtual_machines: Mapping[str, VirtualMachineSettings],
    context: Context,
) -> ExistingMachine | None:
    try:
        machine = parse_machine_id(entry.id)
    except ArmIdError as error:
        expected = f"the ARM id of an Azure VM or Arc machine ({error})"
        context.findings.fault(
            path,
            entry.id,
            expected,
            "copy the machine's resource id from its JSON view in the portal",
            EXAMPLE_MACHINE_ID,
        )
        return None
    own = next((key for key, own in virtual_machines.items() if own.resource_id.lower() == str(machine).lower()), None)
    if own is not None:
        context.findings.fault(path, entry.id, "the key of a machine that this stack makes", f"write {own}", own)
        return None
    subscription = context.subscription_by_id(machine.subscription_id, path, entry.id)
    if subscription is None:
        return None
    name = _assignment_name(entry, path, configuration, str(machine), context)
    if name is None:
        return None
    return ExistingMachine(
        key=machine_key(str(machine)),
        resource_id=str(machine),
        subscription_key=subscription.key,
        subscription_id=subscription.id,
        resource_group=machine.resource_group,
        provider=machine.provider,
        resource_type=machine.resource_type,
        name=machine.name,
        kind=machine.kind,
        location=entry.location or context.location,
        assignment_name=name,
    )


def _assignment_name(
    entry: MachineEntry, path: str, configuration: Configuration, machine_id: str, context: Context
) -> str | None:
    if entry.assignment_name is not None:
        check_assignment_name(entry.assignment_name, machine_id, path, context.findings)
        return entry.assignment_name
    try:
        return assignment_name(configuration.name, configuration.id, machine_id)
    except NameBudgetError as error:
        context.findings.fault(path, entry.id, f"a shorter id ({error})", "shorten the names of its group or machine")
        return None
