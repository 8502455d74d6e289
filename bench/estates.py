"""What the measured programs declare: machines that are there already, subscriptions, and stack files."""

from collections.abc import Mapping
from typing import Any

import pulumi

MAIN = "11111111-1111-4111-8111-111111111111"
LOCATION = "westeurope"
START = "2027-01-05 22:00"
ZONE = "W. Europe Standard Time"
WINDOW = "03:00"
RECURRENCE = "1Month Second Tuesday Offset4"
SSH_PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM bench"


def configured(key: str) -> int:
    """How many of something the running program shall declare."""
    return pulumi.Config("bench").require_int(key)


def own_name() -> str:
    """The running stack's name, for whatever two stacks may not both have."""
    return pulumi.get_stack()


def configuration_inputs() -> dict[str, Any]:
    """A maintenance configuration, by azure-native's names."""
    return {
        "resourceGroupName": own_name(),
        "resourceName": own_name(),
        "location": LOCATION,
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "startDateTime": START,
        "duration": WINDOW,
        "timeZone": ZONE,
        "recurEvery": RECURRENCE,
        "installPatches": {
            "rebootSetting": "IfRequired",
            "linuxParameters": {"classificationsToInclude": ["Critical", "Security"]},
        },
    }


def subscription(number: int) -> str:
    """The id of one of many subscriptions; the first is there in every local Azure."""
    return MAIN if number == 0 else f"{number:08d}-2222-4222-8222-222222222222"


def arc_machines(count: int, subscriptions: int = 1) -> list[str]:
    """The ids of Arc machines, spread evenly; static assignments to them need nothing of the machine."""
    return [
        f"/subscriptions/{subscription(number % subscriptions)}/resourceGroups/rg-machines"
        f"/providers/Microsoft.HybridCompute/machines/m{number:06d}"
        for number in range(count)
    ]


def rows(machine_ids: list[str]) -> list[dict[str, object]]:
    """Arc machines as Resource Graph prints them, to be seeded or to be judged by `coverage`."""
    return [
        {
            "id": machine_id,
            "name": machine_id.rpartition("/")[2],
            "type": "microsoft.hybridcompute/machines",
            "location": LOCATION,
            "tags": {"patch-ring": "test"},
            "properties": {"osType": "linux", "status": "Connected"},
        }
        for machine_id in machine_ids
    ]


def stack_config(schedules: int, subscriptions: int) -> dict[str, Any]:
    """A stack file's `config`: schedules with one scope each, in so many subscriptions."""
    return {
        "azure-native:location": LOCATION,
        "azure-native:subscriptionId": MAIN,
        "azure-patching:protect": False,
        "azure-patching:resourceGroup": {"name": "rg-bench"},
        "azure-patching:subscriptions": {
            f"s{number:03d}": {"id": subscription(number)} for number in range(subscriptions)
        },
        "azure-patching:schedules": {f"ring-{number:03d}": _schedule(number) for number in range(schedules)},
    }


def _schedule(number: int) -> Mapping[str, object]:
    return {
        "start": START,
        "timeZone": ZONE,
        "duration": WINDOW,
        "recurEvery": RECURRENCE,
        "updates": {"linux": {"classifications": ["Critical", "Security"]}},
        "scopes": {
            "ring": {"osTypes": ["Linux"], "tags": {"patch-ring": ["test" if number == 0 else f"ring-{number}"]}}
        },
    }
