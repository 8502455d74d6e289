"""Waiting for registrations first: the SDK looks at each output a few times, however many there are."""

import asyncio

import pulumi
import pulumi_azure_native as azure_native
import pytest
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_pulumi_func

from components import ScheduledVirtualMachine
from tests.components.test_assignments import SUBSCRIPTION

SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"


def declare_machines(count):
    options = pulumi.ResourceOptions(provider=azure_native.Provider("main", subscription_id=SUBSCRIPTION))
    return [
        ScheduledVirtualMachine(
            f"m{number}",
            {
                "resource_group_name": "rg",
                "os": "Linux",
                "size": "Standard_B2s",
                "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
                "subnet_id": SUBNET,
                "admin_username": "azureuser",
                "ssh_public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM x",
            },
            options,
        )
        for number in range(count)
    ]


class Echo(mocks.Mocks):
    """An engine that answers at once."""

    def new_resource(self, args):
        return f"{args.name}-id", args.inputs

    def call(self, _):
        return {}


def looks(program, monkeypatch):
    """How often the SDK looks at an output that it waits for, all in all, while it runs a program."""
    total = 0
    wait = asyncio.wait

    async def counted(tasks, **options):
        nonlocal total
        total += len(tasks)
        return await wait(tasks, **options)

    settings.SETTINGS.outputs.clear()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        mocks.set_mocks(Echo(), preview=True)
        with monkeypatch.context() as patched:
            patched.setattr("pulumi.runtime.stack.asyncio.wait", counted)
            loop.run_until_complete(run_pulumi_func(program))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return total


def test_an_output_is_looked_at_once_or_not_at_all(monkeypatch):
    """A machine and its interface have more than fifty."""
    looks(lambda: declare_machines(1) and None, monkeypatch)
    assert looks(lambda: declare_machines(60) and None, monkeypatch) < 60 * 60


def test_without_it_the_sdk_would_look_again_and_again(monkeypatch):
    """If this fails, the SDK waits in linear time by itself."""
    monkeypatch.setattr("components.declaring.wait_for_registrations_first", lambda: None)
    looks(lambda: declare_machines(1) and None, monkeypatch)
    assert looks(lambda: declare_machines(60) and None, monkeypatch) > 60 * 60 * 5


def test_a_mistake_ends_the_program_as_ever(record):
    def program():
        declare_machines(3)
        declare_machines(1)

    with pytest.raises(Exception, match="duplicate resource"):
        record(program)


def test_a_value_that_cannot_be_had_ends_the_program_as_ever(record):
    def program():
        first, *_ = declare_machines(3)
        pulumi.export("wrong", first.resource_id.apply(lambda known: {}[known]))

    with pytest.raises(KeyError):
        record(program)
