"""One local Azure for each test, its clock in the test's hand, over HTTP and through Microsoft's clients."""

import dataclasses
import functools
import ssl
import time
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ClientSecretCredential

from sandbox.arm.azure import LIMITED_CLIENT_ID, Settings
from sandbox.arm.server import ArmServer

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
FACTORY = "33333333-3333-4333-8333-333333333333"
TENANT = "99999999-9999-4999-8999-999999999999"
ANY_CLIENT = "00000000-0000-4000-8000-00000000abcd"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
VERSIONS = {
    "microsoft.maintenance": "2023-10-01-preview",
    "microsoft.compute": "2024-11-01",
    "microsoft.network": "2024-05-01",
    "microsoft.hybridcompute": "2024-07-10",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM of-a-test"


class Clock:
    """The local Azure's clock: it stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class Arm:
    """A plain HTTP client: paths below the subscription, the api-version by the last namespace of the path."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url)

    def send(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        version = {"api-version": _version(path)} if "api-version" not in path else {}
        return self.http.request(method, path, json=body, params={**version, **query}, headers=None)

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.send("GET", path, **query)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.send("PUT", path, body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.send("PATCH", path, body)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.send("POST", path, body)

    def delete(self, path: str) -> httpx.Response:
        return self.send("DELETE", path)


def _version(path: str) -> str:
    if path.endswith(("/register", "/unregister")):
        return "2022-09-01"
    parts = path.lower().split("/providers/")
    return VERSIONS.get(parts[-1].split("/")[0], "2024-03-01") if len(parts) > 1 else "2022-09-01"


def made(response: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer that must be a success."""
    assert response.is_success, response.text
    return response.json() if response.content else {}


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Return the message of a refusal, which must be in ARM's shape."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code, error
    assert error["message"]
    return error["message"]


class _Credential:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("none", int(time.time()) + 3600)


@dataclasses.dataclass(frozen=True)
class Clients:
    """Microsoft's clients for one subscription, over HTTP without a token."""

    url: str
    subscription: str = SUBSCRIPTION

    def _client(self, kind: Any, *subscription: str) -> Any:
        return kind(_Credential(), *subscription, base_url=self.url, authentication_policy=SansIOHTTPPolicy())

    @functools.cached_property
    def resources(self) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        return self._client(ResourceManagementClient, self.subscription)

    @functools.cached_property
    def network(self) -> Any:
        from azure.mgmt.network import NetworkManagementClient

        return self._client(NetworkManagementClient, self.subscription)

    @functools.cached_property
    def compute(self) -> Any:
        from azure.mgmt.compute import ComputeManagementClient

        return self._client(ComputeManagementClient, self.subscription)

    @functools.cached_property
    def hybrid(self) -> Any:
        from azure.mgmt.hybridcompute import HybridComputeManagementClient

        return self._client(HybridComputeManagementClient, self.subscription)

    @functools.cached_property
    def maintenance(self) -> Any:
        from azure.mgmt.maintenance import MaintenanceManagementClient

        return self._client(MaintenanceManagementClient, self.subscription)

    @functools.cached_property
    def graph(self) -> Any:
        from azure.mgmt.resourcegraph import ResourceGraphClient

        return self._client(ResourceGraphClient)

    @functools.cached_property
    def subscriptions(self) -> Any:
        from azure.mgmt.resource.subscriptions import SubscriptionClient

        return self._client(SubscriptionClient)


@dataclasses.dataclass(frozen=True)
class SignedInClients(Clients):
    """Microsoft's clients, unmodified: with a token, over TLS."""

    ca_bundle: str = ""
    client_id: str = ANY_CLIENT

    @functools.cached_property
    def credential(self) -> ClientSecretCredential:
        return ClientSecretCredential(
            TENANT,
            self.client_id,
            "local-azure",
            authority=self.url,
            disable_instance_discovery=True,
            connection_verify=self.ca_bundle,
        )

    def _client(self, kind: Any, *subscription: str) -> Any:
        return kind(self.credential, *subscription, base_url=self.url, connection_verify=self.ca_bundle)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings():
    return Settings(machine_delay=0, operation_delay=0)


@pytest.fixture
def server(tmp_path, clock, settings):
    running = ArmServer(tmp_path, settings=settings, clock=clock)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def arm(server):
    client = Arm(server.url)
    yield client
    client.http.close()


@pytest.fixture
def trusting(server):
    """A plain client that trusts the local Azure's certificate, and nothing else."""
    with httpx.Client(verify=ssl.create_default_context(cafile=str(server.ca_bundle))) as client:
        yield client


@pytest.fixture
def signed_in(server):
    """Microsoft's clients over TLS; `signed_in(client_id=…)` signs in as another application."""
    return functools.partial(SignedInClients, server.https_url, ca_bundle=str(server.ca_bundle))


@pytest.fixture
def limited(signed_in):
    """Microsoft's clients, signed in as the application that may do only what its roles allow."""
    return signed_in(client_id=LIMITED_CLIENT_ID)


@pytest.fixture
def give(arm):
    """Assign a role to the limited application at a scope."""

    def give(role: str, scope: str, name: str = "6b8c9f0e-2f3a-4b7e-9b55-0d8a4a7c1a01") -> None:
        provider = "/providers/Microsoft.Authorization"
        properties = {"roleDefinitionId": f"{provider}/roleDefinitions/{role}", "principalId": LIMITED_CLIENT_ID}
        path = f"{scope}{provider}/roleAssignments/{name}"
        made(arm.send("PUT", path, {"properties": properties}, **{"api-version": "2022-04-01"}))

    return give


@pytest.fixture(params=["http", "https"])
def clients(request, server, signed_in):
    return Clients(server.url) if request.param == "http" else signed_in()


@pytest.fixture
def group(arm):
    """The path of a resource group in West Europe."""
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    made(arm.put(path, {"location": "westeurope"}))
    return path


@pytest.fixture
def subnet(arm, group):
    """The path of a subnet."""
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    made(arm.put(network, {"location": "westeurope", "properties": properties}))
    made(arm.put(f"{network}/subnets/default", {"properties": {"addressPrefix": "10.0.0.0/24"}}))
    return f"{network}/subnets/default"


@pytest.fixture
def interface(arm, group, subnet):
    """Make network interfaces, by name; return the path."""

    def make(name: str = "nic") -> str:
        path = f"{group}/providers/Microsoft.Network/networkInterfaces/{name}"
        configuration = {"name": "primary", "properties": {"subnet": {"id": subnet}}}
        made(arm.put(path, {"location": "westeurope", "properties": {"ipConfigurations": [configuration]}}))
        return path

    return make


def machine_body(interface: str, system: str = "Linux", **settings: Any) -> dict[str, Any]:
    """Return the body of a machine that Azure takes; `settings` are its patch settings."""
    image = {"version": "latest", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"}
    profile: dict[str, Any] = {"adminUsername": "azureuser"}
    if system == "Linux":
        keys = [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]
        profile["linuxConfiguration"] = {"disablePasswordAuthentication": True, "ssh": {"publicKeys": keys}}
    else:
        image |= {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
        profile |= {"adminPassword": "Not-a-secret-1", "windowsConfiguration": {}}
    if settings:
        profile[f"{system.lower()}Configuration"]["patchSettings"] = settings
    return {
        "location": "westeurope",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "storageProfile": {"imageReference": image, "osDisk": {"createOption": "FromImage"}},
            "osProfile": profile,
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        },
    }


READY = {
    "patchMode": "AutomaticByPlatform",
    "assessmentMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


@pytest.fixture
def machine(arm, group, interface):
    """Make virtual machines, by name and patch settings; return the path."""

    def make(name: str = "vm", system: str = "Linux", tags: dict[str, str] | None = None, **settings: Any) -> str:
        path = f"{group}/providers/Microsoft.Compute/virtualMachines/{name}"
        made(arm.put(path, {**machine_body(interface(f"nic-{name}"), system, **settings), "tags": tags or {}}))
        return path

    return make


def configuration_body(**changes: Any) -> dict[str, Any]:
    """Return the body of a maintenance configuration that the service takes, with changes to its properties.

    `window` changes the maintenance window; None removes a key.
    """
    window = {
        "startDateTime": "2027-01-05 22:00",
        "duration": "03:00",
        "timeZone": "W. Europe Standard Time",
        "recurEvery": "Month Second Tuesday Offset4",
        **changes.pop("window", {}),
    }
    properties = {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": window,
        "installPatches": {"linuxParameters": {"classificationsToInclude": ["Critical", "Security"]}},
        **changes,
    }
    return {"location": "westeurope", "properties": properties}


@pytest.fixture
def configuration(arm, group):
    """The path of a maintenance configuration."""
    path = f"{group}/providers/Microsoft.Maintenance/maintenanceConfigurations/Weekly"
    made(arm.put(path, configuration_body()))
    return path
