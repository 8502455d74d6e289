"""Each rule on one resource: what passes, what fails, what is missing, and what a preview does not know."""

import pytest
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_STRING_VALUE
from pulumi_policy.secret import Secret

from policies.rules import RULES
from policies.rules.rule import Rule
from tests.policies.judging import BY_NAME, judged, mended, remediated
from tests.policies.resource_cases import BAD, GOOD, MISSING, NOT_KNOWN, PLATFORM, SETTINGS, WINDOW, machine

BYPASS_PLACE = (
    *("osProfile", "linuxConfiguration", "patchSettings"),
    *("automaticByPlatformSettings", "bypassPlatformSafetyChecksOnUserSchedule"),
)
ON_ONE = [rule for rule in RULES if isinstance(rule, Rule)]


def told(name, props, **more):
    return judged(name, props, **SETTINGS.get(name, {}), **more)


def test_each_rule_has_every_case():
    names = {rule.name for rule in ON_ONE}
    assert names == set(GOOD) == set(MISSING) == {name for name, *_ in BAD} == {name for name, _ in NOT_KNOWN}


@pytest.mark.parametrize(("name", "props"), [(name, props) for name in GOOD for props in GOOD[name]])
def test_what_is_right_passes(name, props):
    assert told(name, props) == []


@pytest.mark.parametrize(("name", "props", "said"), BAD)
def test_what_is_wrong_is_said_once(name, props, said):
    (message,) = told(name, props)
    assert said in message
    assert message.endswith((".", ".)"))


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_said_or_left(name):
    props, said = MISSING[name]
    messages = told(name, props)
    assert len(messages) == (said is not None)
    assert said is None or said in messages[0]


@pytest.mark.parametrize(("name", "props"), NOT_KNOWN)
def test_what_a_preview_does_not_know_is_not_blamed(name, props):
    assert told(name, props) == []


@pytest.mark.parametrize("rule", ON_ONE, ids=lambda rule: rule.name)
def test_a_resource_without_inputs_is_only_read_and_not_blamed(rule):
    for kind in rule.kinds:
        assert told(rule.name, {}, token=f"azure-native:{kind}") == []


@pytest.mark.parametrize(("name", "props", "_said"), BAD)
@pytest.mark.parametrize(
    "token",
    [
        "azure-native:storage:StorageAccount",
        "azure-native:compute:VirtualMachineScaleSet",
        "azure-native:compute/v20240701:VirtualMachineScaleSetVM",
        "azure:maintenance/configuration:Configuration",
        "azure-patching:index:MaintenanceSchedule",
    ],
)
def test_other_resources_are_left_alone(name, props, _said, token):
    assert told(name, props, token=token) == []


@pytest.mark.parametrize(
    "token",
    [
        "azure-native:maintenance/v20230401:MaintenanceConfiguration",
        "azure-native:maintenance/v20230901preview:MaintenanceConfiguration",
        "azure-native_maintenance_v20230401:maintenance:MaintenanceConfiguration",
    ],
)
def test_a_pinned_api_version_is_judged_too(token):
    assert told("guest-patch-mode-set", {"maintenanceScope": "InGuestPatch"}, token=token)


def test_properties_kept_one_level_down_are_judged_too():
    assert judged("maintenance-window-accepted", {"properties": WINDOW | {"duration": "01:00"}})


def test_several_faults_of_one_window_are_all_said():
    messages = told("maintenance-window-accepted", WINDOW | {"duration": "01:00", "timeZone": "Nowhere"})
    assert [message.split()[0] for message in messages] == ["duration", "timeZone"]


def test_what_is_known_is_judged_beside_what_is_not():
    key = {"ssh": {"publicKeys": [{"keyData": UNKNOWN_STRING_VALUE}]}, "provisionVMAgent": UNKNOWN_BOOLEAN_VALUE}
    (message,) = told("machine-schedulable", machine(**PLATFORM, configuration=key))
    assert "bypassPlatformSafetyChecksOnUserSchedule is not true" in message
    assert "agent is not" not in message
    props = WINDOW | {"duration": UNKNOWN_STRING_VALUE, "timeZone": "Nowhere"}
    assert [one.split()[0] for one in told("maintenance-window-accepted", props)] == ["timeZone"]


def test_the_system_is_known_by_the_image_where_nothing_else_says():
    bare = {"osProfile": {"computerName": "x"}, "storageProfile": {"imageReference": {"publisher": "canonical"}}}
    assert told("machine-schedulable", bare)
    assert told("machine-assessed", bare)


@pytest.mark.parametrize(
    "kind",
    [
        {"virtualMachineScaleSet": {"id": UNKNOWN_STRING_VALUE}},
        {"licenseType": "Windows_Client"},
        {"tags": {"aks-managed-poolName": "x"}},
    ],
)
def test_a_machine_that_no_schedule_patches_is_not_asked_to_be_ready(kind):
    assert told("machine-schedulable", machine() | kind) == []


def test_protection_and_ignored_changes_are_seen():
    assert not judged("configuration-protected", WINDOW | {"tags": {"env": "prod"}}, protect=True)
    clock = WINDOW | {"startDateTime": "2027-01-16 22:13"}
    assert not judged("start-fixed", clock, ignored=["startDateTime"])
    assert not judged("start-fixed", clock, ignored=["start_date_time"])


def test_settings_change_what_a_rule_asks():
    assert judged("configuration-protected", WINDOW | {"tags": {"tier": "gold"}}, tags={"tier": ["Gold"]})
    assert not judged("configuration-protected", WINDOW | {"tags": {"env": "prod"}}, tags={})
    assert not judged("required-tags", WINDOW)
    assert judged("required-tags", machine(), "azure-native:compute:VirtualMachine", tags=["owner"])


@pytest.mark.parametrize(
    ("name", "props", "path", "right"),
    [
        ("recurrence-canonical", WINDOW | {"recurEvery": "1week sunday"}, ("recurEvery",), "Week Sunday"),
        (
            "recurrence-canonical",
            WINDOW | {"recurEvery": "Month PatchTuesday"},
            ("recurEvery",),
            "Month Second Tuesday",
        ),
        (
            "machine-schedulable",
            machine(**PLATFORM),
            BYPASS_PLACE,
            True,
        ),
        (
            "machine-assessed",
            {"osProfile": {}, "storageProfile": {"imageReference": {"publisher": "canonical"}}},
            ("osProfile", "linuxConfiguration", "patchSettings", "assessmentMode"),
            "AutomaticByPlatform",
        ),
    ],
)
def test_what_is_certain_is_mended(name, props, path, right):
    props = {"resourceGroupName": UNKNOWN_STRING_VALUE, **props}
    after = value = mended(name, props)
    assert after["resourceGroupName"] == UNKNOWN_STRING_VALUE
    for key in path:
        value = value[key]
    assert value == right
    assert judged(name, after) == []


@pytest.mark.parametrize("place", [("osProfile",), ("osProfile", "linuxConfiguration"), BYPASS_PLACE[:3]])
def test_what_is_inside_a_secret_is_seen_and_mended_and_stays_secret(place):
    props = machine(**PLATFORM)
    *outer, last = place
    here = props
    for key in outer:
        here = here[key]
    here[last] = Secret(here[last])
    value = mended("machine-schedulable", props)
    for key in BYPASS_PLACE:
        value = value[key]
    assert value is True
    sent = remediated("machine-schedulable", props)
    for key in place:
        sent = sent[key]
    assert sent[SPECIAL_SIG_KEY] == SPECIAL_SECRET_SIG


@pytest.mark.parametrize(
    ("name", "props"),
    [
        *((name, props) for name in GOOD if BY_NAME[name].mend for props in GOOD[name]),
        *((name, props) for name, props in NOT_KNOWN if BY_NAME[name].mend),
        ("machine-schedulable", machine()),
        ("machine-schedulable", machine("windows", **PLATFORM, enableHotpatching=True)),
        ("machine-schedulable", machine(**PLATFORM, configuration={"provisionVMAgent": False})),
        ("machine-assessed", machine(configuration={"provisionVMAgent": UNKNOWN_BOOLEAN_VALUE})),
    ],
)
def test_what_is_right_or_not_certain_is_left_as_it_is(name, props):
    assert mended(name, props) is None
