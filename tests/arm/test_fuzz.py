"""A request of any shape gets an answer in ARM's error form, and never a 500 of the local Azure's own."""

import itertools
import json
from contextlib import ExitStack

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm.azure import Settings
from sandbox.arm.providers import resource_types
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
        http = stack.enter_context(httpx.Client(base_url=server.url, headers={"Content-Type": "application/json"}))
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
methods = st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "MERGE"])
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


OF_TYPES = {
    "Microsoft.Compute/virtualMachines": VM,
    "Microsoft.Network/networkInterfaces": NIC,
    "Microsoft.Maintenance/maintenanceConfigurations": MC,
    "Microsoft.HybridCompute/machines": f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc",
    "Microsoft.Resources/resourceGroups": GROUP,
    "Microsoft.Resources/subscriptions": f"/subscriptions/{SUBSCRIPTION}",
}


def path_of(name: str, scope: str, word: str) -> str:
    """The path of a resource of a type, by the name of one that exists where there is one."""
    if name in OF_TYPES and word == "":
        return OF_TYPES[name]
    namespace, *kinds = name.split("/")
    return f"{scope}/providers/{namespace}" + "".join(f"/{kind}/{word or 'default'}" for kind in kinds)


def routes():
    """Every resource, collection and action that is served, with the newest api-version that it answers."""
    for one in resource_types():
        for scope in ("", f"/subscriptions/{SUBSCRIPTION}", GROUP, VM):
            for word in ("", "odd"):
                path = path_of(one.name, scope, word)
                tails = ["", *(f"/{action.split()[-1]}" for action in one.actions)]
                yield from ((path + tail, max(one.api_versions)) for tail in tails)
                yield path.rsplit("/", 1)[0], max(one.api_versions)


ROUTES = sorted(set(routes()))
header_values = st.sampled_from(["*", '"x"', 'W/"x"', "", ",", '"', "x" * 5000, "é"])
headers = st.dictionaries(
    st.sampled_from(
        ["If-Match", "If-None-Match", "Content-Type", "Accept", "Authorization", "Content-Encoding", "X-HTTP-Method",
         "Range", "Accept-Language", "x-ms-client-request-id", "If-Modified-Since", "Cookie", "Origin"]
    ),
    header_values,
    max_size=3,
)  # fmt: skip
contents = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"null", b"[]", b'""', b"{", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}']),
    st.sampled_from(["utf-16", "utf-32", "utf-7", "cp500"]).map('{"location": "westeurope"}'.encode),
    st.sampled_from([json.dumps(body).encode() for body in BODIES.values()]),
    st.binary(max_size=40),
)
queries = st.dictionaries(
    st.sampled_from(["$top", "$skiptoken", "$filter", "$expand", "$orderby", "monitor", "$select", "api-version "]),
    st.text(max_size=12) | st.sampled_from(["1", "-1", "9" * 30, "atScope()", "a eq 'b' and c eq 'd'", "('", "AAAA"]),
    max_size=2,
)


@settings(FUZZ, max_examples=400)
@given(methods, st.sampled_from(ROUTES), headers, contents, queries)
def test_every_route_with_any_request(client, method, route, given_headers, content, query):  # noqa: PLR0917
    path, version = route
    encoded = {name: value.encode() for name, value in given_headers.items()}
    answered(client.request(method, path, params={"api-version": version, **query}, content=content, headers=encoded))
    if method == "DELETE" and path in OF_TYPES.values():
        restore(client)


def restore(client) -> None:
    for path, body in BODIES.items():
        client.put(path, params={"api-version": version_of(path)}, json=body)


@pytest.mark.parametrize("path", [VM, MC, GROUP])
@pytest.mark.parametrize(
    "content",
    [
        b'{"tags": {"a": "' + b"x" * 8_000_000 + b'"}}',
        b'{"location": "westeurope", "properties": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
        b'{"location": "westeurope", "properties": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        json.dumps({"location": "westeurope", "tags": {f"t{n}": "x" for n in range(100_000)}}).encode(),
        b'{"location": "westeurope", "tags": {"a": ' + b"9" * 10_000 + b"}}",
    ],
    ids=["long text", "very deep", "deep", "many", "a long number"],
)
def test_huge_bodies(client, path, content):
    response = client.put(path, params={"api-version": version_of(path)}, content=content)
    assert response.status_code in {400, 413}
    answered(response)


CLIMBING = [
    "/../../etc/passwd", "/subscriptions/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
    f"{GROUP}/providers/Microsoft.Compute/virtualMachines/..%2F..%2F..%2Fout", "//etc/passwd", "/C:%5Cwindows", "/%00",
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/%2e%2e%2f%2e%2e%2fout", "/azure.db", "/tls/server.pem",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("path", CLIMBING)
def test_no_path_leaves_the_state_directory(client, state, method, path):
    """What is asked for is a resource's id, never a file: nothing is read, and nothing appears outside."""

    def files():
        return {one.name for one in state.parent.iterdir()}, {one.name for one in state.iterdir()}

    before = files()
    raw = client.base_url.copy_with(raw_path=f"{path}?api-version=2022-09-01".encode())
    response = client.request(method, raw, json={"location": "westeurope"} if method == "PUT" else None)
    answered(response)
    assert "root:" not in response.text
    assert "PRIVATE KEY" not in response.text
    assert files() == before


def test_it_listens_on_loopback_only(tmp_path):
    """At no other address of this machine."""
    before = listening()
    server = ArmServer(tmp_path)
    try:
        assert {address for address, _ in listening() - before} == {"127.0.0.1"}
    finally:
        server.start()
        server.stop()


def listening():
    found = psutil.Process().net_connections("tcp")
    return {(one.laddr.ip, one.laddr.port) for one in found if one.status == psutil.CONN_LISTEN}


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", "[::ffff:1.2.3.4]"])
def test_a_request_to_another_name_is_refused(client, name):
    """A page in a browser may make a name of its own resolve to loopback."""
    response = client.get("/subscriptions", params={"api-version": "2022-12-01"}, headers={"Host": name})
    assert response.status_code == 400
    answered(response)
