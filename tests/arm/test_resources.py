"""Subscriptions, resource groups, registrations, tags, lists of resources, and ARM's own manners."""

import dataclasses

import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.errors import ArmError
from sandbox.arm.ids import ResourceId, parse, parse_path
from tests.arm.conftest import SPOKE, SUBSCRIPTION, configuration_body, made, refused

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NOWHERE = "99999999-0000-4000-8000-000000000000"


class TestSubscriptions:
    def test_three_exist_from_the_start(self, clients):
        found = [*clients.subscriptions.subscriptions.list()]
        assert [one.subscription_id[0] for one in found] == ["1", "2", "3"]
        assert {str(one.state) for one in found} == {"Enabled"} or all(one.state == "Enabled" for one in found)
        assert clients.subscriptions.subscriptions.get(SPOKE).display_name
        assert "westeurope" in [one.name for one in clients.subscriptions.subscriptions.list_locations(SPOKE)]
        assert [one.tenant_id for one in clients.subscriptions.tenants.list()] == [found[0].tenant_id]

    def test_a_missing_one(self, arm):
        refused(arm.get(f"/subscriptions/{NOWHERE}"), 404, "SubscriptionNotFound")
        refused(
            arm.put(f"/subscriptions/{NOWHERE}/resourceGroups/rg", {"location": "westeurope"}),
            404,
            "SubscriptionNotFound",
        )
        refused(arm.get(f"/subscriptions/{NOWHERE}/resources"), 404, "SubscriptionNotFound")


class TestGroups:
    def test_by_microsofts_client(self, clients):
        client = clients.resources.resource_groups
        assert client.create_or_update("rg", {"location": "West Europe", "tags": {"a": "b"}}).location == "westeurope"
        assert client.check_existence("rg")
        assert not client.check_existence("other")
        assert client.update("rg", {"tags": {"c": "d"}}).tags == {"c": "d"}
        assert [one.name for one in client.list()] == ["rg"]
        client.begin_delete("rg").result()
        assert not client.check_existence("rg")

    def test_everything_in_it_goes_with_it(self, arm, server, machine, configuration):
        vm = machine("vm")
        far = f"/subscriptions/{SPOKE}/providers/Microsoft.Maintenance/configurationAssignments/far"
        made(arm.put(far, {"properties": {"maintenanceConfigurationId": configuration, "filter": {}}}))
        assert arm.delete(GROUP).status_code == 202
        refused(arm.get(vm), 404, "ResourceGroupNotFound")
        refused(arm.get(far), 404, "ResourceNotFound")
        assert server.azure.store.under(GROUP) == []

    def test_asynchronously(self, arm, server, clock, group):
        server.azure.settings = dataclasses.replace(server.azure.settings, operation_delay=5)
        location = arm.delete(group).headers["Location"]
        assert made(arm.get(group))["properties"]["provisioningState"] == "Deleting"
        refused(arm.put(group, {"location": "westeurope"}), 409, "ResourceGroupBeingDeleted")
        assert arm.http.get(location).status_code == 202
        clock.advance(5)
        assert arm.http.get(location).status_code == 200
        refused(arm.get(group), 404, "ResourceGroupNotFound")

    def test_what_is_used_from_outside_blocks_it(self, arm, subnet):
        elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/elsewhere"
        made(arm.put(elsewhere, {"location": "westeurope"}))
        configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
        body = {"location": "westeurope", "properties": {"ipConfigurations": [configuration]}}
        made(arm.put(f"{elsewhere}/providers/Microsoft.Network/networkInterfaces/nic", body))
        location = arm.delete(GROUP).headers["Location"]
        refused(arm.http.get(location), 409, "ResourceGroupDeletionBlocked")
        made(arm.get(subnet))
        arm.delete(elsewhere)
        arm.delete(GROUP)
        refused(arm.get(GROUP), 404, "ResourceGroupNotFound")

    @pytest.mark.parametrize(
        ("name", "body", "status", "code"),
        [
            ("rg.", {"location": "westeurope"}, 400, "InvalidResourceGroup"),
            ("r" * 91, {"location": "westeurope"}, 400, "InvalidResourceGroup"),
            ("a*b", {"location": "westeurope"}, 400, "InvalidResourceGroup"),
            ("rg", {}, 400, "LocationRequired"),
            ("rg", {"location": "global"}, 400, "LocationNotAvailableForResourceType"),
            ("rg", {"location": 7}, 400, "InvalidRequestContent"),
            ("rg", {"location": "westeurope", "tags": {"a": 1}}, 400, "InvalidRequestContent"),
            ("rg", {"location": "westeurope", "tags": {"a<b": "c"}}, 400, "InvalidTagNameCharacters"),
        ],
    )
    def test_refused(self, arm, name, body, status, code):
        refused(arm.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}", body), status, code)

    def test_another_location(self, arm, group):
        refused(arm.put(group, {"location": "northeurope"}), 409, "InvalidResourceGroupLocation")

    def test_delete_a_missing_one(self, arm):
        refused(arm.delete(GROUP), 404, "ResourceGroupNotFound")


class TestRegistrations:
    def test_by_microsofts_client(self, clients):
        client = clients.resources.providers
        assert client.get("Microsoft.Maintenance").registration_state == "Registered"
        assert client.unregister("Microsoft.Maintenance").registration_state == "NotRegistered"
        states = {one.namespace: one.registration_state for one in client.list()}
        assert [name for name, state in states.items() if state != "Registered"] == ["Microsoft.Maintenance"]
        assert client.register("microsoft.maintenance").registration_state == "Registered"
        with pytest.raises(HttpResponseError) as refusal:
            client.get("Microsoft.Nothing")
        assert refusal.value.error.code == "InvalidResourceNamespace"

    def test_its_types_and_versions(self, clients):
        types = {
            one.resource_type: one.api_versions
            for one in clients.resources.providers.get("Microsoft.Compute").resource_types
        }
        assert "2024-11-01" in types["virtualMachines"]


class TestLists:
    @pytest.mark.usefixtures("arm", "configuration")
    def test_of_resources(self, clients, machine):
        machine("vm", tags={"ring": "test"})
        machine("second")
        client = clients.resources.resources
        kinds = {one.type for one in client.list()}
        assert "Microsoft.Network/virtualNetworks/subnets" not in kinds
        assert kinds >= {"Microsoft.Compute/virtualMachines", "Microsoft.Maintenance/maintenanceConfigurations"}

        def names(text):
            return [one.name for one in client.list_by_resource_group("rg", filter=text)]

        assert names("resourceType eq 'microsoft.compute/virtualMachines'") == ["second", "vm"]
        assert names("tagName eq 'Ring' and tagValue eq 'test'") == ["vm"]
        assert names("resourceType eq 'Microsoft.Compute/virtualMachines' and name ne 'vm'") == ["second"]
        with pytest.raises(HttpResponseError) as refusal:
            names("startswith(name, 'v')")
        assert refusal.value.error.code == "InvalidFilterInQueryString"

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
    def test_pages_are_the_whole(self, clients, arm, size):
        expected = [f"rg{number}" for number in range(7)]
        for name in expected:
            made(arm.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}", {"location": "westeurope"}))
        pages = [[one.name for one in page] for page in clients.resources.resource_groups.list(top=size).by_page()]
        assert [name for page in pages for name in page] == expected
        assert all(len(page) == size for page in pages[:-1])

    @pytest.mark.parametrize("top", ["0", "-1", "x", "9" * 30])
    def test_no_number(self, arm, top):
        refused(
            arm.send("GET", f"/subscriptions/{SUBSCRIPTION}/resourceGroups", **{"$top": top}),
            400,
            "InvalidTopParameter",
        )

    def test_a_token_of_ones_own(self, arm):
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
        refused(arm.send("GET", path, **{"$skiptoken": "%%%"}), 400, "InvalidSkipToken")


class TestTags:
    def test_by_microsofts_client(self, clients, arm, configuration):
        client = clients.resources.tags

        def change(operation, **tags):
            poller = client.begin_update_at_scope(configuration, {"operation": operation, "properties": {"tags": tags}})
            return poller.result().properties.tags

        client.begin_create_or_update_at_scope(configuration, {"properties": {"tags": {"a": "1", "b": "2"}}}).result()
        assert change("Merge", A="3", c="4") == {"a": "3", "b": "2", "c": "4"}
        assert change("Delete", b="2", c="other") == {"a": "3", "c": "4"}
        assert change("Replace", d="5") == {"d": "5"}
        assert client.get_at_scope(configuration).properties.tags == {"d": "5"}
        assert made(arm.get(configuration))["tags"] == {"d": "5"}
        client.begin_delete_at_scope(configuration).result()
        assert not made(arm.get(configuration)).get("tags")


class TestManners:
    def test_no_api_version(self, arm, group):
        refused(arm.http.get(group), 400, "MissingApiVersionParameter")

    @pytest.mark.parametrize("version", ["2099-01-01", "latest", "2023-04-01"])
    @pytest.mark.usefixtures("configuration")
    def test_an_api_version_of_another_namespace(self, arm, version):
        refused(arm.http.get(GROUP, params={"api-version": version}), 400, "InvalidApiVersionParameter")

    @pytest.mark.parametrize(
        "version", ["2018-06-01-preview", "2023-04-01", "2023-10-01-preview", "2025-10-01-PREVIEW"]
    )
    def test_every_published_version(self, arm, configuration, version):
        made(arm.http.get(configuration, params={"api-version": version}))

    def test_a_verb_that_is_not_served(self, arm, configuration):
        refused(arm.post(configuration), 405, "MethodNotAllowed")
        refused(arm.delete(f"/subscriptions/{SUBSCRIPTION}"), 405, "MethodNotAllowed")

    def test_a_type_that_is_not_served(self, arm, group):
        path = f"{group}/providers/Microsoft.Storage/storageAccounts/a"
        served = refused(arm.get(path), 404, "InvalidResourceType").partition("It serves: ")[2]
        assert "Microsoft.Maintenance/maintenanceConfigurations" in served
        assert "heldNames" not in served  # a note of its own

    def test_request_ids(self, arm, group):
        first, second = (arm.get(group).headers["x-ms-request-id"] for _ in range(2))
        assert first != second

    def test_without_case(self, arm, configuration):
        shouted = configuration.upper().replace("/PROVIDERS/", "/providers/")
        assert made(arm.get(shouted)) == made(arm.get(configuration.lower()))
        assert arm.put(shouted, configuration_body()).status_code == 200
        assert made(arm.get(configuration))["type"] == "Microsoft.Maintenance/maintenanceConfigurations"

    def test_head(self, arm, configuration):
        assert arm.send("HEAD", configuration).status_code == 204
        assert arm.send("HEAD", configuration + "x").status_code == 404

    def test_conditions(self, arm, configuration):
        etag = arm.get(configuration).headers["ETag"]
        query = {"api-version": "2023-04-01"}

        def put(**headers):
            return arm.http.put(configuration, params=query, json=configuration_body(), headers=headers)

        refused(put(**{"If-None-Match": "*"}), 412, "PreconditionFailed")
        refused(put(**{"If-Match": '"another"'}), 412, "PreconditionFailed")
        made(put(**{"If-Match": etag}))
        refused(put(**{"If-Match": etag}), 412, "PreconditionFailed")
        made(put(**{"If-Match": "*"}))

    def test_a_refused_request_changes_nothing(self, arm, server, configuration):
        before = [(one.id, one.etag) for one in server.azure.store.under("")]
        refused(
            arm.put(configuration, configuration_body(window={"recurEvery": "Month"})), 400, "InvalidMaintenanceWindow"
        )
        assert [(one.id, one.etag) for one in server.azure.store.under("")] == before

    def test_what_is_refused_when_it_is_due_comes_once(self, arm, server, group):
        def refuse(*_):
            calls.append(1)
            raise ArmError(400, "Refused", "on purpose")

        calls: list[int] = []
        kind = server.azure.types["microsoft.resources/resourcegroups"]
        server.azure.types[kind.name.lower()] = dataclasses.replace(kind, due=refuse)
        arm.delete(group)
        made(arm.get(group))
        made(arm.get(group))
        assert len(calls) == 1

    def test_a_fault_of_ours_is_answered_in_arms_form(self, arm, server, group, monkeypatch):
        monkeypatch.setattr(server.azure, "present", lambda _: 1 / 0)
        refused(arm.get(group), 500, "InternalServerError")


segments = st.text(
    st.characters(blacklist_characters="/", blacklist_categories=("Cs",)), min_size=1, max_size=8
).filter(lambda text: text.lower() not in ("providers", "subscriptions", "resourcegroups", "operationresults"))
groups = st.builds("/subscriptions/{}/resourceGroups/{}".format, segments, segments)
resources = st.builds(
    lambda scope, namespace, pairs: ResourceId(
        scope, "/".join([namespace, *[a for a, _ in pairs]]), tuple(b for _, b in pairs)
    ),
    groups,
    segments,
    st.lists(st.tuples(segments, segments), min_size=1, max_size=3),
)
extended = st.builds(
    lambda owner, kind, name: ResourceId(owner.text, kind, (name,)), resources, st.just("N.s/t"), segments
)


class TestIds:
    @given(resources | extended)
    def test_text_and_back(self, resource_id):
        assert parse(resource_id.text) == resource_id
        assert parse(resource_id.text).key == resource_id.text.lower()

    @given(extended)
    def test_the_parent_of_an_extension_is_its_scope(self, resource_id):
        assert resource_id.parent == parse(resource_id.scope)

    @given(resources, segments)
    def test_a_collection(self, resource_id, word):
        target = parse_path(f"{resource_id.text}/{word}")
        assert (target.id, target.tail, target.collection) == (resource_id, word, f"{resource_id.type}/{word}")


def test_a_request_under_another_name_of_this_machine_is_refused(arm):
    answer = arm.http.get("/subscriptions", params={"api-version": "2022-12-01"}, headers={"Host": "evil.example"})
    assert answer.status_code == 400
