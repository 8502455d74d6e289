import copy

import pytest

from patching.lost_creates import Candidate, plan_adoption
from patching.recovery import UnreadableDeploymentError

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
MAIN = "11111111-1111-4111-8111-111111111111"
STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
PROVIDER = "urn:pulumi:dev::p::pulumi:providers:azure-native::main"
COMPONENT = "urn:pulumi:dev::p::p:index:Network::net"
GROUP = "urn:pulumi:dev::p::p:index:Network$azure-native:resources:ResourceGroup::group"
GROUP_ID = f"/subscriptions/{MAIN}/resourceGroups/rg"


def step(urn, op="create", **state):
    kind = urn.split("::")[2].rpartition("$")[2]
    custom = "index" not in kind and "Stack" not in kind
    return {"op": op, "urn": urn, "newState": {"urn": urn, "type": kind, "custom": custom, **state}}


def steps(**inputs):
    """A preview of a stack that has nothing yet."""
    return [
        step(STACK),
        step(PROVIDER, parent=STACK, inputs={"subscriptionId": MAIN, "__internal": {}}),
        step(COMPONENT, parent=STACK),
        step(
            GROUP,
            parent=COMPONENT,
            provider=f"{PROVIDER}::{UNKNOWN}",
            protect=True,
            inputs={"resourceGroupName": "rg", **inputs},
            dependencies=["urn:pulumi:dev::p::random:index:Pet::pet"],
            propertyDependencies={"tags": ["urn:pulumi:dev::p::random:index:Pet::pet"], "location": None},
            stackTrace=[{}],
        ),
    ]


def exported(*resources):
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}}


def there(one, identifier="", **more):
    return {**one["newState"], "id": identifier, "outputs": {"name": "x"}, **more}


def in_state(plan):
    return plan.deployment["deployment"]["resources"]


def beneath():
    """A state that has all but the group."""
    stack, provider, component, _ = steps()
    return [there(stack), there(provider, "40e2202f"), there(component)]


def test_a_resource_is_put_into_an_empty_state_with_all_that_it_needs():
    before = {"version": 3, "deployment": {}}
    plan = plan_adoption(before, steps())
    assert before == {"version": 3, "deployment": {}}
    assert plan.candidates == (Candidate(GROUP, GROUP_ID),)
    stack, component, provider, group = in_state(plan)
    assert [stack["urn"], component["urn"], provider["urn"]] == [STACK, COMPONENT, PROVIDER]
    assert "id" not in stack
    assert "id" not in component
    assert group["provider"] == f"{PROVIDER}::{provider['id']}"
    assert provider["id"] != UNKNOWN
    assert provider["outputs"] == {"subscriptionId": MAIN}
    assert group["protect"] is True
    assert (group["dependencies"], group["propertyDependencies"]) == ([], {"tags": [], "location": []})
    assert "stackTrace" not in group


def test_what_the_state_has_is_not_touched():
    before = exported(*beneath(), there(steps()[3], GROUP_ID))
    plan = plan_adoption(before, steps()[:3])
    assert (plan.candidates, plan.left_alone, plan.settled) == ((), (), ())
    assert plan.deployment == before


def test_a_provider_of_the_state_is_the_provider():
    plan = plan_adoption(exported(*beneath()), steps())
    assert in_state(plan)[:3] == beneath()
    assert in_state(plan)[3]["provider"] == f"{PROVIDER}::40e2202f"


def reason(plan):
    assert plan.candidates == ()
    (left,) = plan.left_alone
    assert left.urn == GROUP
    return left.reason


def test_a_provider_with_a_secret_has_to_be_made_by_the_engine():
    planned = steps()
    planned[1]["newState"]["inputs"]["clientSecret"] = "[secret]"
    plan = plan_adoption(exported(), planned)
    assert f"pulumi up --target '{PROVIDER}'" in reason(plan)
    assert "[secret]" not in str(in_state(plan))


def test_an_id_that_depends_on_something_unknown_is_not_guessed():
    assert reason(plan_adoption(exported(*beneath()), steps(resourceGroupName=UNKNOWN))) == (
        "its resourceGroupName is not known"
    )


def test_a_name_that_is_made_up_anew_is_not_looked_for():
    assert "a new name" in reason(plan_adoption(exported(*beneath()), steps(__createBeforeDelete=True)))


@pytest.mark.parametrize(
    ("urn", "more", "expected"),
    [
        (f"{GROUP}-old", {}, "as azure-native:resources:ResourceGroup group-old"),
        (GROUP, {"delete": True}, "marked to be deleted"),
    ],
)
def test_an_id_is_never_in_the_state_twice(urn, more, expected):
    other = there(steps()[3], GROUP_ID.upper(), **more) | {"urn": urn}
    before = exported(*beneath(), other)
    plan = plan_adoption(before, steps())
    assert expected in reason(plan)
    assert plan.deployment == before


def test_a_replacement_under_another_name_is_named():
    old = there(steps()[3], GROUP_ID + "-old")
    before = exported(*beneath(), old)
    plan = plan_adoption(before, [steps()[3] | {"op": "replace"}])
    assert GROUP_ID in reason(plan)
    assert plan.deployment == before


def test_a_replacement_in_its_own_place_is_nothing_to_look_for():
    plan = plan_adoption(exported(*beneath(), there(steps()[3], GROUP_ID.lower())), [steps()[3] | {"op": "replace"}])
    assert (plan.candidates, plan.left_alone) == ((), ())


def test_a_replacement_whose_old_one_is_gone_is_looked_for():
    gone = there(steps()[3], GROUP_ID, pendingReplacement=True)
    plan = plan_adoption(exported(*beneath(), gone), [steps()[3] | {"op": "replace"}])
    assert plan.candidates == (Candidate(GROUP, GROUP_ID),)
    assert "pendingReplacement" not in in_state(plan)[3]


@pytest.mark.parametrize("op", ["same", "update", "read", "import", "delete"])
def test_only_what_would_be_created_is_looked_for(op):
    assert plan_adoption(exported(*beneath()), [steps()[3] | {"op": op}]).candidates == ()


def test_other_packages_resources_are_none_of_ours():
    pet = step("urn:pulumi:dev::p::random:index/randomPet:RandomPet::pet", inputs={})
    plan = plan_adoption(exported(*beneath()), [pet])
    assert (plan.candidates, plan.left_alone) == ((), ())


def test_a_gap_waits_for_a_preview_that_fills_it():
    second = {**steps(tags={"a": [{"b": UNKNOWN}], "c": "[secret]", "d": "e"})[3]["newState"]}
    second |= {"urn": f"{GROUP}-2", "inputs": second["inputs"] | {"resourceGroupName": "rg-2"}}
    planned = [*steps(), {"op": "create", "urn": second["urn"], "newState": second}]
    first = plan_adoption(exported(*beneath()), planned)
    assert [one.urn for one in first.candidates] == [GROUP]
    later = plan_adoption(exported(*beneath()), planned, looked_for={GROUP})
    assert [one.urn for one in later.candidates] == [second["urn"]]
    assert in_state(later)[3]["inputs"] == {"resourceGroupName": "rg-2", "tags": {"d": "e"}}


def test_what_was_found_is_settled_and_what_would_be_replaced_is_said():
    found = there(steps()[3], GROUP_ID) | {"inputs": {"resourceGroupName": "rg", "managedBy": ""}}
    settled = plan_adoption(exported(*beneath(), found), [steps()[3] | {"op": "update"}], {GROUP}, {GROUP})
    assert settled.settled == (GROUP,)
    assert in_state(settled)[3]["inputs"] == {"resourceGroupName": "rg"}
    again = plan_adoption(settled.deployment, [steps()[3] | {"op": "same"}], {GROUP}, {GROUP})
    assert (again.settled, again.to_replace) == ((), ())
    other = steps(location="north")[3] | {"op": "replace"}
    replaced = plan_adoption(exported(*beneath(), found), [other], {GROUP}, {GROUP})
    assert (replaced.settled, replaced.to_replace) == ((), (GROUP,))


@pytest.mark.parametrize("preview", [[{}], [{"op": "create", "urn": "x"}], [3]])
def test_an_unknown_shape_is_said(preview):
    with pytest.raises(UnreadableDeploymentError):
        plan_adoption(copy.deepcopy(exported()), preview)
