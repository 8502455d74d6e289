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


@dataclass(frozen=True, slots=True)
class _Registered:
    urn: str
    resource_id: str
    id_is_known: bool


class _ToCome(pulumi.Resource):
    """Stands among its parent's children for one that is declared later, and that is let go of when it is registered.

    Whoever has `depends_on` with the parent depends on the children there are at that moment, and thus on this one.
    """

    def __init__(self, parent: pulumi.Resource) -> None:
        super().__init__("", "", custom=False, dependency=True)
        # The SDK has no other way in.
        self._siblings = cast("set[pulumi.Resource]", cast("Any", parent)._childResources)  # noqa: SLF001
        self._siblings.add(self)
        self.registered = asyncio.Future[_Registered]()

    @property
    def urn(self) -> pulumi.Output[str]:
        """The URN of the child, known when that is registered."""
        return pulumi.Output.from_input(cast("Any", self._urn()))

    async def _urn(self) -> str:
        return (await self.registered).urn

    async def register(self, declare: Callable[[], pulumi.CustomResource]) -> None:
        """Declares the child, and waits for its registration. If that fails, it is the SDK's to tell."""
        try:
            child = declare()
        except Exception as error:
            self._fail(error)
            raise
        self._siblings.discard(child)
        try:
            urn, resource_id = await child.urn.future(), await child.id.future()
            known = await child.id.is_known()
        except Exception as error:  # noqa: BLE001 (whatever it is)
            self._fail(error)
        else:
            self.registered.set_result(_Registered(cast("str", urn), cast("str", resource_id), known))

    def _fail(self, error: Exception) -> None:
        self.registered.set_exception(error)
        # Whether anything depends on it or not, it is told by who declares it.
        self.registered.exception()


async def _ids(paced: Mapping[str, Paced], to_come: Mapping[str, _ToCome]) -> pulumi.Output[dict[str, str]]:
    room = asyncio.Semaphore(_at_a_time())

    async def register(key: str, one: Paced) -> None:
        await _settled(one.waits_for)
        async with room:
            await to_come[key].register(one.declare)

    await asyncio.gather(*(register(key, one) for key, one in paced.items()))
    registered = {key: await one.registered for key, one in to_come.items()}
    ids = {key: one.resource_id for key, one in registered.items()}
    return pulumi.Output(
        set(to_come.values()), settled(ids), settled(all(one.id_is_known for one in registered.values()))
    )


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
