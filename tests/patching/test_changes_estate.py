"""What changes in a stack's keys: every key counts, in words, once, and no secret's value is shown."""

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.changes.entries import STACK, entries_of, filter_words
from patching.changes.estate import Change, compare_entries
from patching.changes.values import Masked
from patching.machines import OperatingSystem
from patching.recurrence_grammar import parse
from patching.report.changes_words import entry_words
from patching.scopes import ScopeFilter, TagOperator
from patching.settings.model import ScheduleSettings, Settings
from patching.settings.secret import Secret
from patching.stack_file import read_stack_file
from tests.patching.conftest import MAIN, SPOKE, Stack

ROOT = Path(__file__).parents[2]
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))


def changes(before, after, *, config=({}, {})):
    one, other = (entries_of(stack.settings(), extra) for stack, extra in zip((before, after), config, strict=True))
    return compare_entries(one, other)


def words(before, after, **options):
    return {change.name: entry_words(change, str) for change in changes(before, after, **options)}


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.stem)
def test_a_stack_does_not_differ_from_itself(file):
    entries = entries_of(read_stack_file(file).settings, {})
    assert entries
    assert compare_entries(entries, entries_of(read_stack_file(file).settings, {})) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"duration": "03:00"}, {"duration": "01:30"}, "duration: 3 hours → 1 hour 30 minutes"),
        ({}, {"expires": "2028-01-01 00:00"}, "expires: 2028-01-01 00:00 set"),
        ({"expires": "2028-01-01 00:00"}, {}, "expires: 2028-01-01 00:00 taken away"),
        ({"description": "a"}, {"description": "b"}, "description: a → b"),
        ({}, {"location": "northeurope"}, "location: westeurope → northeurope"),
        ({}, {"subscription": "spoke"}, "subscription: main → spoke"),
        ({}, {"protect": False}, "protect: true → false"),
        ({}, {"adopt": True, "resourceGroup": "rg-other"}, "adopt: false → true"),
        (
            {},
            {"recurEvery": "Month PatchTuesday Offset 4", "start": "2027-01-16 22:00"},
            (
                "recurEvery: Month Second Tuesday (every month on the second Tuesday) → "
                "Month Second Tuesday Offset4 (every month on the second Tuesday plus 4 days)"
            ),
        ),
        ({}, {"updates": {"linux": {"classifications": ["Other"]}}}, "updates.linux.classifications: Other added; "),
        (
            {},
            {"updates": {"linux": {"classifications": ["Critical", "Security"], "packageNameMasksToExclude": ["k*"]}}},
            "updates.linux.packageNameMasksToExclude: k* set",
        ),
        ({}, {"timeZone": "UTC"}, "timeZone: W. Europe Standard Time → UTC"),
        ({"tags": {"ring": "a"}}, {"tags": {"ring": "b"}}, "tags.ring: a → b"),
    ],
)
def test_a_schedule_s_keys_in_words(before, after, expected):
    found = words(Stack().schedule(**before), Stack().schedule(**after))
    assert any(line.startswith(expected) for line in found["schedules.linux"]), found


@pytest.mark.parametrize(
    "same",
    [
        {"description": None, "duration": "03:00"},
        {"subscription": "main"},
        {"location": "westeurope"},
        {"recurEvery": "1Month  second tuesday"},
        {"recurEvery": "Month PatchTuesday"},
        {"updates": {"linux": {"classifications": ["Security", "Critical"]}, "reboot": "IfRequired"}},
        {"protect": True},
    ],
)
def test_what_comes_to_the_same_is_no_change(same):
    given = {key: value for key, value in same.items() if value is not None}
    assert changes(Stack().schedule(), Stack().schedule(**given)) == ()


def test_machines_and_scopes_come_and_go(vm_id):
    before = Stack().schedule(machines=[vm_id("a")], scopes={"x": {"tags": {"ring": ["a"]}}})
    after = Stack().schedule(machines=[vm_id("b")], scopes={"x": {"tags": {"ring": ["a", "b"]}}, "y": {}})
    found = changes(before, after)
    assert [(one.path[2:3], one.section, one.change) for one in found] == [
        (("machines",), "machines", Change.REMOVED),
        (("machines",), "machines", Change.ADDED),
        (("scopes",), "scopes", Change.CHANGED),
        (("scopes",), "scopes", Change.ADDED),
    ]
    assert found[0].before == vm_id("a")
    assert [(field.path, field.added, field.removed) for field in found[2].fields] == [("tags.ring", ("b",), ())]
    assert found[3].after == "all machines, in main, spoke"


def test_a_machine_s_own_place_and_its_assignment(vm_id):
    before = Stack().schedule(machines=[vm_id("a")])
    after = Stack().schedule(machines=[{"id": vm_id("a"), "location": "northeurope", "assignmentName": "portal"}])
    (found,) = words(before, after).values()
    assert found == ["location: westeurope → northeurope", "assignmentName: portal set"]


def test_names_that_follow_from_others_are_not_said(vm_id):
    """Every assignment's name has a hash of its configuration's id."""
    before = Stack().schedule(machines=[vm_id("a")], scopes={"x": {"tags": {"ring": ["a"]}}})
    after = Stack().schedule(machines=[vm_id("a")], scopes={"x": {"tags": {"ring": ["a"]}}}, name="other")
    assert words(before, after) == {"schedules.linux": ["name: linux → other"]}


def test_what_entries_take_over_is_said_once():
    before = Stack().schedules(one={}, two={"tags": {"owner": "own"}}).set(tags={"owner": "a"}, protect=True)
    after = Stack().schedules(one={}, two={"tags": {"owner": "own"}}).set(tags={"owner": "b"}, protect=False)
    assert words(before, after) == {"stack": ["tags.owner: a → b", "protect: true → false"]} or words(
        before, after
    ) == {"stack": ["protect: true → false", "tags.owner: a → b"]}


def test_entries_of_every_sort(vm_id):
    before = Stack().schedule().machine().policy(kind="periodicAssessment", scope="main")
    before.set(freezes={"peak": {"from": "2027-12-18 00:00", "to": "2028-01-04 00:00", "timeZone": "UTC"}})
    after = Stack().schedule().machine(size="Standard_B4ms").policy(kind="periodicAssessment", scope="spoke")
    after.set(
        resourceGroup="rg-new",
        subscriptions={"main": {"id": MAIN}, "spoke": {"id": SPOKE}, "more": {"id": "4" * 8 + MAIN[8:]}},
    )
    found = words(before, after)
    assert found["freezes.peak"] == ["removed: from 2027-12-18 00:00 +00:00 to 2028-01-04 00:00 +00:00"]
    assert found["azurePolicies.policy"] == [f"scope: /subscriptions/{MAIN} → /subscriptions/{SPOKE}"]
    assert "size: Standard_B2s → Standard_B4ms" in found["virtualMachines.web"]
    assert found["stack"] == ["resourceGroup.name: rg-patching-test → rg-new"]
    assert found["subscriptions.more"] == [f"added: {'4' * 8 + MAIN[8:]}"]


def test_a_freeze_s_calendar_is_compared_event_by_event(tmp_path):
    event = (
        "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{0}T000000Z\r\nDTEND:{0}T200000Z\r\n"
        "SUMMARY:s\r\nEND:VEVENT\r\n"
    )
    page = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n"
    files = [page.format("".join(map(event.format, days))) for days in (["20270601"], ["20270601", "20270701"])]
    readings = [
        entries_of(stack.read(read_file=lambda _, text=text: text.encode()).settings, {})
        for text in files
        for stack in [Stack().set(freezes={"peak": {"calendar": "f.ics"}})]
    ]
    (change,) = compare_entries(*readings)
    (field,) = change.fields
    assert field.added == ("2027-07-01 00:00:00+00:00 to 2027-07-01 20:00:00+00:00: s",)


def test_keys_that_settings_do_not_keep_are_compared_and_no_value_is_shown():
    plain = Stack().schedule()
    before = {
        "azure-patching:keepVersionAliases": "true",
        "azure-patching:adminPasswords": {"web": Secret()},
        "azuread:clientSecret": "hunter2",
        "pulumi:tags": {"a": "b"},
    }
    after = {
        "azure-patching:keepVersionAliases": "false",
        "azure-patching:adminPasswords": {"web": Secret(), "db": Secret()},
        "azuread:clientSecret": "hunter3",
        "azure-patching:schedules": {"never": "looked at"},
        "azure-native:location": "neither",
        "pulumi:tags": {"a": "b"},
    }
    (change,) = changes(plain, plain, config=(before, after))
    assert change.path == STACK
    found = entry_words(change, str)
    assert sorted(found) == [
        "adminPasswords.db: a secret set",
        "azuread:clientSecret: (not shown) → (not shown)",
        "keepVersionAliases: true → false",
    ]
    assert "hunter" not in repr(change)


def test_a_secret_in_plain_text_is_not_shown():
    before, after = Stack().schedule(), Stack().schedule()
    before.config["azure-native:clientSecret"] = "hunter2"
    after.config["azure-native:clientSecret"] = "hunter3"
    (change,) = changes(before, after)
    assert entry_words(change, str) == ["azure-native:clientSecret: (not shown) → (not shown)"]
    assert "hunter" not in repr(change)
    assert Masked("a") == Masked("a") != Masked("b")


def _another(value):
    """Some other value of the same sort."""
    match value:
        case bool():
            return not value
        case str() | None:
            return f"{value or ''}x"
        case tuple():
            return () if value else ("x",)
        case dict():
            return {} if value else {"x": "y"}
        case _:
            return "x"


_NOT_COMPARED = {"key", "subscription_id"}
"""Its key is its path, and a subscription's id is said of the subscription."""


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(ScheduleSettings)])
def test_no_key_of_a_schedule_is_passed_over(name, vm_id):
    """Whatever a schedule gains, it is compared."""
    stack = Stack().schedule(machines=[vm_id("a")], scopes={"x": {}}, follows={"schedule": "first", "days": 1})
    stack.config["azure-patching:schedules"]["first"] = dict(stack.config["azure-patching:schedules"]["linux"])
    stack.config["azure-patching:schedules"]["first"].pop("follows")
    stack.config["azure-patching:schedules"]["first"]["start"] = "2027-01-09 22:00"
    stack.config["azure-patching:schedules"]["first"]["recurEvery"] = "Month Second Tuesday Offset-3"
    stack.config["azure-patching:tags"] = {"owner": "me"}
    settings = stack.settings()
    linux = settings.schedules["linux"]
    value = getattr(linux, name)
    if name == "schedule":
        value = dataclasses.replace(value, recurrence=parse("Day"), start=datetime(2027, 1, 1, 22))  # noqa: DTZ001
    elif name == "scopes":
        value = {}
    elif name in ("follows", "updates"):
        value = None
    else:
        value = _another(value)
    changed = dataclasses.replace(
        settings, schedules={**settings.schedules, "linux": dataclasses.replace(linux, **{name: value})}
    )
    found = compare_entries(entries_of(settings, {}), entries_of(changed, {}))
    if name in _NOT_COMPARED:
        return
    assert found
    assert all(one.path[:2] == ("schedules", "linux") for one in found)


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(Settings)])
def test_no_key_of_a_stack_is_passed_over(name):
    stack = Stack().schedule().machine().policy(kind="auditAssessment", scope="main").set(tags={"a": "b"})
    stack.set(freezes={"peak": {"from": "2027-12-18 00:00", "to": "2028-01-04 00:00", "timeZone": "UTC"}})
    settings = stack.settings()
    value = getattr(settings, name)
    match name:
        case "project" | "stack" | "ambient_subscription":
            return
        case "environment":
            value = type(value)("china")
        case "resource_group":
            value = dataclasses.replace(value, create=False)
        case "azure_native":
            value = {"useMsi": "true"}
        case _:
            value = _another(value)
    assert compare_entries(entries_of(settings, {}), entries_of(dataclasses.replace(settings, **{name: value}), {}))


_schedules = st.fixed_dictionaries(
    {
        "duration": st.sampled_from(["01:30", "03:00"]),
        "description": st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=3),
    },
    optional={
        "expires": st.sampled_from(["2028-01-01 00:00", "2029-01-01 00:00"]),
        "scopes": st.dictionaries(
            st.sampled_from("xyz"), st.fixed_dictionaries({"tags": st.just({"ring": ["a"]})}), min_size=1
        ),
        "tags": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=2),
    },
)
_stacks = st.dictionaries(st.sampled_from(["one", "two", "three"]), _schedules, max_size=3).map(
    lambda schedules: Stack().schedules(**schedules)
)


@given(_stacks, _stacks)
def test_swapping_the_versions_mirrors_the_changes(before, after):
    there, back = changes(before, after), changes(after, before)
    other = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED, Change.CHANGED: Change.CHANGED}
    mirrored = [
        (one.path, other[one.change], one.after, one.before, {(f.path, f.after, f.before) for f in one.fields})
        for one in back
    ]
    assert mirrored == [
        (one.path, one.change, one.before, one.after, {(f.path, f.before, f.after) for f in one.fields})
        for one in there
    ]
    assert changes(before, before) == ()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (ScopeFilter(), "all machines"),
        (
            ScopeFilter(os_types=(OperatingSystem.LINUX,), tags={"ring": ("b", "a")}),
            "Linux machines with ring = a or b",
        ),
        (
            ScopeFilter(tags={"ring": ("a",), "env": ("p",)}, tag_operator=TagOperator.ALL),
            "all machines with env = p and ring = a",
        ),
        (
            ScopeFilter(resource_groups=("rg",), locations=("westeurope",), tags={"a": ("x",), "b": ("y",)}),
            "all machines of rg in westeurope with a = x or b = y",
        ),
        (
            ScopeFilter(resource_types=("Microsoft.HybridCompute/machines",)),
            "all machines of type Microsoft.HybridCompute/machines",
        ),
    ],
)
def test_a_filter_in_words(scope, expected):
    assert filter_words(scope) == expected
