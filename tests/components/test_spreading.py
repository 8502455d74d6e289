"""Waiting for roles to spread, without a program and without waiting."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spreading import wait_to_spread

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


def waited(granted, minutes, at=NOON):
    slept, told = [], []

    async def sleep(seconds):
        slept.append(seconds)

    settle = timedelta(minutes=minutes)
    asyncio.run(wait_to_spread(granted, settle, told.append, sleep=sleep, clock=at.timestamp))
    return sum(slept), told


@pytest.mark.parametrize(
    ("granted", "seconds"),
    [
        (["2027-03-10T12:00:00Z"], 600),
        (["2027-03-10T11:54:00.0000000Z"], 240),
        (["2027-03-10T12:54:00+01:00", "2027-03-10T11:58:00Z"], 480),
        (["2027-03-10T11:50:00Z"], 0),
        (["2026-12-24T00:00:00Z", "2027-01-01T00:00:00Z"], 0),
        (["2027-03-10T12:30:00Z"], 600),
        ([None], 600),
        (["2026-12-24T00:00:00Z", "unheard of"], 600),
        ([], 0),
    ],
)
def test_what_is_left_since_the_newest_role_is_waited_for_and_told(granted, seconds):
    slept, told = waited(granted, 10)
    assert slept == seconds
    assert len(told) == (1 if seconds else 0)
    assert all("settleMinutes" in line for line in told)


@given(st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))), st.integers(0, 60))  # noqa: DTZ001 (bounds are naive)
def test_a_wait_is_never_negative_never_longer_than_allowed_and_never_repeated(granted, minutes):
    texts = [one.isoformat() for one in granted]
    slept, _ = waited(texts, minutes)
    assert 0 <= slept <= minutes * 60
    if slept and max(granted) <= NOON:
        assert waited(texts, minutes, NOON + timedelta(seconds=slept))[0] == 0
