"""What the engine's calls come to before a rule is asked: what is kept, what costs nothing, what is refused."""

import pytest
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.rules import RULES
from tests.policies.engine_calls import CONFIGURATION, RefusedError, analyzed, analyzed_together, configure, off
from tests.policies.resource_cases import PLATFORM, WINDOW, machine


def test_a_resource_is_judged_as_it_was_shown_last(pack):
    assert analyzed(pack, CONFIGURATION, "one", WINDOW | {"duration": UNKNOWN_STRING_VALUE}) == []
    assert analyzed(pack, CONFIGURATION, "one", WINDOW | {"duration": "01:00"}) == ["maintenance-window-accepted"]
    assert analyzed(pack, CONFIGURATION, "one", WINDOW) == []


def test_a_secret_is_judged_by_what_it_is(pack):
    props = machine(**PLATFORM)
    props["osProfile"] = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": props["osProfile"]}
    assert analyzed(pack, "azure-native:compute:VirtualMachine", "vm", props) == ["machine-schedulable"]


def test_a_secret_that_could_not_be_decrypted_is_not_blamed(pack):
    """`pulumi policy analyze` shows it as this text."""
    configure(pack, required_tags=("advisory", {"tags": ["owner"]}))
    for name in WINDOW.keys() | {"tags"}:
        assert analyzed(pack, CONFIGURATION, "one", WINDOW | {"tags": {"owner": "x"}, name: "[secret]"}) == []


def test_what_no_rule_looks_at_is_not_unpacked(pack):
    assert analyzed(pack, "random:index/randomPet:RandomPet", "pet", {SPECIAL_SIG_KEY: "of a new kind"}) == []
    assert analyzed_together(pack, ("random:index/randomPet:RandomPet", "pet", {SPECIAL_SIG_KEY: "new"})) == set()


def test_rules_on_the_stack_know_the_inputs_where_all_others_are_off(pack):
    """A ring is told by names, which only the inputs have in a preview."""
    configure(pack, **off(rings_in_order=("mandatory", {"rings": ["a", "b"], "soakDays": 2})))
    shown = [(CONFIGURATION, f"logical-{name}", WINDOW | {"resourceName": name}) for name in "ab"]
    for one in shown:
        assert analyzed(pack, *one) == []
    in_preview = [(kind, name, WINDOW) for kind, name, _ in shown]
    assert analyzed_together(pack, *in_preview) == {("rings-in-order", "urn:logical-b")}


def test_a_reference_is_followed_in_a_preview(pack):
    configure(pack, **off(rings_have_targets="advisory"))
    on = (
        "azure-native:maintenance:ConfigurationAssignment",
        "on",
        {"maintenanceConfigurationId": UNKNOWN_STRING_VALUE},
    )
    stack = [(CONFIGURATION, "one", WINDOW), (CONFIGURATION, "two", WINDOW)]
    found = analyzed_together(pack, *stack, (*on, {"maintenanceConfigurationId": ["urn:one"]}))
    assert found == {("rings-have-targets", "urn:two")}
    assert analyzed_together(pack, *stack, on) == set()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"windows_appart": "advisory"}, '"windows-appart" is no rule of this pack: write windows-apart.'),
        ({"Windows_Apart": "advisory"}, "write windows-apart."),
        ({"nonsense": "advisory"}, "it can be maintenance-window-accepted, "),
        ({"required_tags": ("advisory", {"tag": ["x"]})}, 'required-tags has no setting "tag": write tags.'),
        ({"start_fixed": ("advisory", {"most": 1})}, "it has none, but enforcementLevel."),
        ({"windows_apart": "remediate"}, "windows-apart mends nothing"),
    ],
)
def test_a_configuration_that_the_engine_would_ignore_is_refused(pack, given, said):
    with pytest.raises(RefusedError) as refusal:
        configure(pack, **given, machine_assessed="remediate")
    first, *faults = str(refusal.value).splitlines()
    assert first == "the configuration of the policy pack is wrong:"
    (fault,) = faults
    assert said in fault


def test_every_rule_and_setting_can_be_configured(pack):
    settings = {rule.name: {name: one.get("default", 1) for name, one in rule.settings.items()} for rule in RULES}
    configure(pack, **{name: ("advisory", given) for name, given in settings.items()})
    configure(pack, all="remediate", **{rule.name: "remediate" for rule in RULES})
