"""The hook that waits for a held name: what it says, how long it waits, and what it leaves to others."""

import asyncio

import pulumi
import pytest

from components import held_names

HELD = 'Status=409 Code="Conflict" Message="is being deleted"'
OTHER = 'Status=400 Code="InvalidMaintenanceWindow" Message="no"'


@pytest.fixture
def waited(monkeypatch):
    """The seconds that were slept, without sleeping."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(held_names.asyncio, "sleep", sleep)
    return slept


@pytest.fixture
def said(monkeypatch):
    told = []
    for kind in ("info", "error"):
        monkeypatch.setattr(pulumi.log, kind, lambda message, kind=kind: told.append((kind, message)))
    return told


def hook(*errors, operation="create"):
    args = pulumi.ErrorHookArgs("urn", "", "weekly", "type", failed_operation=operation, errors=list(errors))
    return asyncio.run(held_names._on_error(args))


def test_a_held_name_is_waited_for_and_the_user_is_told(waited, said):
    assert hook(HELD)
    assert waited == [5]
    ((kind, message),) = said
    assert kind == "info"
    assert message.startswith("weekly: Azure answers 409")
    assert "Trying again in 5 seconds; 0 seconds of at most 25 minutes have passed." in message


def test_the_waits_grow_with_the_refusals_in_a_row(waited, said):
    for count in range(1, 6):
        assert hook(*[HELD] * count)
    assert waited == [5, 10, 20, 30, 30]
    assert "Trying again in 30 seconds; 65 seconds of at most 25 minutes" in said[-1][1]
    assert hook(HELD, OTHER, HELD, HELD)
    assert waited[-1] == 5


def test_it_ends(waited, said):
    errors = [HELD]
    while hook(*errors):
        errors.append(HELD)
    assert sum(waited) == pytest.approx(25 * 60, abs=30)
    assert said[-1][0] == "error"
    assert "Its own message says what else" in said[-1][1]


@pytest.mark.parametrize(("errors", "operation"), [((OTHER, HELD), "create"), ((HELD,), "update"), ((HELD,), "delete")])
def test_what_is_none_of_its_business_is_left_alone(waited, said, errors, operation):
    assert not hook(*errors, operation=operation)
    assert (waited, said) == ([], [])
