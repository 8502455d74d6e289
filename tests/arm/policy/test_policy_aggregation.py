"""`$apply` in queries over policy states: what is counted is what counting the rows by hand comes to."""

from collections import Counter

import pytest
from azure.mgmt.policyinsights.models import QueryOptions
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.errors import ArmError
from sandbox.arm.policy.aggregation import applied
from sandbox.arm.policy.definitions import AUDIT_ASSESSMENT, AUDIT_HOTPATCH
from tests.arm.policy.clouds import SUBSCRIPTION

COLUMNS = ("place", "isCompliant", "name")
rows = st.lists(
    st.fixed_dictionaries(
        {"place": st.sampled_from("ab"), "isCompliant": st.booleans(), "name": st.sampled_from(["x", "y", "z"])}
    )
)


@given(rows)
def test_groups_are_counted(given_rows):
    found, columns = applied(
        given_rows, "filter(isCompliant eq false)/groupby((PLACE, name), aggregate($count as n))", COLUMNS
    )
    expected = Counter((row["place"], row["name"]) for row in given_rows if not row["isCompliant"])
    assert {(row["place"], row["name"]): row["n"] for row in found} == expected
    assert all(list(row) == columns == ["place", "name", "n"] for row in found)


@given(rows)
def test_groups_of_groups_are_counted_once(given_rows):
    """As Azure's own example counts resources: each once, however often it is non-compliant."""
    found, _ = applied(given_rows, "groupby((name,place))/groupby((place), aggregate( $count AS resources ))", COLUMNS)
    expected = Counter(place for place, _ in {(row["place"], row["name"]) for row in given_rows})
    assert {row["place"]: row["resources"] for row in found} == expected


@given(rows)
def test_all_are_counted(given_rows):
    text = "filter(name ne 'a/b)(' and place eq 'A')/aggregate($count as all)"
    assert applied(given_rows, text, COLUMNS) == ([{"all": sum(row["place"] == "a" for row in given_rows)}], ["all"])


@pytest.mark.parametrize(
    "text",
    [
        "groupby(place)",
        "groupby((nowhere))",
        "groupby((place))/filter(name eq 'x')",
        "groupby((place), aggregate(x with sum as y))",
        "filter(name eq 'x')/",
        "aggregate($count as n)/groupby((place))",
        "))((",
        "compute(1 as x)",
        "filter(" + "(" * 5000 + "name eq 'x'" + ")" * 5000 + ")",
    ],
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ArmError) as caught:
        applied([], text, COLUMNS)
    assert (caught.value.status, caught.value.code) == (400, "InvalidQueryOption")


def test_microsofts_client_asks_for_the_worst_assignments(cloud):
    cloud.assign(AUDIT_ASSESSMENT, name="audit")
    cloud.assign(AUDIT_HOTPATCH, name="hotpatch")
    options = QueryOptions(
        apply="groupby((policyAssignmentName, isCompliant), aggregate($count as states))",
        order_by="states DESC, policyAssignmentName",
        top=1,
    )
    states = cloud.insights.policy_states.list_query_results_for_resource_group(
        "latest", SUBSCRIPTION, "rg-legacy", options
    )
    (worst,) = states
    assert (worst.policy_assignment_name, worst.is_compliant) == ("audit", False)
    assert worst.additional_properties["states"] == 4
