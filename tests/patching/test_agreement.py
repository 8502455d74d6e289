import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.agreement import WITHHELD, agreed, has_gap, told

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
scalars = st.none() | st.booleans() | st.integers() | st.text(alphabet="abc/", max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner), max_leaves=8
)
inputs = st.dictionaries(st.sampled_from("abcd"), values)


@given(inputs, st.dictionaries(st.sampled_from("efgh"), values))
def test_what_azure_adds_is_not_kept(said, more):
    assert agreed(said, said | more) == said


@given(inputs, st.sampled_from("abcd"), st.integers())
def test_a_contradiction_is_no_agreement(said, name, number):
    assert agreed(said | {name: number}, said | {name: number + 1}) is None
    assert agreed(said | {name: {"x": [number]}}, said | {name: {"x": [number + 1]}}) is None
    assert agreed(said | {name: [number]}, said | {name: [number, number]}) is None


@given(inputs)
def test_nothing_withheld_is_told_whole(said):
    assert not has_gap(said)
    assert told(said) == said


@pytest.mark.parametrize("withheld", WITHHELD)
@given(inputs, values)
def test_what_is_withheld_is_taken_from_azure(withheld, said, value):
    assert agreed({**said, "gap": {"x": withheld, "y": 1}}, {**said, "gap": {"x": value, "y": 1}}) == {
        **said,
        "gap": {"x": value, "y": 1},
    }
    assert agreed({**said, "gap": withheld}, said) == said
    assert told({**said, "gap": [{"x": withheld}]}) == said


def test_a_secret_stays_as_the_state_keeps_it():
    assert agreed({"key": SECRET}, {}) == {"key": SECRET}
    assert agreed({"key": SECRET}, {"key": "plain"}) == {"key": SECRET}


@pytest.mark.parametrize(
    ("said", "actual", "same"),
    [
        ("/subscriptions/x/resourceGroups/A", "/subscriptions/x/resourcegroups/a", True),
        ("/providers/Microsoft.Authorization/r/1", "/subscriptions/x/providers/Microsoft.Authorization/r/1", True),
        ("/subscriptions/x/r/1", "/subscriptions/y/subscriptions/x/r/1", False),
        ("/subscriptions/x", "/subscriptions/y", False),
        ("Reboot", "reboot", False),
    ],
)
def test_ids_are_compared_as_azure_compares_them(said, actual, same):
    assert (agreed({"id": said}, {"id": actual}) == {"id": said}) is same
