"""Each rule on a stack: what passes, what fails, what is missing, and what a preview does not know."""

import pytest
from pulumi_policy import ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.pack import stack_validation
from policies.rules import RULES
from policies.rules.rule import StackRule
from policies.values import Inputs
from tests.policies.judging import BY_NAME, judged_together, resource
from tests.policies.stack_cases import CASES, PAIR, configuration, on_machine, vm

TOGETHER = [rule for rule in RULES if isinstance(rule, StackRule)]


def each(index):
    return [(name, *(case if index == 2 else (case,))) for name, group in CASES.items() for case in group[index]]


def test_each_rule_has_every_case():
    assert {rule.name for rule in TOGETHER} == set(CASES)


@pytest.mark.parametrize(("name", "stack"), each(1))
def test_what_is_right_or_not_known_passes(name, stack):
    assert judged_together(name, stack, **CASES[name][0]) == []


@pytest.mark.parametrize(("name", "stack", "said"), each(2))
def test_what_is_wrong_is_said_once(name, stack, said):
    ((message, urn),) = judged_together(name, stack, **CASES[name][0])
    assert said in message
    assert message.endswith((".", ".)"))
    assert urn is None or urn in {one.urn for one in stack}


@pytest.mark.parametrize(("name", "stack", "said"), each(2))
def test_a_stack_that_was_not_seen_before_is_judged_by_what_it_shows(name, stack, said):
    ((message, _),) = judged_together(name, stack, shown=(), **CASES[name][0])
    assert said in message


@pytest.mark.parametrize("rule", TOGETHER, ids=lambda rule: rule.name)
def test_an_empty_stack_and_empty_resources_are_not_blamed(rule):
    assert judged_together(rule.name, []) == []
    kinds = {one.resource_type.removeprefix("azure-native:") for name, stack, _ in each(2) for one in stack}
    bare = [resource(kind, f"bare-{kind}", {}) for kind in sorted(kinds)]
    assert judged_together(rule.name, bare, **CASES[rule.name][0] | {"rings": []}) == []


@pytest.mark.parametrize(("name", "stack", "_said"), each(2))
def test_resources_whose_properties_are_all_unknown_are_not_blamed(name, stack, _said):
    unknown = [
        resource(
            one.resource_type.removeprefix("azure-native:"), one.name, dict.fromkeys(one.inputs, UNKNOWN_STRING_VALUE)
        )
        for one in stack
    ]
    assert judged_together(name, unknown, **CASES[name][0] | {"rings": []}) == []


def test_a_group_that_the_program_makes_is_known_by_its_name():
    group = resource("resources:ResourceGroup", "group", {"resourceGroupName": "rg"})
    inside = configuration(resourceGroupName=UNKNOWN_STRING_VALUE)
    inside.property_dependencies = {"resourceGroupName": [group]}
    assert judged_together("rings-have-targets", [group, inside, on_machine()]) == []


def test_a_provider_that_takes_its_subscription_from_the_environment_is_no_other_one():
    here = configuration()
    here.provider.props = {}
    assert judged_together("rings-have-targets", [here, on_machine()]) == []


@pytest.mark.parametrize(
    ("name", "read"),
    [("rings-have-targets", configuration()), ("no-run-in-a-freeze", configuration()), ("machine-patched", vm())],
)
def test_what_a_program_only_reads_is_somebody_elses(name, read):
    """It is in the stack, and was not shown by itself; or, in a state, without inputs."""
    settings = CASES[name][0]
    other = configuration("other", maintenanceScope="Host")
    assert judged_together(name, [read, other], **settings | {"rings": []})
    for shown in ([other], [other, resource(read.resource_type.removeprefix("azure-native:"), read.name, {})]):
        assert judged_together(name, [read, other], shown=shown, **settings | {"rings": []}) == []


def test_a_freeze_that_is_wrong_is_said():
    wrong = {"sale": {"from": "2027-01-10", "to": "2027-01-11 00:00", "timeZone": "UTC"}}
    ((message, urn),) = judged_together("no-run-in-a-freeze", [configuration()], freezes=wrong)
    assert "own configuration" in message
    assert "freezes.sale.from" in message
    assert urn is None


def test_what_the_program_does_not_set_is_known_although_a_preview_shows_it_as_unknown():
    seen = Inputs()
    shown = []
    for one in PAIR:
        kind = one.resource_type.removeprefix("azure-native:")
        args = ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, one.provider, {})
        seen.see(args, kind)
        outputs = {name: value for name, value in one.inputs.items() if not name.startswith("resource")}
        shown.append(resource(kind, one.name, outputs | {"expirationDateTime": UNKNOWN_STRING_VALUE}))
    messages = []
    validate = stack_validation(BY_NAME["windows-apart"], seen)
    validate(StackValidationArgs(shown, {}), lambda message, _urn: messages.append(message))
    assert len(messages) == 1
