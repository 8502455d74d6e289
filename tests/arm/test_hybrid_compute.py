"""Arc-enabled machines."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.arm.conftest import SUBSCRIPTION, made, refused

ARC = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/arc"
BODY = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {"osType": "linux"}}


def test_by_microsofts_client(arm, clients, group):
    made(arm.put(ARC, BODY))
    client = clients.hybrid.machines
    read = client.get("rg", "arc")
    assert (read.status, read.os_type) == ("Connected", "linux")
    assert read.identity.principal_id
    assert [one.name for one in client.list_by_resource_group("rg")] == ["arc"]
    assert [one.name for one in client.list_by_subscription()] == ["arc"]
    settings = {"linuxConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}
    client.update("rg", "arc", {"tags": {"a": "b"}, "properties": {"osProfile": settings}})
    changed = client.get("rg", "arc")
    assert changed.tags == {"a": "b"}
    assert changed.os_profile.linux_configuration.patch_settings.assessment_mode == "AutomaticByPlatform"
    assert changed.identity.principal_id == read.identity.principal_id
    assert client.begin_assess_patches("rg", "arc").result().status == "Succeeded"
    client.begin_delete("rg", "arc").result()
    with pytest.raises(HttpResponseError) as missing:
        client.get("rg", "arc")
    assert missing.value.status_code == 404


def test_refused(arm, group):
    refused(arm.put(ARC, {"properties": {}}), 400, "LocationRequired")
    modes = {"osProfile": {"linuxConfiguration": {"patchSettings": {"assessmentMode": "Sometimes"}}}}
    refused(arm.put(ARC, {**BODY, "properties": modes}), 400, "InvalidRequestContent")
    refused(arm.put(ARC, {**BODY, "identity": {"type": "Borrowed"}}), 400, "InvalidIdentity")
    refused(arm.patch(ARC, {"tags": {}}), 404, "ResourceNotFound")
    made(arm.put(ARC, BODY))
    refused(arm.put(ARC, {**BODY, "location": "northeurope"}), 409, "InvalidResourceLocation")


def test_what_the_agent_reports_cannot_be_patched(arm, group):
    made(arm.put(ARC, BODY))
    arm.patch(ARC, {"properties": {"osType": "windows", "status": "Expired"}})
    properties = made(arm.get(ARC))["properties"]
    assert (properties["osType"], properties["status"]) == ("linux", "Connected")
