"""No query ends in a fault of the local Azure's own, and none that it answers is answered with what is no JSON."""

import json
from contextlib import ExitStack

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm.seed import seed
from sandbox.arm.server import ArmServer
from tests.arm.policy.clouds import arc_machine, subscription, virtual_machine
from tests.arm.resource_graph.conftest import PATH

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def post(tmp_path_factory):
    state = tmp_path_factory.mktemp("queries")
    seed(
        state,
        [
            virtual_machine("a", "Linux", tags={"ring": "one"}),
            virtual_machine("b", "Windows"),
            arc_machine("c", "Linux"),
            subscription("11111111-1111-4111-8111-111111111111", "root"),
        ],
    )
    with ExitStack() as stack:
        server = ArmServer(state)
        server.start()
        stack.callback(server.stop)
        http = stack.enter_context(httpx.Client(base_url=server.url))

        def send(body):
            response = http.post(PATH, params={"api-version": "2022-10-01"}, json=body)
            assert response.status_code in (200, 400), (body, response.text)
            answer = json.loads(response.text, parse_constant=pytest.fail)
            if response.status_code == 400:
                assert answer["error"]["code"]
                assert answer["error"]["message"]
            return response

        yield send


tokens = st.sampled_from(
    """
    resources resourcecontainers maintenanceresources policyresources patchassessmentresources | | | | where where
    extend extend project project summarize by order by asc desc nulls first last top take limit count distinct * union
    join kind = = inner leftouter fullouter innerunique on $left $right mv-expand to typeof ( ) ( ) [ ] , , . .. == !=
    =~ !~ < <= > >= + - * / % in in~ !in has !has contains startswith endswith matches\u00a0regex has_any between and or
    not let ; id name type tags properties location subscriptionId x y Column1 'a' "b" '' @'c\\' 'microsoft.compute'
    0 1 2 -1 9223372036854775807 1.5 1e300 1d 2h 30m 999999d datetime(2026-01-01) datetime(null) timespan(1.00:00:00)
    dynamic([1,2]) dynamic({'a':null}) true false null int(null) count() sum(x) max(id) arg_max(name,*) make_set(name)
    tostring( tolower( split(id,'/') ago(1d) now() iff( strcat( bin( toint( parse_json( isnull( isempty( array_length(
    parse parse with with kind= kind=simple kind=relaxed :long :string bagexpansion=array datetime_add( format_datetime(
    project-away project-rename // \n bag_pack('a',1) todatetime( substring( extract( round( coalesce( case( pack_array(
    """.replace("\u00a0", " ").split(" ")
)


@FUZZ
@given(st.lists(tokens, max_size=25).map(" ".join))
def test_any_words(post, query):
    post({"query": query})


@FUZZ
@given(st.text(max_size=60))
def test_any_text(post, query):
    post({"query": query})


def call(form, *parts):
    return st.builds(form.format, *parts)


def one_of(*leaves, calls):
    """One of some leaves, or, less often, of what is made of others."""
    return st.one_of(st.sampled_from(leaves), st.sampled_from(leaves), st.deferred(lambda: st.one_of(*calls())))


texts = one_of(
    "id",
    "name",
    "type",
    "'a'",
    "''",
    "'/'",
    calls=lambda: [
        call("tostring({})", anything),
        call("strcat({}, {})", anything, anything),
        call("substring({}, {}, {})", texts, longs, longs),
        call("coalesce({}, {})", texts, texts),
        call("iff({}, {}, {})", truths, texts, texts),
        call("extract('(a)|b*', 1, {})", texts),
        call("trim('a', tolower({}))", texts | dynamics),
        call("strcat_array({}, {})", dynamics, texts),
        call("replace_regex({}, '(a)|b*', {})", texts, texts),
        call("format_datetime({}, 'yyyy-MM-dd HH:mm:ss.FFF tt')", instants),
        call("gettype({})", anything),
    ],
)
longs = one_of(
    "0",
    "-3",
    "2",
    "9223372036854775807",
    "int(null)",
    calls=lambda: [
        call("tolong({})", texts | reals | truths | dynamics),
        call("({} {} {})", longs, st.sampled_from("+-*/%"), longs),
        call("bin({}, {})", longs, longs),
        call("array_length({})", dynamics),
        call("indexof({}, {})", texts, texts),
        call("datetime_diff('{}', {}, {})", st.sampled_from(["quarter", "week", "hour"]), instants, instants),
        call("dayofyear({})", instants),
        call("-{}", longs),
    ],
)
reals = one_of(
    "0.0",
    "1e308",
    "-2.5",
    calls=lambda: [
        call("todouble({})", texts | longs | dynamics),
        call("({} {} {})", reals, st.sampled_from("+-*/%"), reals | longs),
        call("round({}, {})", reals, longs),
        call("bin({}, {})", reals, reals),
        call("({} / {})", spans, spans),
    ],
)
spans = one_of(
    "1d",
    "-99999d",
    "0s",
    calls=lambda: [
        call("totimespan({})", texts),
        call("({} - {})", instants, instants),
        call("dayofweek({})", instants),
        call("({} * {})", spans, reals | longs),
        call("({} / {})", spans, reals | longs),
    ],
)
instants = one_of(
    "now()",
    "datetime(9999-12-31)",
    "datetime(0001-01-01)",
    "datetime(null)",
    calls=lambda: [
        call("todatetime({})", texts | dynamics),
        call("({} {} {})", instants, st.sampled_from("+-"), spans),
        call("bin({}, {})", instants, spans),
        call("ago({})", spans),
        call("startof{}({}, {})", st.sampled_from(["day", "week", "month", "year"]), instants, longs),
        call("datetime_add('{}', {}, {})", st.sampled_from(["year", "Week", "microsecond"]), longs, instants),
    ],
)
dynamics = one_of(
    "tags",
    "properties",
    "tags.ring",
    "properties.osProfile",
    "dynamic([1,'a',null,1.5])",
    "dynamic({'a':{'b':true}})",
    calls=lambda: [
        call("{}[{}]", dynamics, texts | longs),
        call("split({}, '/')", texts),
        call("parse_json({})", texts),
        call("pack_array({}, {})", anything, anything),
        call("bag_pack({}, {})", texts, anything),
        call("bag_keys({})", dynamics),
        call("iff({}, {}, {})", truths, dynamics, anything),
    ],
)
truths = one_of(
    "true",
    "bool(null)",
    calls=lambda: [
        call(
            "({} {} {})", texts, st.sampled_from(["==", "!=", "=~", "has", "!contains", "startswith"]), texts | dynamics
        ),
        call("({} {} {})", longs, st.sampled_from(["==", "!=", "<", ">="]), reals | longs | dynamics),
        call("({} {} {})", instants, st.sampled_from(["==", "<"]), instants),
        call("({} in ({}, {}))", texts, texts, dynamics),
        call("({} !in~ ({}))", dynamics, texts),
        call("({} and not({}) or {})", truths, truths, truths),
        call("isempty({})", anything),
        call("set_has_element({}, {})", dynamics, anything),
        call("({} between ({} .. {}))", longs, longs, longs),
    ],
)
anything = texts | longs | reals | spans | instants | dynamics | truths
sortable = texts | longs | reals | spans | instants
operators = st.one_of(
    truths.map("where {}".format),
    anything.map("extend x = {}".format),
    anything.map("project id, name, type, tags, properties, x = {}".format),
    sortable.map("order by {}".format),
    call("summarize count(), countif({}), tags = take_any(tags) by name, type, id = tostring({})", truths, anything),
    call("summarize max({}), take_any(*) by id", sortable),
    call("extend z = {} | summarize avg(z), sum(z), tags = make_list(tags) by name", reals | longs),
    call("extend z = {} | summarize make_set(z), dcount(z), arg_max(id, *) by name", anything),
    dynamics.map("mv-expand y = {}".format),
    call("parse {} with {}", anything, st.sampled_from(["a '/' b", "* 'a' x:long *", "d:date", "x '' * 'b' y:real"])),
    call("parse kind=relaxed {} with 'a' type n:long '' *", anything),
    call("summarize sumif({}, {}), make_bag(tags), tags = make_bag_if(tags, {}) by name", longs, truths, truths),
    st.sampled_from(
        [
            "join kind=fullouter (resources) on id",
            "join (resourcecontainers) on $left.name == $right.type",
            "union resourcecontainers",
            "count",
            "take 1",
            "top 2 by id",
            "distinct name",
            "project-away tags",
        ]
    ),
)


@FUZZ
@given(st.lists(operators, max_size=5), st.sampled_from(["table", "objectArray"]))
def test_queries_that_are_nearly_right(post, parts, result_format):
    post({"query": " | ".join(["resources", *parts]), "options": {"resultFormat": result_format}})


def test_the_generated_queries_are_not_all_refused(post):
    """What the generators make is worth asking: some of it is answered."""
    found = [
        post({"query": query}).status_code
        for query in (
            "resources | extend x = strcat(name, iff((1 < 2), 'a', '/')) | order by x",
            "resources | summarize make_list(tags) by tolower(type) | mv-expand y = list_tags",
        )
    ]
    assert found == [200, 200]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@FUZZ
@given(
    st.dictionaries(st.sampled_from(["query", "subscriptions", "managementGroups", "options", "facets"]), json_values)
    | st.fixed_dictionaries(
        {
            "query": st.just("resources"),
            "options": st.dictionaries(st.sampled_from(["$top", "$skip", "$skipToken", "resultFormat"]), json_values),
        }
    )
)
def test_any_body(post, body):
    post(body)


@pytest.mark.parametrize(
    "query",
    [
        "resources | extend a = dynamic(" + "[" * 99 + "]" * 99 + ")",
        "resources | extend x = 1" + " | extend x = x + 1" * 400,
        "resources | extend x = pack_array(1)" + " | extend x = pack_array(x)" * 1500,
        "resources | extend x = 'ab'" + " | extend x = strcat(x, x)" * 10,
        "resources | extend x = parse_json('" + "[" * 80 + "]" * 80 + "')",
        "resources | where id in (" + ", ".join(f"'{number}'" for number in range(5000)) + ")",
        "resources | where " + " or ".join(["name == 'a'"] * 3000),
        "resources | where name == 'a'" + " + 'a'" * 3000,
        "resources | parse id with " + "* 's' " * 3000,
        "resources | parse strcat_array(split(id, 's'), 'ssssssssssssssss') with " + "* 's' " * 60 + "'no'",
    ],
)
def test_long_queries(post, query):
    post({"query": query})
