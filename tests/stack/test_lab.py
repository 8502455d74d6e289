"""The lab "Schedule recurring guest patches with Azure Update Manager", line by line, read with Microsoft's clients."""

import json
import subprocess
import sys
from contextlib import closing

import httpx
import pytest

from sandbox.arm.ids import parse
from sandbox.arm.providers.maintenance import machines_reached
from sandbox.arm.world import open_azure
from sandbox.plugin import bodies
from sandbox.plugin.operations import resource_type
from tests.arm.published import FACTS, Specification
from tests.conftest import REPOSITORY
from tests.stack.clients import MAIN, SPOKE

pytestmark = pytest.mark.xdist_group("lab")

GROUP = "rg-patching-dev"
AUTOMATIC = "AutomaticByPlatform"


def configuration(lab, name):
    return lab.main.maintenance.maintenance_configurations.get(GROUP, name)


def patching(machine):
    """A machine's patch settings, whatever its system."""
    profile = machine.os_profile
    return (profile.linux_configuration or profile.windows_configuration).patch_settings


def assignments_on(clients, provider, resource_type, name):
    operations = clients.maintenance.configuration_assignments
    group = "rg-legacy" if name != "web-linux" else GROUP
    return list(operations.list(group, provider, resource_type, name))


def remediations(clients, subscription):
    listed = clients.insights.remediations.list_for_subscription()
    return {task.name: task for task in listed}


class TestPrerequisite:
    def test_the_machine_has_customer_managed_schedules_and_is_assessed(self, lab):
        machine = lab.main.compute.virtual_machines.get(GROUP, "web-linux")
        settings = patching(machine)
        assert settings.patch_mode == AUTOMATIC
        assert settings.automatic_by_platform_settings.bypass_platform_safety_checks_on_user_schedule is True
        assert settings.assessment_mode == AUTOMATIC

    def test_it_is_reached_by_an_ssh_key_and_has_no_password(self, lab):
        profile = lab.main.compute.virtual_machines.get(GROUP, "web-linux").os_profile
        assert profile.linux_configuration.disable_password_authentication is True
        assert profile.linux_configuration.ssh.public_keys[0].key_data.startswith("ssh-ed25519 ")
        assert profile.admin_password is None

    def test_its_network_card_is_in_the_stacks_network_and_has_no_public_address(self, lab):
        machine = lab.main.compute.virtual_machines.get(GROUP, "web-linux")
        (reference,) = machine.network_profile.network_interfaces
        card = lab.main.network.network_interfaces.get(GROUP, reference.id.rsplit("/", 1)[-1])
        (address,) = card.ip_configurations
        assert f"/resourcegroups/{GROUP}/" in address.subnet.id.lower()
        assert address.public_ip_address is None


class TestScheduleAtScale:
    @pytest.mark.parametrize(
        ("name", "recurrence"),
        [
            ("patch-tuesday", "Month Second Tuesday Offset4"),
            ("month-end", "Month day-1"),
            ("weekly", "Week Sunday"),
            ("daily", "Day"),
        ],
    )
    def test_the_schedule_recurs(self, lab, name, recurrence):
        found = configuration(lab, name)
        assert found.recur_every == recurrence
        assert found.maintenance_scope == "InGuestPatch"
        assert found.extension_properties == {"InGuestPatchMode": "User"}

    def test_the_window_has_a_length_a_zone_and_an_end(self, lab):
        found = configuration(lab, "patch-tuesday")
        assert (found.duration, found.time_zone) == ("03:00", "W. Europe Standard Time")
        assert (found.start_date_time, found.expiration_date_time) == ("2027-01-16 22:00", "2029-01-16 22:00")

    def test_it_says_what_is_installed_and_whether_machines_restart(self, lab):
        patches = configuration(lab, "patch-tuesday").install_patches
        assert patches.windows_parameters.classifications_to_include == ["Critical", "Security", "UpdateRollup"]
        assert patches.windows_parameters.kb_numbers_to_exclude == ["5034441"]
        assert patches.linux_parameters.classifications_to_include == ["Critical", "Security"]
        assert patches.linux_parameters.package_name_masks_to_exclude == ["kernel*"]
        assert patches.reboot_setting == "IfRequired"
        assert configuration(lab, "weekly").install_patches.reboot_setting == "AlwaysReboot"

    def test_the_schedule_is_said_in_words(self, lab):
        shown = lab.pulumi("stack", "output", "schedules", "--json").stdout
        assert "second Tuesday" in shown
        assert "last day of" in shown

    def test_the_stacks_machine_is_attached(self, lab):
        (attached,) = assignments_on(lab.main, "Microsoft.Compute", "virtualMachines", "web-linux")
        assert attached.maintenance_configuration_id.lower() == configuration(lab, "patch-tuesday").id.lower()

    @pytest.mark.parametrize("subscription", [MAIN, SPOKE])
    def test_a_dynamic_scope_looks_for_the_tag_in_each_subscription(self, lab, subscription):
        clients = lab.main if subscription == MAIN else lab.spoke
        wanted = configuration(lab, "patch-tuesday").id.lower()
        listed = clients.configuration_assignments()
        scopes = [one for one in listed if one.maintenance_configuration_id.lower() == wanted and one.filter]
        (scope,) = scopes
        assert scope.filter.tag_settings.tags == {"patch-ring": ["test"]}

    def test_machines_that_existed_have_both_settings_after_remediation(self, lab):
        for clients, group, names in (
            (lab.main, "rg-legacy", ["legacy01", "legacy02", "legacy06"]),
            (lab.spoke, "rg-spoke", ["spoke01", "spoke04"]),
        ):
            for name in names:
                settings = patching(clients.compute.virtual_machines.get(group, name))
                assert settings.patch_mode == AUTOMATIC, name
                assert settings.automatic_by_platform_settings.bypass_platform_safety_checks_on_user_schedule, name


class TestAttach:
    def test_an_existing_machine_is_attached(self, lab):
        (attached,) = assignments_on(lab.main, "Microsoft.Compute", "virtualMachines", "legacy01")
        assert attached.maintenance_configuration_id.lower() == configuration(lab, "weekly").id.lower()

    def test_an_arc_machine_is_attached_without_any_prerequisite(self, lab):
        (attached,) = assignments_on(lab.main, "Microsoft.HybridCompute", "machines", "arc01")
        assert attached.maintenance_configuration_id.lower() == configuration(lab, "weekly").id.lower()


class TestPeriodicAssessment:
    def test_it_is_assigned_once_for_each_system_and_kind_of_machine(self, lab):
        for clients in (lab.main, lab.spoke):
            listed = [one for one in clients.policy.policy_assignments.list() if "assessment" in one.name]
            assigned = {
                (one.policy_definition_id.rsplit("/", 1)[-1][:8], one.parameters["osType"].value) for one in listed
            }
            assert assigned == {
                (definition, os) for definition in ("59efceea", "bfea026e") for os in ("Linux", "Windows")
            }
            assert all(one.parameters["assessmentMode"].value == AUTOMATIC for one in listed)

    def test_it_says_what_is_wrong_with_a_machine_that_does_not_comply(self, lab):
        for one in lab.main.policy.policy_assignments.list():
            if "assessment" in one.name:
                (message,) = one.non_compliance_messages
                assert message.message == "Your machine doesn't have periodic assessment enabled."

    def test_every_task_ended_well(self, lab):
        for clients, subscription in ((lab.main, MAIN), (lab.spoke, SPOKE)):
            tasks = remediations(clients, subscription)
            assert len(tasks) == 5, "four of assessment, one of the prerequisite"
            for name, task in tasks.items():
                counts = task.deployment_status
                assert (task.provisioning_state, counts.failed_deployments) == ("Succeeded", 0), name
                assert counts.successful_deployments == counts.total_deployments, name

    def test_the_machines_that_existed_are_assessed(self, lab):
        for clients, group in ((lab.main, "rg-legacy"), (lab.spoke, "rg-spoke")):
            machines = [one for one in clients.compute.virtual_machines.list(group) if one.os_profile]
            assert machines
            assert {patching(one).assessment_mode for one in machines} == {AUTOMATIC}
            for arc in clients.hybrid.machines.list_by_resource_group(group):
                assert patching(arc).assessment_mode == AUTOMATIC, arc.name

    def test_compliance_says_so(self, lab):
        assert lab.main.non_compliant() == set()
        assert lab.spoke.non_compliant() == set()


def test_the_terminal_shows_what_was_made(lab):
    assert "Resources:" in lab.first_up.stdout
    assert "created" in lab.first_up.stdout


@pytest.fixture(scope="module")
def covered(lab, tmp_path_factory):
    """What the command says of the lab, given the lists that the local Azure answers."""
    command = [sys.executable, "-m", "patching", "coverage", "--file", str(lab.stack_file), "--format", "json"]
    lists = {"Microsoft.Compute/virtualMachines": "2024-07-01", "Microsoft.HybridCompute/machines": "2024-07-10"}
    for subscription in (MAIN, SPOKE):
        for kind, version in lists.items():
            path = f"/subscriptions/{subscription}/providers/{kind}"
            listed = httpx.get(lab.url + path, params={"api-version": version}).raise_for_status()
            file = tmp_path_factory.mktemp("inventory") / f"{subscription}.json"
            file.write_text(listed.text)
            command += ["--inventory", str(file)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


class TestCoverage:
    @pytest.mark.parametrize("name", ["patch-tuesday", "month-end", "weekly", "daily"])
    def test_each_configuration_reaches_what_the_local_azure_says(self, lab, covered, name):
        with closing((azure := open_azure(lab.state)).store):
            reached = machines_reached(azure, parse(configuration(lab, name).id))
        found = {
            one["id"].lower() for one in covered["machines"] if name in {each["schedule"] for each in one["schedules"]}
        }
        assert reached
        assert found == {one.key for one in reached}

    def test_after_the_remediation_every_machine_that_is_reached_is_ready(self, covered):
        assert {one["ready"] for one in covered["machines"] if one["schedules"]} == {True}
        assert not [one for one in covered["machines"] if "mends it" in str(one["problems"])]


PUBLISHED = {
    "MaintenanceConfiguration": ("maintenance/swagger/2023-10-01-preview/Maintenance.json", "MaintenanceConfiguration"),
    "ConfigurationAssignment": ("maintenance/swagger/2023-10-01-preview/Maintenance.json", "ConfigurationAssignment"),
    "PolicyAssignment": ("authorization/2024-04-01/policyAssignments.json", "PolicyAssignment"),
    "Remediation": ("policyinsights/2021-10-01/remediations.json", "Remediation"),
}


@pytest.mark.skipif(not FACTS.is_dir(), reason=f"the published specifications are not at {FACTS}: set AZURE_FACTS")
@pytest.mark.parametrize("kind", PUBLISHED)
def test_what_was_sent_is_as_published(lab, kind):
    """The bodies that the stand-in made of the stack's resources, held against the schemas of the real service."""
    specification, definition = PUBLISHED[kind]
    published = Specification(FACTS / specification)
    state = json.loads(lab.pulumi("stack", "export").stdout)
    sent = {
        one["urn"]: bodies.request_body(resource_type(one["type"]), one["inputs"])
        for one in state["deployment"]["resources"]
        if one["type"].startswith("azure-native:") and one["type"].rsplit(":", 1)[-1].startswith(kind)
    }
    assert sent
    assert {
        urn: faults for urn, body in sent.items() if (faults := published.faults_in_request(definition, body))
    } == {}
