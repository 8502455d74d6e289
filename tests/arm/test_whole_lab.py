"""The whole lab, done by Microsoft's own clients alone: unmodified, signed in, over TLS.

A machine is made ready and assessed, a schedule attached to it, to an Arc machine and to what a tag matches, policies
keep machines assessed, a run comes, its history is asked for, and all is removed again.
"""

import functools

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.policyinsights.models import QueryOptions
from azure.mgmt.resourcegraph.models import QueryRequest

from sandbox.arm.policy.definitions import ASSESSMENT, PREREQUISITE
from tests.arm.conftest import SUBSCRIPTION, SignedInClients, machine_body

GROUP = "rg-lab"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
CONTRIBUTOR = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
PLACE = {"location": "westeurope"}
READY = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


class LabClients(SignedInClients):
    """The other clients that the lab takes."""

    @functools.cached_property
    def policy(self):
        from azure.mgmt.resource.policy import PolicyClient

        return self._client(PolicyClient, self.subscription)

    @functools.cached_property
    def insights(self):
        from azure.mgmt.policyinsights import PolicyInsightsClient

        return self._client(PolicyInsightsClient, self.subscription)

    @functools.cached_property
    def authorization(self):
        from azure.mgmt.authorization import AuthorizationManagementClient

        return self._client(AuthorizationManagementClient, self.subscription)


@pytest.fixture
def lab(server):
    return LabClients(server.https_url, ca_bundle=str(server.ca_bundle))


def done(poller):
    return poller.result(30)


def make_machine(lab, name, tags):
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    subnets = [{"name": "machines", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    network = {**PLACE, "properties": {**space, "subnets": subnets}}
    subnet = done(lab.network.virtual_networks.begin_create_or_update(GROUP, "vnet", network)).subnets[0]
    addresses = [{"name": "primary", "properties": {"subnet": {"id": subnet.id}}}]
    interface = {**PLACE, "properties": {"ipConfigurations": addresses}}
    nic = done(lab.network.network_interfaces.begin_create_or_update(GROUP, f"nic-{name}", interface))
    body = {**machine_body(nic.id), "tags": tags}
    return done(lab.compute.virtual_machines.begin_create_or_update(GROUP, name, body))


def patch_settings(lab, name):
    return lab.compute.virtual_machines.get(GROUP, name).os_profile.linux_configuration.patch_settings


def make_ready(lab, name):
    update = {"properties": {"osProfile": {"linuxConfiguration": {"patchSettings": READY}}}}
    done(lab.compute.virtual_machines.begin_update(GROUP, name, update))


def schedule(lab):
    return lab.maintenance.maintenance_configurations.create_or_update(
        GROUP,
        "nightly",
        {
            **PLACE,
            "maintenance_scope": "InGuestPatch",
            "extension_properties": {"InGuestPatchMode": "User"},
            "start_date_time": "2027-03-01 22:00",
            "duration": "03:00",
            "time_zone": "W. Europe Standard Time",
            "recur_every": "Day",
            "install_patches": {
                "reboot_setting": "IfRequired",
                "linux_parameters": {"classifications_to_include": ["Critical", "Security", "Other"]},
            },
        },
    )


def assign_policy(lab, name, definition, parameters):
    """A policy with an identity that has its role, as the portal gives it."""
    found = lab.policy.policy_definitions.get_built_in(definition)
    values = {key: {"value": value} for key, value in parameters.items()}
    properties = {"policyDefinitionId": found.id, "parameters": values}
    body = {**PLACE, "identity": {"type": "SystemAssigned"}, "properties": properties}
    made = lab.policy.policy_assignments.create(SCOPE, name, body)
    role = {"role_definition_id": CONTRIBUTOR, "principal_id": made.identity.principal_id}
    role_name = f"6b8c9f0e-2f3a-4b7e-9b55-{len(name):012d}"
    lab.authorization.role_assignments.create(SCOPE, role_name, {**role, "principal_type": "ServicePrincipal"})
    return made


def remediate(lab, assignment):
    task = lab.insights.remediations.create_or_update_at_subscription(
        f"fix-{assignment.name}", {"policy_assignment_id": assignment.id}
    )
    ended = lab.insights.remediations.get_at_subscription(task.name)
    deployed = list(lab.insights.remediations.list_deployments_at_subscription(task.name))
    assert {one.status for one in deployed} <= {"Succeeded"}
    return ended


def non_compliant(lab, assignment):
    wanted = f"policyAssignmentId eq '{assignment.id}' and isCompliant eq false"
    states = lab.insights.policy_states.list_query_results_for_subscription(
        "latest", SUBSCRIPTION, QueryOptions(filter=wanted)
    )
    return {state.resource_id.rsplit("/", 1)[-1] for state in states}


def rows(lab, query):
    return lab.graph.resources(QueryRequest(subscriptions=[SUBSCRIPTION], query=query)).data


def test_the_whole_lab(server, lab):
    assert "Main" in [one.display_name for one in lab.subscriptions.subscriptions.list()]
    lab.resources.resource_groups.create_or_update(GROUP, PLACE)
    ready = make_machine(lab, "ready", {"ring": "one"})
    make_machine(lab, "tagged", {"ring": "two"})
    lab.hybrid.machines.create_or_update(GROUP, "arc", {**PLACE, "properties": {"os_type": "linux"}})

    # A schedule takes ready machines only.
    configuration = schedule(lab)
    at_machines = lab.maintenance.configuration_assignments
    assignment = {**PLACE, "maintenance_configuration_id": configuration.id}
    compute = (GROUP, "Microsoft.Compute", "virtualMachines", "ready", "nightly")
    with pytest.raises(HttpResponseError, match="prerequisites"):
        at_machines.create_or_update(*compute, assignment)
    make_ready(lab, "ready")
    at_machines.create_or_update(*compute, assignment)
    at_machines.create_or_update(GROUP, "Microsoft.HybridCompute", "machines", "arc", "nightly", assignment)
    assert done(lab.compute.virtual_machines.begin_assess_patches(GROUP, "ready")).status == "Succeeded"
    lab.maintenance.configuration_assignments_for_subscriptions.create_or_update(
        "ring-two",
        {
            "location": "global",
            "maintenance_configuration_id": configuration.id,
            "filter": {"os_types": ["Linux"], "tag_settings": {"tags": {"ring": ["two"]}, "filter_operator": "All"}},
        },
    )

    # Policies find what is not as it should be, and put it right.
    assessed = assign_policy(lab, "assess", ASSESSMENT, {"osType": "Linux"})
    prerequisite = assign_policy(lab, "prerequisite", PREREQUISITE, {})
    assert non_compliant(lab, assessed) == {"ready", "tagged"}
    assert non_compliant(lab, prerequisite) == {"tagged"}
    for one in (assessed, prerequisite):
        assert remediate(lab, one).provisioning_state == "Succeeded"
        assert non_compliant(lab, one) == set()
    assert patch_settings(lab, "tagged").patch_mode == patch_settings(lab, "ready").patch_mode == "AutomaticByPlatform"
    assert patch_settings(lab, "tagged").assessment_mode == "AutomaticByPlatform"

    # The first night, machine by machine.
    httpx.post(f"{server.url}/_sandbox/clock", json={"until": "2027-03-02T01:30Z"}, timeout=60).raise_for_status()
    history = rows(
        lab,
        "maintenanceresources | where type =~ 'microsoft.maintenance/applyupdates' | project "
        "machine = tostring(split(properties.resourceId, '/')[-1]), status = tostring(properties.status), "
        "start = tostring(properties.startDateTime)",
    )
    assert {row["machine"] for row in history} == {"ready", "tagged", "arc"}
    assert {row["status"] for row in history} == {"Succeeded"}
    assert {row["start"][:19] for row in history} == {"2027-03-01T21:00:00"}
    patches = rows(
        lab,
        "patchinstallationresources | where type endswith 'softwarepatches' and properties.installationState == "
        "'Installed' | summarize count() by machine = tostring(split(id, '/')[8])",
    )
    assert {row["machine"].lower() for row in patches} == {"ready", "tagged", "arc"}
    updates = lab.maintenance.apply_updates.list()
    assert ready.id.lower() in {one.resource_id.lower() for one in updates if one.resource_id}

    # Away with it; a schedule takes its assignments along.
    for one in (assessed, prerequisite):
        lab.policy.policy_assignments.delete(SCOPE, one.name)
    lab.maintenance.maintenance_configurations.delete(GROUP, "nightly")
    for gone in (
        lambda: at_machines.get(*compute),
        lambda: lab.maintenance.configuration_assignments_for_subscriptions.get("ring-two"),
    ):
        with pytest.raises(ResourceNotFoundError):
            gone()
    done(lab.resources.resource_groups.begin_delete(GROUP))
    assert [one.id for one in lab.resources.resources.list()] == []
