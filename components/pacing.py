"""Registering very many resources, some dozens at a time.

A program registers everything at once, and the SDK then waits for all outputs of all resources together: each time one
is known it looks at all the others again (`pulumi.runtime.stack.wait_for_rpcs`). The time that takes grows with the
square of their number, and all of them stay in memory meanwhile. Registered some at a time, few are ever waited for.

What is registered, and what the engine is told of it, does not change by this.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from .declaring import settled

_LEAST_AT_A_TIME = 16
_MOST_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Paced:
    """A resource to be registered: what declares it, and the inputs that its registration has to wait for.

    What waits for others does not keep those back that wait for nothing.
    """

    declare: Callable[[], pulumi.CustomResource]
    waits_for: Sequence[pulumi.Input[Any]] = ()


def ids_when_registered(parent: pulumi.Resource, paced: Mapping[str, Paced]) -> pulumi.Output[dict[str, str]]:
    """Registers children, in order, and returns their ids, by key, known when all of them are registered.

    They are declared after the caller has returned. What depends on the parent waits for them all the same.
    """
    to_come = {key: _ToCome(parent) for key in paced}
    return pulumi.Output.from_input(cast("Any", _ids(paced, to_come)))


class _ToCome(pulumi.Resource):
    """Stands among its parent's children for one that is not declared yet.

    Whoever has `depends_on` with the parent depends on the children there are at that moment, and thus on this one.
    """

    def __init__(self, parent: pulumi.Resource) -> None:
        super().__init__("", "", custom=False, dependency=True)
        # The SDK has no other way in.
        self._siblings = cast("set[pulumi.Resource]", cast("Any", parent)._childResources)  # noqa: SLF001
        self._siblings.add(self)
        self._declared = asyncio.Future[pulumi.Resource]()

    @property
    def urn(self) -> pulumi.Output[str]:
        """The URN of the child, known when that is registered."""
        return pulumi.Output.from_input(cast("Any", self._urn()))

    async def _urn(self) -> str:
        return cast("str", await (await self._declared).urn.future())

    def has_come(self, declare: Callable[[], pulumi.CustomResource]) -> pulumi.CustomResource:
        """Declares the child, which takes this one's place."""
        try:
            declared = declare()
        except Exception as error:
            self._declared.set_exception(error)
            # Whether anything depends on it or not, it is told by who declares it.
            self._declared.exception()
            raise
        self._declared.set_result(declared)
        self._siblings.discard(self)
        return declared


async def _ids(paced: Mapping[str, Paced], to_come: Mapping[str, _ToCome]) -> pulumi.Output[dict[str, str]]:
    registered = await _registered(paced, to_come)
    ids = {key: cast("str", await one.id.future()) for key, one in registered.items()}
    are_known = all([await one.id.is_known() for one in registered.values()])
    return pulumi.Output(set(registered.values()), settled(ids), settled(are_known))


async def _registered(paced: Mapping[str, Paced], to_come: Mapping[str, _ToCome]) -> dict[str, pulumi.CustomResource]:
    room = asyncio.Semaphore(_at_a_time())
    declared: dict[str, pulumi.CustomResource] = {}

    async def register(key: str, one: Paced) -> None:
        await _settled(one.waits_for)
        async with room:
            declared[key] = to_come[key].has_come(one.declare)
            # A failed registration is the SDK's to tell, and the others go on, as they do when not paced.
            with suppress(Exception):
                await declared[key].urn.future()

    await asyncio.gather(*(register(key, one) for key, one in paced.items()))
    return {key: declared[key] for key in paced}


async def _settled(inputs: Sequence[pulumi.Input[Any]]) -> None:
    """Until inputs are known and the resources behind them registered; a failure is told by what takes the input."""
    with suppress(Exception):
        for one in inputs:
            if isinstance(one, pulumi.Output):
                await one.future()
                for resource in await one.resources():
                    await resource.urn.future()


def _at_a_time() -> int:
    """Twice what the engine works on at a time (`--parallel`), so that it never waits for the program."""
    parallel = cast("int", cast("Any", pulumi.runtime.settings.SETTINGS).parallel or 0)
    return min(max(2 * parallel, _LEAST_AT_A_TIME), _MOST_AT_A_TIME)
