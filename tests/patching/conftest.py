"""A small right stack to break, one key at a time."""

import copy

import pytest
from hypothesis import settings

from patching.settings import read_settings

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM test"

_SCHEDULE = {
    "start": "2027-01-12 22:00",
    "timeZone": "W. Europe Standard Time",
    "duration": "03:00",
    "recurEvery": "Month Second Tuesday",
    "updates": {"linux": {"classifications": ["Critical", "Security"]}},
}
_MACHINE = {
    "os": "Linux",
    "size": "Standard_B2s",
    "image": {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"},
    "sshPublicKey": SSH_KEY,
}


def _own_group(key):
    return {"resourceGroup": f"rg-of-{key}", "locations": ["westeurope"]}


class Stack:
    """A configuration to change and read; keys of the project are given without their namespace."""

    def __init__(self) -> None:
        self.config: dict[str, object] = {
            "azure-native:location": "westeurope",
            "azure-patching:subscriptions": {"main": {"id": MAIN}, "spoke": {"id": SPOKE}},
        }

    def set(self, **keys):
        for key, value in keys.items():
            self.config[f"azure-patching:{key}"] = value
        return self

    def schedules(self, **schedules):
        """Each schedule has a group of its own, where it is given neither machines nor scopes."""

        def made(key, changes):
            reaching = {} if changes.keys() & {"machines", "scopes"} else {"scopes": {"own": _own_group(key)}}
            return {**copy.deepcopy(_SCHEDULE), **reaching, **changes}

        return self.set(schedules={key: made(key, changes) for key, changes in schedules.items()})

    def schedule(self, **changes):
        return self.schedules(linux=changes)

    def machine(self, **changes):
        return self.set(virtualMachines={"web": {**copy.deepcopy(_MACHINE), **changes}})

    def policy(self, **entry):
        return self.set(azurePolicies={"policy": entry})

    def read(self, **options):
        return read_settings(self.config, project="azure-patching", stack="test", **options)

    def settings(self):
        reading = self.read()
        assert reading.faults == ()
        assert reading.settings is not None
        return reading.settings

    def faults(self, **options):
        return [str(fault) for fault in self.read(**options).faults]

    def warnings(self, **options):
        return [str(warning) for warning in self.read(**options).warnings]


@pytest.fixture
def stack():
    return Stack()


@pytest.fixture
def vm_id():
    def make(name, group="rg-legacy", subscription=MAIN):
        return (
            f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
        )

    return make


@pytest.fixture
def arc_id():
    def make(name, group="rg-edge", subscription=MAIN):
        return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.HybridCompute/machines/{name}"

    return make
