"""A small network for machines that are given none: no public addresses, and the platform's own way out."""

import pulumi
from pulumi_azure_native import network

from patching.limits import SMALL_NETWORK

from .declaring import component_options, component_type

_SUBNET = "machines"


class SmallNetwork(pulumi.ComponentResource):
    """A virtual network with one subnet, and a security group with the platform's default rules."""

    subnet_id: pulumi.Output[str]
    """The ARM id of the subnet, for the machines' network interfaces."""

    def __init__(
        self,
        name: str,
        *,
        network_name: str,
        resource_group_name: pulumi.Input[str],
        location: str,
        tags: dict[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the network; `network_name` is the physical name, `name` the logical one."""
        super().__init__(component_type(SmallNetwork), name, None, component_options(opts))
        security_group = network.NetworkSecurityGroup(
            f"{name}-nsg",
            network.NetworkSecurityGroupInitArgs(
                resource_group_name=resource_group_name,
                network_security_group_name=f"nsg-{network_name}",
                location=location,
                tags=tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        virtual_network = network.VirtualNetwork(
            f"{name}-vnet",
            network.VirtualNetworkInitArgs(
                resource_group_name=resource_group_name,
                virtual_network_name=f"vnet-{network_name}",
                location=location,
                tags=tags,
                address_space=network.AddressSpaceArgs(address_prefixes=[SMALL_NETWORK]),
                # In the network's own body: declared apart, it would vanish with the next change of the network.
                subnets=[
                    network.SubnetArgs(
                        name=_SUBNET,
                        address_prefix=SMALL_NETWORK,
                        network_security_group=network.NetworkSecurityGroupArgs(id=security_group.id),
                    )
                ],
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.subnet_id = pulumi.Output.concat(virtual_network.id, "/subnets/", _SUBNET)
        self.register_outputs({"subnetId": self.subnet_id})
