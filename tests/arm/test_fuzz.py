"""A request of any shape gets an answer in ARM's error form, and never a 500 of the local Azure's own."""

import itertools
import json
from contextlib import ExitStack

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm.azure import Settings
from sandbox.arm.seed import SeedError, seed
from sandbox.arm.server import ArmServer
from tests.arm.conftest import SUBSCRIPTION, VERSIONS, configuration_body, machine_body

OWN_FAULT = "The local Azure itself failed"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
MC = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/mc"


numbers = itertools.count()


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def client(state):
    with ExitStack() as stack:
        server = ArmServer(state, settings=Settings(machine_delay=0, operation_delay=0, quirks=frozenset()))
        server.start()
        stack.callback(server.stop)
        http = stack.enter_context(httpx.Client(base_url=server.url))
        for path, body in BODIES.items():
            response = http.put(path, params={"api-version": version_of(path)}, json=body)
            assert response.is_success, response.text
        yield http


words = st.sampled_from(
    [
        "subscriptions",
        SUBSCRIPTION,
        "resourceGroups",
        "rg",
        "providers",
        "Microsoft.Compute",
        "virtualMachines",
        "vm",
        "Microsoft.Maintenance",
        "maintenanceConfigurations",
        "configurationAssignments",
        "Microsoft.Network",
        "virtualNetworks",
        "subnets",
        "networkInterfaces",
        "Microsoft.HybridCompute",
        "machines",
        "extensions",
        "Microsoft.Authorization",
        "policyAssignments",
        "Microsoft.PolicyInsights",
        "remediations",
        "policyStates",
        "latest",
        "queryResults",
        "tags",
        "default",
        "resources",
        "locations",
        "operations",
        "register",
        "operationresults",
        "Microsoft.Management",
        "managementGroups",
        "..",
        "%2F",
        "%00",
        "%ED%A0%80",
        "a b",
        "é",
        "x" * 300,
    ]
)
versions = st.sampled_from([*VERSIONS.values(), "2022-09-01", "2021-10-01", "2024-03-01", "nonsense", ""])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
methods = st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"])
FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def answered(response: httpx.Response) -> None:
    assert OWN_FAULT not in response.text, response.request
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert response.json()["error"]["code"]


@FUZZ
@given(methods, st.lists(words, max_size=12), versions, json_values)
def test_any_path(client, method, path, version, body):
    answered(client.request(method, "/" + "/".join(path), params={"api-version": version}, json=body))


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_json_object(client, content):
    response = client.put(GROUP, params={"api-version": "2022-09-01"}, content=content)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "InvalidRequestContent"


@FUZZ
@given(st.sampled_from(["PUT", "PATCH", "POST"]), st.binary(max_size=60), st.sampled_from([VM, MC, GROUP, NIC]))
def test_any_bytes(client, method, content, path):
    answered(client.request(method, path, params={"api-version": "2024-11-01"}, content=content))


def paths_of(value, path=()):
    """Yield the path of every value inside a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from paths_of(item, (*path, key))


def with_value(body, path, value):
    copy = json.loads(json.dumps(body))
    target = copy
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return copy


NETWORK = {
    "location": "westeurope",
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    },
}
INTERFACE = {
    "location": "westeurope",
    "properties": {
        "ipConfigurations": [
            {
                "name": "ip",
                "properties": {
                    "subnet": {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/default"}
                },
            }
        ]
    },
}
RULES = {
    "location": "westeurope",
    "properties": {
        "securityRules": [
            {
                "name": "ssh",
                "properties": {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100},
            }
        ]
    },
}
SCOPE = {
    "location": "global",
    "properties": {
        "maintenanceConfigurationId": MC,
        "filter": {
            "resourceTypes": ["Microsoft.Compute/virtualMachines"],
            "resourceGroups": ["rg"],
            "osTypes": ["Linux"],
            "locations": ["westeurope"],
            "tagSettings": {"tags": {"ring": ["test"]}, "filterOperator": "Any"},
        },
    },
}
ARC = {
    "location": "westeurope",
    "tags": {"a": "b"},
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "osType": "linux",
        "osProfile": {"linuxConfiguration": {"patchSettings": {"assessmentMode": "ImageDefault"}}},
    },
}
EXTENSION = {
    "location": "westeurope",
    "properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0", "settings": {"a": 1}},
}
BODIES = {
    GROUP: {"location": "westeurope", "tags": {"a": "b"}},
    f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet": NETWORK,
    f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg": RULES,
    NIC: INTERFACE,
    VM: machine_body(NIC),
    f"{VM}/extensions/health": EXTENSION,
    f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc": ARC,
    MC: configuration_body(),
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/all": SCOPE,
}
targets = st.sampled_from([(path, body, at) for path, body in BODIES.items() for at in paths_of(body) if at])


@FUZZ
@given(targets, json_values, st.sampled_from(["PUT", "PATCH"]))
def test_a_good_body_with_one_value_gone_wrong(client, target, value, method):
    """Whatever was stored of it can be read, changed and listed afterwards."""
    path, body, at = target
    query = {"api-version": version_of(path)}
    answered(client.request(method, path, params=query, json=with_value(body, at, value)))
    answered(client.get(path, params=query))
    answered(client.patch(path, params=query, json={"tags": {}}))
    answered(client.put(path, params=query, json=body))
    answered(client.get(f"/subscriptions/{SUBSCRIPTION}/resources", params={"api-version": "2022-09-01"}))


def version_of(path: str) -> str:
    namespace = path.lower().rsplit("/providers/", 1)[-1].split("/")[0]
    return VERSIONS.get(namespace, "2022-09-01")


texts = st.text(max_size=12) | st.sampled_from(["Windows", "Linux", "AutomaticByPlatform", NIC, "Succeeded"])
mappings = st.dictionaries(st.text(max_size=8), json_values, max_size=3)


def shaped(keys, values):
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values))


patches = shaped(["patchMode", "assessmentMode"], st.sampled_from(["ImageDefault", "AutomaticByPlatform", "Manual"]))
systems = st.fixed_dictionaries({}, optional={"patchSettings": patches, "provisionVMAgent": st.booleans()})
interfaces = st.fixed_dictionaries({}, optional={"id": texts, "properties": mappings})
odd = st.fixed_dictionaries(
    {},
    optional={
        "osProfile": st.fixed_dictionaries(
            {}, optional={"computerName": texts, "linuxConfiguration": systems, "windowsConfiguration": systems}
        ),
        "storageProfile": st.fixed_dictionaries(
            {}, optional={"imageReference": shaped(["id", "publisher", "offer", "sku"], texts), "osDisk": mappings}
        ),
        "networkProfile": st.fixed_dictionaries({}, optional={"networkInterfaces": st.lists(interfaces, max_size=2)}),
        "extended": json_values,
        "provisioningState": texts,
        "osType": texts,
    },
) | st.dictionaries(st.sampled_from(["osProfile", "storageProfile", "networkProfile"]), json_values)
CONFIGURATION = {"osProfile": {"linuxConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}}}


@FUZZ
@given(odd, st.sampled_from(["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"]))
def test_a_seeded_machine_of_any_shape(client, state, properties, kind):
    """An inventory is refused, or the machine can be read and worked on."""
    path = f"{GROUP}/providers/{kind}/odd{next(numbers)}"
    try:
        seed(state, [{"id": path, "location": "westeurope", "properties": properties}])
    except SeedError:
        return
    query = {"api-version": version_of(path)}
    answered(client.get(path, params={**query, "$expand": "instanceView"}))
    answered(client.get(path, params=query))
    answered(client.patch(path, params=query, json={"tags": {"a": "b"}}))
    answered(client.patch(path, params=query, json={"properties": CONFIGURATION}))
    answered(client.post(f"{path}/assessPatches", params=query))
    assignment = f"{path}/providers/Microsoft.Maintenance/configurationAssignments/a"
    body = {"location": "westeurope", "properties": {"maintenanceConfigurationId": MC}}
    answered(client.put(assignment, params={"api-version": "2023-04-01"}, json=body))
    answered(client.delete(path, params=query))
    answered(client.get(GROUP, params={"api-version": "2022-09-01"}))
