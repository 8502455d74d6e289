"""`pulumi package add` of the repository's path, and a program that uses the SDK it makes."""

import json
import shutil
import subprocess

import pytest

from sandbox.engine.build import SDK_GENERATOR
from sandbox.engine.language_host import SDK_GENERATOR as GENERATOR_OF_THE_HOST
from tests.conftest import REPOSITORY

PROGRAM = """
import pulumi
import pulumi_azure_native as azure
import pulumi_azure_patching as patching

subscription = pulumi.Config().require("hub")
on_hub = pulumi.ResourceOptions(
    provider=azure.Provider("hub", subscription_id=subscription, location="westeurope")
)
group = azure.resources.ResourceGroup("group", resource_group_name="rg-team", opts=on_hub)
schedule = patching.MaintenanceSchedule(
    "weekly",
    resource_group_name=group.name,
    start="2027-01-05 22:00",
    time_zone="UTC",
    duration="03:00",
    recur_every="Week Sunday",
    updates=patching.UpdatesArgs(linux=patching.LinuxUpdatesArgs(classifications=["Critical", "Security"])),
    protect=False,
    opts=on_hub,
)
patching.DynamicScope(
    "everything",
    maintenance_configuration_id=schedule.resource_id,
    os_types=["Linux"],
    tags={"patching": ["weekly"]},
    opts=on_hub,
)
assessed = patching.AzurePolicy(
    "assessed",
    kind="periodicAssessment",
    scope=f"/subscriptions/{subscription}",
    location="westeurope",
    operating_systems=["Linux"],
    machines=["azure"],
    assign_roles=False,
    protect=False,
    opts=on_hub,
)
pulumi.export("role", assessed.roles_to_grant[0].role_definition_id)
pulumi.export("summary", schedule.summary)
"""


@pytest.fixture(autouse=True)
def _needs_generator(engine):
    if engine.executor is None:
        pytest.skip("the official engine is here: it installs the SDK it makes, from package indexes")
    if not engine.executor.with_name(SDK_GENERATOR).is_file():
        pytest.skip("the engine was built before SDKs could be made with it")


def test_the_host_finds_what_the_build_leaves():
    assert GENERATOR_OF_THE_HOST == SDK_GENERATOR


def test_a_program_with_the_sdk_that_package_add_makes(somebody_elses, subscription):
    here = subscription()
    stack = somebody_elses({"shop:hub": here.id}, PROGRAM)
    (stack.program / "Pulumi.yaml").write_text(json.dumps({"name": "shop", "runtime": "python"}))
    add = ["pulumi", "package", "add", str(REPOSITORY / "components")]
    told = subprocess.run(add, cwd=stack.program, env=stack.environment, check=True, capture_output=True, text=True)
    assert "import pulumi_azure_patching as azure_patching" in told.stdout
    made = (stack.program / "sdks" / "azure-patching" / "pulumi_azure_patching" / "maintenance_schedule.py").read_text()
    assert "A Windows time-zone id, such as `W. Europe Standard Time`." in made

    deployed = stack.up()
    assert stack.outputs()["role"].endswith("/b24988ac-6180-42a0-ab88-20f7382dd24c")
    assert stack.outputs()["summary"].startswith("Every week on Sunday")
    assert [one.filter.os_types for one in here.scopes()] == [["Linux"]]
    assert deployed.diagnostics == []
    assert stack.up().changes == {}
    stack.destroy()
    assert here.everything() == set()
    shutil.rmtree(stack.program / "sdks")
    assert stack.preview(check=False).exit_code != 0
