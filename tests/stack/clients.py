"""Microsoft's own clients, pointed at a local Azure: what landed is read with them, never with our code."""

from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.hybridcompute import HybridComputeManagementClient
from azure.mgmt.maintenance import MaintenanceManagementClient
from azure.mgmt.maintenance.models import ConfigurationAssignment
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
FACTORY = "33333333-3333-4333-8333-333333333333"


TENANT = "99999999-9999-4999-8999-999999999999"
ANY_APPLICATION = "00000000-0000-4000-8000-00000000abcd"


class Clients:
    """Microsoft's clients for one subscription of a local Azure, unmodified: with a token, over TLS."""

    def __init__(self, https_url: str, ca_bundle: str, subscription: str = MAIN) -> None:
        self._url, self._trust, self._subscription = https_url, {"connection_verify": ca_bundle}, subscription
        self._credential = ClientSecretCredential(
            TENANT,
            ANY_APPLICATION,
            "local-azure",
            authority=https_url,
            disable_instance_discovery=True,
            **self._trust,
        )

    def _made(self, client: type) -> object:
        return client(self._credential, self._subscription, base_url=self._url, **self._trust)

    @property
    def maintenance(self) -> MaintenanceManagementClient:
        return self._made(MaintenanceManagementClient)

    @property
    def compute(self) -> ComputeManagementClient:
        return self._made(ComputeManagementClient)

    @property
    def hybrid(self) -> HybridComputeManagementClient:
        return self._made(HybridComputeManagementClient)

    @property
    def network(self) -> NetworkManagementClient:
        return self._made(NetworkManagementClient)

    @property
    def resources(self) -> ResourceManagementClient:
        return self._made(ResourceManagementClient)

    @property
    def policy(self) -> PolicyClient:
        return self._made(PolicyClient)

    @property
    def authorization(self) -> AuthorizationManagementClient:
        return self._made(AuthorizationManagementClient)

    @property
    def insights(self) -> PolicyInsightsClient:
        return self._made(PolicyInsightsClient)

    def configuration_assignments(self) -> list[ConfigurationAssignment]:
        """Every configuration assignment within the subscription, from Resource Graph: ARM does not list them."""
        graph = ResourceGraphClient(self._credential, base_url=self._url, **self._trust)
        query = "maintenanceresources | where type =~ 'microsoft.maintenance/configurationassignments'"
        found = graph.resources(QueryRequest(subscriptions=[self._subscription], query=query))
        return [ConfigurationAssignment.deserialize(row) for row in found.data]

    def resource_ids(self) -> set[str]:
        """Every resource and group in the subscription, lower-cased."""
        groups = {group.id.lower() for group in self.resources.resource_groups.list()}
        return groups | {resource.id.lower() for resource in self.resources.resources.list()}

    def non_compliant(self) -> set[tuple[str, str]]:
        """What PolicyInsights calls non-compliant now: (machine id, assignment name), lower-cased."""
        states = self.insights.policy_states.list_query_results_for_subscription("latest", self._subscription)
        return {
            (state.resource_id.lower(), state.policy_assignment_name.lower())
            for state in states
            if state.compliance_state == "NonCompliant"
        }
