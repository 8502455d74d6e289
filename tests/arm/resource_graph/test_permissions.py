"""Who may do everything sees every row; the limited application sees what its roles let it read."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from tests.arm.conftest import READER, READY, SPOKE, SUBSCRIPTION, made
from tests.arm.resource_graph.conftest import PATH

SCHEDULED_PATCHING_CONTRIBUTOR = "cd08ab90-6b14-449c-ad9a-8f8e549482c6"
WHOLE = "/subscriptions/" + SUBSCRIPTION
EVERYTHING = (
    "resources | union resourcecontainers, maintenanceresources, patchassessmentresources, "
    "patchinstallationresources, policyresources"
)
SECOND = "6b8c9f0e-2f3a-4b7e-9b55-0d8a4a7c1a02"


@pytest.fixture
def estate(arm, group, machine, configuration):
    """A machine of the group `rg`, assessed, patched and on a schedule; and a machine in the group `other`."""
    path = machine("ours", **READY)
    made(arm.put(f"{path}/providers/Microsoft.Maintenance/configurationAssignments/weekly", {
        "location": "westeurope", "properties": {"maintenanceConfigurationId": configuration},
    }))  # fmt: skip
    made(arm.post(f"{path}/assessPatches"))
    wanted = {"maximumDuration": "PT2H", "rebootSetting": "IfRequired", "linuxParameters": {}}
    made(arm.post(f"{path}/installPatches", wanted))
    other = group.replace("/rg", "/other")
    made(arm.put(other, {"location": "westeurope"}))
    made(arm.send("PUT", f"{other}/providers/Microsoft.HybridCompute/machines/theirs", {
        "location": "westeurope", "properties": {"osType": "linux"},
    }))  # fmt: skip
    return group


def ids(clients, query=EVERYTHING, *subscriptions):
    found = clients.graph.resources(QueryRequest(query=query, subscriptions=list(subscriptions) or None))
    return {row["id"].lower() for row in found.data}


def test_without_a_role_it_sees_nothing(limited, signed_in, estate):
    assert ids(limited) == set()
    assert ids(signed_in())
    with pytest.raises(HttpResponseError) as caught:
        ids(limited, "resources", SUBSCRIPTION)
    assert (caught.value.status_code, caught.value.error.code) == (400, "BadRequest")
    assert "NoValidSubscriptionsInQueryRequest" in str(caught.value)


def test_a_reader_of_all_sees_all(limited, signed_in, give, estate):
    give(READER, WHOLE)
    everything = ids(signed_in(), EVERYTHING, SUBSCRIPTION)
    assert ids(limited, EVERYTHING, SUBSCRIPTION) == everything
    kinds = ("patchassessmentresults", "patchinstallationresults", "configurationassignments", "machines/theirs")
    assert all(any(kind in one for one in everything) for kind in kinds), everything
    assert not any(SPOKE in one for one in ids(limited))


def test_a_reader_of_a_group_sees_what_is_in_it(limited, signed_in, give, estate):
    give(READER, estate)
    inside = {one for one in ids(signed_in()) if one == estate.lower() or one.startswith(f"{estate}/".lower())}
    assert len(inside) > 20
    assert ids(limited) == inside
    assert ids(limited, EVERYTHING, SUBSCRIPTION, SPOKE) == inside


def test_a_role_shows_the_types_that_it_may_read(limited, give, estate):
    give(SCHEDULED_PATCHING_CONTRIBUTOR, WHOLE)
    assert {one.split("/")[-2] for one in ids(limited)} == {"maintenanceconfigurations", "configurationassignments"}
    give(READER, f"{estate}/providers/Microsoft.Compute/virtualMachines/ours", SECOND)
    assert f"{estate}/providers/Microsoft.Compute/virtualMachines/ours".lower() in ids(limited)


def test_nobody_turns_the_pages_of_another(limited, signed_in, give, estate):
    give(READER, estate)

    def page(clients, token=None):
        options = QueryRequestOptions(top=1, skip_token=token)
        return clients.graph.resources(QueryRequest(query="resources | order by id asc", options=options))

    token = page(signed_in()).skip_token
    with pytest.raises(HttpResponseError) as caught:
        page(limited, token)
    assert "InvalidSkipToken" in str(caught.value)
    assert page(limited, page(limited).skip_token).count == 1


def test_over_http_everything_is_shown(arm, estate):
    answer = made(arm.send("POST", PATH, {"query": "resources"}, **{"api-version": "2021-03-01"}))
    assert {"ours", "theirs"} <= {row["name"] for row in answer["data"]}
