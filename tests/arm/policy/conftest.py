"""A local Azure of its own for each test, with a few machines in it, and Microsoft's clients on it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.resource.policy import PolicyClient

from sandbox.arm.azure import Settings
from sandbox.arm.seed import seed
from sandbox.arm.server import ArmServer
from tests.arm.policy.clouds import ROWS, SUBSCRIPTION, Cloud, NoCredential


class Clouds:
    """Makes local Azures, and stops them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[Cloud] = []

    def make(self, *rows: dict[str, Any], settings: Settings | None = None) -> Cloud:
        """Make a local Azure of the given rows; its delays are nothing unless the settings say otherwise."""
        state = self._folder / str(len(self._running))
        state.mkdir()
        seed(state, list(rows))
        server = ArmServer(state, settings=settings or Settings(machine_delay=0, operation_delay=0))
        server.start()
        plain = {"base_url": server.url, "authentication_policy": SansIOHTTPPolicy()}
        arguments = (NoCredential(), SUBSCRIPTION)
        cloud = Cloud(
            server,
            AuthorizationManagementClient(*arguments, **plain),
            PolicyClient(*arguments, **plain),
            PolicyInsightsClient(*arguments, **plain),
            ComputeManagementClient(*arguments, **plain),
            httpx.Client(base_url=server.url, timeout=30),
        )
        self._running.append(cloud)
        return cloud

    def stop(self) -> None:
        """Stop all of them."""
        for cloud in self._running:
            for client in (cloud.authorization, cloud.policy, cloud.insights, cloud.compute, cloud.http):
                client.close()
            cloud.server.stop()


@pytest.fixture
def make_cloud(tmp_path):
    """Make local Azures of given rows; they are stopped after the test."""
    clouds = Clouds(tmp_path)
    yield clouds.make
    clouds.stop()


@pytest.fixture
def cloud(make_cloud) -> Cloud:
    return make_cloud(*ROWS)


@pytest.fixture(scope="module")
def refusing_cloud(tmp_path_factory):
    """One local Azure for the tests of a module that are only refused, and leave nothing behind."""
    clouds = Clouds(tmp_path_factory.mktemp("clouds"))
    yield clouds.make(*ROWS)
    clouds.stop()
