"""Over the repository's own stack files: an edit of any one entry touches that entry's own resources, and no other."""

import copy
from dataclasses import replace
from functools import cache

import pytest

from patching.stack_yaml import read_yaml
from tests.components.conftest import ROOT, run_stack

STACKS = ("dev", "test", "prod")
SECTIONS = ("schedules", "virtualMachines", "azurePolicies")
EDITS = {
    "schedules": {
        "duration": "01:45",
        "start": "2027-02-28 23:10",
        "protect": False,
        "name": "mc-edited",
        "updates": {"reboot": "Never", "linux": {"classifications": ["Security"]}},
        "tags": {"edited": "true"},
    },
    "virtualMachines": {"size": "Standard_D2s_v5", "tags": {"edited": "true"}},
    "azurePolicies": {
        "nonComplianceMessage": "edited",
        "enforcementMode": "DoNotEnforce",
        "remediation": {"attempt": 2},
    },
}
OWN = "azure-patching:"


@cache
def configuration(stack):
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    return read_yaml(text).data["config"]


@cache
def untouched(stack):
    return run_stack(configuration(stack), stack_name=stack).registrations


def entries():
    for stack in STACKS:
        for section in SECTIONS:
            for key in configuration(stack).get(OWN + section, {}):
                yield pytest.param(stack, section, key, id=f"{stack}-{section}-{key}")


def _asked(registration):
    """What would be an operation in Azure: what a resource merely waits for is none."""
    return registration and replace(registration, dependencies=frozenset())


def touched(before, after):
    """The logical names of what one program declares otherwise than another."""
    urns = {urn for urn in before.keys() | after.keys() if _asked(before.get(urn)) != _asked(after.get(urn))}
    return {(before.get(urn) or after.get(urn)).name for urn in urns}


@pytest.mark.parametrize(("stack", "section", "key"), list(entries()))
def test_an_edit_touches_its_own_resources_alone(stack, section, key):
    before = untouched(stack)
    others = {other for one in SECTIONS for other in configuration(stack).get(OWN + one, {})} - {key}
    config = copy.deepcopy(configuration(stack))
    config[OWN + section][key] |= EDITS[section]
    config.pop("azure-patching:freezes", None)  # a moved start may run into one
    for schedule in config[OWN + "schedules"].values():
        schedule.pop("follows", None)  # and may break the order of rings
    changed = touched(before, run_stack(config, stack_name=stack).registrations)
    assert changed
    for name in changed:
        owner = name.split("/")[0]
        assert owner == key or owner.startswith(f"{key}-"), name
        assert owner not in others, name


def test_freezes_and_ring_order_are_judged_and_declare_nothing():
    config = copy.deepcopy(configuration("prod"))
    config.pop("azure-patching:freezes")
    for schedule in config[OWN + "schedules"].values():
        schedule.pop("follows", None)
    assert touched(untouched("prod"), run_stack(config, stack_name="prod").registrations) == set()
