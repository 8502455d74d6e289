"""Configuration assignments: to machines, and to what a filter matches."""

import dataclasses
from collections import Counter

import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.maintenance import machines_reached
from sandbox.arm.providers.maintenance.filters import matches
from sandbox.arm.quirks import MISSING_ASSIGNMENT_IS_400
from sandbox.arm.store import Resource
from tests.arm.conftest import READY, SPOKE, SUBSCRIPTION, configuration_body, made, refused

ALL = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/all"


def assignment(machine: str, name: str = "patching") -> str:
    return f"{machine}/providers/Microsoft.Maintenance/configurationAssignments/{name}"


def body(configuration: str, **changes) -> dict:
    return {"location": "westeurope", "properties": {"maintenanceConfigurationId": configuration, **changes}}


@pytest.fixture
def arc(arm, group):
    path = f"{group}/providers/Microsoft.HybridCompute/machines/arc"
    made(arm.put(path, {"location": "westeurope", "properties": {"osType": "linux"}}))
    return path


class TestToAMachine:
    def test_by_microsofts_client(self, clients, machine, configuration):
        machine("vm", **READY)
        client = clients.maintenance.configuration_assignments
        where = ("rg", "Microsoft.Compute", "virtualMachines", "vm")
        created = client.create_or_update(
            *where, "patching", {"location": "westeurope", "maintenance_configuration_id": configuration}
        )
        read = client.get(*where, "patching")
        assert read.maintenance_configuration_id == configuration.lower()
        assert read.resource_id.endswith("/providers/microsoft.compute/virtualmachines/vm")
        assert (read.location, read.id) == ("westeurope", created.id)
        assert [one.name for one in client.list(*where)] == ["patching"]
        assert client.delete(*where, "patching").name == "patching"
        with pytest.raises(HttpResponseError) as missing:
            client.get(*where, "patching")
        assert missing.value.status_code == 404

    @pytest.mark.parametrize(
        "patch_settings",
        [
            {},
            {"patchMode": "AutomaticByPlatform"},
            {
                "patchMode": "AutomaticByPlatform",
                "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": False},
            },
        ],
    )
    @pytest.mark.parametrize("system", ["Linux", "Windows"])
    def test_a_machine_that_is_not_ready(self, arm, machine, configuration, patch_settings, system):
        vm = machine("vm", system, **patch_settings)
        message = refused(arm.put(assignment(vm), body(configuration)), 400, "BadRequest")
        assert "prerequisites" in message

    @pytest.mark.parametrize("system", ["Linux", "Windows"])
    def test_a_machine_that_is_ready(self, arm, machine, configuration, system):
        assert arm.put(assignment(machine("vm", system, **READY)), body(configuration)).status_code == 201

    def test_a_stopped_machine_is_taken(self, arm, machine, configuration):
        vm = machine("vm", **READY)
        arm.post(f"{vm}/deallocate")
        made(arm.put(assignment(vm), body(configuration)))

    def test_arc_needs_no_prerequisite(self, arm, arc, configuration):
        assert arm.put(assignment(arc), body(configuration)).status_code == 201

    def test_a_machine_that_does_not_exist(self, arm, group, configuration):
        path = assignment(f"{group}/providers/Microsoft.Compute/virtualMachines/none")
        refused(arm.put(path, body(configuration)), 404, "ResourceNotFound")
        refused(arm.get(path), 404, "ResourceNotFound")

    def test_a_configuration_that_does_not_exist(self, arm, arc, configuration):
        refused(arm.put(assignment(arc), body(configuration + "x")), 404, "ResourceNotFound")

    @pytest.mark.parametrize("text", ["weekly", "/subscriptions/x", "/subscriptions/x/resourceGroups/y", "a/b/c"])
    def test_an_id_that_is_none(self, arm, arc, text):
        refused(arm.put(assignment(arc), body(text)), 400, "LinkedInvalidPropertyId")

    def test_no_configuration(self, arm, arc):
        refused(arm.put(assignment(arc), {"location": "westeurope", "properties": {}}), 400, "BadRequest")

    def test_scale_sets(self, arm, group, configuration):
        scale_set = f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/set"
        for target in (scale_set, f"{scale_set}/virtualMachines/0"):
            assert "scale sets" in refused(arm.put(assignment(target), body(configuration)), 400, "BadRequest")

    def test_no_filter_on_one_machine(self, arm, arc, configuration):
        refused(arm.put(assignment(arc), body(configuration, filter={"osTypes": ["Linux"]})), 400, "BadRequest")

    def test_another_resource_id(self, arm, arc, configuration):
        made(arm.put(assignment(arc), body(configuration, resourceId=arc.upper())))
        refused(arm.put(assignment(arc), body(configuration, resourceId=arc + "x")), 400, "BadRequest")

    def test_only_the_same_again(self, arm, arc, configuration):
        other = configuration.replace("Weekly", "Other")
        made(arm.put(other, configuration_body()))
        made(arm.put(assignment(arc), body(configuration)))
        assert arm.put(assignment(arc), body(configuration.upper())).status_code == 200
        refused(arm.put(assignment(arc), body(other)), 400, "BadRequest")
        refused(arm.put(assignment(arc), {**body(configuration), "location": "northeurope"}), 400, "BadRequest")
        made(arm.put(assignment(arc, "second"), body(other)))
        refused(arm.patch(assignment(arc), body(configuration)), 405, "MethodNotAllowed")

    def test_a_configuration_of_another_subscription(self, arm, arc, group):
        there = group.replace(SUBSCRIPTION, SPOKE)
        made(arm.put(there, {"location": "northeurope"}))
        path = f"{there}/providers/Microsoft.Maintenance/maintenanceConfigurations/far"
        made(arm.put(path, {**configuration_body(), "location": "northeurope"}))
        made(arm.put(assignment(arc), body(path)))

    def test_a_subscription_that_is_not_registered(self, arm, arc, configuration):
        made(arm.post(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/unregister"))
        refused(arm.put(assignment(arc), body(configuration)), 409, "MissingSubscriptionRegistration")

    def test_it_goes_with_its_machine_and_with_its_configuration(self, arm, arc, machine, configuration):
        vm = machine("vm", **READY)
        for one in (arc, vm):
            made(arm.put(assignment(one), body(configuration)))
        made(
            arm.put(
                ALL, {"properties": {"maintenanceConfigurationId": configuration, "filter": {"osTypes": ["Linux"]}}}
            )
        )
        paths = (assignment(vm), assignment(arc), ALL)
        assert [arm.get(path).status_code for path in paths] == [200, 200, 200]
        arm.delete(vm)
        assert [arm.get(path).status_code for path in paths] == [404, 200, 200]
        arm.delete(configuration)
        assert [arm.get(path).status_code for path in paths] == [404, 404, 404]

    def test_delete_twice(self, arm, arc, configuration):
        made(arm.put(assignment(arc), body(configuration)))
        assert arm.delete(assignment(arc)).json().keys() == {"id", "name", "type"}
        assert arm.delete(assignment(arc)).status_code == 204


class TestDynamicScopes:
    def test_by_microsofts_clients(self, clients, configuration):
        tags = {"tags": {"patch-ring": ["test", "prod"]}, "filter_operator": "All"}
        wanted = {"os_types": ["Linux"], "locations": ["West Europe"], "tag_settings": tags}
        request = {"location": "global", "maintenance_configuration_id": configuration, "filter": wanted}
        at_subscription = clients.maintenance.configuration_assignments_for_subscriptions
        at_group = clients.maintenance.configuration_assignments_for_resource_group
        at_subscription.create_or_update("all", request)
        at_group.create_or_update("rg", "group", {**request, "location": "westeurope"})
        for read in (at_subscription.get("all"), at_group.get("rg", "group")):
            assert read.filter.tag_settings.tags == {"patch-ring": ["test", "prod"]}
            assert read.filter.tag_settings.filter_operator == "All"
            assert read.filter.resource_types is None
        request["filter"] = {"os_types": ["Windows"], "locations": ["westeurope"]}
        assert at_subscription.update("all", request).filter.os_types == ["Windows"]
        assert at_group.update("rg", "group", {**request, "location": "westeurope"}).filter.os_types == ["Windows"]
        at_subscription.delete("all")
        at_group.delete("rg", "group")
        with pytest.raises(HttpResponseError):
            at_subscription.get("all")

    def test_the_filter_may_change_and_nothing_else(self, arm, configuration):
        def send(method="PUT", location="global", target=configuration, **wanted):
            properties = {"maintenanceConfigurationId": target, "filter": wanted}
            return arm.send(method, ALL, {"location": location, "properties": properties})

        other = configuration.replace("Weekly", "Other")
        made(arm.put(other, configuration_body()))
        assert send(osTypes=["Linux"]).status_code == 201
        assert send(osTypes=["Windows"]).status_code == 200
        for method in ("PUT", "PATCH"):
            refused(send(method, target=other), 400, "BadRequest")
            refused(send(method, location="westeurope"), 400, "BadRequest")
        made(send("PATCH", osTypes=["Linux"]))
        assert made(arm.get(ALL))["properties"]["filter"]["osTypes"] == ["Linux"]

    @pytest.mark.parametrize(
        "wanted",
        [
            {"osTypes": ["BSD"]},
            {"resourceTypes": ["Microsoft.Compute/virtualMachineScaleSets"]},
            {"tagSettings": {"tags": {"a": ["b"]}, "filterOperator": "None"}},
            {"tagSettings": {"tags": {f"tag{number}": ["x"] for number in range(51)}}},
            {"resourceGroups": [f"rg{number}" for number in range(51)]},
        ],
    )
    def test_filters_that_are_refused(self, arm, configuration, wanted):
        refused(arm.put(ALL, body(configuration, filter=wanted)), 400, "BadRequest")

    @pytest.mark.parametrize(
        "wanted", [{"osTypes": "Linux"}, {"tagSettings": {"tags": {"a": "b"}}}, {"locations": [1]}, []]
    )
    def test_filters_of_the_wrong_type(self, arm, configuration, wanted):
        refused(arm.put(ALL, body(configuration, filter=wanted)), 400, "InvalidRequestContent")

    def test_as_many_as_the_limit(self, arm, configuration):
        tags = {f"tag{number}": ["x"] for number in range(50)}
        groups = [f"rg{number}" for number in range(50)]
        made(arm.put(ALL, body(configuration, filter={"tagSettings": {"tags": tags}, "resourceGroups": groups})))

    def test_a_group_needs_locations(self, arm, group, configuration):
        path = assignment(group)
        refused(arm.put(path, body(configuration, filter={"osTypes": ["Linux"]})), 400, "BadRequest")
        made(arm.put(path, body(configuration, filter={"locations": ["westeurope"]})))

    def test_a_group_that_does_not_exist(self, arm, configuration):
        path = assignment(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/none")
        refused(arm.put(path, body(configuration, filter={"locations": ["westeurope"]})), 404, "ResourceGroupNotFound")

    def test_a_list_has_what_hangs_there(self, arm, server, group, arc, configuration):
        made(arm.put(ALL, body(configuration, filter={})))
        made(arm.put(assignment(group, "group"), body(configuration, filter={"locations": ["westeurope"]})))
        made(arm.put(assignment(arc, "static"), body(configuration)))

        def names(scope):
            found = made(arm.get(f"{scope}/providers/Microsoft.Maintenance/configurationAssignments"))["value"]
            return sorted(one["name"] for one in found)

        assert (names(group), names(arc)) == (["group"], ["static"])
        TestQuirks.switch(server)
        assert names(f"/subscriptions/{SUBSCRIPTION}") == ["all", "group", "static"]


class TestQuirks:
    @staticmethod
    def switch(server, *quirks):
        server.azure.settings = dataclasses.replace(server.azure.settings, quirks=frozenset(quirks))

    def test_lower_cased_ids_and_nulls(self, arm, server, arc, configuration):
        made(arm.put(assignment(arc), body(configuration)))
        made(arm.put(ALL, body(configuration, filter={"osTypes": ["Linux"]})))
        read, scope = made(arm.get(assignment(arc))), made(arm.get(ALL))
        assert read["id"] == assignment(arc).lower()
        assert read["properties"] == {"maintenanceConfigurationId": configuration.lower(), "resourceId": arc.lower()}
        fields = ("resourceTypes", "resourceGroups", "locations", "tagSettings")
        assert scope["properties"]["filter"] == {"osTypes": ["Linux"], **dict.fromkeys(fields)}
        self.switch(server)
        assert made(arm.get(assignment(arc)))["properties"]["maintenanceConfigurationId"] == configuration
        assert made(arm.get(ALL))["properties"]["filter"] == {"osTypes": ["Linux"]}

    def test_a_missing_one_beside_another_is_400(self, arm, server, arc, configuration):
        made(arm.put(assignment(arc, "first"), body(configuration)))
        refused(arm.get(assignment(arc, "second")), 404, "ResourceNotFound")
        self.switch(server, MISSING_ASSIGNMENT_IS_400)
        message = refused(arm.get(assignment(arc, "second")), 400, "BadRequest")
        assert message == "Invalid configurationAssignmentName: second. Confirm api version."
        refused(arm.get(ALL), 404, "ResourceNotFound")
        arm.delete(assignment(arc, "first"))
        refused(arm.get(assignment(arc, "second")), 404, "ResourceNotFound")

    @pytest.mark.usefixtures("configuration")
    def test_no_list_at_a_subscription(self, arm, server):
        listed = ALL.removesuffix("/all")
        refused(arm.get(listed), 501, "NotImplemented")
        self.switch(server)
        made(arm.get(listed))

    def test_long_ids_fail(self, arm, server, arc, configuration):
        path = assignment(arc, "n" * 120)
        refused(arm.put(path, body(configuration)), 500, "InternalServerError")
        self.switch(server)
        made(arm.put(path, body(configuration)))


class TestReach:
    @pytest.mark.usefixtures("group")
    def test_each_machine_once(self, arm, server, machine, arc, configuration):
        ring = machine("ring", tags={"Patch-Ring": "test"}, **READY)
        machine("other", tags={"Patch-Ring": "prod"}, **READY)
        made(arm.put(assignment(ring), body(configuration)))
        made(arm.put(assignment(arc), body(configuration)))
        made(arm.put(ALL, body(configuration, filter={"tagSettings": {"tags": {"patch-ring": ["test"]}}})))
        reached = [one.name for one in machines_reached(server.azure, parse(configuration))]
        assert Counter(reached) == Counter(["arc", "ring"])

    def test_a_group_reaches_no_further(self, arm, server, machine, group, configuration):
        machine("inside", **READY)
        elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg2"
        made(arm.put(elsewhere, {"location": "westeurope"}))
        made(arm.put(f"{elsewhere}/providers/Microsoft.HybridCompute/machines/outside", {"location": "westeurope"}))
        made(arm.put(assignment(group), body(configuration, filter={"locations": ["West Europe"]})))
        assert [one.name for one in machines_reached(server.azure, parse(configuration))] == ["inside"]


def a_machine(tags=None, system="Linux", group="rg", location="westeurope", kind="Microsoft.Compute/virtualMachines"):
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
    properties = {"storageProfile": {"osDisk": {"osType": system}}, "osType": system.lower()}
    return Resource(
        ResourceId(scope, kind, ("m",)), {"location": location, "tags": tags or {}, "properties": properties}
    )


names = st.sampled_from(["ring", "Ring", "RING", "env", "Env"])
values = st.sampled_from(["test", "Test", "prod"])


class TestMatching:
    @pytest.mark.parametrize(
        ("wanted", "matched"),
        [
            ({}, True),
            ({"osTypes": ["linux"]}, True),
            ({"osTypes": ["Windows"]}, False),
            ({"resourceGroups": ["RG"]}, True),
            ({"resourceGroups": ["rg2"]}, False),
            ({"locations": ["West Europe"]}, True),
            ({"locations": ["northeurope"]}, False),
            ({"resourceTypes": ["microsoft.compute/virtualmachines"]}, True),
            ({"resourceTypes": ["Microsoft.HybridCompute/machines"]}, False),
            ({"osTypes": [], "locations": None, "tagSettings": None}, True),
        ],
    )
    def test_one_field(self, wanted, matched):
        assert matches(a_machine(), wanted) is matched

    @given(st.dictionaries(names, values, max_size=2), st.dictionaries(names, st.lists(values, max_size=2), max_size=3))
    def test_all_is_stricter_than_any(self, tags, wanted):
        machine = a_machine(tags)
        strict = matches(machine, {"tagSettings": {"tags": wanted, "filterOperator": "All"}})
        loose = matches(machine, {"tagSettings": {"tags": wanted, "filterOperator": "Any"}})
        assert loose or not strict

    @given(names, names, values, values)
    def test_names_without_case_and_values_exactly(self, name, wanted_name, value, wanted_value):
        matched = matches(a_machine({name: value}), {"tagSettings": {"tags": {wanted_name: [wanted_value]}}})
        assert matched == (name.lower() == wanted_name.lower() and value == wanted_value)
