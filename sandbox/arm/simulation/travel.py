"""Moves the clock of a local Azure to a time that is to come, through everything that happens until then."""

import time

from sandbox.arm.azure import Azure
from sandbox.arm.errors import bad_request
from sandbox.arm.events.publishing import waiting
from sandbox.arm.simulation.runs import plan
from sandbox.arm.times import instant


def pass_time(azure: Azure, until: float, seconds: float | None = None) -> bool:
    """Move the clock to a time (seconds since the epoch); tell whether it is there.

    What happens at one moment is stored together, and the clock with it: whoever kills this finds the world as it is at
    some moment, from where it goes on. It stops on the way after so many `seconds` of real time, and where a webhook is
    to be told of something first.

    Raises ArmError (400 ClockGoesForward) where the time is past.
    """
    if until < azure.now():
        raise bad_request(
            "ClockGoesForward",
            f"The local Azure's clock is at {instant(azure.now())}, and it only goes forward. Give a later instant, or "
            "begin with another state directory.",
        )
    deadline = None if seconds is None else time.monotonic() + seconds
    with azure.clock.held():
        with azure.store.transaction():
            plan(azure)
        while (due := azure.store.next_due()) is not None and due <= until:
            with azure.store.transaction():
                azure.clock.put_forward(max(due, azure.now()))
                azure.settle_due()
            if waiting(azure) or (deadline is not None and time.monotonic() > deadline):
                return False
        with azure.store.transaction():
            azure.clock.put_forward(until)
            azure.settle()
    return True
