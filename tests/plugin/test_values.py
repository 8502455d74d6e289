from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from sandbox.plugin.values import UNKNOWN, contains_unknowns, read_properties, write_properties

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "s3cret"}
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

names = st.text(max_size=8).filter(lambda name: name != SIGNATURE)
scalars = st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.just(UNKNOWN)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4))
properties = st.dictionaries(names, values, max_size=5)


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


@given(properties)
def test_what_is_written_is_read_back(written):
    assert read_properties(write_properties(written)) == written


@given(properties)
def test_types_survive_the_round_trip(written):
    assert types_in(read_properties(write_properties(written))) == types_in(written)


def types_in(value: object) -> object:
    if isinstance(value, dict):
        return {name: types_in(item) for name, item in value.items()}
    return [types_in(item) for item in value] if isinstance(value, list) else type(value)


@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()))
def test_fractions_survive(number):
    assert read_properties(write_properties({"n": number})) == {"n": number}


@given(properties)
def test_unknowns_are_found_at_any_depth(written):
    assert contains_unknowns(written) == ("UNKNOWN" in repr_of_unknowns(written))


def repr_of_unknowns(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in repr_of_unknowns(item)]
    if isinstance(value, list):
        return [found for item in value for found in repr_of_unknowns(item)]
    return ["UNKNOWN"] if value is UNKNOWN else []


def test_nulls_are_left_out():
    assert read_properties(struct({"a": None, "b": [1, None], "c": {"d": None}})) == {"b": [1], "c": {}}


def test_a_secret_reads_as_its_value():
    assert read_properties(struct({"a": SECRET, "b": {"c": [SECRET]}})) == {"a": "s3cret", "b": {"c": ["s3cret"]}}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1}, 1),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, UNKNOWN),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": UNKNOWN_TEXT}, UNKNOWN),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:u", "id": "/id"}, "/id"),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:u"}, "urn:u"),
    ],
)
def test_outputs_and_references_read_as_what_they_stand_for(output, expected):
    assert read_properties(struct({"a": output})) == {"a": expected}


def test_every_kind_of_unknown_is_unknown():
    for text in ("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", UNKNOWN_TEXT):
        assert read_properties(struct({"a": text}))["a"] is UNKNOWN


def test_an_unknown_is_written_as_the_engine_reads_it():
    assert write_properties({"a": UNKNOWN}).fields["a"].string_value == UNKNOWN_TEXT


def test_what_no_property_can_hold_is_refused():
    with pytest.raises(TypeError, match="a property cannot hold a set"):
        write_properties({"a": {1, 2}})
