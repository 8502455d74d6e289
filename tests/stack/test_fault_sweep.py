"""`up` of the dev stack under faults: it ends done or with a clear error, and plain `up`s after it converge.

Three ways of meeting many faults in few runs. A fault that the plugin retries hides no other, so that one run has some
at every request (`eachPath`). Where the tries are used up, the engine goes on with what does not depend on what failed
(`continuing`), and the next run meets what is behind it. A kill ends its run; the next one is killed a request later.
The sample in the normal suite has each kind of resource; the slow sweep has each request, and faults of all kinds in
one run.
"""

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.stack.faulted import Deployment

TRIES = 4
PLENTY = 200
"""More runs than a sweep may take: one for each request, when each is killed once."""
SOME = 40
"""More runs than it may take where each meets all that can be asked for by then."""
PATHS = {
    "group": "*/resourceGroups/rg-patching-dev",
    "configuration": "*/maintenanceConfigurations/*",
    "assignment to machines": "*/machines/*/configurationAssignments/*",
    "assignment to virtual machines": "*/virtualMachines/*/configurationAssignments/*",
    "assignment to a subscription": "/subscriptions/*-????????????/providers/Microsoft.Maintenance/*",
    "policy": "*/policyAssignments/*",
    "role": "*/roleAssignments/*",
    "remediation": "*/remediations/*",
    "security group": "*/networkSecurityGroups/*",
    "network": "*/virtualNetworks/*",
    "interface": "*/networkInterfaces/*",
    "machine": "*/virtualMachines/web-linux",
}
LOST = {"effect": "lose-answer", "times": TRIES}
DROPPED = {"effect": "drop", "times": TRIES}
FAILING = {"effect": "status", "status": 500, "times": TRIES}
BUSY = {"effect": "status", "status": 503, "retryAfter": 1, "times": TRIES}
REFUSED = {"effect": "status", "status": 409}
FATAL = [LOST, FAILING, DROPPED, REFUSED]
FATAL_NAMES = ["lost", "failing", "dropped", "refused"]
READS = {"existence": {"nth": 1}, "read back": {"nth": 2}}


@pytest.fixture(scope="module")
def world(engine, tmp_path_factory):
    """What a deployment without faults comes to."""
    plain = Deployment(tmp_path_factory.mktemp("plain") / "state")
    assert plain.converge(1) == ["done"]
    return plain.world()


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path / "state", continuing=True)


def retried(*effects):
    """Rules for three tries of each request, one after the other; the fourth is answered."""
    return [{**effect, "times": 1, "nth": number, "eachPath": True} for number, effect in enumerate(effects, 1)]


THROTTLED = {"effect": "status", "status": 429, "retryAfter": 0}
UNAVAILABLE = {"effect": "status", "status": 503, "retryAfter": 0}


@pytest.mark.parametrize(
    ("reads", "writes"),
    [
        ((FAILING, THROTTLED, LOST), (LOST, DROPPED, UNAVAILABLE)),
        pytest.param((DROPPED, UNAVAILABLE, BUSY), (THROTTLED, FAILING, BUSY), marks=pytest.mark.slow),
    ],
)
def test_what_fails_now_and_then_is_retried_at_every_request(deployment, world, reads, writes):
    deployment.fault(
        *({"method": "GET", **rule} for rule in retried(*reads)),
        *({"method": "PUT", **rule} for rule in retried(*writes)),
    )
    assert deployment.converge(1) == ["done"]
    deployment.assert_like(world)


def test_some_kinds_of_resources_may_fail_for_good(deployment, world):
    _some_fail(
        deployment, world, {"security group": DROPPED, "configuration": LOST, "policy": REFUSED, "machine": FAILING}
    )


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(FATAL)))
def test_each_kind_of_resource_may_fail_for_good(deployment, world, turn):
    _some_fail(
        deployment,
        world,
        {name: FATAL[(number + turn) % len(FATAL)] for number, name in enumerate(PATHS)},
    )


def _some_fail(deployment, world, effects):
    rules = ({"method": "PUT", "path": PATHS[name], "eachPath": True, **effect} for name, effect in effects.items())
    deployment.fault(*rules)
    story = deployment.converge(20)
    assert story[0] == "failed"
    assert "recovered" in story
    deployment.assert_like(world)
    assert all(deployment.struck()), deployment.struck()


def test_the_local_azure_may_be_killed_when_it_has_stored(deployment, world):
    deployment.fault({"method": "PUT", "path": PATHS["configuration"], "effect": "kill"})
    assert deployment.converge(2) == ["killed", "done"]
    deployment.assert_like(world)


@pytest.mark.slow
@pytest.mark.parametrize("effect", FATAL, ids=FATAL_NAMES)
def test_every_write_may_fail_for_good(deployment, world, effect):
    deployment.fault({"method": "PUT", "eachPath": True, **effect})
    assert deployment.converge(SOME)[0] == "failed"
    deployment.assert_like(world)
    assert len(_counts(deployment)[0]) == sum("azure-native:" in urn.split("::")[2] for urn, _ in world.state)


@pytest.mark.slow
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("effect", FATAL, ids=FATAL_NAMES)
def test_every_read_may_fail_for_good(deployment, world, read, effect):
    """All reads but those of operations, whose paths are new in each run: the next test has those."""
    deployment.fault(
        *({"method": "GET", "path": path, "eachPath": True, **effect, **READS[read]} for path in PATHS.values()),
        {"method": "GET", "eachPath": True, "effect": "stall", "seconds": 0.001, "times": "all"},
    )
    assert deployment.converge(SOME)[0] == "failed"
    deployment.assert_like(world)
    *struck, all_reads = map(set, _counts(deployment))
    assert all(struck)
    assert {path for path in all_reads - set().union(*struck) if "/operations/" not in path} == set()


@pytest.mark.slow
@pytest.mark.parametrize("effect", FATAL, ids=FATAL_NAMES)
def test_every_operation_may_be_lost_from_sight(deployment, world, effect):
    again = {"Microsoft.Network": 3, "Microsoft.Compute": 1}  # each run begins operations of new names
    deployment.fault(
        *(
            {"path": f"*/{name}/locations/*/operations/*", **effect, "times": runs * effect.get("times", 1)}
            for name, runs in again.items()
        )
    )
    assert deployment.converge(SOME)[0] == "failed"
    deployment.assert_like(world)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_the_local_azure_may_be_killed_at_every_request(deployment, world, method):
    """Operations have new paths in each run: five of their reads are met."""
    killed = {"method": method, "effect": "kill"}
    deployment.fault(
        *({**killed, "path": path, "eachPath": True} for path in PATHS.values()),
        {**killed, "path": "*/operations/*", "times": 5},
    )
    assert set(deployment.converge(PLENTY)) == {"killed", "done"}
    deployment.assert_like(world)
    *kinds, operations = _counts(deployment)
    assert all(kinds)
    assert (sum(operations.values()) >= 5) == (method == "GET")


rules = st.fixed_dictionaries(
    {"nth": st.integers(1, 15), "times": st.sampled_from([1, 1, TRIES, TRIES + 1])},
    optional={
        "method": st.sampled_from(["PUT", "PUT", "GET", "POST", "PATCH"]),
        "path": st.sampled_from(sorted(PATHS.values())),
    },
)
effects = st.sampled_from(
    [
        {"effect": "lose-answer"},
        {"effect": "drop"},
        {"effect": "kill", "times": 1},
        {"effect": "stall", "seconds": 0.5},
        *({"effect": "status", "status": status} for status in (400, 403, 404, 409, 429, 500, 503)),
    ]
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.builds(lambda rule, effect: {**rule, **effect}, rules, effects), min_size=2, max_size=6))
def test_faults_of_all_kinds_may_come_together(world, tmp_path_factory, rules):
    deployment = Deployment(tmp_path_factory.mktemp("together") / "state")
    deployment.fault(*rules)
    deployment.converge(SOME)
    deployment.assert_like(world)


def _counts(deployment):
    """How often each rule was met, by method and path."""
    return json.loads((deployment.state / "faults.json").read_text())["counts"]
