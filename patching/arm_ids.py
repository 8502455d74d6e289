"""Azure Resource Manager ids: taken apart, put together, compared without regard to case.

Source of the form: Azure Resource Manager template functions, `resourceId`. Names of resource groups and resources are
kept as written; a subscription's id comes back in lower case.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

SUBSCRIPTION_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/"


class ArmIdError(ValueError):
    """A text that is no ARM id, or an id of the wrong kind of thing. The message says why, in words for the user."""


class MachineKind(StrEnum):
    """What Update Manager patches: an Azure virtual machine, or a machine elsewhere that is connected by Azure Arc."""

    AZURE = "azure"
    ARC = "arc"


class ScopeKind(StrEnum):
    """Where a policy can be assigned."""

    SUBSCRIPTION = "subscription"
    RESOURCE_GROUP = "resourceGroup"
    MANAGEMENT_GROUP = "managementGroup"


MACHINE_TYPES = {
    MachineKind.AZURE: "Microsoft.Compute/virtualMachines",
    MachineKind.ARC: "Microsoft.HybridCompute/machines",
}


@dataclass(frozen=True, slots=True)
class ResourceId:
    """An id below a resource group, taken apart; `resource_type` is without its provider: `virtualMachines`."""

    subscription_id: str
    resource_group: str
    provider: str
    resource_type: str
    name: str

    def __str__(self) -> str:
        group = resource_group_id(self.subscription_id, self.resource_group)
        return f"{group}/providers/{self.provider}/{self.resource_type}/{self.name}"


@dataclass(frozen=True, slots=True)
class MachineId(ResourceId):
    """The id of a machine that Update Manager can patch on a schedule."""

    kind: MachineKind


@dataclass(frozen=True, slots=True)
class ScopeId:
    """A place a policy can be assigned at, taken apart; `name` is the resource group's or the management group's."""

    kind: ScopeKind
    id: str
    subscription_id: str | None
    name: str | None


def subscription_id(subscription: str) -> str:
    """The ARM id of a subscription, from its GUID."""
    return f"/subscriptions/{subscription}"


def resource_group_id(subscription: str, resource_group: str) -> str:
    """The ARM id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{resource_group}"


def maintenance_configuration_id(subscription: str, resource_group: str, name: str) -> str:
    """The ARM id of a maintenance configuration."""
    return str(ResourceId(subscription, resource_group, "Microsoft.Maintenance", "maintenanceConfigurations", name))


def virtual_machine_id(subscription: str, resource_group: str, name: str) -> str:
    """The ARM id of an Azure virtual machine."""
    return str(ResourceId(subscription, resource_group, "Microsoft.Compute", "virtualMachines", name))


def parse_resource_id(text: str) -> ResourceId:
    """Takes apart the id of a top-level resource in a resource group.

    Raises:
        ArmIdError: it is no such id; the message says what is missing.
    """
    parts = _parts(text)
    if len(parts) < 8 or parts[2].lower() != "resourcegroups" or parts[4].lower() != "providers":  # noqa: PLR2004 (the form above)
        raise ArmIdError("it does not have the form /subscriptions/…/resourceGroups/…/providers/…")
    if len(parts) > 8:  # noqa: PLR2004
        raise ArmIdError(f"it names a part of {'/'.join(parts[5:7])}, not the resource itself")
    return ResourceId(parts[1], parts[3], parts[5], parts[6], parts[7])


def parse_machine_id(text: str) -> MachineId:
    """Takes apart the id of an Azure virtual machine or of an Arc machine.

    Provider and type come back in Azure's own case.

    Raises:
        ArmIdError: it is no such id. What Update Manager does not patch on a schedule (scale sets, AKS nodes) is named.
    """
    lowered = text.lower()
    if "/virtualmachinescalesets/" in lowered:
        raise ArmIdError("Update Manager does not patch virtual machine scale sets or their instances on a schedule")
    if "/microsoft.containerservice/" in lowered:
        raise ArmIdError("Update Manager does not patch AKS nodes; AKS upgrades its node images itself")
    parsed = parse_resource_id(text)
    written = f"{parsed.provider}/{parsed.resource_type}".lower()
    for kind, machine_type in MACHINE_TYPES.items():
        if written == machine_type.lower():
            provider, resource_type = machine_type.split("/")
            return MachineId(parsed.subscription_id, parsed.resource_group, provider, resource_type, parsed.name, kind)
    raise ArmIdError(f"{parsed.provider}/{parsed.resource_type} is neither an Azure VM nor an Arc machine")


def parse_scope_id(text: str) -> ScopeId:
    """Takes apart the id of a subscription, a resource group or a management group.

    Raises:
        ArmIdError: it is none of the three.
    """
    if text.lower().startswith(_MANAGEMENT_GROUP):
        name = text[len(_MANAGEMENT_GROUP) :].rstrip("/")
        if not name or "/" in name:
            raise ArmIdError("a management group's id ends with its name")
        return ScopeId(
            ScopeKind.MANAGEMENT_GROUP, f"/providers/Microsoft.Management/managementGroups/{name}", None, name
        )
    parts = _parts(text)
    match [part.lower() if index % 2 == 0 else part for index, part in enumerate(parts)]:
        case ["subscriptions", subscription]:
            return ScopeId(ScopeKind.SUBSCRIPTION, subscription_id(subscription), subscription, None)
        case ["subscriptions", subscription, "resourcegroups", group]:
            return ScopeId(ScopeKind.RESOURCE_GROUP, resource_group_id(subscription, group), subscription, group)
        case _:
            raise ArmIdError("it names something else than a subscription, a resource group or a management group")


def is_within(scope: ScopeId, subscription: str, resource_group: str) -> bool | None:
    """Whether a resource group lies in a scope; None at a management group, whose subscriptions only Azure knows."""
    if scope.kind is ScopeKind.MANAGEMENT_GROUP:
        return None
    same_subscription = (scope.subscription_id or "").lower() == subscription.lower()
    in_group = scope.kind is ScopeKind.SUBSCRIPTION or (scope.name or "").lower() == resource_group.lower()
    return same_subscription and in_group


def _parts(text: str) -> list[str]:
    if not text.startswith("/"):
        raise ArmIdError("an ARM id starts with a slash")
    parts = text.removeprefix("/").removesuffix("/").split("/")
    if parts[0].lower() != "subscriptions" or len(parts) < 2:  # noqa: PLR2004
        raise ArmIdError("it does not start with /subscriptions/ and a subscription's id")
    if not SUBSCRIPTION_ID.fullmatch(parts[1]):
        message = f'"{parts[1]}" is no subscription id (a GUID)'
        raise ArmIdError(message)
    if any(not part.strip() for part in parts):
        raise ArmIdError("one of its parts is empty")
    return [parts[0], parts[1].lower(), *parts[2:]]
