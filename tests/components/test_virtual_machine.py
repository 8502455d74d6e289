import pulumi
import pytest

from components import ScheduledVirtualMachine

MACHINE = "azure-native:compute:VirtualMachine"
EXTENSION = "azure-native:compute:VirtualMachineExtension"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM azure-patching-dev"
ARGS = {
    "resource_group_name": "rg",
    "os": "Linux",
    "size": "Standard_B2s",
    "image": {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"},
    "subnet_id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a",
    "admin_username": "azureuser",
}
WINDOWS = {"os": "Windows", "admin_password": "Sup3r-secret-1"}


@pytest.fixture
def declare(record, provider_options):
    def run(name="web", **changes):
        args = ARGS | ({"ssh_public_key": KEY} if changes.get("os", "Linux") == "Linux" else {}) | changes
        args = {key: value for key, value in args.items() if value is not None}

        def program():
            machine = ScheduledVirtualMachine(name, args, provider_options())
            pulumi.export("id", machine.resource_id)
            pulumi.export("name", machine.name)

        return record(program)

    return run


def _patch_settings(recording, system):
    return recording.one(MACHINE).inputs["osProfile"][f"{system}Configuration"]["patchSettings"]


@pytest.mark.parametrize(("system", "changes"), [("linux", {}), ("windows", WINDOWS)])
def test_a_machine_is_ready_for_customer_managed_schedules(declare, system, changes):
    recording = declare(**changes)
    assert _patch_settings(recording, system) == {
        "patchMode": "AutomaticByPlatform",
        "assessmentMode": "AutomaticByPlatform",
        "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
    }
    profile = recording.one(MACHINE).inputs["osProfile"]
    assert profile[f"{system}Configuration"]["provisionVMAgent"] is True
    assert profile["allowExtensionOperations"] is True


def test_nothing_but_a_move_replaces_a_machine(declare):
    machine = declare().one(MACHINE)
    assert machine.replace_on_changes == ("location",)
    assert machine.delete_before_replace


def test_a_machine_that_moves_has_its_new_interface_before_the_old_one_goes(declare):
    def interface(location):
        return declare(location=location).one("azure-native:network:NetworkInterface")

    here, there = interface("westeurope"), interface("northeurope")
    assert here.inputs["networkInterfaceName"] != there.inputs["networkInterfaceName"]
    assert here.delete_before_replace is False
    assert interface("West Europe").inputs["networkInterfaceName"] == here.inputs["networkInterfaceName"]


def test_linux_takes_a_key_and_no_password(declare):
    profile = declare().one(MACHINE).inputs["osProfile"]
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is True
    assert profile["linuxConfiguration"]["ssh"]["publicKeys"] == [
        {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}
    ]
    assert "adminPassword" not in profile
    assert "windowsConfiguration" not in profile


def test_a_windows_password_is_a_secret_even_if_it_was_not_given_as_one(declare):
    machine = declare(**WINDOWS).one(MACHINE)
    assert machine.inputs["osProfile"]["adminPassword"] == "Sup3r-secret-1"
    assert "osProfile.adminPassword" in machine.secrets
    assert machine.inputs["osProfile"]["windowsConfiguration"]["enableAutomaticUpdates"] is True
    assert "linuxConfiguration" not in machine.inputs["osProfile"]


def test_what_belongs_to_the_machine_is_its_child_and_carries_its_tags(declare):
    recording = declare(tags={"role": "web"}, health_probe={"protocol": "tcp", "port": 22}, location="westeurope")
    component = recording.one("azure-patching:index:ScheduledVirtualMachine")
    children = [entry for entry in recording.custom() if entry.parent == component.urn]
    assert {child.name for child in children} == {"web-vm", "web-nic", "web-health"}
    assert all(child.inputs["tags"] == {"role": "web"} for child in children)
    assert all(child.inputs["location"] == "westeurope" for child in children)
    assert recording.names({child.provider for child in children}) == {"main"}
    assert recording.one(MACHINE).inputs["storageProfile"]["osDisk"]["name"] == "osdisk-web"


@pytest.mark.parametrize(("system", "changes"), [("Linux", {}), ("Windows", WINDOWS)])
def test_the_health_extension_is_the_systems_own(declare, system, changes):
    probe = {"protocol": "http", "port": 8080, "path": "/healthz"}
    sent = declare(health_probe=probe, **changes).one(EXTENSION).inputs
    assert sent["type"] == f"ApplicationHealth{system}"
    assert sent["publisher"] == "Microsoft.ManagedServices"
    assert sent["settings"] == {"protocol": "http", "port": 8080, "requestPath": "/healthz"}


def test_no_public_address_and_no_extension_unless_asked_for(declare):
    recording = declare()
    assert not recording.of_type(EXTENSION)
    (configuration,) = recording.one("azure-native:network:NetworkInterface").inputs["ipConfigurations"]
    assert "publicIPAddress" not in configuration
    assert configuration["subnet"]["id"] == ARGS["subnet_id"]


def test_its_name_in_azure_can_differ(declare):
    recording = declare(machine_name="vm-web-01")
    assert recording.one(MACHINE, "web-vm").inputs["vmName"] == "vm-web-01"
    assert recording.outputs["name"] == "vm-web-01"


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"os": "linux"}, ["os"]),
        ({"ssh_public_key": None}, ["ssh_public_key"]),
        ({"ssh_public_key": "ssh-ed25519 AAAA"}, ["ssh_public_key"]),
        ({"os": "Windows"}, ["admin_password"]),
        ({"size": "B2s", "admin_username": "root"}, ["size", "admin_username"]),
        ({"health_probe": {"protocol": "ftp"}}, ["health_probe"]),
        ({"image": {"publisher": "Canonical"}}, ["image"]),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_declared(declare, changes, paths):
    with pytest.raises(pulumi.RunError) as raised:
        declare(**changes)
    for path in paths:
        assert f"  {path}" in str(raised.value)


def test_an_output_is_checked_when_it_is_known(declare, later):
    assert declare(size=later("Standard_B2s")).one(MACHINE).inputs["hardwareProfile"]["vmSize"] == "Standard_B2s"
    with pytest.raises(pulumi.RunError, match="size: got"):
        declare(size=later("tiny"))
