"""The one application that may do only what its roles allow."""

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.arm.azure import LIMITED_CLIENT_ID
from tests.arm.conftest import READER, SPOKE, SUBSCRIPTION, made

CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
SCHEDULED_PATCHING_CONTRIBUTOR = "cd08ab90-6b14-449c-ad9a-8f8e549482c6"


def forbidden(action, scope, call):
    with pytest.raises(HttpResponseError) as caught:
        call()
    assert (caught.value.status_code, caught.value.error.code) == (403, "AuthorizationFailed")
    assert f"'{LIMITED_CLIENT_ID}' with object id '{LIMITED_CLIENT_ID}'" in caught.value.message
    assert f"perform action '{action}' over scope '{scope}'" in caught.value.message


def test_without_a_role_it_may_do_nothing(limited, group, machine):
    path, groups = machine(), limited.resources.resource_groups
    forbidden("Microsoft.Resources/subscriptions/resourceGroups/read", group, lambda: groups.get("rg"))
    forbidden(
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/new",
        lambda: groups.create_or_update("new", {"location": "westeurope"}),
    )
    forbidden("Microsoft.Resources/subscriptions/resourceGroups/delete", group, lambda: groups.begin_delete("rg"))
    forbidden(
        "Microsoft.Compute/virtualMachines/deallocate/action",
        path,
        lambda: limited.compute.virtual_machines.begin_deallocate("rg", "vm"),
    )
    forbidden(
        "Microsoft.Maintenance/maintenanceConfigurations/read",
        f"/subscriptions/{SUBSCRIPTION}",
        lambda: list(limited.maintenance.maintenance_configurations.list()),
    )


def test_a_reader_may_read(limited, give, group, machine):
    path = machine()
    give(READER, f"/subscriptions/{SUBSCRIPTION}")
    assert limited.resources.resource_groups.get("rg").name == "rg"
    assert [one.name for one in limited.compute.virtual_machines.list("rg")] == ["vm"]
    assert limited.compute.virtual_machines.instance_view("rg", "vm").statuses
    forbidden(
        "Microsoft.Compute/virtualMachines/delete",
        path,
        lambda: limited.compute.virtual_machines.begin_delete("rg", "vm"),
    )
    assert limited.compute.virtual_machines.get("rg", "vm")


def test_a_role_counts_at_its_scope_and_below(limited, signed_in, give, group):
    give(CONTRIBUTOR, group)
    assert limited.resources.resource_groups.update("rg", {"tags": {"a": "b"}}).tags == {"a": "b"}
    forbidden(
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other",
        lambda: limited.resources.resource_groups.create_or_update("other", {"location": "westeurope"}),
    )
    spoke = signed_in(client_id=LIMITED_CLIENT_ID, subscription=SPOKE)
    forbidden(
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        f"/subscriptions/{SPOKE}",
        lambda: list(spoke.resources.resource_groups.list()),
    )


def test_the_role_for_scheduled_patching_is_enough_for_it(limited, give, group, configuration):
    give(SCHEDULED_PATCHING_CONTRIBUTOR, f"/subscriptions/{SUBSCRIPTION}")
    found = limited.maintenance.maintenance_configurations.get("rg", "Weekly")
    limited.maintenance.maintenance_configurations.create_or_update("rg", "Weekly", found)
    limited.maintenance.maintenance_configurations.delete("rg", "Weekly")


def test_everybody_else_may_do_everything(signed_in, group):
    assert signed_in().resources.resource_groups.get("rg").name == "rg"
    assert signed_in(client_id="00000000-0000-4000-8000-000000000002").resources.resource_groups.get("rg")


def test_over_http_nobody_is_asked(arm, group):
    made(arm.get(group))
