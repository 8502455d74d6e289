"""The published examples of Microsoft.Maintenance, replayed: each is a request, and the answers it may have.

They are no part of the project: AZURE_FACTS says where they are, and without them these tests are skipped.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.arm.ids import RESOURCE_GROUP, ResourceId, parse
from sandbox.arm.providers.resources import new_group, new_subscription
from sandbox.arm.quirks import NO_SUBSCRIPTION_LIST, NULLS, ON_BY_DEFAULT, REBOOT_SPELLING
from sandbox.arm.store import Resource
from tests.arm.conftest import READY, SUBSCRIPTION
from tests.arm.published import FACTS, Specification, missing

SWAGGER = FACTS / "maintenance" / "swagger"
SPECIFICATIONS = {path.parent.name: Specification(path) for path in sorted(SWAGGER.glob("*/Maintenance.json"))}
EXAMPLES = sorted(SWAGGER.glob("*/examples/*.json"))
LEFT_OUT = {
    "ApplyUpdates": "they are about platform updates, of scale sets, which do not exist",
    "Updates_": "they are about platform updates, which do not exist",
    "Operations_List": "the operations of the provider are not listed",
    "ScheduledEvents_": "scheduled events do not exist",
    "PublicMaintenanceConfigurations_GetForResource": "there are no public configurations",
}
"""The examples that are not replayed, by how their names begin, and why."""
NOT_IMPLEMENTED = "ConfigurationAssignmentsResultWithinSubscription_List"
"""The list that is published, and that the service does not give (the quirk no-subscription-list)."""
CONFIGURATION = "Microsoft.Maintenance/maintenanceConfigurations"
ASSIGNMENT = "Microsoft.Maintenance/configurationAssignments"
CONFIGURED = f"providers/{CONFIGURATION}/configuration1"
WINDOW = {"startDateTime": "2020-04-30 08:00", "duration": "05:00", "timeZone": "UTC", "recurEvery": "Day"}
HERE = f"the published examples are not at {SWAGGER}: set AZURE_FACTS"

pytestmark = pytest.mark.skipif(not EXAMPLES, reason=HERE)


def examples(*, left_out: bool) -> list[Any]:
    return [
        pytest.param(path, id=f"{path.parent.parent.name}/{path.stem}")
        for path in EXAMPLES
        if path.stem.startswith(tuple(LEFT_OUT)) is left_out
    ]


def resource(store: Any, resource_id: ResourceId, properties: dict[str, Any] | None = None, **document: Any) -> None:
    store.put(Resource(resource_id, {**document, "properties": properties or {}}), 0.0)


def prepare(store: Any, published: dict[str, Any], verb: str) -> None:
    """Put what an example takes for granted into the store: for what reads or removes, what it answers."""
    parameters = published["parameters"]
    if "subscriptionId" not in parameters:
        return
    subscription = new_subscription(parameters["subscriptionId"], "Example")
    store.put(subscription, 0.0)
    group = ResourceId(subscription.id.text, RESOURCE_GROUP, (parameters.get("resourceGroupName", "examplerg"),))
    store.put(new_group(group, "westus2"), 0.0)
    scope = machine_of(store, group, parameters) or (
        group.text if "resourceGroupName" in parameters else subscription.id.text
    )
    if verb != "PUT" and "configurationAssignmentName" in parameters:  # the answer to a DELETE does not have it all
        assignment = ResourceId(scope, ASSIGNMENT, (parameters["configurationAssignmentName"],))
        resource(store, assignment, {"maintenanceConfigurationId": f"{group.text}/{CONFIGURED}", "resourceId": scope})
    needed = {"configuration1", "policy1"} if verb != "PUT" or "configurationAssignmentName" in parameters else set()
    for name in needed:
        configuration = ResourceId(group.text, CONFIGURATION, (name,))
        properties = {"maintenanceScope": "OSImage", "maintenanceWindow": WINDOW, "visibility": "Custom"}
        resource(store, configuration, properties, location="westus2", tags={})
    answered = published["responses"].get("200", {}).get("body", {}) if verb == "GET" else {}
    for one in answered.get("value", [answered]):
        if parse(one["id"]).type in {CONFIGURATION, ASSIGNMENT} if "id" in one else False:
            document = {key: value for key, value in one.items() if key in {"location", "tags"}}
            resource(store, parse(one["id"]), one["properties"], **document)


def machine_of(store: Any, group: ResourceId, parameters: dict[str, Any]) -> str:
    """Make the machine that an example is about, and what it is part of; return its id."""
    if "providerName" not in parameters or "resourceName" not in parameters:
        return ""
    pairs = [(parameters["resourceType"], parameters["resourceName"])]
    if "resourceParentType" in parameters:
        pairs.insert(0, (parameters["resourceParentType"], parameters["resourceParentName"]))
    machine = group
    for end in range(1, len(pairs) + 1):
        kinds, names = zip(*pairs[:end], strict=True)
        machine = ResourceId(group.text, "/".join([parameters["providerName"], *kinds]), names)
        properties = {"osProfile": {"linuxConfiguration": {"patchSettings": READY}}}
        resource(store, machine, properties, location="westus2")
    return machine.text


def replay(arm: Any, server: Any, example: Path, quirks: frozenset[str], **changed: str) -> tuple[Any, dict[str, Any]]:
    """Send an example's request; return the answer, and the example."""
    server.azure.settings = dataclasses.replace(server.azure.settings, quirks=quirks)
    published = json.loads(example.read_text())
    parameters = published["parameters"]
    template, verb, operation = SPECIFICATIONS[example.parent.parent.name].operations[example.stem]
    with server.azure.store.transaction():
        prepare(server.azure.store, published, verb)
    bodies = [one["name"] for one in operation["parameters"] if one.get("in") == "body"]
    body = parameters[bodies[0]] if bodies else None
    query = {"api-version": parameters["api-version"], **changed}
    return arm.http.request(verb, template.format(**parameters), params=query, json=body), published


@pytest.mark.parametrize("example", examples(left_out=False))
def test_replayed(arm, server, example):
    """The status is a published one, every published field is answered, and nothing that the schema does not have."""
    answer, published = replay(arm, server, example, frozenset())
    specification = SPECIFICATIONS[example.parent.parent.name]
    assert str(answer.status_code) in published["responses"], answer.text
    body = answer.json() if answer.content else None
    assert body is None or specification.faults_in_answer(example.stem, answer.status_code, body) == []
    expected = published["responses"][str(answer.status_code)].get("body")
    if expected and body is not None and not example.stem.startswith("Public"):  # of which there are none
        assert missing(expected, body) == []
        assert expected.get("type", body.get("type", "")).lower() == body.get("type", "").lower()


@pytest.mark.parametrize("example", examples(left_out=False))
def test_with_its_quirks_the_service_breaks_its_own_schema_only_there(arm, server, example):
    answer, published = replay(arm, server, example, ON_BY_DEFAULT)
    if example.stem == NOT_IMPLEMENTED:
        assert answer.status_code == 501
        return
    assert str(answer.status_code) in published["responses"], answer.text
    if not answer.content:
        return
    specification = SPECIFICATIONS[example.parent.parent.name]
    faults = specification.faults_in_answer(example.stem, answer.status_code, answer.json())
    assert [one for one in faults if ".filter." not in one and "Reboot" not in one] == []


@pytest.mark.parametrize("example", examples(left_out=False))
def test_refusals_have_the_published_shape(arm, server, example):
    answer, _ = replay(arm, server, example, frozenset(), **{"api-version": "2000-01-01"})
    assert answer.status_code == 400
    schema = SPECIFICATIONS[example.parent.parent.name]
    assert schema.faults_in_answer(example.stem, answer.status_code, answer.json()) == []


@pytest.mark.parametrize("example", examples(left_out=True))
def test_what_is_left_out_is_refused_in_arms_form(arm, server, example):
    if example.stem not in SPECIFICATIONS[example.parent.parent.name].operations:
        pytest.skip("no operation of the specification has this example")
    answer, published = replay(arm, server, example, frozenset())
    if str(answer.status_code) not in published["responses"]:
        assert answer.status_code in {400, 404, 405}, answer.text
        assert answer.json()["error"]["code"]


def test_the_schemas_bite():
    """An unknown field, a wrong type and a field that is only read are faults."""
    specification = SPECIFICATIONS["2023-10-01-preview"]

    def faults(body):
        return specification.faults_in_request("MaintenanceConfiguration", body)

    window = {"maintenanceWindow": {"startDateTime": "2027-01-05 22:00"}}
    assert faults({"location": "westeurope", "properties": window}) == []
    assert len(faults({"location": 1})) == 1
    assert len(faults({"locatoin": "westeurope"})) == 1
    assert len(faults({"id": "x"})) == 1
    assert len(faults({"properties": {"maintenanceWindow": {"startDatetime": "2027-01-05 22:00"}}})) == 1
    assert specification.faults("MaintenanceConfiguration", {"id": "x"}) == []
    never = {"properties": {"installPatches": {"rebootSetting": "NeverReboot"}}}
    assert (len(faults(never)), len(specification.faults("MaintenanceConfiguration", never))) == (0, 1)


def test_quirks_break_the_schema():
    """The three quirks that do are named here; others would be found by the replay."""
    assert {NULLS, REBOOT_SPELLING, NO_SUBSCRIPTION_LIST} <= ON_BY_DEFAULT


@pytest.mark.parametrize(
    "example", sorted((FACTS / "compute").glob("*/VirtualMachine_Create_*.json")), ids=lambda path: path.stem
)
def test_patch_settings_of_the_published_machines(arm, interface, example):
    """Each published combination of patch settings is taken, and answered as it was sent."""
    parameters = json.loads(example.read_text())["parameters"]["parameters"]
    parameters["location"] = "westeurope"
    profile = parameters["properties"]["osProfile"]
    if profile.get("windowsConfiguration", {}).get("patchSettings", {}).get("patchMode") == "Manual":
        # The example contradicts the description of Manual, which wants automatic updates off.
        profile["windowsConfiguration"]["enableAutomaticUpdates"] = False
    profile |= {"adminUsername": "azureuser", "adminPassword": "Not-a-secret-1"}
    parameters["properties"]["networkProfile"] = {"networkInterfaces": [{"id": interface()}]}
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
    answer = arm.put(path, parameters)
    assert answer.status_code == 201, answer.text
    key = "windowsConfiguration" if "windowsConfiguration" in profile else "linuxConfiguration"
    answered = answer.json()["properties"]["osProfile"][key]
    assert profile[key]["patchSettings"].items() <= answered["patchSettings"].items()


@pytest.mark.parametrize("verb", ["AssessPatches", "InstallPatches"])
def test_patches_are_assessed_and_installed_as_published(arm, machine, verb):
    """The request is taken, and the operation ends with every published field but those of patches, which are none."""
    example = json.loads((FACTS / "compute" / "2024-03-01" / f"VirtualMachine_{verb}.json").read_text())
    parameters = example["parameters"]
    path = machine("vm", "Windows", **READY)
    query = {"api-version": parameters["api-version"]}
    answer = arm.http.post(
        f"{path}/{verb[0].lower()}{verb[1:]}", params=query, json=parameters.get("installPatchesInput")
    )
    assert answer.status_code == 202, answer.text
    assert "Location" in answer.headers
    ended = arm.http.get(answer.headers["Location"])
    published = example["responses"]["200"]["body"]
    for patches in ("availablePatches", "patches"):
        if patches in published:
            published[patches] = []
    assert ended.status_code == 200
    assert missing(published, ended.json()) == []
