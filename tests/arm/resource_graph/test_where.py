"""`where` on generated conditions and rows, held against a reading of the documentation in plain Python.

The oracle has its own three truth values and finds terms with a regular expression.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arm.resource_graph.conftest import ask_of, text, value_of

words = st.text("aAbB1-_/. ", max_size=6) | st.sampled_from(
    ["prod", "Prod", "prod-1", "vm/prod", "preprod", "a\\'\"b\n"]
)
numbers = st.none() | st.integers(-3, 3)
rows = st.lists(st.tuples(words, numbers, st.none() | words | st.integers(-3, 3) | st.booleans()), max_size=6)


def term(whole, part, before=r"(?<![A-Za-z0-9])", after=r"(?![A-Za-z0-9])"):
    if not part:
        return True
    before = before if part[0].isalnum() else ""
    after = after if part[-1].isalnum() else ""
    return re.search(before + re.escape(part) + after, whole, re.IGNORECASE) is not None


TEXT_TESTS = {
    "==": lambda a, b: a == b,
    "=~": lambda a, b: a.upper() == b.upper(),
    "has": term,
    "hasprefix": lambda a, b: term(a, b, after=""),
    "hassuffix": lambda a, b: term(a, b, before=""),
    "contains": lambda a, b: re.search(re.escape(b), a, re.IGNORECASE) is not None,
    "contains_cs": lambda a, b: a.count(b) > 0,
    "startswith": lambda a, b: re.match(re.escape(b), a, re.IGNORECASE) is not None,
    "startswith_cs": lambda a, b: a[: len(b)] == b,
    "endswith": lambda a, b: a.upper()[len(a) - len(b) :] == b.upper() and len(b) <= len(a),
    "endswith_cs": lambda a, b: not b or a[-len(b) :] == b,
}
CONTRARIES = {"!=": "==", "!~": "=~", **{f"!{one}": one for one in TEXT_TESTS if one[0].isalpha()}}
ORDERS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def as_text(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def negate(value):
    return None if value is None else not value


def text_test(operator, literal, column):
    positive = CONTRARIES.get(operator, operator)

    def holds(row):
        found = TEXT_TESTS[positive](row["s"] if column == "s" else as_text(row["d"]), literal)
        return found if positive == operator else not found

    return f"{column} {operator} {text(literal)}", holds


def number_test(operator, literal):
    def holds(row):
        if operator in ("==", "!="):
            equal = row["n"] == literal
            return equal if operator == "==" else not equal
        return None if row["n"] is None else ORDERS[operator](row["n"], literal)

    return f"n {operator} {literal}", holds


def membership(operator, literals, column):
    def holds(row):
        value = row["s"] if column == "s" else as_text(row["d"])
        fold = str.upper if "~" in operator else str
        found = any(fold(value) == fold(one) for one in literals)
        return found != operator.startswith("!")

    return f"{column} {operator} ({', '.join(map(text, literals))})", holds


def combined(word, parts):
    def holds(row):
        values = [part[1](row) for part in parts]
        if word == "and":
            return False if False in values else None if None in values else True
        return True if True in values else None if None in values else False

    return "(" + f" {word} ".join(part[0] for part in parts) + ")", holds


simple = st.one_of(
    st.builds(text_test, st.sampled_from([*TEXT_TESTS, *CONTRARIES]), words, st.sampled_from(["s", "d"])),
    st.builds(number_test, st.sampled_from([*ORDERS, "==", "!="]), st.integers(-3, 3)),
    st.builds(
        membership,
        st.sampled_from(["in", "in~", "!in", "!in~"]),
        st.lists(words, min_size=1, max_size=3),
        st.sampled_from(["s", "d"]),
    ),
    st.sampled_from(
        [
            ("isnull(d)", lambda row: row["d"] is None),
            ("isnotnull(n)", lambda row: row["n"] is not None),
            ("isnull(s)", lambda _: False),
            ("isempty(s)", lambda row: row["s"] == ""),
            ("isnotempty(d)", lambda row: row["d"] is not None and row["d"] != ""),
        ]
    ),
)
conditions = st.recursive(
    simple,
    lambda inner: (
        st.builds(combined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3))
        | inner.map(lambda one: (f"not({one[0]})", lambda row: negate(one[1](row))))
    ),
    max_leaves=5,
)


@given(rows, conditions)
def test_the_rows_for_which_it_is_true_stay_in_their_order(table, condition):
    wanted = [row for row in (dict(zip("snd", one, strict=True)) for one in table) if condition[1](row) is True]
    found = ask_of(f"t | where {condition[0]}", t=("s:string n:long d:dynamic", table))
    assert [list(map(repr, one.values())) for one in found] == [list(map(repr, one.values())) for one in wanted]


@given(st.lists(st.one_of(st.none(), st.integers(-9, 9), st.floats(-9, 9), st.text("ab1", max_size=2)), max_size=5))
def test_a_dynamic_value_is_compared_with_a_number_as_a_number(values):
    """A text that is none is null, which nothing is smaller than."""

    def number(value):
        if isinstance(value, str):
            return int(value) if value.isdigit() else None
        return value

    found = ask_of("t | where d < 1", t=("d:dynamic", [(value,) for value in values]))
    assert [one["d"] for one in found] == [one for one in values if number(one) is not None and number(one) < 1]


@pytest.mark.parametrize(
    ("condition", "row", "wanted"),
    [
        # Null values: a comparison of null with something is false, its contrary true, and of null with null null.
        ("n == 1", {}, False),
        ("n != 1", {}, True),
        ("n == n", {}, None),
        ("n < 1", {}, None),
        ("d.a == ''", {"d": {}}, True),
        ("d.a != 'x'", {}, True),
        ("d.a == true", {"d": {"a": True}}, True),
        ("d.a == true", {}, False),
        ("d.a != true", {}, True),
        ("d['a-b'][1].c == 'x'", {"d": {"a-b": [1, {"c": "x"}]}}, True),
        ("d.['a.b'] == 1", {"d": {"a.b": 1}}, True),
        ("d.A == 'x'", {"d": {"a": "x"}}, False),
        ("d[-1] == 3", {"d": [1, 2, 3]}, True),
        ("isnull(d[3])", {"d": [1, 2, 3]}, True),
        ("d has 'version'", {"d": {"version": 1}}, True),
        ("d !has 'version'", {"d": {"versions": 1}}, True),
        ("s has 'prod'", {"s": "preprod prod"}, True),
        ("s has 'prod'", {"s": "preprod"}, False),
        ("s has 'prod'", {"s": "prod1"}, False),
        ("s has 'prod'", {"s": "a_PROD_b"}, True),
        ("s has_cs 'prod'", {"s": "PROD"}, False),
        ("s has '/prod'", {"s": "a/prod"}, True),
        ("s hasprefix 'prod'", {"s": "prod1"}, True),
        ("s hassuffix 'prod'", {"s": "preprod"}, True),
        ("s !hasprefix 'prod'", {"s": "preprod"}, True),
        ("n between (1 .. 3)", {"n": 3}, True),
        ("n !between (1 .. 3)", {"n": 3}, False),
        ("s matches regex @'^a\\d+$'", {"s": "a12"}, True),
        ("s has_any ('x', 'b')", {"s": "a-b"}, True),
        ("s has_all ('a', 'c')", {"s": "a-b"}, False),
        ("s in (dynamic(['a', 'b']))", {"s": "b"}, True),
        ("s in~ (d)", {"s": "B", "d": ["a", "b"]}, True),
        ("d in (1, 2)", {"d": 2}, True),
        ("todatetime(d) < ago(2d)", {"d": "2026-03-08T12:29:59Z"}, True),
        ("todatetime(d) < ago(2d)", {"d": "2026-03-08T12:30:00.0000000Z"}, False),
        ("todatetime(d) < ago(2d)", {"d": "soon"}, None),
        ("datetime(2026-03-10) < now() and now() - datetime(2026-03-10) > 12h", {}, True),
        ("1 == 1 or n > 1", {}, True),
        ("1 == 2 or n > 1", {}, None),
        ("not(n > 1)", {}, None),
    ],
)
def test_a_condition(condition, row, wanted):
    assert value_of(condition, row) is wanted
