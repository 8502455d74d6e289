"""Each operator of a pipeline on generated rows, held against plain Python."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arm.resource_graph.conftest import ask_of

keys = st.sampled_from(["a", "A", "b", ""])
numbers = st.none() | st.integers(-3, 3)
rows = st.lists(st.tuples(keys, numbers), max_size=8)
COLUMNS = "k:string n:long"


def ask(query, table, other=()):
    return [tuple(one.values()) for one in ask_of(query, t=(COLUMNS, table), u=(COLUMNS, other))]


@given(rows)
def test_count_and_distinct(table):
    assert ask("t | count", table) == [(len(table),)]
    assert ask("t | distinct *", table) == list(dict.fromkeys(table))
    assert ask("t | distinct k", table) == list(dict.fromkeys((k,) for k, _ in table))


@given(rows)
def test_project_extend_rename_and_away(table):
    assert ask("t | project m = n, k", table) == [(n, k) for k, n in table]
    assert ask("t | extend m = n, k = 'x'", table) == [("x", n, n) for _, n in table]
    assert ask("t | extend m = n + 1 | project-away k", table) == [(n, None if n is None else n + 1) for _, n in table]
    assert ask_of("t | project-rename z = k", t=(COLUMNS, table)) == [{"z": k, "n": n} for k, n in table]
    assert ask("t | extend kk = 1 | project-keep k*", table) == [(k, 1) for k, _ in table]


@given(rows, st.integers(0, 9))
def test_take_keeps_the_first(table, number):
    assert ask(f"t | take {number}", table) == table[:number] == ask(f"t | limit {number}", table)


def expected_order(table, *, descending, nulls_first):
    nulls = [row for row in table if row[1] is None]
    others = sorted((row for row in table if row[1] is not None), key=lambda row: -row[1] if descending else row[1])
    return nulls + others if nulls_first else others + nulls


@given(rows)
def test_order_is_stable_and_descending_unless_told(table):
    assert ask("t | order by n", table) == expected_order(table, descending=True, nulls_first=False)
    assert ask("t | sort by n desc nulls first", table) == expected_order(table, descending=True, nulls_first=True)
    assert ask("t | order by n asc", table) == expected_order(table, descending=False, nulls_first=True)
    assert ask("t | order by n asc nulls last", table) == expected_order(table, descending=False, nulls_first=False)
    assert ask("t | order by k asc, n desc", table) == sorted(
        table, key=lambda row: (row[0], row[1] is None, 0 if row[1] is None else -row[1])
    )


@given(rows, st.integers(0, 5))
def test_top_is_order_and_take(table, number):
    assert (
        ask(f"t | top {number} by n asc", table) == expected_order(table, descending=False, nulls_first=True)[:number]
    )


@given(rows)
def test_summarize(table):
    groups = {key: [n for k, n in table if k == key] for key in dict.fromkeys(k for k, _ in table)}
    found = ask(
        "t | summarize count(), countif(n > 0), sum(n), min(n), max(n), dcount(n), make_list(n), make_set(n) by k",
        table,
    )
    wanted = []
    for key, group in groups.items():
        there = [n for n in group if n is not None]
        wanted.append(
            (
                key,
                len(group),
                sum(n > 0 for n in there),
                sum(there),
                min(there) if there else None,
                max(there) if there else None,
                len(Counter(there)),
                there,
                list(Counter(there)),
            )
        )
    assert found == wanted


@given(rows)
def test_averages_and_rows_of_the_largest(table):
    averages = dict(ask("t | summarize avg(n) by k", table))
    largest = ask("t | extend at = strcat(k, tostring(n)) | summarize arg_max(n, at) by k", table)
    for key, average in averages.items():
        there = [n for k, n in table if k == key and n is not None]
        if there:
            assert average * len(there) == pytest.approx(sum(there))
        else:
            assert average != average  # noqa: PLR0124 (it is no number)
    for key, most, at in largest:
        there = [n for k, n in table if k == key and n is not None]
        assert (most, at) == ((max(there), f"{key}{max(there)}") if there else (None, ""))


@given(rows)
def test_a_conditional_aggregate_is_one_of_the_rows_that_fulfil_its_condition(table):
    parts = "sumif(n, {0}) avgif(n, {0}) minif(n, {0}) maxif(n, {0}) dcountif(k, {0}) make_list_if(k, {0})"
    own = "t | summarize " + parts.replace(") ", "), ")
    plain = "t | where {0} | summarize sum(n), avg(n), min(n), max(n), dcount(k), make_list(k)"
    for condition in ("n > 0", "k == 'a'", "n == 1 or isnull(n)"):
        assert repr(ask(own.format(condition), table)) == repr(ask(plain.format(condition), table))


@given(st.lists(st.none() | st.integers() | st.dictionaries(st.sampled_from("abc"), st.integers()), max_size=5))
def test_make_bag_puts_bags_together(values):
    (row,) = ask_of("t | summarize make_bag(d), first = make_bag(d, 1)", t=("d:dynamic", [(one,) for one in values]))
    bags = [one for one in values if isinstance(one, dict)]
    assert set(row["bag_d"]) == {key for bag in bags for key in bag}
    assert all(any(bag.get(key) == value for bag in bags) for key, value in row["bag_d"].items())
    assert len(row["first"]) == min(1, len(row["bag_d"]))


def test_of_no_rows_a_summarize_without_groups_has_one_row_of_defaults():
    query = "t | where false | summarize count(), sum(n), max(n), make_list(k), take_any(k)"
    assert ask(query, []) == [(0, 0, None, [], "")]
    assert ask("t | summarize count() by k", []) == []


@given(rows, rows)
def test_joins(left, right):
    pairs = [(*a, *b) for a, b in itertools.product(left, right) if a[0] == b[0]]
    firsts = list({row[0]: row for row in reversed(left)}.values())
    unique = [(*a, *b) for a in left if any(a is one for one in firsts) for b in right if a[0] == b[0]]
    lonely_left = [(*a, "", None) for a in left if a[0] not in {k for k, _ in right}]
    lonely_right = [("", None, *b) for b in right if b[0] not in {k for k, _ in left}]
    assert Counter(ask("t | join kind=inner u on k", left, right)) == Counter(pairs)
    assert Counter(ask("t | join kind=leftouter (u) on k", left, right)) == Counter(pairs + lonely_left)
    assert Counter(ask("t | join kind = fullouter (u) on k", left, right)) == Counter(
        pairs + lonely_left + lonely_right
    )
    distinct_left = list(dict.fromkeys(left))
    if len(distinct_left) == len(left):
        assert Counter(ask("t | join u on $left.k == $right.k", left, right)) == Counter(unique)


@given(rows, rows)
def test_a_join_on_numbers_matches_no_null(left, right):
    wanted = [(*a, *b) for a, b in itertools.product(left, right) if a[1] is not None and a[1] == b[1]]
    assert Counter(ask("t | join kind=inner u on n", left, right)) == Counter(wanted)
    both = [(*a, *b) for a, b in itertools.product(left, right) if a == b and a[1] is not None]
    assert Counter(ask("t | join kind=inner u on k, n", left, right)) == Counter(both)


def test_columns_of_a_join_that_are_doubled_are_numbered():
    (row,) = ask_of("t | join kind=inner (t | project k, m = n) on k", t=(COLUMNS, [("a", 1)]))
    assert row == {"k": "a", "n": 1, "k1": "a", "m": 1}


@given(rows, rows)
def test_union(left, right):
    assert ask("t | union u", left, right) == left + right == ask("union t, u", left, right)
    outer = ask_of("t | project k | union (u | project n)", t=(COLUMNS, left), u=(COLUMNS, right))
    assert outer == [{"k": k, "n": None} for k, _ in left] + [{"k": "", "n": n} for _, n in right]


@given(st.lists(st.none() | st.integers() | st.lists(st.integers(-5, 5), max_size=4), max_size=4))
def test_mv_expand(values):
    found = ask_of("t | mv-expand d", t=("d:dynamic", [(one,) for one in values]))
    wanted = [item for one in values for item in ((one or [None]) if isinstance(one, list) else [one])]
    assert [one["d"] for one in found] == wanted
    limited = ask_of("t | mv-expand x = d to typeof(string) limit 1", t=("d:dynamic", [(one,) for one in values]))
    firsts = [((one or [None])[0] if isinstance(one, list) else one) for one in values]
    assert [one["x"] for one in limited] == ["" if one is None else str(one) for one in firsts]


def test_mv_expand_cuts_each_row_off_at_128():
    assert ask_of("t | mv-expand d | count", t=("d:dynamic", [(list(range(200)),), ([1],)])) == [{"Count": 129}]


def test_mv_expand_of_a_bag_makes_bags_of_one_key():
    found = ask_of("t | mv-expand d", t=("d:dynamic", [({"a": 1, "b": 2},)]))
    assert [one["d"] for one in found] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("option", ["bagexpansion=array", "kind=array", "kind = array"])
def test_mv_expand_of_a_bag_makes_pairs_where_that_is_asked_for(option):
    found = ask_of(f"t | mv-expand {option} d", t=("d:dynamic", [({"a": 1, "b": 2},), ([3],)]))
    assert [one["d"] for one in found] == [["a", 1], ["b", 2], 3]


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ("d.a.b, d['x-y'], d.c[0], tostring(d.e)", ["d_a_b", "d_x-y", "d_c_0", "d_e"]),
        ("tolower(k), n + 1, k", ["Column1", "Column2", "k"]),
        ("tostring(group = split(k, '/', 1)), bin(n, 5)", ["group", "n"]),
    ],
)
def test_the_names_of_columns_that_are_not_named(items, names):
    (row,) = ask_of(f"t | project {items}", t=("k:string n:long d:dynamic", [("a", 1, None)]))
    assert list(row) == names


def test_the_names_of_aggregates_that_are_not_named():
    (row,) = ask_of(
        "t | summarize count(), dcount(k), sum(n), make_set(k), any(k), arg_max(n, k) by x = 1", t=(COLUMNS, [("a", 1)])
    )
    assert list(row) == ["x", "count_", "dcount_k", "sum_n", "set_k", "any_k", "n", "k"]
    conditional = "sumif(n, true), dcountif(k, true), maxif(n, true), make_list_if(k, true), make_set_if(n, true)"
    (row,) = ask_of(f"t | summarize {conditional}, make_bag(d)", t=(f"{COLUMNS} d:dynamic", [("a", 1, {})]))
    assert list(row) == ["sumif_n", "dcountif_k", "maxif_n", "list_k", "set_n", "bag_d"]


def test_the_old_names_of_aggregates():
    (row,) = ask_of("t | summarize makelist(k), makeset(k, 1)", t=(COLUMNS, [("a", 1), ("b", 1)]))
    assert row == {"list_k": ["a", "b"], "set_k": ["a"]}


def test_let_comments_and_the_default_table():
    query = "// of all\nlet least = 2; let word = 'a';\nwhere n >= least // two\n  and k == word\n| project n;"
    found = ask_of(query, resources=(COLUMNS, [("a", 1), ("a", 2), ("b", 3)]))
    assert found == [{"n": 2}]


def test_table_names_have_any_case_and_operators_one():
    assert ask_of("Resources | count", resources=(COLUMNS, [])) == [{"Count": 0}]


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**4))
def test_bin_is_a_multiple_below(number, size):
    (row,) = ask_of(f"t | summarize count() by bin(n, {size})", t=("n:long", [(number,)]))
    assert row["n"] % size == 0
    assert row["n"] <= number < row["n"] + size
