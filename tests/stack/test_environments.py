"""The stacks test and prod: each deploys, deploys again and refreshes without a change, and leaves machines ready."""

import pytest

from tests.stack.test_lifecycle import UP, changes


@pytest.fixture(params=["test", "prod"])
def environment(request, serve_lab):
    return serve_lab(request.param)


def test_an_environment_deploys_once_and_then_stays_as_it_is(environment):
    assert changes(environment.first_up).keys() == {"created"}
    again = environment.sandbox("up", "--stack", environment.stack)
    assert changes(again) == {}
    assert "No changes." in again.stdout
    assert changes(environment.pulumi("refresh", "--yes", "--skip-preview")) == {}
    assert changes(environment.pulumi(*UP)) == {}

    for clients in environment.subscriptions:
        assert clients.non_compliant() == set()
        tasks = list(clients.insights.remediations.list_for_subscription())
        assert {task.provisioning_state for task in tasks} <= {"Succeeded"}
