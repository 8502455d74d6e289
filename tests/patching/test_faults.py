from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.faults import NOTHING, Fault, found


def test_a_fault_on_one_line():
    fault = Fault("schedules.linux.duration", found("01:00"), "HH:mm", "03:00", "write 01:30")
    assert str(fault) == 'schedules.linux.duration: got "01:00"; expected HH:mm, e.g. 03:00; fix: write 01:30'
    assert fault.as_json() == {
        "path": "schedules.linux.duration",
        "got": "01:00",
        "expected": "HH:mm",
        "example": "03:00",
        "fix": "write 01:30",
    }


def test_without_an_example_there_is_none():
    assert str(Fault("a", NOTHING, "b", "", "c")) == "a: got nothing; expected b; fix: c"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ("x", '"x"'),
        (3, "3 (a number)"),
        (True, "true (a boolean)"),
        ({}, "an empty map"),
        ({"a": 1}, "a map"),
        ([], "an empty list"),
        (["a", 7], "[a, 7]"),
        ([{}], "a list"),
        (["a" * 70], "a list"),
        (["-----BEGIN PRIVATE KEY-----"], "a list"),
        (date(2027, 1, 5), "2027-01-05 (a date)"),
    ],
)
def test_what_was_found(value, shown):
    assert str(found(value)) == shown


def test_a_private_key_is_never_shown():
    assert "MIIE" not in str(found("-----BEGIN RSA PRIVATE KEY-----\nMIIE"))


@given(st.text())
def test_a_fault_is_one_line_that_a_terminal_can_show(text):
    line = str(Fault("a", found(text), "b", "", "c"))
    assert line.isprintable()
    assert len(line) < 400
