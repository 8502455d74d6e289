"""Microsoft.Network: what a virtual machine stands on."""

from sandbox.arm.operations import operations_type
from sandbox.arm.providers.network import (
    common,
    interfaces,
    public_addresses,
    security_groups,
    virtual_networks,
)

INTERFACE = common.INTERFACE
TYPES = [
    *virtual_networks.TYPES,
    security_groups.TYPE,
    interfaces.TYPE,
    public_addresses.TYPE,
    operations_type("Microsoft.Network", common.VERSIONS),
]
