import re
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patching import names
from patching.arm_ids import ScopeKind, maintenance_configuration_id

CONFIGURATION = maintenance_configuration_id("11111111-1111-4111-8111-111111111111", "rg-patching", "linux")
words = st.text("abcdefgHIJ-_ .0123", min_size=1, max_size=90)


def test_an_assignment_s_name_is_the_schedule_s_and_the_configuration_s_hash():
    import hashlib

    hashed = hashlib.sha256(CONFIGURATION.lower().encode()).hexdigest()[:8]
    assert names.assignment_name("Linux", CONFIGURATION, "/subscriptions/x") == f"linux-{hashed}"
    assert names.assignment_name("Linux", CONFIGURATION.upper(), "/subscriptions/x") == f"linux-{hashed}"


@given(words, words, st.integers(0, 195 - 8), st.lists(words, max_size=1))
def test_an_assignment_s_name_keeps_its_budget_and_is_lower_case(schedule, configuration, length, more):
    name = names.assignment_name(schedule, configuration, "s" * length, *more)
    assert len(name) + length <= 195
    assert name == name.lower()
    assert name == names.assignment_name(schedule, configuration, "s" * length, *more)


def test_without_room_for_the_hash_there_is_no_name():
    with pytest.raises(names.NameBudgetError):
        names.assignment_name("linux", CONFIGURATION, "s" * 188)


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=4))
def test_other_parts_have_another_hash(one, other):
    assert (names.short_hash(*one) == names.short_hash(*other)) is (one == other)


def _policy(
    key="assessment",
    suffix="linux",
    *,
    project="azure-patching",
    stack="dev",
    scope="/subscriptions/x",
    kind=ScopeKind.SUBSCRIPTION,
):
    return names.policy_assignment_name(key, suffix, project=project, stack=stack, scope_id=scope, scope_kind=kind)


@given(words, st.sampled_from(["", "linux", "windows-arc"]), st.sampled_from(ScopeKind))
def test_a_policy_assignment_s_name_keeps_its_budget(key, suffix, kind):
    assert len(_policy(key, suffix, kind=kind)) <= (24 if kind is ScopeKind.MANAGEMENT_GROUP else 64)


@given(st.text(max_size=80), st.sampled_from(ScopeKind))
@example("Prod.EU/west:1+1", ScopeKind.SUBSCRIPTION)
def test_a_policy_assignment_s_name_has_nothing_azure_refuses(key, kind):
    assert re.fullmatch(r"[^<>*%&:?.+/]*[^<>*%&:?.+/ ]+", _policy(key, kind=kind))


def test_policy_assignments_of_other_stacks_scopes_and_systems_have_other_names():
    kinds = (ScopeKind.SUBSCRIPTION, ScopeKind.MANAGEMENT_GROUP)
    for kind in kinds:
        long = "a-very-long-key-that-leaves-no-room-for-what-comes-after-it-at-all"
        made = [
            _policy(long, kind=kind),
            _policy(long, suffix="windows", kind=kind),
            _policy(long, project="other", kind=kind),
            _policy(long, stack="prod", kind=kind),
            _policy(long, scope="/subscriptions/y", kind=kind),
            _policy(f"{long}-2", kind=kind),
        ]
        assert len(set(made)) == len(made)
    assert _policy(scope="/SUBSCRIPTIONS/X") == _policy(scope="/subscriptions/x")


def test_a_role_assignment_s_name_is_a_guid_of_its_own():
    def name(**changes):
        parts = {"project": "p", "stack": "s", "grantee": "a", "role_definition_id": "r", "scope_id": "/x"}
        return names.role_assignment_name(**{**parts, **changes})

    assert uuid.UUID(name()).version == 5
    assert name() == name(role_definition_id="R", scope_id="/X")
    assert (
        len(
            {
                name(),
                name(project="q"),
                name(stack="t"),
                name(grantee="b"),
                name(role_definition_id="q"),
                name(scope_id="/y"),
            }
        )
        == 6
    )


redos = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.integers(), st.booleans(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=3)),
    max_size=4,
)


@given(redos, redos)
def test_a_remediation_s_name_changes_exactly_when_what_it_redoes_changes(one, other):
    import json

    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (names.remediation_name("policy", one) == names.remediation_name("policy", other)) is same
    reordered = dict(reversed(one.items()))
    assert names.remediation_name("policy", reordered) == names.remediation_name("policy", one)
