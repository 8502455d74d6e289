"""Runs programs without an engine, on a recording monitor, and gives tests what they asked the engine for."""

import asyncio
import json
import logging
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_azure_native as azure_native
import pytest
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_pulumi_func

from tests.components.monitor import NoMocks, Recording, StrictMonitor, remediation_state


class _Log(logging.Handler):
    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.recording = recording

    def emit(self, record):
        self.recording.logged.append(record.getMessage())


def _succeeded(_name: str, _earlier: int) -> dict[str, Any]:
    return remediation_state("Succeeded")


def run_recorded(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    exists: bool = False,
    edited: bool = False,
    project: str = "azure-patching",
    stack_name: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    remediations: Callable[[str, int], dict[str, Any]] = _succeeded,
    principals: Callable[[str], str] = "principal-of-{}".format,
    there: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recording:
    """Runs `program` under fresh mocks on a fresh event loop; `exists` previews what is deployed already.

    `edited` previews policy assignments as changed in place: azure-native calls every output unknown then.

    `remediations` answers for a remediation task by its name and the number of times it was asked for before,
    `principals` gives the identity of a policy assignment by its name, `there` what can be adopted by its own. Raises
    what the program raises.
    """
    recording = Recording()
    loop = asyncio.new_event_loop()
    # What a failed program leaves behind has been raised once already; told again when it is collected, it would come
    # in the middle of whatever else runs then.
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    logger = logging.Logger("recorded", level=logging.INFO)  # noqa: LOG001 (of this run alone)
    logger.addHandler(_Log(recording))
    settings.reset_options()
    settings.SETTINGS.outputs.clear()
    mocks.set_mocks(
        NoMocks(),
        project=project,
        stack=stack_name,
        preview=preview,
        logger=logger,
        monitor=StrictMonitor(
            recording, remediations, principals, there or {}, preview=preview, exists=exists, edited=edited
        ),
    )
    pulumi.runtime.set_all_config(dict(config or {}), list(secret_keys))

    async def outputs() -> dict[str, Any]:
        root = settings.get_root_resource()
        exported = pulumi.Output.from_input(dict(root.outputs))
        return await exported.future(with_unknowns=True)

    collected: dict[str, Any] = {}

    async def whole() -> None:
        program()
        collected.update(await outputs() or {})

    try:
        loop.run_until_complete(run_pulumi_func(whole))
    finally:
        loop.run_until_complete(_cancel_rest(loop))
        loop.close()
        asyncio.set_event_loop(None)
        settings.SETTINGS.outputs.clear()
    assert not recording.violations, recording.violations
    recording.outputs = collected
    return recording


async def _cancel_rest(loop) -> None:
    rest = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


@pytest.fixture
def record() -> Callable[..., Recording]:
    """Runs programs and returns what they asked the engine for."""
    return run_recorded


ROOT = Path(__file__).parent.parent.parent
MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"


def run_stack(config: Mapping[str, Any], *, secret_keys: tuple[str, ...] = (), **options: Any) -> Recording:
    """Runs the project's program, configured as by a stack file; keys without a namespace are the project's."""
    full = {key if ":" in key else f"azure-patching:{key}": value for key, value in config.items()}
    full = {"azure-native:location": "westeurope", "azure-native:subscriptionId": MAIN} | full
    as_text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in full.items()}
    return run_recorded(
        lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"),
        config=as_text,
        secret_keys=secret_keys,
        **options,
    )


@pytest.fixture
def stack() -> Callable[..., Recording]:
    """Runs the whole program as one stack."""
    return run_stack


@pytest.fixture(scope="module")
def run_stack_once() -> Callable[..., Recording]:
    """The same, for fixtures that a module shares."""
    return run_stack


@pytest.fixture
def provider_options() -> Callable[[], pulumi.ResourceOptions]:
    """Options with an explicit provider for the subscription `main`, to be called inside a program."""

    def make() -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=azure_native.Provider("main", subscription_id=MAIN))

    return make


class _Later:
    def __init__(self, value: Any) -> None:
        self.value = value

    async def _known(self) -> Any:
        return self.value

    def __await__(self):
        return self._known().__await__()


@pytest.fixture
def later() -> Callable[[Any], _Later]:
    """Makes a value that is not known yet when a component is declared, as an output is not."""
    return _Later
