"""Past a budget of requests ARM answers 429, and says when to come again."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.errors import ArmError
from sandbox.arm.quirks import AZURES_OWN_BUDGET, ON_BY_DEFAULT, THROTTLING
from sandbox.arm.throttling import Budgets
from tests.arm.conftest import SPOKE, SUBSCRIPTION, TENANT, Clock, made, refused

AS_AZURE = ON_BY_DEFAULT | {AZURES_OWN_BUDGET}
GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"


@pytest.fixture
def as_azure(server):
    server.azure.settings = dataclasses.replace(server.azure.settings, quirks=AS_AZURE)


@pytest.mark.usefixtures("as_azure")
class TestOverHttp:
    def test_reads(self, arm, clock):
        left = [int(made_headers(arm.get(GROUPS))["x-ms-ratelimit-remaining-subscription-reads"]) for _ in range(250)]
        assert left == list(range(249, -1, -1))
        answer = arm.get(GROUPS)
        message = refused(answer, 429, "SubscriptionRequestsThrottled")
        assert (answer.headers["Retry-After"], "after '1' seconds" in message) == ("1", True)
        made(arm.put(f"{GROUPS}/rg", {"location": "westeurope"}))  # writes are counted apart
        made(arm.get(GROUPS.replace(SUBSCRIPTION, SPOKE)))  # and so is each subscription
        clock.advance(1)
        assert [arm.get(GROUPS).status_code for _ in range(26)] == [200] * 25 + [429]

    def test_the_tenant(self, arm):
        answers = [arm.http.get("/tenants", params={"api-version": "2022-12-01"}) for _ in range(251)]
        assert answers[0].headers["x-ms-ratelimit-remaining-tenant-reads"] == "249"
        refused(answers[-1], 429, "TenantRequestsThrottled")

    def test_each_principal_has_its_own(self, arm, signed_in):
        while arm.get(GROUPS).status_code == 200:
            pass
        assert list(signed_in(client_id=TENANT).resources.resource_groups.list()) == []


def test_a_microsoft_client_waits_and_goes_on(server, clients, clock, monkeypatch):
    """What is refused is asked again after the time that was said."""
    server.azure.settings = dataclasses.replace(server.azure.settings, quirks=AS_AZURE)
    monkeypatch.setattr("time.sleep", clock.advance)
    for _ in range(300):
        list(clients.resources.resource_groups.list())


def made_headers(answer):
    made(answer)
    return answer.headers


def test_normal_use_does_not_meet_it(arm):
    assert int(made_headers(arm.get(GROUPS))["x-ms-ratelimit-remaining-subscription-reads"]) == 24_999


def test_off(arm, server):
    server.azure.settings = dataclasses.replace(server.azure.settings, quirks=AS_AZURE - {THROTTLING})
    for _ in range(260):
        assert "x-ms-ratelimit-remaining-subscription-reads" not in made_headers(arm.get(GROUPS))


waits = st.lists(st.floats(0, 20), min_size=1, max_size=600)


@given(st.sampled_from([("GET", 250, 25), ("PUT", 200, 10), ("POST", 200, 10), ("DELETE", 200, 10)]), waits)
def test_never_more_than_the_bucket_and_what_came_back(kind, pauses):
    """In no stretch of time are more requests answered than the bucket holds and the stretch brings back."""
    method, size, per_second = kind
    clock = Clock()
    begin = clock()
    budgets = Budgets(clock)
    for answered, pause in enumerate(pauses, 1):
        clock.advance(pause if pause > 19.9 else 0)
        try:
            budgets.spend(method, SUBSCRIPTION, "somebody", AS_AZURE)
        except ArmError as refusal:
            clock.advance(int(refusal.headers["Retry-After"]))
            budgets.spend(method, SUBSCRIPTION, "somebody", AS_AZURE)
        assert answered <= size + per_second * (clock() - begin) + 1e-3


@given(st.sampled_from(["on", "off", "", "maybe"]), st.sampled_from(["nulls", "azures-own-budget", "nonsense", ""]))
def test_switching(state, name):
    from sandbox.arm.quirks import QUIRKS, switched

    choice = f"{name}={state}"
    if name in {quirk.name for quirk in QUIRKS} and state in {"on", "off"}:
        assert (name in switched([choice])) is (state == "on")
        assert switched([choice]) - {name} == ON_BY_DEFAULT - {name}
    else:
        with pytest.raises(ValueError, match="The quirks: azures-own-budget"):
            switched([choice])
