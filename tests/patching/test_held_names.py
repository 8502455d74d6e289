"""Names that are held after a deletion: which refusals mean that, and how often and how long they are tried again."""

import itertools

import pytest

from patching.held_names import LONGEST_SECONDS, may_be_held, seconds_to_wait, seconds_waited

HOOK_TRIES = 100
"""After so many tries the engine asks no hook any more (its maxErrorHookRetries)."""
ABOUT = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-409/providers/x/Status 409"


@pytest.mark.parametrize(
    "error",
    [
        'Status=409 Code="Conflict" Message="The maintenance configuration is being deleted."',
        'autorest/azure: Service returned an error. StatusCode=409 Code="AnythingNew" Message="x"',
        "PUT https://management.azure.com/x\n-----\nRESPONSE 409: 409 Conflict\nERROR CODE: Conflict\n-----",
    ],
)
def test_a_conflict_may_be_a_held_name(error):
    assert may_be_held(error)


@pytest.mark.parametrize(
    "error",
    [
        'Status=404 Code="ResourceGroupNotFound" Message="no group"',
        'Status=400 Code="InvalidMaintenanceWindow" Message="4096 minutes"',
        'Status=4090 Code="Conflict" Message="x"',
        f"cannot create already existing resource {ABOUT!r}",
        'Status=409 Code="MissingSubscriptionRegistration" Message="The subscription is not registered to use"',
        'Status=409 Code="InvalidResourceLocation" Message="it already exists in location"',
        'Status=409 Code="ScopeLocked" Message="The scope is locked."',
        'Status=409 Code="ResourceGroupBeingDeleted" Message="The group is deprovisioning."',
    ],
)
def test_what_waiting_does_not_mend_is_none(error):
    assert not may_be_held(error)


def test_it_is_tried_soon_and_then_until_the_documented_twenty_minutes_are_over():
    waits = list(itertools.takewhile(lambda wait: wait is not None, map(seconds_to_wait, itertools.count(1))))
    assert waits[0] <= 10
    assert all(wait > 0 for wait in waits)
    assert waits == sorted(waits), "each wait is at least as long as the one before"
    assert 20 * 60 < LONGEST_SECONDS <= sum(waits) <= 30 * 60
    assert len(waits) < HOOK_TRIES
    assert [seconds_waited(number + 1) for number in range(len(waits))] == [0, *itertools.accumulate(waits)][:-1]


def test_two_minutes_are_passed_in_little_more_than_two_minutes():
    """As long as the service was seen to hold a name."""
    ends = itertools.accumulate(map(seconds_to_wait, range(1, 20)))
    assert next(end for end in ends if end >= 120) <= 150
