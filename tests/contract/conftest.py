"""Stacks of stack files nobody has seen before, on one local Azure that other stacks use too."""

import itertools
import os

import pytest

from sandbox.arm.seed import seed
from tests.arm.policy.clouds import subscription as subscription_row
from tests.contract.world import Subscription


@pytest.fixture
def seeded(local_azure):
    """Load rows, as Resource Graph prints them, into the running local Azure."""
    return lambda *rows: seed(local_azure.state, list(rows))


_numbers = itertools.count(1)


@pytest.fixture
def subscription(local_azure, seeded):
    """Make subscriptions: `subscription()`, below management groups where some are named."""

    def make(*groups: str) -> Subscription:
        made = f"{next(_numbers):08x}-{os.getpid() % 0x10000:04x}-4{0:03x}-8000-000000000000"
        seeded(subscription_row(made, *groups))
        return Subscription(made, local_azure.clients(made))

    return make
