"""Machines to put into a local Azure, and Microsoft's clients on it, with a few words for what the tests do often."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from azure.core.credentials import AccessToken
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.resource.policy import PolicyClient

from sandbox.arm.server import ArmServer

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
COMPANY = "/providers/Microsoft.Management/managementGroups/company"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SCOPE}/resourceGroups/rg-legacy"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions/"
_IMAGES = {
    "Linux": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
    "Windows": {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2022-datacenter-g2",
        "version": "latest",
    },
}


def virtual_machine(
    name: str, os_type: str, group: str = GROUP, location: str = "westeurope", tags: dict[str, str] | None = None
) -> dict[str, Any]:
    """A VM as Resource Graph prints it, assessed by nobody and not ready for a schedule."""
    mode = {"Linux": "ImageDefault", "Windows": "AutomaticByOS"}[os_type]
    configuration = {
        "provisionVMAgent": True,
        "patchSettings": {"patchMode": mode, "assessmentMode": "ImageDefault"},
        **({"enableAutomaticUpdates": True} if os_type == "Windows" else {"disablePasswordAuthentication": True}),
    }
    return {
        "id": f"{group}/providers/Microsoft.Compute/virtualMachines/{name}",
        "name": name,
        "type": "microsoft.compute/virtualmachines",
        "location": location,
        "tags": tags or {},
        "properties": {
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "storageProfile": {
                "imageReference": dict(_IMAGES[os_type]),
                "osDisk": {"osType": os_type, "name": f"{name}-os", "createOption": "FromImage"},
            },
            "osProfile": {
                "computerName": name,
                "adminUsername": "azureuser",
                f"{os_type.lower()}Configuration": configuration,
            },
        },
    }


def arc_machine(name: str, os_type: str, group: str = GROUP, location: str = "westeurope") -> dict[str, Any]:
    """An Arc-enabled server as Resource Graph prints it."""
    return {
        "id": f"{group}/providers/Microsoft.HybridCompute/machines/{name}",
        "name": name,
        "type": "microsoft.hybridcompute/machines",
        "location": location,
        "tags": {},
        "properties": {
            "osName": os_type.lower(),
            "osType": os_type.lower(),
            "status": "Connected",
            "provisioningState": "Succeeded",
            "osProfile": {"computerName": name},
        },
    }


def specialised_machine(name: str) -> dict[str, Any]:
    """A VM of an attached disk: without osProfile."""
    machine = virtual_machine(name, "Linux")
    machine["properties"]["storageProfile"] = {
        "osDisk": {"osType": "Linux", "name": f"{name}-os", "createOption": "Attach"}
    }
    del machine["properties"]["osProfile"]
    return machine


def subscription(subscription_id: str, *groups: str) -> dict[str, Any]:
    """A subscription as Resource Graph prints it, below these management groups, the nearest first."""
    return {
        "id": f"/subscriptions/{subscription_id}",
        "name": f"subscription {subscription_id[0]}",
        "type": "microsoft.resources/subscriptions",
        "properties": {"managementGroupAncestorsChain": [{"name": one, "displayName": one.title()} for one in groups]},
    }


@dataclass
class Cloud:
    """One local Azure and the clients on it."""

    server: ArmServer
    authorization: AuthorizationManagementClient
    policy: PolicyClient
    insights: PolicyInsightsClient
    compute: ComputeManagementClient
    http: httpx.Client

    def call(
        self, method: str, path: str, body: Any = None, version: str = "2024-10-01", **query: str
    ) -> httpx.Response:
        """Send a request as it is."""
        return self.http.request(method, path, json=body, params={"api-version": version, **query})

    def assign(self, definition: str, scope: str = SCOPE, name: str = "a", **options: Any) -> dict[str, Any]:
        """Assign a built-in definition with a system-assigned identity; keywords are parameters or properties."""
        properties = {"policyDefinitionId": f"{DEFINITIONS}{definition}", **options.pop("properties", {})}
        parameters = {key: {"value": value} for key, value in options.pop("parameters", {}).items()}
        body = {
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {**properties, "parameters": parameters},
            **options,
        }
        path = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
        answer = self.call("PUT", path, body, "2025-01-01")
        assert answer.status_code == 201, answer.text
        return answer.json()

    def grant(self, principal: str, scope: str = SCOPE, role: str = CONTRIBUTOR) -> None:
        """Assign a role to a principal."""
        self.authorization.role_assignments.create(
            scope,
            str(uuid.uuid4()),
            {
                "principal_id": principal,
                "principal_type": "ServicePrincipal",
                "role_definition_id": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            },
        )

    def remediate(self, assignment: dict[str, Any], name: str, scope: str = SCOPE, **settings: Any) -> dict[str, Any]:
        """Run a remediation to its end (the delays are nothing) and return its properties."""
        path = f"{scope}/providers/Microsoft.PolicyInsights/remediations/{name}"
        answer = self.call("PUT", path, {"properties": {"policyAssignmentId": assignment["id"], **settings}})
        assert answer.status_code == 201, answer.text
        return self.call("GET", path).json()["properties"]

    def deployments(self, name: str, scope: str = SCOPE) -> list[dict[str, Any]]:
        """List the deployments of a remediation."""
        path = f"{scope}/providers/Microsoft.PolicyInsights/remediations/{name}/listDeployments"
        return self.call("POST", path).json()["value"]

    def states(self, scope: str = SCOPE, **query: str) -> dict[str, str]:
        """Return the compliance state of each machine, by its name; for one assignment at a time."""
        path = f"{scope}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults"
        answer = self.call("POST", path, None, "2019-10-01", **query)
        assert answer.status_code == 200, answer.text
        return {one["resourceId"].rsplit("/", 1)[-1]: one["complianceState"] for one in answer.json()["value"]}

    def machine(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read a seeded machine."""
        return self.call(
            "GET", row["id"], version="2024-07-01" if "/Microsoft.Compute/" in row["id"] else "2024-07-10"
        ).json()

    def patch_settings(self, row: dict[str, Any], os_type: str) -> dict[str, Any]:
        """Read the patch settings of a machine."""
        profile = self.machine(row)["properties"].get("osProfile", {})
        return profile.get(f"{os_type.lower()}Configuration", {}).get("patchSettings", {})


class NoCredential:
    """Plain HTTP on loopback asks for no token."""

    @staticmethod
    def get_token(*_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("none", 4_102_444_800)


ROWS = [
    subscription(SUBSCRIPTION, "platform", "company"),
    subscription(SPOKE, "company"),
    virtual_machine("linux01", "Linux", tags={"patch-ring": "test"}),
    virtual_machine("windows01", "Windows", tags={"patch-ring": "prod"}),
    arc_machine("arc-linux", "Linux"),
    arc_machine("arc-windows", "Windows"),
]
