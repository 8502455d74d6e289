"""Seeding: what Resource Graph prints becomes what the local Azure has, whole or not at all."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm.seed import SeedError, seed
from sandbox.arm.server import ArmServer
from tests.arm.conftest import FACTORY, SPOKE, SUBSCRIPTION, Arm, Clients, made

ESTATE = json.loads((Path(__file__).parents[2] / "sandbox" / "estate.json").read_text())
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old/providers/Microsoft.Compute/virtualMachines/vm"


def row(resource_id: str = VM, **columns):
    return {"id": resource_id, "location": "westeurope", "properties": {}, **columns}


@pytest.fixture
def served(tmp_path):
    """Seed a document and serve it."""
    servers: list[ArmServer] = []

    def serve(*documents):
        reports = [seed(tmp_path, document) for document in documents]
        server = ArmServer(tmp_path)
        servers.append(server)
        server.start()
        return Arm(server.url), reports

    yield serve
    for server in servers:
        server.stop()


class TestTheEstate:
    def test_microsofts_clients_read_it(self, served):
        arm, (report,) = served(ESTATE)
        assert (len(report.loaded), report.left) == (len(ESTATE["data"]), [])
        main, spoke, factory = (Clients(str(arm.http.base_url), one) for one in (SUBSCRIPTION, SPOKE, FACTORY))
        machines = [vm for one in (main, spoke, factory) for vm in one.compute.virtual_machines.list_all()]
        assert {one.os_profile is None for one in machines} == {True, False}
        assert {one.storage_profile.os_disk.os_type for one in machines} == {"Linux", "Windows"}
        arc = [machine for one in (main, spoke, factory) for machine in one.hybrid.machines.list_by_subscription()]
        assert sorted((one.name, one.os_type, one.status) for one in arc) == [
            ("arc01", "linux", "Connected"),
            ("arc02", "windows", "Connected"),
            ("arc03", "linux", "Connected"),
            ("arc04", "windows", "Disconnected"),
        ]
        stopped = spoke.compute.virtual_machines.instance_view("rg-spoke", "spoke03").statuses
        assert "PowerState/deallocated" in [one.code for one in stopped]

    def test_it_has_what_the_lab_needs(self):
        machines = [one for one in ESTATE["data"] if one["type"] == "microsoft.compute/virtualmachines"]
        modes = {mode for one in machines if (mode := patch_mode(one)) is not None}
        assert modes >= {"ImageDefault", "AutomaticByOS", "AutomaticByPlatform"}
        rings = {one["tags"].get("patch-ring") for one in ESTATE["data"]}
        assert rings == {"test", "prod", "canary", "preprod-canary", "preprod", None}
        assert len({one["subscriptionId"] for one in ESTATE["data"]}) == 3
        assert ESTATE["count"] == ESTATE["total_records"] == len(ESTATE["data"])
        assert any("galleries" in json.dumps(one) for one in machines)

    def test_a_second_time_it_is_left_as_it_is(self, served):
        changed = json.loads(json.dumps(ESTATE))
        changed["data"][0]["tags"] = {"other": "tag"}
        arm, (_, again) = served(ESTATE, changed)
        assert (again.loaded, len(again.left)) == ([], len(ESTATE["data"]))
        assert made(arm.get(ESTATE["data"][0]["id"]))["tags"] == ESTATE["data"][0]["tags"]


def patch_mode(machine: dict) -> str | None:
    profile = machine["properties"].get("osProfile", {})
    configuration = profile.get("linuxConfiguration") or profile.get("windowsConfiguration") or {}
    return configuration.get("patchSettings", {}).get("patchMode")


class TestShapes:
    def test_the_bare_array(self, served):
        arm, _ = served([row()])
        made(arm.get(VM))

    def test_ids_in_any_case(self, served):
        arm, _ = served([row(VM.lower())])
        assert made(arm.get(VM.upper().replace("/SUBSCRIPTIONS", "/subscriptions")))["type"] == (
            "Microsoft.Compute/virtualMachines"
        )

    def test_a_subscription_and_a_group_are_made(self, served):
        elsewhere = VM.replace(SUBSCRIPTION, "44444444-4444-4444-8444-444444444444")
        arm, _ = served([row(elsewhere, location="North Europe")])
        group = made(arm.get(elsewhere.split("/providers")[0]))
        assert group["location"] == "northeurope"
        assert len(made(arm.get("/subscriptions"))["value"]) == 4

    def test_rows_of_containers(self, served):
        subscription = "/subscriptions/44444444-4444-4444-8444-444444444444"
        rows = [
            row(
                f"{subscription}/resourceGroups/rg", type="microsoft.resources/subscriptions/resourcegroups", name="rg"
            ),
            {"id": subscription, "type": "microsoft.resources/subscriptions", "name": "Payments", "location": ""},
        ]
        arm, (report,) = served(rows)
        assert len(report.loaded) == 2
        assert made(arm.get(subscription))["displayName"] == "Payments"
        assert made(arm.get(f"{subscription}/resourceGroups/rg"))["location"] == "westeurope"

    def test_what_is_not_modelled_is_reported(self, served):
        other = VM.replace("Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts")
        _, (report,) = served([row(), row(other)])
        assert (report.loaded, report.left) == ([VM], [other])

    def test_children_after_their_parents(self, served):
        arm, (report,) = served([row(f"{VM}/extensions/one"), row()])
        assert len(report.loaded) == 2
        made(arm.get(f"{VM}/extensions/one"))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "not a list"),
        ("text", "not a list"),
        (None, "not a list"),
        ([1], "Row 1"),
        ([row(), {}], "Row 2"),
        ([row("nonsense")], "Row 1 ('nonsense')"),
        ([row(location="atlantis")], "atlantis"),
        ([row(location=None)], "location"),
        ([row(tags={"a": 1})], "tags.a"),
        ([row(tags=[])], "tags"),
        ([row(properties="text")], "properties"),
        ([row(name="other")], "the name 'other'"),
        ([row(type="microsoft.compute/disks")], "the type 'microsoft.compute/disks'"),
        ([row("/subscriptions/x/resourceGroups/rg")], "Wanted: a GUID"),
        ([row(f"{VM}/extensions/one")], "which it belongs to"),
        (
            [{"id": f"/subscriptions/{SPOKE[:-1]}9", "properties": {"managementGroupAncestorsChain": [1]}}],
            "managementGroupAncestorsChain",
        ),
    ],
)
def test_refused_whole(tmp_path, document, words):
    good = [row(f"{VM}-good")]
    with pytest.raises(SeedError) as refusal:
        seed(tmp_path, [*document, *good] if isinstance(document, list) else document)
    assert words in str(refusal.value)
    assert seed(tmp_path, good).loaded == [f"{VM}-good"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
rows = st.fixed_dictionaries(
    {"id": st.sampled_from([VM, VM + "/extensions/e", f"/subscriptions/{SUBSCRIPTION}", "/x"]) | json_values},
    optional=dict.fromkeys(
        ("name", "type", "location", "tags", "properties", "identity", "zones", "kind", "sku", "plan"), json_values
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(json_values | st.lists(rows, max_size=3))
def test_any_document_is_loaded_or_refused(tmp_path_factory, document):
    state = tmp_path_factory.mktemp("state")
    said = "loaded"
    try:
        seed(state, document)
    except SeedError as error:
        said = str(error)
    assert said
