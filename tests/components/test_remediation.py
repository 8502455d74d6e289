"""Watching a task, without a program and without waiting."""

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.remediation import until_ended


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


def watch(answers, seconds=600.0):
    clock = Clock()
    answers = list(answers)

    async def read():
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return asyncio.run(until_ended(read, seconds, sleep=clock.sleep, clock=lambda: clock.now)), clock


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
