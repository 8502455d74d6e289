"""What is done when Azure still holds the name of a maintenance configuration that was just deleted.

A configuration that moves to another location is replaced under its own name, and one that was destroyed may come
again. Both meet a name that Azure holds for some minutes: the creation is tried again until it is free.
"""

import asyncio
from itertools import takewhile
from weakref import WeakKeyDictionary

import pulumi

from patching.held_names import LONGEST_SECONDS, may_be_held, seconds_to_wait, seconds_waited

from .error_hooks import are_supported

_TWO_MINUTES = 120
# An engine takes each name of a hook once, and a component host declares many components with one event loop.
_hooks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, pulumi.ErrorHook]] = WeakKeyDictionary()


def wait_for_held_name(name: str) -> pulumi.ResourceHookBinding | None:
    """Hooks for a maintenance configuration with this logical name; None where the engine has none to offer."""
    if not are_supported():
        return None
    of_this_program = _hooks.setdefault(asyncio.get_event_loop(), {})
    if name not in of_this_program:
        of_this_program[name] = pulumi.ErrorHook(f"held-name/{name}", _on_error)
    return pulumi.ResourceHookBinding(on_error=[of_this_program[name]])


async def _on_error(args: pulumi.ErrorHookArgs) -> bool:
    """Whether to try again, when it is time to."""
    if args.failed_operation != "create":
        return False
    refusals = sum(1 for _ in takewhile(may_be_held, args.errors))
    if refusals == 0:
        return False
    seconds = seconds_to_wait(refusals)
    if seconds is None:
        pulumi.log.error(
            f"{args.name}: Azure has answered 409 for {_in_words(LONGEST_SECONDS)}, longer than it holds the name of a "
            "maintenance configuration that was deleted. Its own message says what else may be in the way."
        )
        return False
    pulumi.log.info(
        f"{args.name}: Azure answers 409, as it does for some minutes after a maintenance configuration of the same "
        f"name was deleted. Trying again in {seconds} seconds; {_in_words(seconds_waited(refusals))} of at most "
        f"{_in_words(LONGEST_SECONDS)} have passed."
    )
    await asyncio.sleep(seconds)
    return True


def _in_words(seconds: int) -> str:
    """A duration such as `35 seconds` or `25 minutes`."""
    return f"{seconds} seconds" if seconds < _TWO_MINUTES else f"{seconds // 60} minutes"
