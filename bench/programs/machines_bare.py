"""Virtual machines as bare resources."""

from typing import Any

import pulumi
import pulumi_azure_native as azure_native

from bench.estates import LOCATION, MAIN, SSH_PUBLIC_KEY, configured, own_name
from bench.programs.bare import declare


def main() -> None:
    """A network, and so many machines."""
    provider = azure_native.Provider("main", azure_native.ProviderArgs(subscription_id=MAIN, location=LOCATION))
    options = pulumi.ResourceOptions(provider=provider)
    group = declare("resources:ResourceGroup", "group", {"resourceGroupName": own_name()}, options)
    after_group = pulumi.ResourceOptions(provider=provider, depends_on=[group])
    subnets = [{"name": "machines", "addressPrefix": "10.90.0.0/24"}]
    network = {
        "resourceGroupName": own_name(),
        "virtualNetworkName": own_name(),
        "location": LOCATION,
        "addressSpace": {"addressPrefixes": ["10.90.0.0/24"]},
        "subnets": subnets,
    }
    subnet = pulumi.Output.concat(
        declare("network:VirtualNetwork", "network", network, after_group).id, "/subnets/machines"
    )
    for number in range(configured("machines")):
        name = f"m{number:03d}"
        interface = {
            "resourceGroupName": own_name(),
            "networkInterfaceName": f"nic-{own_name()}-{name}",
            "location": LOCATION,
            "ipConfigurations": [{"name": "primary", "primary": True, "subnet": {"id": subnet}}],
        }
        made = declare("network:NetworkInterface", f"{name}-nic", interface, options)
        declare("compute:VirtualMachine", f"{name}-vm", _machine(name, made.id), options)


def _machine(name: str, interface: pulumi.Output[str]) -> dict[str, Any]:
    return {
        "resourceGroupName": own_name(),
        "vmName": f"{own_name()}-{name}",
        "location": LOCATION,
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {
            "imageReference": {
                "publisher": "Canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "osDisk": {"name": f"osdisk-{own_name()}-{name}", "createOption": "FromImage", "deleteOption": "Delete"},
        },
        "osProfile": {
            "computerName": name,
            "adminUsername": "azureuser",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "provisionVMAgent": True,
                "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": SSH_PUBLIC_KEY}]},
                "patchSettings": {
                    "patchMode": "AutomaticByPlatform",
                    "assessmentMode": "AutomaticByPlatform",
                    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
                },
            },
        },
        "networkProfile": {"networkInterfaces": [{"id": interface, "primary": True}]},
    }
