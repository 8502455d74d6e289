import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.plugin.diff import argument_diff, drifted_arguments, same_value
from sandbox.plugin.table import RESOURCE_TYPES
from sandbox.plugin.values import UNKNOWN

CONFIGURATION = RESOURCE_TYPES["maintenance:MaintenanceConfiguration"]
GROUP = RESOURCE_TYPES["resources:ResourceGroup"]
ADDRESS = RESOURCE_TYPES["network:PublicIPAddress"]
POLICY = RESOURCE_TYPES["authorization:PolicyAssignment"]

names = st.text("abcdef", min_size=1, max_size=3)
values = st.recursive(
    st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
)
objects = st.dictionaries(names, values, max_size=4)


def changes(kind, old, new, state=None):
    return {(c.path, c.kind, c.replaces) for c in argument_diff(kind, old, new, state or {}).changes}


@given(objects)
def test_equal_arguments_have_no_diff(old):
    assert changes(CONFIGURATION, old, copy.deepcopy(old)) == set()


@given(objects, objects)
def test_there_is_a_diff_exactly_where_something_differs(old, new):
    assert bool(changes(CONFIGURATION, old, new)) == (not same_value(old, new))


@given(objects, objects)
def test_the_way_back_has_the_same_paths_with_adds_and_deletes_swapped(old, new):
    back = {"ADD": "DELETE", "DELETE": "ADD", "UPDATE": "UPDATE"}
    there = {(path, back[kind]) for path, kind, _ in changes(CONFIGURATION, old, new)}
    assert there == {(path, kind) for path, kind, _ in changes(CONFIGURATION, new, old)}


def test_nested_changes_are_named_by_their_path():
    old = {"installPatches": {"linuxParameters": {"masks": ["a", "b"]}}, "tags": {"x": "1"}}
    new = {"installPatches": {"linuxParameters": {"masks": ["a", "c", "d"]}}, "tags": {}}
    assert changes(CONFIGURATION, old, new) == {
        ("installPatches.linuxParameters.masks[1]", "UPDATE", False),
        ("installPatches.linuxParameters.masks[2]", "ADD", False),
        ("tags.x", "DELETE", False),
    }


def test_a_path_argument_replaces_and_the_old_goes_first():
    diff = argument_diff(CONFIGURATION, {"resourceName": "a"}, {"resourceName": "b"}, {})
    assert diff.replaces == ["resourceName"]
    assert diff.delete_before_replace


def test_a_randomly_named_resource_is_created_before_the_old_goes():
    old = {"resourceName": "a1b2", "__createBeforeDelete": True}
    diff = argument_diff(CONFIGURATION, old, {"resourceName": "b", "__createBeforeDelete": True}, {})
    assert diff.replaces == ["resourceName"]
    assert not diff.delete_before_replace


def test_an_unknown_path_argument_replaces():
    assert argument_diff(CONFIGURATION, {"resourceGroupName": "a"}, {"resourceGroupName": UNKNOWN}, {}).replaces


def test_only_what_the_table_says_replaces_besides_the_path():
    assert changes(GROUP, {"location": "a"}, {"location": "b"}) == {("location", "UPDATE", True)}
    assert changes(CONFIGURATION, {"location": "a"}, {"location": "b"}) == {("location", "UPDATE", False)}


def test_a_change_inside_a_replacing_argument_replaces():
    old, new = {"sku": {"name": "Basic"}}, {"sku": {"name": "Standard"}}
    assert changes(ADDRESS, old, new) == {("sku.name", "UPDATE", True)}


def test_naming_what_the_service_had_chosen_does_not_replace():
    assert changes(GROUP, {}, {"location": "a"}, {"location": "a"}) == {("location", "ADD", False)}
    assert changes(GROUP, {}, {"location": "b"}, {"location": "a"}) == {("location", "ADD", True)}


@pytest.mark.parametrize(("old", "new"), [("West Europe", "westeurope"), ("westeurope", "WestEurope")])
def test_locations_are_compared_without_case_and_spaces(old, new):
    assert changes(GROUP, {"location": old}, {"location": new}) == set()


def test_resource_group_names_are_compared_without_case():
    assert changes(CONFIGURATION, {"resourceGroupName": "RG"}, {"resourceGroupName": "rg"}) == set()


def test_an_id_in_another_case_is_a_change_as_with_the_real_plugin():
    kind = RESOURCE_TYPES["maintenance:ConfigurationAssignment"]
    old = {"maintenanceConfigurationId": "/subscriptions/S"}
    assert changes(kind, old, {"maintenanceConfigurationId": "/subscriptions/s"})


def test_a_scope_with_and_without_slash_is_a_replacement_as_with_the_real_plugin():
    assert argument_diff(POLICY, {"scope": "subscriptions/s"}, {"scope": "/subscriptions/s"}, {}).replaces


def test_internal_arguments_are_not_compared():
    assert changes(CONFIGURATION, {"__createBeforeDelete": True}, {}) == set()


def test_true_is_not_one():
    assert not same_value({"a": [True]}, {"a": [1]})
    assert same_value(1.0, 1)


# Drift.


@given(objects, objects)
def test_nothing_that_stayed_the_same_in_azure_comes_among_the_arguments(arguments, state):
    assert drifted_arguments(arguments, state, copy.deepcopy(state)) == arguments


@given(objects, objects)
def test_arguments_that_say_all_there_is_follow_azure(before, after):
    assert same_value(drifted_arguments(before, before, after), after)


def test_a_change_in_azure_shows_and_what_the_service_filled_in_does_not():
    arguments = {"installPatches": {"rebootSetting": "Never"}, "duration": "03:00"}
    before = {
        "installPatches": {"rebootSetting": "NeverReboot", "filled": 1},
        "duration": "03:00",
        "expiration": "9999",
    }
    after = {"installPatches": {"rebootSetting": "NeverReboot", "filled": 2}, "duration": "02:00", "expiration": "9999"}
    assert drifted_arguments(arguments, before, after) == {
        "installPatches": {"rebootSetting": "Never", "filled": 2},
        "duration": "02:00",
    }


def test_what_was_removed_in_azure_is_removed():
    assert drifted_arguments({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1"}}) == {
        "tags": {"a": "1"}
    }
    assert drifted_arguments({"description": "d"}, {"description": "d"}, {}) == {}


def test_lists_change_item_by_item():
    arguments = {"rules": [{"name": "a", "port": 80}]}
    before = {"rules": [{"name": "a", "port": 80, "etag": 1}]}
    after = {"rules": [{"name": "a", "port": 81, "etag": 1}, {"name": "b"}]}
    assert drifted_arguments(arguments, before, after) == {"rules": [{"name": "a", "port": 81}, {"name": "b"}]}
