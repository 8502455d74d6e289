"""Microsoft.Network: what refers to something needs it, and what is used cannot be deleted."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.arm.conftest import SUBSCRIPTION, made, refused

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"


def network(*subnets, space="10.0.0.0/16"):
    properties = {"addressSpace": {"addressPrefixes": [space]}}
    if subnets:
        named = enumerate(subnets)
        properties["subnets"] = [{"name": f"s{n}", "properties": {"addressPrefix": one}} for n, one in named]
    return {"location": "westeurope", "properties": properties}


def interface(subnet_id, **changes):
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet_id}, **changes}}
    return {"location": "westeurope", "properties": {"ipConfigurations": [configuration]}}


def nic(name="nic"):
    return f"{GROUP}/providers/Microsoft.Network/networkInterfaces/{name}"


class TestVirtualNetworks:
    @pytest.mark.usefixtures("group")
    def test_by_microsofts_client(self, clients):
        client = clients.network.virtual_networks
        created = client.begin_create_or_update("rg", "vnet", network("10.0.0.0/24")).result()
        assert (created.provisioning_state, created.subnets[0].name) == ("Succeeded", "s0")
        subnet = {"properties": {"addressPrefix": "10.0.1.0/24"}}
        clients.network.subnets.begin_create_or_update("rg", "vnet", "more", subnet).result()
        assert sorted(one.name for one in client.get("rg", "vnet").subnets) == ["more", "s0"]
        assert [one.name for one in clients.network.subnets.list("rg", "vnet")] == ["more", "s0"]
        assert client.update_tags("rg", "vnet", {"tags": {"a": "b"}}).tags == {"a": "b"}
        clients.network.subnets.begin_delete("rg", "vnet", "more").result()
        assert [one.name for one in client.get("rg", "vnet").subnets] == ["s0"]
        client.begin_delete("rg", "vnet").result()
        assert list(client.list_all()) == []

    @pytest.mark.usefixtures("group")
    def test_left_out_subnets_stay_and_a_list_replaces_them(self, arm):
        made(arm.put(NETWORK, network("10.0.0.0/24", "10.0.1.0/24")))
        assert len(made(arm.put(NETWORK, network()))["properties"]["subnets"]) == 2
        assert len(made(arm.put(NETWORK, network("10.0.0.0/24")))["properties"]["subnets"]) == 1
        refused(arm.get(f"{NETWORK}/subnets/s1"), 404, "ResourceNotFound")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (network(space="10.0.0.0"), "InvalidCIDRNotation"),
            (network(space="10.0.0.1/16"), "InvalidCIDRNotation"),
            (network(space="nonsense"), "InvalidAddressPrefixFormat"),
            (network("192.168.0.0/24"), "NetcfgInvalidSubnet"),
            (network("10.0.0.0/24", "10.0.0.128/25"), "NetcfgSubnetRangesOverlap"),
            ({"location": "westeurope", "properties": {}}, "InvalidRequestFormat"),
            ({"location": "westeurope", "properties": {"addressSpace": []}}, "InvalidRequestFormat"),
            ({"location": "atlantis", "properties": {}}, "LocationNotAvailableForResourceType"),
        ],
    )
    @pytest.mark.usefixtures("group")
    def test_refused(self, arm, body, code):
        refused(arm.put(NETWORK, body), 400, code)
        refused(arm.get(NETWORK), 404, "ResourceNotFound")

    @pytest.mark.usefixtures("group")
    def test_no_network(self, arm):
        body = {"properties": {"addressPrefix": "10.0.0.0/24"}}
        refused(arm.put(f"{NETWORK}/subnets/default", body), 404, "ParentResourceNotFound")

    @pytest.mark.usefixtures("group")
    def test_a_name_that_is_none(self, arm):
        refused(arm.put(f"{NETWORK}-", network()), 400, "InvalidResourceName")


class TestInterfaces:
    @pytest.mark.usefixtures("group")
    def test_addresses_are_given_in_turn_and_kept(self, arm, subnet):
        def address(name):
            return made(arm.put(nic(name), interface(subnet)))["properties"]["ipConfigurations"][0]["properties"]

        assert [address(name)["privateIPAddress"] for name in "abc"] == ["10.0.0.4", "10.0.0.5", "10.0.0.6"]
        arm.delete(nic("a"))
        assert address("c")["privateIPAddress"] == "10.0.0.6"
        assert address("d")["privateIPAddress"] == "10.0.0.4"

    @pytest.mark.usefixtures("group")
    def test_a_subnet_that_is_full(self, arm):
        made(arm.put(NETWORK, network("10.0.0.0/29")))
        for name in "abc":
            made(arm.put(nic(name), interface(f"{NETWORK}/subnets/s0")))
        refused(arm.put(nic("d"), interface(f"{NETWORK}/subnets/s0")), 400, "SubnetIsFull")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"subnet": {"id": f"{NETWORK}/subnets/none"}}, "InvalidResourceReference"),
            ({"subnet": {"id": "nonsense"}}, "InvalidResourceId"),
            ({"subnet": {}}, "InvalidRequestFormat"),
            ({"privateIPAllocationMethod": "Static", "privateIPAddress": "10.9.0.4"}, "PrivateIPAddressNotInSubnet"),
            ({"privateIPAllocationMethod": "Static"}, "PrivateIPAddressNotInSubnet"),
            (
                {"publicIPAddress": {"id": f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/none"}},
                "InvalidResourceReference",
            ),
        ],
    )
    def test_refused(self, arm, subnet, changes, code):
        refused(arm.put(nic(), interface(subnet, **changes)), 400, code)

    def test_another_region(self, arm, subnet):
        refused(arm.put(nic(), {**interface(subnet), "location": "northeurope"}), 400, "InvalidResourceReference")

    def test_a_static_address_once(self, arm, subnet):
        fixed = {"privateIPAllocationMethod": "Static", "privateIPAddress": "10.0.0.9"}
        made(arm.put(nic("a"), interface(subnet, **fixed)))
        made(arm.put(nic("a"), interface(subnet, **fixed)))
        refused(arm.put(nic("b"), interface(subnet, **fixed)), 400, "PrivateIPAddressIsAllocated")


class TestInUse:
    def test_what_is_used_stays(self, arm, subnet, machine):
        rules = {"location": "westeurope", "properties": {}}
        group = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
        address = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/ip"
        made(arm.put(group, rules))
        made(arm.put(address, rules))
        body = interface(subnet, publicIPAddress={"id": address})
        body["properties"]["networkSecurityGroup"] = {"id": group}
        made(arm.put(nic("public"), body))
        vm = machine("vm")
        assert made(arm.get(nic("nic-vm")))["properties"]["virtualMachine"] == {"id": vm}
        refused(arm.delete(nic("nic-vm")), 400, "NicInUse")
        refused(arm.delete(subnet), 400, "InUseSubnetCannotBeDeleted")
        refused(arm.delete(NETWORK), 400, "InUseSubnetCannotBeDeleted")
        refused(arm.delete(group), 400, "InUseNetworkSecurityGroupCannotBeDeleted")
        refused(arm.delete(address), 400, "PublicIPAddressCannotBeDeleted")
        for path in (vm, nic("nic-vm"), nic("public"), group, address, subnet, NETWORK):
            assert arm.delete(path).status_code == 202
            arm.get(GROUP)
            assert arm.delete(path).status_code in (204, 404)

    def test_a_public_address_once(self, arm, subnet):
        address = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/ip"
        made(arm.put(address, {"location": "westeurope"}))
        body = interface(subnet, publicIPAddress={"id": address})
        made(arm.put(nic("a"), body))
        refused(arm.put(nic("b"), body), 400, "PublicIPAddressInUse")

    def test_an_interface_that_goes_with_its_machine(self, arm, machine):
        vm = machine("vm")
        networks = {"networkInterfaces": [{"id": nic("nic-vm"), "properties": {"deleteOption": "Delete"}}]}
        made(arm.patch(vm, {"properties": {"networkProfile": networks}}))
        arm.delete(vm)
        refused(arm.get(nic("nic-vm")), 404, "ResourceNotFound")


class TestSecurityGroups:
    @pytest.mark.usefixtures("group")
    def test_by_microsofts_client(self, clients):
        rule = {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100}
        body = {"location": "westeurope", "properties": {"securityRules": [{"name": "ssh", "properties": rule}]}}
        client = clients.network.network_security_groups
        created = client.begin_create_or_update("rg", "nsg", body).result()
        assert [one.name for one in created.security_rules] == ["ssh"]
        assert {one.priority for one in created.default_security_rules} == {65000, 65001, 65500}
        client.begin_delete("rg", "nsg").result()
        with pytest.raises(HttpResponseError):
            client.get("rg", "nsg")

    @pytest.mark.parametrize(
        ("rules", "code"),
        [
            ([{"priority": 99}], "SecurityRuleInvalidPriority"),
            ([{"priority": 4097}], "SecurityRuleInvalidPriority"),
            ([{}, {}], "SecurityRuleConflict"),
            ([{"access": "Maybe"}], "InvalidRequestFormat"),
            ([{"protocol": None}], "InvalidRequestFormat"),
        ],
    )
    @pytest.mark.usefixtures("group")
    def test_refused(self, arm, rules, code):
        good = {"protocol": "*", "access": "Deny", "direction": "Inbound", "priority": 100}
        named = [{"name": f"rule{n}", "properties": {**good, **one}} for n, one in enumerate(rules)]
        path = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
        refused(arm.put(path, {"location": "westeurope", "properties": {"securityRules": named}}), 400, code)
