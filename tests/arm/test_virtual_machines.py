"""Virtual machines and their extensions: made and changed as Azure does it, refused as Azure refuses it."""

import dataclasses

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.arm.azure import Settings
from tests.arm.conftest import READY, SUBSCRIPTION, machine_body, made, refused

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"


def changed(body: dict, path: str, value: object) -> dict:
    """Return a body with one value of its properties changed; None removes it."""
    *way, last = path.split(".")
    target = body["properties"]
    for key in way:
        target = target.setdefault(key, {})
    if value is None:
        target.pop(last, None)
    else:
        target[last] = value
    return body


@pytest.fixture
def linux(interface):
    return machine_body(interface())


@pytest.fixture
def windows(interface):
    return machine_body(interface(), "Windows")


class TestMade:
    def test_by_microsofts_client(self, clients, linux):
        linux["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"] = READY
        vm = clients.compute.virtual_machines.begin_create_or_update("rg", "vm", linux).result()
        settings = vm.os_profile.linux_configuration.patch_settings
        assert vm.provisioning_state == "Succeeded"
        assert (settings.patch_mode, settings.assessment_mode) == ("AutomaticByPlatform", "AutomaticByPlatform")
        assert settings.automatic_by_platform_settings.bypass_platform_safety_checks_on_user_schedule is True
        assert vm.storage_profile.os_disk.os_type == "Linux"
        assert vm.storage_profile.os_disk.name.startswith("vm_")
        assert vm.vm_id
        assert [one.name for one in clients.compute.virtual_machines.list("rg")] == ["vm"]
        assert [one.name for one in clients.compute.virtual_machines.list_all()] == ["vm"]
        tagged = clients.compute.virtual_machines.begin_update("rg", "vm", {"tags": {"ring": "test"}}).result()
        assert (tagged.tags, tagged.vm_id) == ({"ring": "test"}, vm.vm_id)
        view = clients.compute.virtual_machines.get("rg", "vm", expand="instanceView").instance_view
        assert "PowerState/running" in [one.code for one in view.statuses]
        clients.compute.virtual_machines.begin_delete("rg", "vm").result()
        with pytest.raises(HttpResponseError) as missing:
            clients.compute.virtual_machines.get("rg", "vm")
        assert missing.value.status_code == 404

    def test_defaults_of_linux(self, arm, linux):
        linux = made(arm.put(VM, linux))["properties"]["osProfile"]
        assert linux["linuxConfiguration"]["provisionVMAgent"] is True
        assert linux["linuxConfiguration"]["patchSettings"] == {
            "patchMode": "ImageDefault",
            "assessmentMode": "ImageDefault",
        }
        assert (linux["computerName"], linux["allowExtensionOperations"]) == ("vm", True)

    def test_defaults_of_windows(self, arm, windows):
        configuration = made(arm.put(VM, windows))["properties"]["osProfile"]["windowsConfiguration"]
        assert configuration["enableAutomaticUpdates"] is True
        settings = configuration["patchSettings"]
        assert (settings["patchMode"], settings["assessmentMode"]) == ("AutomaticByOS", "ImageDefault")

    def test_manual_where_updates_are_off(self, arm, windows):
        changed(windows, "osProfile.windowsConfiguration.enableAutomaticUpdates", value=False)
        configuration = made(arm.put(VM, windows))["properties"]["osProfile"]["windowsConfiguration"]
        assert configuration["patchSettings"]["patchMode"] == "Manual"

    def test_secrets_are_never_answered_nor_kept(self, arm, server, windows):
        changed(windows, "osProfile.customData", "c2VjcmV0")
        made(arm.put(VM, windows))
        stored = [(one.document, one.private) for one in server.azure.store.under("")]
        for text in (arm.get(VM).text, arm.put(VM, windows).text, str(stored)):
            assert "Not-a-secret-1" not in text
            assert "c2VjcmV0" not in text

    def test_asynchronously(self, arm, server, clock, linux):
        server.azure.settings = dataclasses.replace(server.azure.settings, machine_delay=5)
        answer = arm.put(VM, linux)
        assert (answer.status_code, answer.headers["Retry-After"]) == (201, "1")
        assert answer.json()["properties"]["provisioningState"] == "Creating"
        operation = answer.headers["Azure-AsyncOperation"]
        assert made(arm.http.get(operation))["status"] == "InProgress"
        clock.advance(4)
        assert made(arm.get(VM))["properties"]["provisioningState"] == "Creating"
        clock.advance(1)
        assert made(arm.http.get(operation))["status"] == "Succeeded"
        assert made(arm.get(VM))["properties"]["provisioningState"] == "Succeeded"
        assert arm.put(VM, linux).json()["properties"]["provisioningState"] == "Updating"
        clock.advance(5)
        deletion = arm.delete(VM)
        assert deletion.status_code == 202
        assert made(arm.get(VM))["properties"]["provisioningState"] == "Deleting"
        assert arm.http.get(deletion.headers["Location"]).status_code == 202
        clock.advance(5)
        assert arm.http.get(deletion.headers["Location"]).status_code == 200
        refused(arm.get(VM), 404, "ResourceNotFound")
        clock.advance(2 * 24 * 3600)
        refused(arm.http.get(operation), 404, "NotFound")

    def test_from_a_specialised_disk(self, arm, linux):
        changed(linux, "storageProfile", {"osDisk": {"createOption": "Attach", "osType": "Linux", "name": "old"}})
        changed(linux, "osProfile", None)
        made(arm.put(VM, linux))
        assert "osProfile" not in made(arm.get(VM))["properties"]
        settings = {"osProfile": {"linuxConfiguration": {"patchSettings": READY}}}
        patched = made(arm.patch(VM, {"properties": settings}))["properties"]["osProfile"]
        assert patched["linuxConfiguration"]["patchSettings"] == READY
        assert "adminUsername" not in patched
        refused(arm.patch(VM, {"properties": {"osProfile": {"adminUsername": "x"}}}), 409, "PropertyChangeNotAllowed")

    def test_a_gallery_image(self, arm, windows):
        changed(windows, "storageProfile.imageReference", {"id": f"{GROUP}/providers/Microsoft.Compute/galleries/g"})
        assert made(arm.put(VM, windows))["properties"]["storageProfile"]["osDisk"]["osType"] == "Windows"

    def test_a_system_assigned_identity_stays(self, arm, linux):
        linux["identity"] = {"type": "SystemAssigned"}
        first = made(arm.put(VM, linux))["identity"]
        assert first["principalId"]
        assert made(arm.put(VM, linux))["identity"] == first
        made(arm.patch(VM, {"identity": {"type": "None"}}))
        assert "identity" not in made(arm.get(VM))


BY_PLATFORM = {"patchMode": "AutomaticByPlatform"}
PATCH_SETTINGS = "osProfile.{}Configuration.patchSettings"


class TestPatchSettings:
    @pytest.mark.parametrize(
        ("configuration", "target"),
        [
            ({"provisionVMAgent": False, "patchSettings": BY_PLATFORM}, "patchMode"),
            ({"provisionVMAgent": False, "patchSettings": {"assessmentMode": "AutomaticByPlatform"}}, "assessmentMode"),
            ({"enableAutomaticUpdates": False, "patchSettings": BY_PLATFORM}, "patchMode"),
            ({"enableAutomaticUpdates": False, "patchSettings": {"patchMode": "AutomaticByOS"}}, "patchMode"),
            ({"enableAutomaticUpdates": True, "patchSettings": {"patchMode": "Manual"}}, "patchMode"),
            ({"patchSettings": {"enableHotpatching": True}}, "enableHotpatching"),
            (
                {"patchSettings": {"automaticByPlatformSettings": {"rebootSetting": "Never"}}},
                "automaticByPlatformSettings",
            ),
            (
                {"patchSettings": {**READY, "enableHotpatching": True}},
                "bypassPlatformSafetyChecksOnUserSchedule",
            ),
            ({"patchSettings": {"patchMode": "ImageDefault"}}, "patchMode"),
        ],
    )
    def test_refused_on_windows(self, arm, windows, configuration, target):
        answer = arm.put(VM, changed(windows, "osProfile.windowsConfiguration", configuration))
        refused(answer, 400, "InvalidParameter")
        assert answer.json()["error"]["target"].endswith(target)
        refused(arm.get(VM), 404, "ResourceNotFound")

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("provisionVMAgent", False),
            ("patchSettings.patchMode", "AutomaticByOS"),
            ("patchSettings.assessmentMode", "Sometimes"),
            ("patchSettings.patchMode", None),
        ],
    )
    def test_refused_on_linux(self, arm, linux, key, value):
        changed(linux, PATCH_SETTINGS.format("linux"), {**READY})
        answer = arm.put(VM, changed(linux, f"osProfile.linuxConfiguration.{key}", value))
        refused(answer, 400, "InvalidParameter")

    @pytest.mark.parametrize(
        "patch_settings",
        [
            READY,
            {**BY_PLATFORM, "enableHotpatching": True},
            {"patchMode": "automaticbyplatform"},
            {**BY_PLATFORM, "automaticByPlatformSettings": {"rebootSetting": "Never"}},
        ],
        ids=["ready", "hotpatch", "case", "reboot"],
    )
    def test_taken_on_windows(self, arm, windows, patch_settings):
        answered = made(arm.put(VM, changed(windows, PATCH_SETTINGS.format("windows"), patch_settings)))
        patched = answered["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
        assert patched["patchMode"] == "AutomaticByPlatform"

    def test_changed_in_place(self, arm, linux):
        made(arm.put(VM, linux))
        patch = {"osProfile": {"linuxConfiguration": {"patchSettings": READY}}}
        patched = made(arm.patch(VM, {"properties": patch}))["properties"]["osProfile"]["linuxConfiguration"]
        assert patched["patchSettings"] == READY
        assert patched["ssh"] == linux["properties"]["osProfile"]["linuxConfiguration"]["ssh"]


class TestFixed:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("osProfile.adminUsername", "someone"),
            ("osProfile.adminPassword", "Another-secret-2"),
            ("osProfile.computerName", "other"),
            ("osProfile.windowsConfiguration.enableAutomaticUpdates", False),
            ("osProfile.windowsConfiguration.provisionVMAgent", False),
            ("storageProfile.imageReference.sku", "2019-datacenter"),
            ("storageProfile.osDisk.name", "other"),
        ],
    )
    def test_a_change_is_refused(self, arm, windows, path, value):
        made(arm.put(VM, windows))
        refused(arm.put(VM, changed(windows, path, value)), 409, "PropertyChangeNotAllowed")
        made(arm.patch(VM, {"tags": {"still": "there"}}))

    def test_the_same_again_is_taken(self, arm, windows):
        made(arm.put(VM, windows))
        first = made(arm.get(VM))
        made(arm.put(VM, windows))
        again = made(arm.get(VM))
        assert first["properties"] == again["properties"]

    def test_the_size_may_change(self, arm, linux):
        made(arm.put(VM, linux))
        changed(linux, "hardwareProfile.vmSize", "Standard_D2s_v5")
        assert made(arm.put(VM, linux))["properties"]["hardwareProfile"]["vmSize"] == "Standard_D2s_v5"

    def test_the_location(self, arm, linux):
        made(arm.put(VM, linux))
        refused(arm.put(VM, {**linux, "location": "northeurope"}), 409, "InvalidResourceLocation")


class TestRefused:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("storageProfile", None),
            ("networkProfile", None),
            ("networkProfile.networkInterfaces", []),
            ("storageProfile.imageReference.publisher", None),
            ("storageProfile.imageReference", None),
            ("osProfile", None),
            ("osProfile.adminUsername", None),
            ("osProfile.adminUsername", "root"),
            ("osProfile.computerName", "under_score"),
            ("osProfile.computerName", "n" * 65),
            ("osProfile.windowsConfiguration", {}),
            ("osProfile.linuxConfiguration", {"disablePasswordAuthentication": True}),
            ("osProfile.linuxConfiguration.ssh.publicKeys", [{"path": "/home/somebody-else/.ssh/authorized_keys"}]),
            ("osProfile.linuxConfiguration.ssh.publicKeys", [{"keyData": "ssh-rsa nonsense"}]),
            ("osProfile.linuxConfiguration.ssh.publicKeys", [{"keyData": "ssh-ed25519 AAAA"}]),
            ("storageProfile.osDisk.createOption", "Attach"),
        ],
    )
    def test_linux(self, arm, linux, path, value):
        refused(arm.put(VM, changed(linux, path, value)), 400, "InvalidParameter")

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("osProfile.adminPassword", None),
            ("osProfile.adminPassword", "short1A"),
            ("osProfile.adminPassword", "alllowercaseletters"),
            ("osProfile.adminPassword", "P@ssw0rd"),
            ("osProfile.computerName", "n" * 16),
            ("osProfile.computerName", "12345"),
            ("osProfile.adminUsername", "Administrator"),
        ],
    )
    def test_windows(self, arm, windows, path, value):
        refused(arm.put(VM, changed(windows, path, value)), 400, "InvalidParameter")

    @pytest.mark.parametrize("path", ["osProfile.adminUsername", "hardwareProfile", "networkProfile.networkInterfaces"])
    def test_wrong_types(self, arm, linux, path):
        refused(arm.put(VM, changed(linux, path, 7)), 400, "BadRequest")

    def test_an_interface_that_does_not_exist(self, arm, linux):
        interfaces = [{"id": f"{GROUP}/providers/Microsoft.Network/networkInterfaces/none"}]
        refused(
            arm.put(VM, changed(linux, "networkProfile.networkInterfaces", interfaces)), 400, "InvalidResourceReference"
        )

    def test_an_interface_in_another_region(self, arm, linux):
        refused(arm.put(VM, {**linux, "location": "northeurope"}), 400, "InvalidResourceReference")

    def test_an_interface_of_another_machine(self, arm, linux):
        made(arm.put(VM, linux))
        refused(arm.put(f"{VM}2", linux), 400, "NicInUse")
        arm.delete(VM)
        made(arm.put(f"{VM}2", linux))

    def test_two_interfaces_need_a_primary(self, arm, interface, linux):
        references = [{"id": interface("one")}, {"id": interface("two")}]
        changed(linux, "networkProfile.networkInterfaces", references)
        refused(arm.put(VM, linux), 400, "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary")
        references[0]["properties"] = {"primary": True}
        made(arm.put(VM, linux))


class TestPower:
    def state(self, arm, vm):
        codes = [one["code"] for one in made(arm.get(f"{vm}/instanceView"))["statuses"]]
        return next(code for code in codes if code.startswith("PowerState/"))

    def test_by_microsofts_client(self, arm, clients, machine):
        vm = machine("vm")
        client = clients.compute.virtual_machines
        for act, expected in (
            (client.begin_deallocate, "deallocated"),
            (client.begin_start, "running"),
            (client.begin_power_off, "stopped"),
        ):
            act("rg", "vm").result()
            assert self.state(arm, vm) == f"PowerState/{expected}"
        with pytest.raises(HttpResponseError) as refusal:
            client.begin_restart("rg", "vm")
        assert (refusal.value.status_code, refusal.value.error.code) == (409, "OperationNotAllowed")

    def test_patches(self, arm, clients, machine):
        vm = machine("vm")
        client = clients.compute.virtual_machines
        assert client.begin_assess_patches("rg", "vm").result().status == "Succeeded"
        wanted = {"maximumDuration": "PT2H", "rebootSetting": "IfRequired", "linuxParameters": {}}
        assert client.begin_install_patches("rg", "vm", wanted).result().installed_patch_count == 0
        status = made(arm.get(f"{vm}/instanceView"))["patchStatus"]
        assert status.keys() == {"availablePatchSummary", "lastPatchInstallationSummary"}
        refused(arm.post(f"{vm}/installPatches", {}), 400, "InvalidParameter")
        refused(arm.post(f"{vm}/installPatches", {"rebootSetting": "Maybe"}), 400, "InvalidParameter")
        refused(arm.post(f"{vm}/installPatches", {**wanted, "maximumDuration": "2h"}), 400, "InvalidParameter")


HEALTH = {
    "location": "westeurope",
    "properties": {
        "publisher": "Microsoft.ManagedServices",
        "type": "ApplicationHealthLinux",
        "typeHandlerVersion": "1.0",
        "settings": {"protocol": "http", "port": 80, "requestPath": "/"},
        "protectedSettings": {"secret": "never-answered"},
    },
}


class TestExtensions:
    def test_by_microsofts_client(self, clients, machine):
        machine("vm")
        client = clients.compute.virtual_machine_extensions
        made_one = client.begin_create_or_update("rg", "vm", "health", HEALTH).result()
        assert (made_one.provisioning_state, made_one.settings["port"]) == ("Succeeded", 80)
        assert client.get("rg", "vm", "health").type_handler_version == "1.0"
        assert [one.name for one in clients.compute.virtual_machines.get("rg", "vm").resources] == ["health"]
        client.begin_delete("rg", "vm", "health").result()
        with pytest.raises(HttpResponseError):
            client.get("rg", "vm", "health")

    def test_refused(self, arm, machine):
        vm = machine("vm")
        path = f"{vm}/extensions/health"
        refused(arm.put(f"{vm}x/extensions/health", HEALTH), 404, "ParentResourceNotFound")
        nameless = {**HEALTH, "properties": {"publisher": "P", "type": "T"}}
        refused(arm.put(path, nameless), 400, "InvalidParameter")
        assert "never-answered" not in arm.put(path, HEALTH).text
        refused(arm.put(f"{vm}/extensions/second", HEALTH), 400, "BadRequest")
        other = {**HEALTH, "properties": {**HEALTH["properties"], "type": "Other"}}
        refused(arm.put(path, other), 409, "PropertyChangeNotAllowed")
        arm.post(f"{vm}/deallocate")
        refused(arm.put(path, HEALTH), 409, "OperationNotAllowed")
        refused(arm.delete(path), 409, "OperationNotAllowed")

    @pytest.mark.parametrize(
        "key", ["osProfile.allowExtensionOperations", "osProfile.linuxConfiguration.provisionVMAgent"]
    )
    def test_no_agent(self, arm, linux, key):
        made(arm.put(VM, changed(linux, key, value=False)))
        refused(arm.put(f"{VM}/extensions/health", HEALTH), 409, "OperationNotAllowed")


def test_the_delays_are_settings():
    assert Settings().machine_delay > 0
