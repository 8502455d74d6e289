"""The scalar functions, held against plain Python or the examples of their documentation."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.resource_graph.errors import QueryError
from tests.arm.resource_graph.conftest import NOW, text, value_of

texts = st.text("aB1/-. é", max_size=8)
LEAST, MOST = -(2**63), 2**63 - 1
TYPES = ["string", "long", "timespan", "real", "bool"]
VALUES = ["a", 1, {"a": 1}, None]
KINDS = ["string", "int", "dictionary", "null", "array"]


@given(texts, texts.filter(bool), st.integers(0, 4))
def test_split(whole, separator, index):
    parts = re.split(re.escape(separator), whole)
    assert value_of(f"split(s, {text(separator)})", {"s": whole}) == parts
    assert value_of(f"split(s, {text(separator)}, {index})", {"s": whole}) == parts[index : index + 1]
    last = value_of(f"tostring(split(s, {text(separator)})[-1])", {"s": whole})
    assert last == parts[-1]


@given(texts, st.integers(0, 9), st.integers(0, 9))
def test_substring_strlen_strcat_and_case(whole, start, length):
    assert value_of(f"substring(s, {start}, {length})", {"s": whole}) == "".join(list(whole)[start : start + length])
    assert value_of("strlen(s)", {"s": whole}) == len(whole)
    assert value_of("strcat(s, '-', 5, d)", {"s": whole, "d": [1]}) == f"{whole}-5[1]"
    assert value_of("toupper(s)", {"s": whole}) == whole.upper()
    assert value_of("tolower(d)", {"d": whole}) == whole.lower()


@given(st.integers(LEAST, MOST))
def test_numbers_go_to_text_and_back(number):
    assert value_of("tolong(tostring(n))", {"n": number}) == number
    assert value_of("tolong(d)", {"d": str(number)}) == number
    assert value_of("todouble(n)", {"n": number}) == float(number)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_go_to_text_and_back(instant):
    shown = value_of("tostring(todatetime(s))", {"s": instant.isoformat()})
    assert shown == f"{instant:%Y-%m-%dT%H:%M:%S.%f}0Z"
    assert value_of("todatetime(d)", {"d": shown}) == instant
    day = value_of("bin(todatetime(s), 1d)", {"s": shown})
    assert day == instant.replace(hour=0, minute=0, second=0, microsecond=0)
    assert day == value_of("startofday(todatetime(s))", {"s": shown})


@given(st.dictionaries(st.text("ab", max_size=3), st.integers() | st.none()), st.lists(st.integers(), max_size=4))
def test_bags_and_arrays(bag, array):
    assert sorted(value_of("bag_keys(d)", {"d": bag})) == sorted(bag)
    assert value_of("array_length(d)", {"d": array}) == len(array)
    assert value_of("array_length(d)", {"d": bag}) is None
    assert value_of("todynamic(tostring(d))", {"d": bag}) == bag
    assert value_of("set_has_element(d, 1)", {"d": array}) is (1 in array)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_arithmetic(a, b):
    row = {"n": a, "d": b}
    assert value_of("n * 3 - -tolong(d) + 1", row) == a * 3 + b + 1
    assert value_of("n / tolong(d)", row) == (int(a / b) if b else None)
    assert value_of("n % tolong(d)", row) == (a - int(a / b) * b if b else None)


@pytest.mark.parametrize(
    ("expression", "row", "wanted"),
    [
        ("toint('5.5')", {}, None),
        ("toint(5.9)", {}, 5),
        ("toint(d)", {"d": "no"}, None),
        ("toint(d)", {"d": [1]}, None),
        ("tostring(d)", {"d": None}, ""),
        ("tostring(d)", {"d": {"a": [1, True, "é"]}}, '{"a":[1,true,"é"]}'),
        ("tobool(d)", {"d": "TRUE"}, True),
        ("tobool(d)", {"d": 0}, False),
        ("tobool(s)", {"s": "yes"}, None),
        ("todatetime(s)", {"s": "2026-03-01"}, datetime(2026, 3, 1, tzinfo=UTC)),
        ("todatetime(s)", {"s": "2026-03-01T10:00:00+02:00"}, datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("todatetime(s)", {"s": ""}, None),
        ("totimespan(s)", {"s": "1.02:03:04"}, timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("tostring(26h + 5m)", {}, "1.02:05:00"),
        ("now()", {}, NOW),
        ("now(-1h)", {}, NOW - timedelta(hours=1)),
        ("ago(1.5d)", {}, NOW - timedelta(hours=36)),
        ("extract('a(\\\\d+)', 1, s)", {"s": "xa12b"}, "12"),
        ("extract(@'a(\\d+)', 1, s)", {"s": "xb"}, ""),
        ("coalesce(s, 'x')", {}, "x"),
        ("coalesce(n, 7)", {}, 7),
        ("coalesce(d.a, d.b)", {"d": {"b": 2}}, 2),
        ("iff(n > 1, 'more', 'less')", {}, "less"),
        ("case(n > 1, 'more', n < 1, 'less', 'null')", {}, "null"),
        ("iff(s == 'a', d.x, d.y)", {"s": "a", "d": {"x": 1}}, 1),
        ("case(n < 0, 'under', n > 0, 'over', 'nought')", {"n": 0}, "nought"),
        ("case(n < 0, 'under', n > 0, 'over', 'nought')", {"n": 4}, "over"),
        ("isempty(d.a) and isnull(d.a) and not(isempty(d))", {"d": {"b": 1}}, True),
        ("parse_json(s).a[0]", {"s": '{"a": [3]}'}, 3),
        ("parse_json(s)", {"s": "no json"}, "no json"),
        ("parsejson(d).a", {"d": {"a": 3}}, 3),
        ("indexof(s, 'b')", {"s": "ab"}, 1),
        ("indexof(s, 'c')", {"s": "ab"}, -1),
        ("replace_string(s, 'a', 'b')", {"s": "aha"}, "bhb"),
        ("trim('-', s)", {"s": "-a-"}, "a"),
        ("trim_start('-', s)", {"s": "-a-"}, "a-"),
        ("trim_end('-', s)", {"s": "-a-"}, "-a"),
        ("replace_regex(s, @'is (\\d+)', @'was: \\1')", {"s": "Number is 5"}, "Number was: 5"),
        ("replace_regex(s, 'a(b)?', @'<\\0|\\1|\\2>')", {"s": "aab"}, "<a||><ab|b|>"),
        ("pack_array(gettype(s), gettype(n), gettype(1s), gettype(1.5), gettype(1 == 1))", {}, TYPES),
        ("pack_array(gettype(d[0]), gettype(d[1]), gettype(d[2]), gettype(d[3]), gettype(d))", {"d": VALUES}, KINDS),
        ("gettype(now())", {}, "datetime"),
        ("gettype(parse_json(''))", {}, "null"),
        ("strcat_array(d, ',')", {"d": [1, "a"]}, "1,a"),
        ("bag_pack('a', n, 'b', now())", {"n": 1}, {"a": 1, "b": "2026-03-10T12:30:00.0000000Z"}),
        ("pack_array(1, 'a')", {}, [1, "a"]),
        ("round(2.345, 1)", {}, 2.3),
        ("bin(7, 5)", {}, 5),
        ("bin(-7, 5)", {}, -10),
        ("1d / 6h", {}, 4.0),
        ("datetime(2026-03-10) - datetime(2026-03-08)", {}, timedelta(days=2)),
        ("dynamic({'a': [1, null, true]}).a[2]", {}, True),
        ("strcat('a\\n\"', \"b'\\\\\", @'c\\')", {}, "a\n\"b'\\c\\"),
        ("9223372036854775807 + 1", {}, LEAST),
        ("datetime(9999-12-31) + 10d", {}, None),
        ("tobool(s) == true and tolong(s) == 1", {"s": "1"}, True),
    ],
)
def test_an_expression(expression, row, wanted):
    found = value_of(expression, row)
    assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.parametrize(
    "expression",
    [
        "s + 'a'",
        "n == s",
        "s < 'a'",
        "d == d",
        "n has 'a'",
        "s.a",
        "iff(n, 1, 2)",
        "iff(n == 1, 1, 'a')",
        "d + 1",
        "-s",
        "s in (1, 2)",
        "d in (1, 'a')",
        "n in~ (1)",
        "bin(d, 1)",
        "todatetime(n)",
        "s matches regex '(?=a)'",
        "s matches regex '('",
        "s matches regex s",
        "extract('a', 1, s)",
        "tolower(n)",
        "substring(s, 'a')",
        "nosuch",
        "nosuch(1)",
        "toint()",
        "count()",
        "not(d)",
        "ago(5)",
    ],
)
def test_what_has_no_meaning_is_refused_and_says_where(expression):
    with pytest.raises(QueryError) as refusal:
        value_of(expression)
    assert refusal.value.status == 400
    assert refusal.value.place is not None
    assert len(refusal.value.message) > 20
