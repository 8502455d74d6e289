"""What is tagged as an emergency, and runs once, is not held to what was agreed for schedules that go on."""

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.policies.judging import judged, judged_together
from tests.policies.resource_cases import WINDOW
from tests.policies.stack_cases import configuration, on_machine

ONCE = {
    "startDateTime": "2027-01-20 22:13",
    "expirationDateTime": "2027-01-21 03:13",
    "recurEvery": "Day",
    "duration": "03:00",
    "timeZone": "W. Europe Standard Time",
}
TAGS = {"Patch-Emergency": "CVE-2027-1", "environment": "prod"}
FREEZE = {"from": "2027-01-20 00:00", "to": "2027-01-22 00:00", "timeZone": "UTC"}
AGREED = [{"days": ["Saturday"], "from": "20:00", "to": "06:00"}]
ALONE = [
    ("configuration-protected", {}),
    ("window-allowed", {"windows": AGREED}),
    ("start-fixed", {}),
]


@pytest.mark.parametrize(("rule", "settings"), ALONE)
def test_an_emergency_by_itself_is_not_blamed(rule, settings):
    assert judged(rule, {**WINDOW, **ONCE, "tags": TAGS}, **settings) == []


@pytest.mark.parametrize(("rule", "settings"), ALONE)
@pytest.mark.parametrize(
    "changed",
    [
        {"tags": {"environment": "prod"}},
        {"expirationDateTime": "2027-01-22 03:13"},
        {"expirationDateTime": None},
    ],
)
def test_what_is_no_emergency_is_blamed(rule, settings, changed):
    props = {**WINDOW, **ONCE, "tags": TAGS, **changed}
    assert judged(rule, {name: value for name, value in props.items() if value is not None}, **settings)


@pytest.mark.parametrize("name", ["tags", "expirationDateTime"])
def test_nothing_is_made_of_what_is_not_known(name):
    for rule, settings in ALONE:
        judged(rule, {**WINDOW, **ONCE, "tags": TAGS, name: UNKNOWN_STRING_VALUE}, **settings)


def test_an_emergency_in_a_freeze_is_not_blamed():
    freezes = {"freezes": {"sale": FREEZE}}
    assert judged_together("no-run-in-a-freeze", [configuration("extra", **ONCE)], **freezes)
    assert judged_together("no-run-in-a-freeze", [configuration("extra", **ONCE, tags=TAGS)], **freezes) == []


@pytest.mark.parametrize("rule", ["rings-have-targets", "rings-in-order"])
def test_an_emergency_needs_no_ring(rule):
    stack = [configuration("a"), on_machine("a"), configuration("b", **ONCE, tags=TAGS), on_machine("b", "two")]
    assert judged_together(rule, stack, rings=["a"]) == []
