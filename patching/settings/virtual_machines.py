"""Reading `virtualMachines`: the machines a stack creates, ready to be scheduled."""

from collections import Counter
from collections.abc import Collection, Mapping

from patching.arm_ids import SUBSCRIPTION_ID
from patching.images import EXAMPLE_PUBLISHERS, is_windows_client, system_of
from patching.limits import LINUX_MACHINE_NAME, SMALL_NETWORK_MACHINES, WINDOWS_MACHINE_NAME
from patching.machines import OperatingSystem
from patching.scopes import location_key
from patching.settings.context import Context
from patching.settings.entries import VirtualMachineEntry
from patching.settings.model import HealthProbe, Image, ProbeProtocol, VirtualMachineSettings
from patching.settings.validation import EntryReading, read_entries

_SUBNET_EXAMPLE = "/subscriptions/…/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/hub/subnets/web"


def read_virtual_machines(
    raw: Mapping[str, object], passwords: Collection[str] | None, context: Context
) -> dict[str, VirtualMachineSettings]:
    """The machines that are right, by key.

    `passwords` are the keys of `adminPasswords`, or None where they cannot be known because the whole map is one
    secret.
    """
    machines: dict[str, VirtualMachineSettings] = {}
    for key, path, reading in read_entries(
        VirtualMachineEntry,
        raw,
        "virtualMachines",
        context.findings,
        example="web-linux",
        references=lambda _: {"subscription": context.a_subscription},
    ):
        _check(reading, key, path, passwords, context)
        settings = _resolved(key, reading, path, context)
        if not reading.faults:
            machines[key] = settings
    _check_room(machines, context)
    return machines


def _check_room(machines: Mapping[str, VirtualMachineSettings], context: Context) -> None:
    places = Counter[tuple[str, str]]()
    for key, machine in machines.items():
        if machine.subnet_id is not None:
            continue
        place = (machine.subscription_key, location_key(machine.location))
        places[place] += 1
        if places[place] == SMALL_NETWORK_MACHINES + 1:
            expected = (
                f"a subnet: the network that is made for machines without one has {SMALL_NETWORK_MACHINES} addresses, "
                "and the machines before this one, in the same subscription and location, take them all"
            )
            fix = "give this machine, and those after it, a subnet of your own"
            context.findings.fault(f"virtualMachines.{key}.subnetId", None, expected, fix, _SUBNET_EXAMPLE)


def _check(
    reading: EntryReading[VirtualMachineEntry], key: str, path: str, passwords: Collection[str] | None, context: Context
) -> None:
    entry, findings = reading.entry, context.findings
    if reading.right("os"):
        _check_name(key, path, entry.os, context)
        _check_credentials(reading, key, path, passwords, context)
    if reading.right("image"):
        _check_image(reading, path, context)
    if entry.subnet_id is not None and reading.right("subnet_id") and not _is_subnet(entry.subnet_id):
        expected = "the ARM id of a subnet"
        fix = "copy the subnet's resource id"
        findings.fault(f"{path}.subnetId", entry.subnet_id, expected, fix, _SUBNET_EXAMPLE)
    if reading.right("health_probe"):
        _check_probe(entry, path, context)


def _check_image(reading: EntryReading[VirtualMachineEntry], path: str, context: Context) -> None:
    publisher, os = reading.entry.image.publisher, reading.entry.os
    where = f"{path}.image.publisher"
    if is_windows_client(publisher):
        expected = "a server image: Update Manager does not patch Windows client on a schedule"
        context.findings.fault(where, publisher, expected, "take a Windows Server image", "MicrosoftWindowsServer")
    elif reading.right("os") and system_of(publisher) not in (os, None):
        expected = f"an image of {os}, as os says: {publisher} publishes {system_of(publisher)}"
        fix = f"write os: {system_of(publisher)}, or take an image of {os}"
        context.findings.warn(where, publisher, expected, fix, EXAMPLE_PUBLISHERS[os])


def _check_name(key: str, path: str, os: OperatingSystem, context: Context) -> None:
    longest = WINDOWS_MACHINE_NAME if os is OperatingSystem.WINDOWS else LINUX_MACHINE_NAME
    if len(key) > longest:
        expected = f"a key of at most {longest} characters for {os}: it is the machine's name"
        context.findings.fault(path, key, expected, "shorten it", key[:longest].rstrip("-_."))
    if os is OperatingSystem.WINDOWS and (key.isdecimal() or not key.replace("-", "").isalnum()):
        expected = "a key of letters, digits and -, not digits alone, for Windows: it is the computer's name"
        context.findings.fault(path, key, expected, "rename it", "web-windows")


def _check_credentials(
    reading: EntryReading[VirtualMachineEntry], key: str, path: str, passwords: Collection[str] | None, context: Context
) -> None:
    entry, findings = reading.entry, context.findings
    if not reading.right("ssh_public_key"):
        return
    if entry.os is OperatingSystem.LINUX:
        if entry.ssh_public_key is None:
            expected = "an SSH public key: a Linux machine has no password"
            findings.fault(f"{path}.sshPublicKey", None, expected, "write the line of a .pub file", "ssh-ed25519 AAAA…")
        return
    if entry.ssh_public_key is not None:
        findings.fault(f"{path}.sshPublicKey", entry.ssh_public_key, "no SSH key, for a Windows machine", "remove it")
    if passwords is not None and key not in passwords:
        command = f"pulumi config set --secret --path adminPasswords.{key}"
        findings.fault(
            f"adminPasswords.{key}", None, "a password, as a secret, for the Windows machine", f"run `{command}`"
        )


def _is_subnet(text: str) -> bool:
    parts = text.lower().split("/")
    return (
        len(parts) == 11  # noqa: PLR2004 (a subnet's id)
        and all(parts[1:])
        and SUBSCRIPTION_ID.fullmatch(parts[2]) is not None
        and parts[6:8] == ["microsoft.network", "virtualnetworks"]
        and parts[9] == "subnets"
    )


def _check_probe(entry: VirtualMachineEntry, path: str, context: Context) -> None:
    probe, findings = entry.health_probe, context.findings
    if probe is None:
        return
    if probe.protocol is ProbeProtocol.TCP:
        if probe.port is None:
            findings.fault(f"{path}.healthProbe.port", None, "a port, with tcp", "add port", "80")
        if probe.path is not None:
            findings.fault(f"{path}.healthProbe.path", probe.path, "no path, with tcp", "remove it, or take http")
    elif probe.path is None:
        findings.fault(f"{path}.healthProbe.path", None, f"a path, with {probe.protocol}", "add path", "/healthz")


def _resolved(
    key: str, reading: EntryReading[VirtualMachineEntry], path: str, context: Context
) -> VirtualMachineSettings:
    entry = reading.entry
    subscription = context.subscription(
        entry.subscription if reading.right("subscription") else None, f"{path}.subscription"
    )
    probe = entry.health_probe
    return VirtualMachineSettings(
        key=key,
        os=entry.os,
        size=entry.size,
        image=Image(entry.image.publisher, entry.image.offer, entry.image.sku, entry.image.version),
        subnet_id=entry.subnet_id,
        subscription_key=subscription.key,
        subscription_id=subscription.id,
        resource_group=context.resource_group.name,
        location=entry.location or context.location,
        admin_username=entry.admin_username,
        ssh_public_key=entry.ssh_public_key,
        health_probe=HealthProbe(probe.protocol, probe.port, probe.path) if probe else None,
        tags=context.tags_with(entry.tags),
    )
