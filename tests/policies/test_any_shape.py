"""No rule crashes, whatever shape the properties of a resource have: programs of others are judged as they are."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.rules import RULES
from policies.rules.rule import Rule
from tests.policies.judging import BY_NAME, judged, judged_together, mended, resource
from tests.policies.resource_cases import BAD, GOOD, SETTINGS
from tests.policies.stack_cases import CASES

STRANGE = (
    None,
    True,
    3.0,
    "",
    "x",
    UNKNOWN_STRING_VALUE,
    [],
    {},
    [None, 3.0, {}, "x", ["x"], UNKNOWN_STRING_VALUE],
    {"value": [3.0]},
    {"x": {"x": [{}]}},
)
ANYTHING = st.recursive(
    st.sampled_from(STRANGE) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """The path to every value in nested maps and lists."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def replaced(props, path, value):
    changed = copy.deepcopy(props)
    here = changed
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return changed


@st.composite
def odd(draw, props):
    everywhere = sorted(places(props), key=str)
    return replaced(props, draw(st.sampled_from(everywhere)), draw(ANYTHING)) if everywhere else props


ONE = [(rule, props) for rule in RULES if isinstance(rule, Rule) for props in GOOD[rule.name] if props]
ONE += [(BY_NAME[name], props) for name, props, _ in BAD if props]


@pytest.mark.parametrize(("rule", "props"), ONE)
def test_a_rule_on_one_resource_says_only_text_whatever_is_in_any_place(rule, props):
    for where in places(props):
        for value in STRANGE:
            strange = replaced(props, where, value)
            for message in judged(rule.name, strange, **SETTINGS.get(rule.name, {})):
                assert isinstance(message, str)
                assert "Unknown" not in message
            if rule.mend:
                mended(rule.name, strange)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_rule_on_one_resource_says_only_text(data):
    rule, props = data.draw(st.sampled_from(ONE))
    strange = data.draw(odd(data.draw(odd(props))))
    for message in judged(rule.name, strange, **SETTINGS.get(rule.name, {})):
        assert isinstance(message, str)
        assert "Unknown" not in message
    if rule.mend:
        mended(rule.name, strange)


@given(data=st.data())
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("name", CASES)
def test_a_rule_on_a_stack_says_only_text(name, data):
    given_settings, right, wrong = CASES[name]
    stack = data.draw(st.sampled_from([*right, *(one for one, _ in wrong)]))
    index = data.draw(st.integers(0, len(stack) - 1))
    chosen = stack[index]
    strange = resource(chosen.resource_type.removeprefix("azure-native:"), chosen.name, data.draw(odd(chosen.inputs)))
    strange.property_dependencies = chosen.property_dependencies
    for message, _ in judged_together(name, [*stack[:index], strange, *stack[index + 1 :]], **given_settings):
        assert "Unknown." not in message
