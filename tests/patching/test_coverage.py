import time

import pytest

from patching import reach
from patching.coverage import cover
from patching.machines import Unsupported
from tests.patching.estates import (
    MAIN,
    READY,
    SPOKE,
    STRANGE,
    arc_row,
    covered,
    inventory,
    only,
    problems,
    reached,
    vm_row,
)

ALL = {"scopes": {"all": {"subscriptions": ["main"]}}}
RING = {"scopes": {"ring": {"tags": {"Patch-Ring": ["test"]}}}}
NOT_READY = {"linuxConfiguration": {"patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}}}


def windows():
    return {"updates": {"windows": {"classifications": ["Critical"]}}}


def warned(coverage):
    return [(warning.path, warning.got.text) for warning in coverage.warnings]


def test_what_reaches_a_machine_and_by_what(stack):
    rows = [vm_row("a", tags={"patch-ring": "test"}), vm_row("b"), arc_row("c", subscription=SPOKE)]
    settings = stack.schedules(
        first={**RING, "recurEvery": "Week Monday"},
        second={"machines": [rows[1]["id"].lower(), rows[0]["id"]], "recurEvery": "Week Friday"},
    ).settings()
    found = covered(settings, *rows)
    assert reached(found) == {
        "a": [("first", "scope", "ring"), ("second", "static", None)],
        "b": [("second", "static", None)],
        "c": [],
    }
    assert (found.total, found.covered, found.ready, found.uncovered) == (3, 2, 3, 1)
    assert problems(found) == {"a": [], "b": [], "c": ["no schedule reaches it"]}
    assert found.faults == found.warnings == ()


def test_a_machine_that_the_stack_makes_is_reached_by_its_key(stack):
    settings = stack.machine().schedule(machines=["web"]).settings()
    (own,) = settings.virtual_machines.values()
    assert covered(settings).warnings == ()  # it is not there before the first deployment
    row = vm_row() | {"id": own.resource_id.upper()}
    assert reached(covered(settings, row)) == {"WEB": [("linux", "static", None)]}


def test_a_machine_that_the_inventory_lacks(stack, vm_id):
    settings = stack.schedule(machines=[vm_id("there"), vm_id("gone")]).settings()
    found = covered(settings, vm_row("there", group="rg-legacy"))
    assert warned(found) == [("schedules.linux.machines[1]", vm_id("gone"))]


def test_a_subscription_that_the_stack_does_not_know(stack):
    settings = stack.schedule(**RING).settings()
    found = covered(settings, vm_row("a", subscription=STRANGE, tags={"patch-ring": "test"}), vm_row("b"))
    assert problems(found)["a"] == ["no schedule reaches it: the stack does not know its subscription"]
    assert warned(found) == [("subscriptions", STRANGE)]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"PATCH-RING": "Test"}, 'its tag PATCH-RING is "Test", and the scope ring of linux wants "test"'),
        ({"patch-ring": "other"}, None),
        ({"ring": "Test"}, None),
        (None, None),
    ],
)
def test_a_tag_value_in_another_case_is_named(stack, tags, words):
    settings = stack.schedule(**RING).settings()
    expected = f"no schedule reaches it: {words}" if words else "no schedule reaches it"
    assert problems(covered(settings, vm_row(tags=tags))) == {"vm": [expected]}


def test_a_machine_in_overlapping_windows(stack):
    settings = stack.schedules(
        a={**RING, "recurEvery": "Week Tuesday"},
        b={"scopes": {"env": {"tags": {"env": ["x"]}}}, "recurEvery": "Day", "start": "2027-01-12 23:00"},
        z={**RING, "recurEvery": "Week Friday"},
    ).settings()
    found = covered(settings, vm_row("both", tags={"patch-ring": "test", "env": "x"}), vm_row("one", tags={"env": "x"}))
    assert problems(found)["one"] == []
    first, second = problems(found)["both"]
    zone = "W. Europe Standard Time"
    assert first == (
        f"the windows of a and b overlap: a runs 2027-01-12 22:00 to 01:00 {zone}, b 2027-01-12 23:00 to 02:00 {zone}"
    )
    assert second.startswith("the windows of b and z overlap: b runs 2027-01-15 23:00")


def test_schedules_that_start_together(stack):
    settings = stack.schedules(one=RING, other={**RING}).settings()
    (problem,) = problems(covered(settings, vm_row(tags={"patch-ring": "test"})))["vm"]
    assert problem.startswith("one and other start together, so that only one of them runs: one runs 2027-01-12 22:00")


def test_a_schedule_that_installs_nothing_on_the_system(stack):
    settings = stack.schedule(**ALL, **windows()).settings()
    found = covered(settings, vm_row("l"), vm_row("w", os="Windows"), arc_row("a"))
    assert problems(found) == {
        "l": ["linux installs nothing on Linux"],
        "w": [],
        "a": ["linux installs nothing on Linux"],
    }


def test_what_no_schedule_patches_need_not_be_reached(stack):
    settings = stack.schedule(**RING).settings()
    verdict = only(covered(settings, vm_row(tags={"aks-managed-poolName": "np"})))
    assert (verdict.ready, list(map(str, verdict.problems))) == (False, [Unsupported.AKS.value])


class TestPolicies:
    def mended(self, stack, row=None, **policy):
        settings = stack.schedule(**ALL).policy(**policy).settings()
        found = covered(settings, row or vm_row(osProfile=NOT_READY))
        assert not only(found).ready or row
        return {problem.text.split(" ")[0]: problem.mended_by for problem in only(found).problems}

    def test_a_prerequisite_mends_what_keeps_a_schedule_away(self, stack):
        assert self.mended(stack, kind="schedulingPrerequisite", scope="main") == {
            "patch": "policy",
            "bypassPlatformSafetyChecksOnUserSchedule": "policy",
            "periodic": None,
        }

    def test_an_assessment_mends_an_assessment(self, stack):
        found = self.mended(stack, kind="periodicAssessment", scope="main")
        assert (found["patch"], found["periodic"]) == (None, "policy")
        assert (
            self.mended(stack, arc_row(osProfile={}), kind="periodicAssessment", scope="main")["periodic"] == "policy"
        )

    @pytest.mark.parametrize(
        "policy",
        [
            {"kind": "periodicAssessment", "mode": "ImageDefault"},
            {"kind": "periodicAssessment", "machines": ["arc"]},
            {"kind": "periodicAssessment", "operatingSystems": ["Windows"]},
            {"kind": "periodicAssessment", "locations": ["northeurope"]},
            {"kind": "periodicAssessment", "tags": {"env": "x"}},
            {"kind": "periodicAssessment", "remediate": False},
            {"kind": "periodicAssessment", "assignRoles": False},
            {"kind": "periodicAssessment", "scope": "spoke"},
            {"kind": "periodicAssessment", "notScopes": [f"/subscriptions/{MAIN}/resourceGroups/RG"]},
            {"kind": "periodicAssessment", "notScopes": [vm_row()["id"]]},
            {"kind": "periodicAssessment", "scope": f"/subscriptions/{MAIN}/resourceGroups/other"},
            {"kind": "periodicAssessment", "remediation": {"locations": ["northeurope"]}},
            {
                "kind": "periodicAssessment",
                "locations": ["westeurope"],
                "remediation": {"locations": ["northeurope"]},
            },
            {"kind": "auditAssessment"},
        ],
    )
    def test_what_it_does_not_change_it_does_not_mend(self, stack, policy):
        assert set(self.mended(stack, **{"scope": "main", **policy}).values()) == {None}

    @pytest.mark.parametrize(
        "policy",
        [
            {"locations": ["West Europe"]},
            {"scope": f"/subscriptions/{MAIN}/resourceGroups/RG"},
            {"notScopes": [f"/subscriptions/{MAIN}/resourceGroups/rg2"]},
            {"assignRoles": False, "rolesGranted": True},
            {"enforcementMode": "DoNotEnforce"},
        ],
    )
    def test_what_it_changes_it_mends(self, stack, policy):
        found = self.mended(stack, **{"kind": "periodicAssessment", "scope": "main", **policy})
        assert found["periodic"] == "policy"

    @pytest.mark.parametrize(
        ("tags", "operator", "mends"),
        [
            ({"env": "x", "a": "b"}, "All", True),
            ({"env": "x"}, "All", False),
            ({"env": "x"}, "Any", True),
            ({"Env": "x"}, "Any", False),
            ({"env": "X"}, "Any", False),
        ],
    )
    def test_its_tags_have_case(self, stack, tags, operator, mends):
        entry = {"kind": "periodicAssessment", "scope": "main", "tags": {"env": "x", "a": "b"}, "tagOperator": operator}
        found = self.mended(stack, vm_row(osProfile=NOT_READY, tags=tags), **entry)
        assert (found["periodic"] == "policy") is mends

    def test_its_tags_tell_machines_apart(self, stack):
        settings = stack.schedule(**ALL).policy(kind="periodicAssessment", scope="main", tags={"env": "x"}).settings()
        rows = [vm_row(name, osProfile=NOT_READY, tags=tags) for name, tags in (("a", None), ("b", {"env": "x"}))]
        found = problems(covered(settings, *rows))
        assert [found[name][-1].endswith("(the policy policy mends it)") for name in "ab"] == [False, True]

    def test_recurring_updates_attach_machines_and_make_them_ready(self, stack):
        stack.schedule().policy(kind="recurringUpdates", scope="main", schedule="linux")
        rows = [vm_row("a", osProfile=NOT_READY), arc_row("b"), vm_row("c", subscription=SPOKE)]
        found = covered(stack.settings(), *rows)
        assert reached(found) == {"a": [("linux", "static", "policy")], "b": [("linux", "static", "policy")], "c": []}
        assert problems(found)["a"][0].endswith("(the policy policy mends it)")

    def test_at_a_management_group_the_inventory_must_say_what_is_below(self, stack):
        group = "/providers/Microsoft.Management/managementGroups/Corp"
        stack.schedule().policy(kind="recurringUpdates", scope=group, schedule="linux")
        found = covered(stack.settings(), vm_row())
        assert (reached(found), warned(found)) == ({"vm": []}, [("azurePolicies.policy.scope", group)])
        subscription = {
            "id": f"/subscriptions/{MAIN}",
            "type": "microsoft.resources/subscriptions",
            "properties": {"managementGroupAncestorsChain": [{"name": "corp"}]},
        }
        found = covered(stack.settings(), vm_row(), subscription)
        assert (reached(found), warned(found)) == ({"vm": [("linux", "static", "policy")]}, [])
        stack.policy(kind="recurringUpdates", scope=group, schedule="linux", notScopes=[f"/subscriptions/{MAIN}"])
        assert reached(covered(stack.settings(), vm_row(), subscription)) == {"vm": []}


class TestLimits:
    def machines(self, number, **columns):
        return [vm_row(f"m{index}", **columns) for index in range(number)]

    @pytest.mark.parametrize(("number", "faults"), [(1000, []), (1001, ["schedules.linux.scopes.all"])])
    def test_of_one_dynamic_scope(self, stack, number, faults):
        found = covered(stack.schedule(**ALL).settings(), *self.machines(number))
        assert [fault.path for fault in found.faults] == faults

    def test_each_subscription_counts_for_itself(self, stack):
        rows = [*self.machines(600), *self.machines(600, subscription=SPOKE)]
        assert covered(stack.schedule(scopes={"all": {}}).settings(), *rows).faults == ()

    @pytest.mark.parametrize(("extra", "faults"), [(0, []), (1, ["schedules.linux"])])
    def test_of_one_schedule(self, stack, extra, faults):
        tags = {str(index): {"tags": {"part": [str(index)]}} for index in range(4)}
        rows = [row for part in range(3) for row in self.machines(1000, group=f"g{part}", tags={"part": str(part)})]
        rows += self.machines(extra, group="more", tags={"part": "3"})
        found = covered(stack.schedule(scopes=tags).settings(), *rows)
        assert [fault.path for fault in found.faults] == faults

    def test_a_machine_reached_twice_counts_once(self, stack):
        rows = self.machines(900)
        scopes = {str(index): {"tags": {"a": ["b"], f"t{index}": ["x"]}} for index in range(4)}
        rows = [row | {"tags": {"a": "b"}} for row in rows]
        assert covered(stack.schedule(scopes=scopes).settings(), *rows).faults == ()


class TestScale:
    """100,000 machines are no more work for the filters than a hundred: what tells machines apart is the stack's."""

    def estate(self, number):
        rings = ["test", "prod", "x"]
        return inventory(
            *(
                vm_row(
                    f"m{index}",
                    group=f"rg{index % 500}",
                    tags={"Name": f"m{index}", "patch-ring": rings[index % 3], "owner": str(index)},
                    osProfile={"linuxConfiguration": {"patchSettings": READY if index % 7 else {}}},
                )
                for index in range(number)
            )
        )

    def stack_of(self, stack, number):
        return stack.schedules(
            **{
                f"s{index}": {
                    "scopes": {
                        f"c{scope}": {
                            "tags": {"patch-ring": ["test"], f"t{index}-{scope}": ["x"]},
                            "tagOperator": "All",
                        }
                        for scope in range(4)
                    }
                }
                for index in range(number)
            }
        ).settings()

    def test_filters_are_asked_once_for_machines_that_are_alike(self, stack, monkeypatch):
        settings = self.stack_of(stack, 5)
        asked = []
        monkeypatch.setattr(reach, "matches", lambda *arguments: bool(asked.append(arguments)))
        cover(settings, self.estate(100))
        few = len(asked)
        cover(settings, self.estate(3000))
        assert 0 < len(asked) - few <= few

    def test_a_large_estate_and_many_schedules_take_seconds(self, stack):
        settings, estate = self.stack_of(stack, 30), self.estate(50_000)
        began = time.process_time()
        found = cover(settings, estate)
        assert time.process_time() - began < 15  # it takes about half a second
        assert found.total == 50_000
