"""Each rule: a value that passes, one that fails, one that is missing, one that a preview does not know."""

import pytest
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import (
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    unknown_checking_proxy,
)

from policies.pack import policy, validation
from policies.rules import RULES

WINDOW = {
    "maintenanceScope": "InGuestPatch",
    "duration": "03:00",
    "recurEvery": "Month Second Tuesday Offset4",
    "startDateTime": "2027-01-05 22:00",
    "timeZone": "W. Europe Standard Time",
    "extensionProperties": {"InGuestPatchMode": "User"},
}


def machine(**patching: object) -> dict[str, object]:
    return {"osProfile": {"linuxConfiguration": {"patchSettings": patching}}}


READY = machine(
    patchMode="AutomaticByPlatform",
    assessmentMode="AutomaticByPlatform",
    automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": True},
)


class Args:
    """What the engine gives a rule, with the SDK's own proxy around the inputs."""

    def __init__(self, resource_type: str, props: dict[str, object]) -> None:
        self.resource_type = resource_type
        self.props = unknown_checking_proxy(props)


def judged(name: str, props: dict[str, object], resource_type: str | None = None) -> list[str]:
    rule = next(rule for rule in RULES if rule.name == name)
    messages: list[str] = []
    validation(rule)(Args(resource_type or rule.resource_type, props), lambda message, _urn: messages.append(message))
    return messages


GOOD = {
    "maintenance-window-accepted": WINDOW,
    "guest-patch-mode-set": WINDOW,
    "patch-settings-accepted": READY,
    "machine-schedulable": READY,
    "machine-assessed": READY,
}

BAD = [
    ("maintenance-window-accepted", WINDOW | {"duration": "01:00"}, "01:30"),
    ("maintenance-window-accepted", WINDOW | {"recurEvery": "Month"}, "recurEvery"),
    ("maintenance-window-accepted", WINDOW | {"timeZone": "Europe/Berlin"}, "W. Europe Standard Time"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": "tomorrow"}, "YYYY-MM-DD HH:mm"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": "2027-03-28 02:30"}, "daylight saving"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": None}, "startDateTime is not set"),
    ("maintenance-window-accepted", {key: WINDOW[key] for key in WINDOW if key != "recurEvery"}, "recurEvery is not"),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": {}}, "InGuestPatchMode"),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": None}, "InGuestPatchMode"),
    ("guest-patch-mode-set", {"maintenanceScope": "InGuestPatch"}, "InGuestPatchMode"),
    ("patch-settings-accepted", machine(patchMode="Manual"), "no patch mode Manual"),
    (
        "patch-settings-accepted",
        machine(automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": True}),
        "bypass",
    ),
    ("machine-schedulable", machine(patchMode="AutomaticByPlatform"), "bypassPlatformSafetyChecksOnUserSchedule"),
    (
        "machine-schedulable",
        machine(automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": True}),
        "ImageDefault",
    ),
    ("machine-assessed", machine(assessmentMode="ImageDefault"), "assessmentMode"),
]

NOT_KNOWN = [
    ("maintenance-window-accepted", WINDOW | {"duration": UNKNOWN_STRING_VALUE}),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": UNKNOWN_OBJECT_VALUE}),
    ("patch-settings-accepted", machine(patchMode=UNKNOWN_STRING_VALUE)),
    (
        "machine-schedulable",
        machine(
            patchMode="AutomaticByPlatform",
            automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": UNKNOWN_BOOLEAN_VALUE},
        ),
    ),
    ("machine-assessed", {"osProfile": UNKNOWN_OBJECT_VALUE}),
]


def test_each_rule_has_every_case() -> None:
    names = {rule.name for rule in RULES}
    assert names == set(GOOD) == {name for name, *_ in BAD} == {name for name, _ in NOT_KNOWN}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_passes(name) -> None:
    assert judged(name, GOOD[name]) == []


@pytest.mark.parametrize(("name", "props", "said"), BAD)
def test_what_is_wrong_is_said_once(name, props, said) -> None:
    (message,) = judged(name, props)
    assert said in message


@pytest.mark.parametrize(("name", "props"), NOT_KNOWN)
def test_what_a_preview_does_not_know_is_not_blamed(name, props) -> None:
    assert judged(name, props) == []


@pytest.mark.parametrize("name", GOOD)
def test_nothing_at_all_is_not_blamed(name) -> None:
    assert judged(name, {}) == []


@pytest.mark.parametrize(("name", "props", "_said"), BAD)
def test_other_resources_are_left_alone(name, props, _said) -> None:
    assert judged(name, props, "azure-native:storage:StorageAccount") == []


@pytest.mark.parametrize("version", ["v20230401", "v20230901preview"])
def test_a_pinned_api_version_is_judged_too(version) -> None:
    pinned = f"azure-native:maintenance/{version}:MaintenanceConfiguration"
    assert judged("guest-patch-mode-set", {"maintenanceScope": "InGuestPatch"}, pinned)


def test_several_faults_of_one_window_are_all_said() -> None:
    messages = judged("maintenance-window-accepted", WINDOW | {"duration": "01:00", "timeZone": "Nowhere"})
    assert [message.split()[0] for message in messages] == ["duration", "timeZone"]


def test_what_hurts_on_patch_night_stops_an_update() -> None:
    levels = {rule.name: policy(rule).enforcement_level for rule in RULES}
    assert levels["maintenance-window-accepted"] is EnforcementLevel.MANDATORY
    assert levels["machine-assessed"] is EnforcementLevel.ADVISORY
