"""Virtual machines that a stack makes: three resources for each where a component makes them, two otherwise."""

from bench.estates import LOCATION, MAIN, SSH_PUBLIC_KEY
from bench.lifecycles import Lifecycle, Program


def lifecycle(machines: int) -> Lifecycle:
    """So many machines ready to be scheduled, in one network."""
    config = {"bench:machines": str(machines)}
    return Lifecycle(
        f"{machines:,} virtual machines",
        "a network, and for each machine its interface and itself, AutomaticByPlatform with the bypass flag. The stack "
        "file's program makes a component of each machine, too, and reads and checks its settings first.",
        2 * machines,
        [
            Program("bare resources", "machines_bare", config),
            Program("plain azure-native", "machines_plain", config),
            Program("stack file", None, _stack_config(machines)),
        ],
    )


def _stack_config(machines: int) -> dict[str, object]:
    return {
        "azure-native:location": LOCATION,
        "azure-native:subscriptionId": MAIN,
        "azure-patching:protect": False,
        "azure-patching:resourceGroup": {"name": "rg-bench"},
        "azure-patching:subscriptions": {"main": {"id": MAIN}},
        "azure-patching:schedules": {},
        "azure-patching:virtualMachines": {
            f"m{number:03d}": {
                "os": "Linux",
                "size": "Standard_B2s",
                "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
                "adminUsername": "azureuser",
                "sshPublicKey": SSH_PUBLIC_KEY,
            }
            for number in range(machines)
        },
    }
