"""The published examples of Microsoft.Maintenance, replayed: each is a request, and the answers it may have.

They are no part of the project: AZURE_FACTS says where they are, and without them these tests are skipped.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.arm.ids import RESOURCE_GROUP, ResourceId
from sandbox.arm.providers.resources import new_group, new_subscription
from sandbox.arm.store import Resource
from tests.arm.conftest import READY

FACTS = Path(os.environ.get("AZURE_FACTS", Path(__file__).parents[3] / "shared" / "azure")) / "data"
SWAGGER = FACTS / "maintenance" / "swagger"
EXAMPLES = sorted(SWAGGER.glob("*/examples/*.json"))
NOT_MODELLED = ("ApplyUpdates", "ApplyUpdate", "Updates_", "Operations_List", "ScheduledEvents", "PublicMaintenance")
WINDOW = {"startDateTime": "2020-04-30 08:00", "duration": "05:00", "timeZone": "UTC", "recurEvery": "Day"}

pytestmark = pytest.mark.skipif(not EXAMPLES, reason=f"the published examples are not at {SWAGGER}")


def modelled():
    return [path for path in EXAMPLES if not path.stem.startswith(NOT_MODELLED)]


def operation(version: str, example: str) -> tuple[str, str]:
    """Return the path and the verb of the operation that an example is of."""
    document = json.loads((SWAGGER / version / "Maintenance.json").read_text())
    for path, verbs in document["paths"].items():
        for verb, one in verbs.items():
            for reference in one.get("x-ms-examples", {}).values():
                if Path(reference["$ref"]).stem == example:
                    return path, verb.upper()
    raise AssertionError(f"no operation has the example {example}")


def resource(store: Any, resource_id: ResourceId, properties: dict[str, Any] | None = None, **document: Any) -> None:
    store.put(Resource(resource_id, {**document, "properties": properties or {}}), 0.0)


def prepare(store: Any, parameters: dict[str, Any], verb: str) -> str:
    """Put what an example takes for granted into the store; return the scope of its resource."""
    subscription = new_subscription(parameters["subscriptionId"], "Example")
    store.put(subscription, 0.0)
    group = ResourceId(subscription.id.text, RESOURCE_GROUP, (parameters.get("resourceGroupName", "examplerg"),))
    store.put(new_group(group, "westus2"), 0.0)
    scope = subscription.id.text if "resourceGroupName" not in parameters else group.text
    if "resourceName" in parameters and "providerName" in parameters:
        pairs = [(parameters["resourceType"], parameters["resourceName"])]
        if "resourceParentType" in parameters:
            pairs.insert(0, (parameters["resourceParentType"], parameters["resourceParentName"]))
        for end in range(1, len(pairs) + 1):
            kinds, names = zip(*pairs[:end], strict=True)
            machine = ResourceId(group.text, "/".join([parameters["providerName"], *kinds]), names)
            resource(
                store, machine, {"osProfile": {"linuxConfiguration": {"patchSettings": READY}}}, location="westus2"
            )
            scope = machine.text
    configurations = {"configuration1", "policy1", parameters.get("resourceName", "configuration1")}
    for name in configurations if verb != "PUT" or "configurationAssignmentName" in parameters else ():
        configuration = ResourceId(group.text, "Microsoft.Maintenance/maintenanceConfigurations", (name,))
        properties = {"maintenanceScope": "OSImage", "maintenanceWindow": WINDOW, "visibility": "Custom"}
        resource(store, configuration, properties, location="westus2", tags={})
    if "configurationAssignmentName" in parameters and verb != "PUT":
        assignment = ResourceId(
            scope, "Microsoft.Maintenance/configurationAssignments", (parameters["configurationAssignmentName"],)
        )
        target = f"{group.text}/providers/Microsoft.Maintenance/maintenanceConfigurations/configuration1"
        properties = {"maintenanceConfigurationId": target, "resourceId": scope}
        resource(store, assignment, properties | ({"filter": {}} if scope.count("/") <= 4 else {}))
    return scope


@pytest.mark.parametrize("example", modelled(), ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_replayed(arm, server, example):
    """The status is one of the published ones, and every published field of a resource's envelope is answered."""
    published = json.loads(example.read_text())
    parameters = published["parameters"]
    template, verb = operation(example.parent.parent.name, example.stem)
    path = template.format(**parameters)
    with server.azure.store.transaction():
        prepare(server.azure.store, parameters, verb)
    body = parameters.get("configuration") or parameters.get("configurationAssignment")
    answer = arm.http.request(verb, path, params={"api-version": parameters["api-version"]}, json=body)
    assert str(answer.status_code) in published["responses"], answer.text
    expected = published["responses"][str(answer.status_code)].get("body")
    if expected:
        shaped_like(answer.json(), expected)


def shaped_like(answered: Any, expected: Any) -> None:
    """Hold the fields of an envelope, and of each item of a list, against what is published."""
    if "value" in expected:
        assert isinstance(answered["value"], list)
        for item in answered["value"]:
            shaped_like(item, {"id": "", "name": ""})
        return
    envelope = {"id", "name", "type", "location", "properties"} & expected.keys()
    assert envelope <= answered.keys()
    if "type" in expected:
        assert answered["type"].lower() == expected["type"].lower()


@pytest.mark.parametrize(
    "example", sorted((FACTS / "compute").glob("*/VirtualMachine_Create_*.json")), ids=lambda path: path.stem
)
def test_patch_settings_of_the_published_machines(arm, interface, example):
    """Each published combination of patch settings is taken, and answered as it was sent."""
    from tests.arm.conftest import SUBSCRIPTION

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
