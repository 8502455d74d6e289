"""The operator `parse`, held against Python's regular expressions and the examples of its documentation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arm.resource_graph.conftest import ask_of, text

TEXTS = "s:string"
delimiters = st.text("/=a", min_size=1, max_size=2)
wholes = st.text("/=a7-", max_size=12)


def parsed(pattern, *wholes, kind=""):
    rows = ask_of(f"t | parse {kind} s with {pattern} | project-away s", t=(TEXTS, [(one,) for one in wholes]))
    return [tuple(row.values()) for row in rows]


@st.composite
def patterns(draw):
    """A pattern of texts and what is between them, and the same as a regular expression."""
    said, expression = [], ""
    for number in range(draw(st.integers(1, 4))):
        what = draw(st.sampled_from(["*", "text", "long", "nothing"]))
        if what == "*":
            said.append("*")
            expression += ".*?"
        elif what == "text":
            said.append(f"c{number}")
            expression += "(.*?)"
        elif what == "long":
            said.append(f"c{number}:long")
            expression += r"(-?(?>\d+))"
        delimiter = draw(delimiters)
        said.append(text(delimiter))
        expression += re.escape(delimiter)
    last = draw(st.sampled_from(["*", "rest", None]))
    if last:
        said.append(last)
    return " ".join(said), expression + {"*": ".*", "rest": "(.*)", None: ""}[last]


@given(patterns(), st.lists(wholes, min_size=1, max_size=8))
def test_a_pattern_finds_what_a_regular_expression_finds(pattern, wholes):
    said, expression = pattern
    for whole, row in zip(wholes, parsed(said, *wholes), strict=True):
        match = re.fullmatch(expression, whole)
        if match:
            assert tuple(str(one) for one in row) == tuple(
                str(int(group)) if isinstance(value, int) else group
                for group, value in zip(match.groups(), row, strict=True)
            )
        else:
            assert all(one in ("", None) for one in row)


EVENT = "Event: Released (name=Pipeline, slices={}, number={}, lock=02/17, release={}, before=2016-02-17 08:39:01)"
FIELDS = """
    * "name=" name ", slices=" slices:long ", number=" number:long * "lock=" lock ", release=" release:date
    "," * "before=" before:datetime ")" *
"""


def test_relaxed_leaves_out_alone_what_is_no_value_of_its_type():
    whole, odd = EVENT.format(27, 16, "2016-02-17 08:41:00"), EVENT.format("many", 16, "never")
    good, bad = parsed(FIELDS, whole, odd, kind="kind=relaxed")
    assert good[:4] == ("Pipeline", 27, 16, "02/17")
    assert bad[:4] == ("Pipeline", None, 16, "02/17")
    assert (good[4].hour, good[4].minute, bad[4], bad[5]) == (8, 41, None, good[5])
    assert parsed(FIELDS, whole) == [good]
    nothing = ("", None, None, "", None, None)
    assert parsed(FIELDS, odd, EVENT.format(27, 16, "never")) == [nothing, nothing]


@pytest.mark.parametrize(
    ("pattern", "whole", "found"),
    [
        ("resource '/patch' *", "/a/b/patch/c/patch", ("/a/b",)),
        ("resource '/patch'", "/a/b/patch/c/patch", ("/a/b/patch/c",)),
        ("'b' rest", "ab", ("",)),
        ("* 'n=' n:long ',' *", "n=a n=5, n=6,", (5,)),
        ("* 'n=' n:real", "n=-1.5e2", (-150.0,)),
        ("yes:bool ' ' *", "true no", (True,)),
        ("n:long *", "12ab", (12,)),
        ("n:int m", "12ab", (12, "ab")),
        ("['the rest']", "all", ("all",)),
        ("'A' *", "a", ()),
    ],
)
def test_a_pattern(pattern, whole, found):
    assert parsed(pattern, whole) == [found]


def test_a_column_that_is_there_is_replaced_and_any_value_is_read_as_a_text():
    rows = ask_of("t | parse d with * ':' s '}'", t=("s:string d:dynamic n:long", [("old", {"a": 1}, 5)]))
    assert rows == [{"s": "1", "d": {"a": 1}, "n": 5}]
    rows = ask_of("t | parse kind = simple kind with kind '/' * ", t=("kind:string", [("a/b",)]))
    assert rows == [{"kind": "a"}]
