"""Microsoft's own clients, pointed at a local Azure: what landed is read with them, never with our code."""

from datetime import UTC, datetime

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.hybridcompute import HybridComputeManagementClient
from azure.mgmt.maintenance import MaintenanceManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.resources import ResourceManagementClient

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
FACTORY = "33333333-3333-4333-8333-333333333333"


class _NoCredential:
    """Plain HTTP on loopback asks for no token, and the clients send none."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("unused", int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()))


class Clients:
    """Microsoft's clients for one subscription of a local Azure."""

    def __init__(self, url: str, subscription: str = MAIN) -> None:
        self._url, self._subscription = url, subscription

    def _made(self, client: type) -> object:
        return client(_NoCredential(), self._subscription, base_url=self._url, authentication_policy=SansIOHTTPPolicy())

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
