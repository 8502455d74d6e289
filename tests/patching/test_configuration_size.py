"""A configuration that is too long for the one environment variable it travels in."""

import json
import subprocess
import sys

import pytest

from patching.checks.configuration_size import check_configuration_size
from patching.limits import CONFIGURATION_BYTES
from patching.settings.secret import Secret
from tests.patching.conftest import MAIN

ARC = f"/subscriptions/{MAIN}/resourceGroups/rg-machines/providers/Microsoft.HybridCompute/machines/m"


def warned(config):
    return [warning.path for warning in check_configuration_size(config).warnings]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is that of Linux")
def test_the_limit_is_the_one_of_this_machine():
    started = subprocess.run(["/bin/true"], env={"PULUMI_CONFIG": "x" * CONFIGURATION_BYTES}, check=False)
    assert started.returncode == 0
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["/bin/true"], env={"PULUMI_CONFIG": "x" * (CONFIGURATION_BYTES + 1)}, check=False)


def test_a_byte_too_many_is_warned_of():
    around = len(json.dumps({"a:text": ""}, separators=(",", ":")))
    assert warned({"a:text": "x" * (CONFIGURATION_BYTES - around)}) == []
    assert warned({"a:text": "x" * (CONFIGURATION_BYTES - around + 1)}) == ["config"]
    assert warned({"a:text": "ü" * (CONFIGURATION_BYTES // 2)}) == ["config"]


def test_maps_travel_as_json_inside_of_json():
    """Each quote in a map takes two bytes: `\\"`."""
    keys = {f"k{number:05d}": "v" for number in range(CONFIGURATION_BYTES // 16)}
    text = json.dumps(keys, separators=(",", ":"))
    assert len(text) < CONFIGURATION_BYTES < len(json.dumps(text))
    assert warned({"a:map": keys}) == ["config"]
    assert warned({"a:map": Secret(), "b:map": {1: [None, True], None: 2}}) == []


@pytest.mark.parametrize(("machines", "paths"), [(800, []), (1200, ["config"])])
def test_a_stack_of_very_many_machines_is_warned_of(stack, machines, paths):
    stack.schedule(machines=[f"{ARC}{number:04d}" for number in range(machines)])
    assert [warning.path for warning in stack.read().warnings if warning.path == "config"] == paths
