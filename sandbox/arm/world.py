"""Opens one local Azure: its store, its resource types, and the subscriptions that exist from the start."""

import time
from collections.abc import Callable
from pathlib import Path

from sandbox.arm.azure import Azure, Settings
from sandbox.arm.providers import resource_types, write_hooks
from sandbox.arm.providers.resources import new_subscription
from sandbox.arm.simulation.daily import DailyAssessment
from sandbox.arm.simulation.runs import plan
from sandbox.arm.store import Store

SUBSCRIPTIONS = {
    "11111111-1111-4111-8111-111111111111": "Main",
    "22222222-2222-4222-8222-222222222222": "Spoke",
    "33333333-3333-4333-8333-333333333333": "Sandbox",
}


def open_azure(state: Path, settings: Settings | None = None, clock: Callable[[], float] = time.time) -> Azure:
    """Open the local Azure whose database is in the directory `state`, making it where it is missing."""
    azure = Azure(Store(state / "azure.db"), resource_types(), clock, settings)
    azure.write_hooks.extend(write_hooks())
    azure.passing.append(DailyAssessment())
    with azure.store.transaction():
        for subscription_id, name in SUBSCRIPTIONS.items():
            subscription = new_subscription(subscription_id, name)
            if azure.store.get(subscription.id) is None:
                azure.store.put(subscription, azure.now())
        plan(azure)
    return azure
