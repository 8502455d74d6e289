"""Lets the SDK wait for registrations before it waits for outputs.

A program registers everything at once and ends. What it registers has not begun by then, so that the SDK finds no
registration to wait for, and waits for all outputs of all resources together instead: each time one is known it looks
at all the others again (`pulumi.runtime.stack.wait_for_rpcs`). The time that takes grows with the square of their
number, and a virtual machine has dozens. One thing that has begun is enough: while the SDK waits for that, the
registrations begin, and when the last of them has ended nearly all outputs are known.

What is registered, and what the engine is told of it, does not change by this.
"""

import asyncio
from typing import Any, cast

from pulumi.runtime import settings


def wait_for_registrations_first() -> None:
    """To be called where resources are declared, once or more often."""
    # The SDK has no other way in.
    begun = cast("list[asyncio.Future[None]]", cast("Any", settings)._get_rpc_manager().rpcs)  # noqa: SLF001
    if not begun:
        begun.append(asyncio.ensure_future(asyncio.sleep(0)))
