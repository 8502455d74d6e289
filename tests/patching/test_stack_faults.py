from pathlib import Path

import pytest
from ruamel.yaml import YAML

EXAMPLES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(next(iter(example.items())))[:80])
def test_each_fault_has_its_words(stack, example):
    (kind, change), _ = example.items()
    getattr(stack, kind)(**change)
    assert stack.faults() == example["faults"]
    assert stack.read().settings is None


def test_the_stack_that_the_examples_break_is_right(stack):
    for kind in ("schedule", "machine"):
        getattr(stack, kind)()
    stack.policy(kind="periodicAssessment", scope="main")
    assert stack.faults() == []


def test_all_faults_are_found_in_one_pass(stack, vm_id):
    stack.schedules(
        one={
            "duration": "01:00",
            "timeZone": "Europe/Berlin",
            "machines": ["nix", vm_id("a"), 3],
            "scopes": {"s": {"osTypes": ["x"]}},
        },
        two={
            "start": "never",
            "updates": {"linux": {"classifications": ["A", "B"]}},
            "follows": {"schedule": "nix", "days": 1},
        },
    )
    stack.machine(size="big", os="BeOS").policy(kind="x", scope="y").set(
        freezes={"f": 3}, tags={"a": 1}, protect="no", resourceGroup={"name": "x/y"}, typo=1
    )
    stack.config["azure-native:locaton"] = "x"
    paths = {fault.path for fault in stack.read().faults}
    assert paths == {
        "azure-native:locaton",
        "typo",
        "tags.a",
        "protect",
        "resourceGroup.name",
        "virtualMachines.web.size",
        "virtualMachines.web.os",
        "schedules.one.duration",
        "schedules.one.timeZone",
        "schedules.one.machines[0]",
        "schedules.one.machines[2]",
        "schedules.one.scopes.s.osTypes[0]",
        "schedules.two.start",
        "schedules.two.updates.linux.classifications[0]",
        "schedules.two.updates.linux.classifications[1]",
        "schedules.two.follows.schedule",
        "azurePolicies.policy.kind",
        "azurePolicies.policy.scope",
        "freezes.f",
    }


def test_a_faulty_entry_is_no_fault_of_those_that_refer_to_it(stack):
    stack.schedules(
        first={"duration": "x"}, second={"follows": {"schedule": "first", "days": 0}, "machines": ["web"]}
    ).machine(size="x")
    assert {fault.path for fault in stack.read().faults} == {"schedules.first.duration", "virtualMachines.web.size"}


def test_namespaces_of_others_are_left_alone_and_misspelt_ones_are_not(stack):
    stack.config.update(
        {"aws:region": 1, "pulumi:disable-default-providers": ["*"], "azure-patchin:schedules": {}, "tags": {}}
    )
    assert stack.faults() == [
        (
            'azure-patchin:schedules: got "azure-patchin:schedules"; expected a key of azure-patching or azure-native, '
            "e.g. azure-patching:schedules; fix: write azure-patching:schedules"
        )
    ]


def test_a_subscription_is_asked_for_only_where_something_needs_it(stack):
    stack.config = {}
    assert stack.faults() == []
    stack.schedule()
    assert [fault.path for fault in stack.read().faults] == ["azure-native:location", "azure-native:subscriptionId"]


def test_a_secret_where_none_belongs_is_a_fault_and_is_not_shown(stack):
    from patching.settings import Secret

    stack.schedule(start=Secret(), name=Secret())
    assert {fault.path for fault in stack.read().faults} == {"schedules.linux.start", "schedules.linux.name"}


def test_a_windows_machine_needs_its_password_and_a_whole_secret_map_is_trusted(stack):
    from patching.settings import Secret

    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
    stack.set(virtualMachines={"win": {"os": "Windows", "size": "Standard_B2s", "image": image}})
    assert [fault.path for fault in stack.read().faults] == ["adminPasswords.win"]
    assert stack.set(adminPasswords={"win": Secret()}).faults() == []
    assert stack.set(adminPasswords=Secret()).faults() == []


@pytest.mark.parametrize(("key", "right"), [("a" * 15, True), ("a" * 16, False), ("123", False), ("a_b", False)])
def test_a_windows_machine_s_key_is_a_computer_name(stack, key, right):
    from patching.settings import Secret

    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
    stack.set(virtualMachines={key: {"os": "Windows", "size": "Standard_B2s", "image": image}}, adminPasswords=Secret())
    assert (stack.faults() == []) is right


def test_an_image_that_contradicts_its_system_is_a_warning(stack):
    """The list of publishers is ours, not the service's: what it says must not stop a stack."""
    image = {"publisher": "microsoftwindowsserver", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
    assert stack.machine(image=image).faults() == []
    (warning,) = stack.warnings()
    assert warning.startswith(
        'virtualMachines.web.image.publisher: got "microsoftwindowsserver"; expected an image of Linux'
    )
    assert warning.endswith("e.g. Canonical; fix: write os: Windows, or take an image of Linux")


def test_a_machine_of_the_stack_is_named_by_its_key(stack, vm_id):
    stack.machine().schedule(machines=[vm_id("WEB", group="rg-patching-test")])
    (fault,) = stack.faults()
    assert fault.endswith("expected the key of a machine that this stack makes, e.g. web; fix: write web")


@pytest.mark.parametrize(
    ("duration", "right"), [("01:29", False), ("01:30", True), ("03:55", True), ("03:56", False), ("001:30", False)]
)
def test_the_edges_of_a_window(stack, duration, right):
    assert (stack.schedule(duration=duration).faults() == []) is right


@pytest.mark.parametrize("days", [True, 1.5, "1", None, 367])
def test_a_whole_number_is_nothing_else(stack, days):
    stack.schedules(a={}, b={"follows": {"schedule": "a", "days": days}})
    assert [fault.path for fault in stack.read().faults] == ["schedules.b.follows.days"]


def test_fifty_tags_are_allowed_and_fifty_one_are_not(stack):
    def scope(number):
        return stack.schedule(scopes={"s": {"tags": {f"tag{index}": ["v"] for index in range(number)}}}).faults()

    assert scope(50) == []
    assert len(scope(51)) == 1
    assert "at most 50 tags" in scope(51)[0]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"start": "2027-01-05 22:00"}, "schedules.linux.start", "the first run will be 2027-01-12 22:00"),
        ({"start": "2027-01-12 23:45"}, "schedules.linux.start", "between 23:45 and 00:00"),
        ({"start": "2027-01-12 05:50", "recurEvery": "6Hours"}, "schedules.linux.start", "between 23:45 and 00:00"),
        (
            {"recurEvery": "Month PatchTuesday Offset15", "start": "2027-01-27 22:00"},
            "schedules.linux.recurEvery",
            "15 days later",
        ),
    ],
)
def test_what_azure_accepts_and_one_regrets_is_a_warning(stack, changes, path, words):
    reading = stack.schedule(**changes).read()
    assert reading.faults == ()
    (warning,) = reading.warnings
    assert warning.path == path
    assert words in str(warning)


@pytest.mark.parametrize("start", ["2027-01-12 23:44", "2027-01-12 00:00"])
def test_outside_the_last_quarter_of_an_hour_there_is_no_warning(stack, start):
    assert stack.schedule(start=start).warnings() == []


@pytest.mark.parametrize(
    ("as_of", "changes", "faults", "warnings"),
    [
        ("2027-01-12T20:44:00+00:00", {}, 0, []),
        ("2027-01-12T20:46:00+00:00", {}, 0, ["at least 15 minutes"]),
        ("2027-01-12T21:01:00+00:00", {}, 0, ["a start that is not past"]),
        ("2027-01-01T00:00:00+00:00", {"expires": "2027-02-10 00:00"}, 0, ["its last run is 2027-02-09 22:00"]),
        ("2027-02-10T00:00:00+00:00", {"expires": "2027-02-10 00:00"}, 1, ["a start that is not past"]),
    ],
)
def test_the_time_it_is_matters_only_when_told(stack, as_of, changes, faults, warnings):
    from datetime import datetime

    stack.schedule(**changes)
    assert stack.warnings() == []
    reading = stack.read(as_of=datetime.fromisoformat(as_of))
    assert len(reading.faults) == faults
    assert len(reading.warnings) == len(warnings)
    assert all(words in str(warning) for words, warning in zip(warnings, reading.warnings, strict=True))
