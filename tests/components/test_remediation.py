"""Watching a task, without a program and without waiting."""

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.remediation import is_old, until_ended


def _task(state, *, total=1, failed=0, message=None):
    counts = SimpleNamespace(total_deployments=total, successful_deployments=total - failed, failed_deployments=failed)
    return SimpleNamespace(provisioning_state=state, deployment_status=counts, status_message=message)


class Clock:
    """Time that passes only while something sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.pauses = []

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def watch(answers, seconds=600.0, **how):
    clock = Clock()
    answers = list(answers)

    async def read():
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return asyncio.run(until_ended(read, seconds, sleep=clock.sleep, clock=lambda: clock.now, **how)), clock


@pytest.mark.parametrize("state", ["Succeeded", "Complete"])
def test_a_task_that_has_ended_is_read_once(state):
    seen, clock = watch([_task(state)])
    assert seen.ended
    assert seen.concern is None
    assert clock.pauses == []


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_task_that_ended_badly_is_a_concern(state):
    seen, _ = watch([_task(state, failed=1, message="why it did")])
    assert seen.ended
    assert "why it did" in seen.concern


def test_only_a_task_that_was_not_allowed_is_told_about_roles():
    denied, _ = watch([_task("Failed", failed=1, message="AuthorizationFailed: no action on scope.")])
    refused, _ = watch([_task("Failed", failed=1, message="InvalidParameter: patchMode.")])
    assert "role granted a moment ago" in denied.concern
    assert "role" not in refused.concern
    assert all("Raise remediation.attempt" in seen.concern for seen in (denied, refused))


def test_a_task_that_succeeded_in_part_is_a_concern():
    seen, _ = watch([_task("Succeeded", total=10, failed=1)])
    assert seen.ended
    assert "1 of 10 deployments failed" in seen.concern


def test_pauses_grow_from_a_fifth_of_a_second_to_a_quarter_of_a_minute():
    _, clock = watch([*[_task("Evaluating")] * 30, _task("Succeeded")])
    assert clock.pauses[0] == pytest.approx(0.2)
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[-1] == 15


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=86400))
def test_no_task_is_waited_for_longer_than_allowed(seconds):
    seen, clock = watch([_task("Evaluating")], seconds)
    assert not seen.ended
    assert sum(clock.pauses) == pytest.approx(seconds)
    assert "had not ended" in seen.concern


def test_a_task_that_cannot_be_read_yet_is_tried_again():
    seen, clock = watch([RuntimeError("404"), _task("Succeeded")])
    assert seen.ended
    assert seen.concern is None
    assert len(clock.pauses) == 1


def test_a_task_that_can_never_be_read_is_a_concern_with_the_reason():
    seen, _ = watch([RuntimeError("connection refused")])
    assert not seen.ended
    assert seen.result["state"] == "Unknown"
    assert "connection refused" in seen.concern


def test_a_task_without_counts_yet_has_none():
    seen, _ = watch([SimpleNamespace(provisioning_state="Succeeded", deployment_status=None, status_message=None)])
    assert seen.result == {"state": "Succeeded", "total": 0, "successful": 0, "failed": 0}


@pytest.mark.parametrize("error", ['Status=404 Code="RemediationNotFound"', "the remediation does not exist"])
def test_a_task_that_azure_keeps_no_longer_has_ended_and_is_not_waited_for(error):
    seen, clock = watch([RuntimeError(error)], may_be_deleted=True)
    assert seen.ended
    assert (seen.result["state"], seen.concern) == ("Deleted", None)
    assert clock.pauses == []


def test_a_new_task_that_stays_away_was_deleted_and_is_waited_for_no_longer():
    """As when the local Azure's clock was moved on for more than the 60 days that tasks are kept."""
    seen, clock = watch([RuntimeError("Status=404")])
    assert seen.ended
    assert seen.result["state"] == "Deleted"
    assert "it was deleted" in seen.concern
    assert 30 <= sum(clock.pauses) < 45
    returned, _ = watch([*[RuntimeError("Status=404")] * 3, _task("Succeeded")])
    assert (returned.result["state"], returned.concern) == ("Succeeded", None)


def test_an_old_task_that_cannot_be_read_for_another_reason_is_waited_for():
    seen, _ = watch([RuntimeError("Status=503"), _task("Succeeded")], may_be_deleted=True)
    assert seen.result["state"] == "Succeeded"


@pytest.mark.parametrize(
    ("created_on", "old"),
    [
        ("2027-01-01T00:00:00Z", True),
        ("2027-01-01T01:00:00.1234567+02:00", True),
        ("2027-03-09T12:00:01Z", False),
        ("2027-03-10T13:59:59+02:00", False),
        ("2027-03-20T00:00:00Z", False),
        (None, False),
        ("", False),
        ("yesterday", False),
    ],
)
def test_a_task_of_the_last_day_may_only_just_have_been_made(created_on, old):
    noon = 1804680000.0  # 2027-03-10T12:00:00Z
    assert is_old(created_on, clock=lambda: noon) is old


def test_every_minute_of_waiting_is_told():
    told = []
    answers = [*[_task("Evaluating", total=10, failed=2)] * 20, _task("Succeeded")]
    _, clock = watch(answers, report=lambda seen, left: told.append((seen.result["successful"], left)))
    assert len(told) == sum(clock.pauses) // 60
    assert {done for done, _ in told} == {8}
    assert [left for _, left in told] == sorted((left for _, left in told), reverse=True)
    quick = []
    watch([_task("Evaluating"), _task("Succeeded")], report=lambda seen, _: quick.append(seen))
    assert quick == []


def test_the_attempt_that_runs_it_again_is_told():
    assert "Raise remediation.attempt to 8," in watch([_task("Failed", failed=1)], again=8)[0].concern
