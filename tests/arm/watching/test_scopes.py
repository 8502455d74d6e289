"""What a dynamic scope lets through, as the condition of a query, against the local Azure's own filters."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from patching.watching.kql import in_scopes, text
from sandbox.arm.ids import parse as parse_id
from sandbox.arm.providers.maintenance.filters import matches
from sandbox.arm.resource_graph.compiled import Context, Table
from sandbox.arm.resource_graph.evaluation import evaluate
from sandbox.arm.resource_graph.parsing import parse
from sandbox.arm.resource_graph.rows import COLUMNS, row
from sandbox.arm.store import Resource
from tests.arm.conftest import SPOKE, SUBSCRIPTION
from tests.arm.watching.conftest import schedule, settings_of

TYPES = ["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"]
GROUPS = ["rg-web", "RG-Web", "rg-db"]
LOCATIONS = ["westeurope", "northeurope"]
ODD = st.text(
    st.characters(codec="utf-8", exclude_categories=("C",)) | st.sampled_from("\"'\\{}[](),:.*+?^$|"), max_size=6
)
TAG_NAMES = st.sampled_from(["ring", "Ring", "env", 'a"ring', "x.y"])
VALUES = st.sampled_from(["one", "One"]) | ODD


@st.composite
def filters(draw):
    found = {} if draw(st.booleans()) else draw(places())
    found["tags"] = draw(
        st.dictionaries(TAG_NAMES, st.lists(VALUES, min_size=1, max_size=2, unique=True), max_size=2).filter(
            lambda tags: len({name.lower() for name in tags}) == len(tags)
        )
    )
    found["tagOperator"] = draw(st.sampled_from(["Any", "All"]))
    return {name: value for name, value in found.items() if value}


@st.composite
def places(draw):
    return {
        "resourceTypes": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)),
        "resourceGroups": draw(st.lists(st.sampled_from(["rg-web", "rg-db"]), max_size=2, unique=True)),
        "osTypes": draw(st.lists(st.sampled_from(["Linux", "Windows"]), max_size=2, unique=True)),
        "locations": draw(st.lists(st.sampled_from(["West Europe", "northeurope"]), max_size=2, unique=True)),
    }


@st.composite
def machines(draw):
    kind, os = draw(st.sampled_from(TYPES)), draw(st.sampled_from(["Linux", "Windows"]))
    subscription = draw(st.sampled_from([SUBSCRIPTION, SPOKE]))
    group = f"/subscriptions/{subscription}/resourceGroups/{draw(st.sampled_from(GROUPS))}"
    properties = {"storageProfile": {"osDisk": {"osType": os}}} if kind == TYPES[0] else {"osType": os.lower()}
    tags = draw(
        st.dictionaries(TAG_NAMES | ODD.filter(bool), VALUES, max_size=3).filter(
            lambda tags: len({name.lower() for name in tags}) == len(tags)
        )
    )
    document = {"location": draw(st.sampled_from(LOCATIONS)), "tags": tags, "properties": properties}
    return Resource(parse_id(f"{group}/providers/{kind}/web"), document), os


def let_through(condition, machine, os):
    """Whether a query with the condition answers the machine."""
    made = Table(COLUMNS, [row(machine.id, machine.id.type, {**machine.document, "id": machine.id.text})])
    query = f"resources | extend os = {text(os)} | where {condition}"
    return bool(evaluate(parse(query), Context(datetime.now(UTC), {"resources": made}.get)).rows)


@settings(deadline=None, max_examples=150)
@given(filters(), machines())
def test_a_scopes_condition_lets_through_what_the_service_would(wanted, found):
    machine, os = found
    tagged = wanted.get("tags", {})
    sent = {**wanted, "tagSettings": {"tags": tagged, "filterOperator": wanted.get("tagOperator", "Any")}}
    scope = {"subscriptions": ["main"], **wanted}
    condition = in_scopes(settings_of(schedules={"a": schedule(scopes={"s": scope})}))
    expected = machine.id.subscription == SUBSCRIPTION and matches(machine, sent)
    assert let_through(condition, machine, os) is expected


def test_without_scopes_nothing_is_let_through():
    machine = Resource(
        parse_id(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{TYPES[0]}/a"), {"location": "westeurope"}
    )
    own = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a"
    condition = in_scopes(settings_of(schedules={"a": schedule(machines=[own])}))
    assert not let_through(condition, machine, "Linux")


def test_equal_scopes_of_several_schedules_are_asked_once():
    scopes = {"one": {"osTypes": ["Linux"]}}
    both = settings_of(schedules={"a": schedule(scopes=scopes), "b": schedule("Day", scopes=scopes)})
    assert in_scopes(both).count("os in~") == 1
