import pulumi
import pytest

from components import MaintenanceSchedule

CONFIGURATION = "azure-native:maintenance:MaintenanceConfiguration"
ARGS = {
    "resource_group_name": "rg",
    "start": "2027-01-16 22:00",
    "time_zone": "W. Europe Standard Time",
    "duration": "03:00",
    "recur_every": "Month Second Tuesday Offset4",
    "updates": {"linux": {"classifications": ["Critical"]}},
}


@pytest.fixture
def declare(record, provider_options):
    """Declares one schedule with the usual arguments and those given; None leaves an argument out."""

    def run(name="linux", *, preview=False, there=None, **changes):
        args = {key: value for key, value in (ARGS | changes).items() if value is not None}

        def program():
            schedule = MaintenanceSchedule(name, args, provider_options())
            for output in ("name", "resource_id", "recur_every", "summary"):
                pulumi.export(output, getattr(schedule, output))

        return record(program, preview=preview, there=there)

    return run


def test_what_is_sent_is_what_the_service_answers(declare):
    sent = declare(
        recur_every=" month  SECOND tuesday offset4",
        expires="2029-01-16 22:00",
        tags={"owner": "platform"},
        location="westeurope",
        updates={
            "reboot": "Always",
            "windows": {"classifications": ["Security"], "kb_numbers_to_exclude": ["KB5034441"]},
            "linux": {"classifications": ["Critical"], "package_name_masks_to_exclude": ["kernel*"]},
        },
    ).one(CONFIGURATION)
    assert sent.inputs == {
        "resourceName": "linux",
        "resourceGroupName": "rg",
        "location": "westeurope",
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "startDateTime": "2027-01-16 22:00",
        "expirationDateTime": "2029-01-16 22:00",
        "timeZone": "W. Europe Standard Time",
        "duration": "03:00",
        "recurEvery": "Month Second Tuesday Offset4",
        "installPatches": {
            "rebootSetting": "AlwaysReboot",
            "windowsParameters": {"classificationsToInclude": ["Security"], "kbNumbersToExclude": ["5034441"]},
            "linuxParameters": {"classificationsToInclude": ["Critical"], "packageNameMasksToExclude": ["kernel*"]},
        },
        "tags": {"owner": "platform"},
    }


def test_the_configuration_is_a_protected_child_on_the_components_provider(declare):
    recording = declare()
    configuration = recording.one(CONFIGURATION)
    component = recording.one("azure-patching:index:MaintenanceSchedule")
    assert configuration.name == "linux-configuration"
    assert configuration.parent == component.urn
    assert recording.registrations[configuration.provider].name == "main"
    assert configuration.protect
    assert not configuration.import_id


def test_a_configuration_that_moves_is_replaced_and_the_old_one_goes_first(declare):
    configuration = declare().one(CONFIGURATION)
    assert configuration.replace_on_changes == ("location",)
    assert configuration.delete_before_replace


def test_protection_can_be_switched_off(declare):
    assert not declare(protect=False).one(CONFIGURATION).protect


def test_adopting_imports_by_id_and_protects_all_the_same(declare):
    adopted = declare(adopt_resource_id=OLD, configuration_name="old").one(CONFIGURATION)
    assert adopted.import_id == OLD
    assert adopted.inputs["resourceName"] == "old"
    assert adopted.protect


OLD = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.Maintenance/maintenanceConfigurations/old"
)


def test_what_is_adopted_keeps_its_own_words_where_they_mean_the_same(declare):
    there = {
        "location": "West Europe",
        "namespace": "Microsoft.Maintenance",
        "recurEvery": "1month second tuesday offset4",
        "expirationDateTime": "9999-12-31 23:59:59",
        "duration": "02:00",
        "tags": {},
    }
    for preview in (False, True):
        adopted = declare(
            preview=preview,
            there={"old": there},
            adopt_resource_id=OLD,
            configuration_name="old",
            duration="03:00",
            location="westeurope",
        ).one(CONFIGURATION)
        assert adopted.inputs["recurEvery"] == there["recurEvery"]
        assert adopted.inputs["expirationDateTime"] == there["expirationDateTime"]
        assert adopted.inputs["duration"] == "03:00", "the file says something else, and the preview has to show it"
        assert "tags" not in adopted.inputs
        assert adopted.ignore_changes == ("namespace",)


def test_what_is_not_adopted_is_not_looked_at(declare):
    made = declare(there={"old": {"recurEvery": "1Day"}}, configuration_name="old")
    assert not made.calls
    assert "expirationDateTime" not in made.one(CONFIGURATION).inputs
    assert "tags" not in declare(tags={}).one(CONFIGURATION).inputs


def test_outputs_are_known_in_a_preview_but_for_the_id(declare):
    outputs = declare(preview=True, recur_every="Month PatchTuesday Offset 11").outputs
    assert outputs["recur_every"] == "Month Third Tuesday Offset4"
    assert "third Tuesday plus 4 days" in outputs["summary"]
    assert isinstance(outputs["resource_id"], pulumi.output.Unknown)


def test_all_faults_of_plain_arguments_are_told_at_once_and_nothing_is_declared(declare):
    with pytest.raises(pulumi.RunError) as raised:
        declare(
            duration="01:00",
            time_zone="Europe/Berlin",
            start="tomorrow",
            recur_every="Month",
            updates={"linux": {"classifications": ["Kernel"]}},
            configuration_name="a/b",
        )
    message = str(raised.value)
    assert message.startswith('MaintenanceSchedule "linux": 6 faults')
    for path in ("duration: ", "time_zone: ", "start: ", "recur_every: ", "classifications", "configuration_name: "):
        assert path in message
    assert "W. Europe Standard Time" in message


def test_what_only_shows_when_all_is_right_is_told_too(declare):
    with pytest.raises(pulumi.RunError, match=r"start: got .*daylight saving"):
        declare(start="2027-03-28 02:30", recur_every="Day")
    with pytest.raises(pulumi.RunError, match="updates: got nothing"):
        declare(updates={})


def test_a_missing_argument_is_a_fault(declare):
    with pytest.raises(pulumi.RunError, match="time_zone: got nothing"):
        declare(time_zone=None)


def test_an_output_is_sent_when_it_is_right(declare, later):
    sent = declare(duration=later("03:00"), updates=later({"windows": {"classifications": ["Critical"]}}))
    inputs = sent.one(CONFIGURATION).inputs
    assert inputs["duration"] == "03:00"
    assert inputs["installPatches"]["windowsParameters"] == {"classificationsToInclude": ["Critical"]}


def test_an_output_is_refused_when_it_is_known_to_be_wrong(declare, later):
    with pytest.raises(pulumi.RunError, match='duration: got "01:00"'):
        declare(duration=later("01:00"))


def test_the_group_may_be_an_output(declare, later):
    assert declare(resource_group_name=later("rg2")).one(CONFIGURATION).inputs["resourceGroupName"] == "rg2"
