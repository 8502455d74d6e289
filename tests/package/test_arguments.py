"""Arguments as programs in other languages give them: what components are handed, and what is told of faults."""

import asyncio

import pulumi
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from components.declaring import FaultsError
from components.package.arguments import read_arguments
from components.package.definitions import Definitions
from components.package.host import exported_components
from components.package.wire import with_plain_arguments
from components.package.words import Words
from patching.faults import Fault, Found

SIGNATURE = "4dabf18193072939515e22adb298388d"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
URN = "urn:pulumi:dev::shop::t::one"

SCHEDULE = {
    "resourceGroupName": "rg",
    "start": "2027-01-05 22:00",
    "timeZone": "UTC",
    "duration": "02:00",
    "recurEvery": "Day",
    "updates": {"linux": {"packageNameMasksToExclude": ["kernel*"]}, "windows": {"excludeKbsRequiringReboot": True}},
}


@pytest.fixture(scope="module")
def definitions():
    analyzed = Analyzer("azure-patching").analyze(exported_components())
    return Definitions(analyzed["component_definitions"], analyzed["type_definitions"])


@pytest.fixture
def read(definitions):
    return lambda kind, arguments: read_arguments(kind, arguments, definitions.components[kind], definitions)


@pytest.fixture
def faults(read):
    def told(kind, arguments):
        with pytest.raises(FaultsError) as raised:
            read(kind, arguments)
        return [str(fault) for fault in raised.value.faults]

    return told


def test_names_become_pythons_all_the_way_down(read):
    assert read("MaintenanceSchedule", SCHEDULE) == {
        "resource_group_name": "rg",
        "start": "2027-01-05 22:00",
        "time_zone": "UTC",
        "duration": "02:00",
        "recur_every": "Day",
        "updates": {
            "linux": {"package_name_masks_to_exclude": ["kernel*"]},
            "windows": {"exclude_kbs_requiring_reboot": True},
        },
    }


def test_keys_that_are_the_users_own_stay_as_they_are(read):
    machines = {"webServer": "/one", "db_server": "/two"}
    arguments = {"maintenanceConfigurationId": "/c", "machines": machines, "waitFor": {"webServer": ["now"]}}
    read_back = read("MachineAssignments", arguments)
    assert read_back["machines"] == machines
    assert read_back["wait_for"] == {"webServer": ["now"]}


def test_null_is_as_good_as_nothing(read):
    assert read("MaintenanceSchedule", {**SCHEDULE, "expires": None}) == read("MaintenanceSchedule", SCHEDULE)


def test_whole_numbers_are_whole_and_others_stay(read):
    policy = {"kind": "schedulingPrerequisite", "scope": "/s", "location": "westeurope"}
    remediation = read("AzurePolicy", {**policy, "remediation": {"waitMinutes": 5.0, "failureThreshold": 0.5}})
    assert remediation["remediation"] == {"wait_minutes": 5, "failure_threshold": 0.5}
    assert isinstance(remediation["remediation"]["wait_minutes"], int)


def test_all_faults_are_told_at_once(faults):
    wrong = {**SCHEDULE, "duratoin": "2", "protect": "yes", "updates": {"linus": {}, "windows": {"kbs": 1}}}
    del wrong["timeZone"], wrong["duration"]
    told = faults("MaintenanceSchedule", wrong)
    assert [one.split(":")[0] for one in told] == [
        "duratoin",
        "timeZone",
        "duration",
        "updates.linus",
        "updates.windows.kbs",
        "protect",
    ]
    assert told[0].endswith("e.g. duration; fix: write duration")
    assert told[1].endswith("fix: set timeZone")
    assert "fix: write linux" in told[3]
    assert 'got "yes"; expected true or false' in told[5]


@pytest.mark.parametrize(
    ("kind", "arguments", "told"),
    [
        ("DynamicScope", {"osTypes": "Linux"}, 'osTypes: got "Linux"; expected a list; fix: give a list'),
        ("DynamicScope", {"tags": ["a"]}, "tags: got [a]; expected a map; fix: give a map"),
        (
            "DynamicScope",
            {"locations": [1.0]},
            "locations[0]: got 1 (a number); expected text; fix: put it in quotes",
        ),
        (
            "AzurePolicy",
            {"kind": "x", "scope": "y", "remediation": {"attempt": 1.5}},
            "remediation.attempt: got 1.5 (a number); expected a whole number; fix: give a whole number",
        ),
        (
            "AzurePolicy",
            {"kind": "x", "scope": "y", "remediation": {"attempt": True}},
            "remediation.attempt: got true (a boolean); expected a whole number; fix: give a whole number",
        ),
        (
            "AzurePolicy",
            {"kind": "x", "scope": "y", "remediation": "yes"},
            'remediation: got "yes"; expected a map; fix: give a map',
        ),
    ],
)
def test_another_kind_of_value_is_a_fault(faults, kind, arguments, told):
    also = {} if kind == "AzurePolicy" else {"maintenanceConfigurationId": "/c"}
    assert faults(kind, {**also, **arguments}) == [told]


def request_of(kind, inputs, beside=None):
    """A request as the engine sends it."""
    request = provider_pb2.ConstructRequest(type=f"azure-patching:index:{kind}", name="n")
    json_format.ParseDict(inputs, request.inputs)
    for name, urns in (beside or {}).items():
        request.inputDependencies[name].urns.extend(urns)
    return request


@pytest.fixture
def settle(definitions):
    def settled(kind, inputs, beside=None):
        component = definitions.components[kind]
        plain, faults = with_plain_arguments(request_of(kind, inputs, beside), component, definitions)
        return json_format.MessageToDict(plain.inputs), dict(plain.inputDependencies), faults

    return settled


def output(value=..., *, secret=False, depends_on=()):
    wrapped = {SIGNATURE: OUTPUT, "secret": secret, "dependencies": list(depends_on)}
    return wrapped if value is ... else {**wrapped, "value": value}


def test_what_is_plain_already_stays(settle):
    inputs = {**SCHEDULE, "timeZone": output("UTC", secret=True), "resourceGroupName": output(depends_on=[URN])}
    assert settle("MaintenanceSchedule", inputs) == (inputs, {}, [])


def test_a_known_output_is_taken_out_and_what_it_says_goes_inside(settle):
    machines = output({"web": "/web", "db": output("/db")}, secret=True, depends_on=[URN])
    inputs = {"maintenanceConfigurationId": "/c", "machines": machines}
    settled, beside, faults = settle("MachineAssignments", inputs, {"machines": [URN]})
    assert settled["machines"] == {
        "web": output("/web", secret=True, depends_on=[URN]),
        "db": output("/db", secret=True, depends_on=[URN]),
    }
    assert (beside, faults) == ({}, [])


def test_what_an_sdk_without_outputs_says_beside_an_argument_goes_inside(settle):
    inputs = {"maintenanceConfigurationId": "/c", "machines": {"web": "/web", "db": rpc.UNKNOWN}}
    settled, beside, faults = settle("MachineAssignments", inputs, {"machines": [URN]})
    assert settled["machines"] == {"web": output("/web", depends_on=[URN]), "db": output(depends_on=[URN])}
    assert (beside, faults) == ({}, [])


@pytest.mark.parametrize(
    "whole", [output({SIGNATURE: SECRET, "value": ["Linux"]}), output(output(["Linux"], secret=True))]
)
def test_a_secret_below_an_output_stays_one(settle, whole):
    settled, _, faults = settle("DynamicScope", {"maintenanceConfigurationId": "/c", "osTypes": whole})
    assert settled["osTypes"] == [output("Linux", secret=True)]
    assert not faults


def test_a_secret_inside_stays_one(settle):
    inputs = {"maintenanceConfigurationId": "/c", "osTypes": [{SIGNATURE: SECRET, "value": "Linux"}]}
    settled, _, faults = settle("DynamicScope", inputs)
    assert settled["osTypes"] == [output("Linux", secret=True)]
    assert not faults


@pytest.mark.parametrize("value", [output(), output(depends_on=[URN]), rpc.UNKNOWN])
@pytest.mark.parametrize(
    ("kind", "inputs", "path"),
    [
        ("MachineAssignments", {"machines": ...}, "machines"),
        ("AzurePolicy", {"kind": ...}, "kind"),
        ("AzurePolicy", {"operatingSystems": ["Linux", ...]}, "operatingSystems[1]"),
        ("MaintenanceSchedule", {"updates": {"linux": ...}}, "updates.linux"),
        ("MaintenanceSchedule", {"updates": {"linux": {"classifications": ...}}}, "updates.linux.classifications"),
    ],
)
def test_what_has_to_be_plain_and_is_not_known_is_a_fault(settle, kind, inputs, path, value):
    def put(into):
        if into is ...:
            return value
        if isinstance(into, dict):
            return {key: put(one) for key, one in into.items()}
        return [put(one) for one in into] if isinstance(into, list) else into

    _, _, faults = settle(kind, put(inputs))
    (fault,) = faults
    assert fault.path == path
    assert "not known in a preview" in str(fault)


def test_a_plain_secret_is_a_fault_because_it_would_be_shown(settle):
    _, _, faults = settle("AzurePolicy", {"kind": output("auditAssessment", secret=True)})
    assert [fault.path for fault in faults] == ["kind"]
    assert "auditAssessment" not in str(faults[0])


ids = st.text(max_size=5)


@given(machines=st.dictionaries(st.text(max_size=5), ids | ids.map(output)), is_whole=st.booleans())
def test_values_come_through_however_they_are_wrapped(definitions, machines, is_whole):
    """Whatever is wrapped is what the SDK reads of it afterwards."""
    plain = {key: one["value"] if isinstance(one, dict) else one for key, one in machines.items()}
    inputs = {"maintenanceConfigurationId": "/c", "machines": output(machines) if is_whole else machines}
    component = definitions.components["MachineAssignments"]
    settled, faults = with_plain_arguments(request_of("MachineAssignments", inputs), component, definitions)
    assert not faults

    async def read():
        values = rpc.deserialize_properties(settled.inputs)
        assert isinstance(values["machines"], dict)
        return await pulumi.Output.from_input(values["machines"]).future()

    assert asyncio.run(read()) == plain


def test_words_are_those_of_other_languages_and_the_users_stay():
    words = Words({"time_zone": "timeZone", "machines": "machines"})
    docstring = """As `time_zone` says,
        and not my_time_zone.

        - one
        - two
        """
    assert words.of_docstring(docstring) == "As `timeZone` says, and not my_time_zone.\n\n- one\n- two"
    fault = Fault("time_zone", Found("time_zone"), "a time_zone", "time_zone", "set time_zone")
    assert str(words.of_fault(fault)) == (
        'timeZone: got "time_zone"; expected a timeZone, e.g. timeZone; fix: set timeZone'
    )
