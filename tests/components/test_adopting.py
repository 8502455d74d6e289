"""What is adopted is sent in Azure's own words, whatever words those are: an import shows no difference."""

import copy

import pulumi
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from patching.own_words import assignment_as_there, configuration_as_there
from patching.stack_file import parse_stack_file
from patching.takeover import adopt
from tests.patching.portal_estates import portals

MAINTENANCE = "azure-native:maintenance:"
ASSIGNMENTS = [f"{MAINTENANCE}ConfigurationAssignment{kind}" for kind in ("", "sForSubscription", "sForResourceGroup")]
OF_THE_PATH = {
    "resourceName",
    "resourceGroupName",
    "configurationAssignmentName",
    "providerName",
    "resourceType",
    "resourceId",
    "namespace",
}


def answered(resource):
    """What azure-native's function answers of a resource: flat, and with the service's nulls and empty lists."""
    properties = copy.deepcopy(resource["properties"])
    window = properties.pop("maintenanceWindow", {})
    flat = properties | window | {key: resource[key] for key in ("location", "tags") if key in resource}
    return {key: value for key, value in flat.items() if value is not None}


def imported(value):
    """What an import takes for arguments: all that is answered, but for what is null or empty."""
    if isinstance(value, dict):
        return {key: kept for key, one in value.items() if (kept := imported(one)) is not None} or None
    if isinstance(value, list):
        return [kept for one in value if (kept := imported(one)) is not None] or None
    return value


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[phase for phase in Phase if phase not in {Phase.shrink, Phase.explain}],  # an example takes long
)
@given(st.data())
def test_every_argument_is_what_is_there(stack, data):
    portal = data.draw(portals())
    there = [*portal.configurations, *portal.assignments]
    names = [one["name"] for one in there]
    assume(len(set(names)) == len(names))
    made = adopt(copy.deepcopy(there))
    answers = {one["name"]: answered(one) for one in there}
    recording = stack(parse_stack_file(made.text.encode(), "x").config, there=answers, preview=data.draw(st.booleans()))
    sent = {
        one.inputs["resourceName"]: one for one in recording.of_type(f"{MAINTENANCE}MaintenanceConfiguration").values()
    }
    for kind in ASSIGNMENTS:
        sent |= {one.inputs["configurationAssignmentName"]: one for one in recording.of_type(kind).values()}
    assert set(sent) == set(answers)
    for name, registration in sent.items():
        inputs = {key: value for key, value in registration.inputs.items() if key not in OF_THE_PATH}
        expected = {key: value for key, value in imported(answers[name]).items() if key not in OF_THE_PATH}
        if "maintenanceConfigurationId" in expected:
            expected["location"] = answers[name].get("location", "")
        assert inputs == expected
        assert registration.import_id.rpartition("/")[2] == name


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("duration", "02:00", "03:00"),
        ("recurEvery", "Week Sunday", "Week Monday"),
        ("timeZone", "UTC", "W. Europe Standard Time"),
        ("startDateTime", "2027-01-03 22:00", "2027-01-03 22:30"),
        ("expirationDateTime", None, "2030-01-01 00:00"),
        ("expirationDateTime", "2030-01-01 00:00", "9999-12-31 23:59:59"),
        ("location", "westeurope", "northeurope"),
        ("tags", {"owner": "platform"}, {"owner": "Platform"}),
        ("extensionProperties", {"InGuestPatchMode": "User"}, {"InGuestPatchMode": "Platform"}),
        ("installPatches", {"rebootSetting": "IfRequired"}, {"rebootSetting": "Always"}),
        (
            "installPatches",
            {"linuxParameters": {"classificationsToInclude": ["Security"]}},
            {"linuxParameters": {"classificationsToInclude": ["Security"], "packageNameMasksToExclude": ["kernel*"]}},
        ),
        (
            "installPatches",
            {"windowsParameters": {"kbNumbersToInclude": ["5034441"]}},
            {"windowsParameters": {"kbNumbersToInclude": ["5034442"]}},
        ),
    ],
)
def test_what_means_something_else_is_the_file_s(name, ours, theirs):
    assert configuration_as_there({name: ours}, {name: theirs}).get(name) == ours


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"osTypes": ["Linux"]}, {"osTypes": ["Windows"]}),
        ({"locations": ["westeurope"]}, {"locations": ["westeurope", "northeurope"]}),
        ({"resourceTypes": ["Microsoft.Compute/virtualMachines"]}, {}),
        ({"resourceGroups": ["rg"]}, {"resourceGroups": ["rg2"]}),
        ({"tagSettings": {"tags": {"a": ["x"]}}}, {"tagSettings": {"tags": {"a": ["X"]}}}),
        (
            {"tagSettings": {"tags": {"a": ["x"]}, "filterOperator": "All"}},
            {"tagSettings": {"tags": {"a": ["x"]}, "filterOperator": "Any"}},
        ),
    ],
)
def test_another_filter_is_the_file_s(ours, theirs):
    chosen = assignment_as_there({"filter": ours, "location": "global"}, {"filter": theirs, "location": "global"})
    assert chosen == {"filter": ours, "location": "global"}


def test_azure_that_does_not_answer_ends_the_program(record, provider_options, monkeypatch):
    """What could not be looked at must not be taken for absent: the file's words would be sent."""
    from components import MachineAssignments

    async def refused(*_):
        raise RuntimeError("invoke failed: 403 AuthorizationFailed")

    monkeypatch.setattr(pulumi.runtime, "invoke_async", refused)
    group = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg"
    machine = f"{group}/providers/Microsoft.Compute/virtualMachines/vm"
    args = {
        "maintenance_configuration_id": f"{group}/providers/Microsoft.Maintenance/maintenanceConfigurations/mc",
        "machines": {"vm": machine},
        "assignment_names": {"vm": "of-portal"},
        "adopt": True,
    }
    with pytest.raises(pulumi.RunError, match="AuthorizationFailed"):
        record(lambda: MachineAssignments("ring", args, provider_options()))
