"""Versions are read and compared as numbers, and the three places that pin them agree."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engine import versions
from sandbox.engine.versions import is_at_least, parse_version

MODULE = Path(versions.__file__).with_name("go.mod").read_text(encoding="utf-8")
numbers = st.tuples(*[st.integers(0, 10_000)] * 3)


@given(numbers, st.sampled_from(["v{}", "{}", "go{} linux/amd64", "Pulumi {}\n"]))
def test_a_version_is_found_in_what_programs_print(version, text):
    assert parse_version(text.format("{}.{}.{}".format(*version))) == (*version, 1)


@given(numbers, numbers)
def test_versions_compare_as_numbers(found, minimum):
    assert is_at_least("v{}.{}.{}".format(*found), "{}.{}.{}".format(*minimum)) == (found >= minimum)


@given(numbers)
def test_a_prerelease_comes_before_its_release(version):
    plain = "{}.{}.{}".format(*version)
    assert not is_at_least(f"v{plain}-alpha.1", plain)
    assert is_at_least(f"v{plain}", f"{plain}-alpha.1")


@pytest.mark.parametrize("text", ["", "go version devel", "pulumi", "v3"])
def test_no_version_is_never_new_enough(text):
    assert parse_version(text) is None
    assert not is_at_least(text, "0.0.0")


@given(st.text())
def test_no_text_is_too_odd(text):
    is_at_least(text, versions.PULUMI)


def test_a_go_release_candidate_comes_before_its_release():
    assert not is_at_least("go1.26rc1", "1.26.0")


def test_the_engine_is_the_one_of_the_go_module_and_of_the_sdk():
    pinned = re.findall(r"github\.com/pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)", MODULE)
    assert pinned == [versions.PULUMI] * 2
    assert importlib.metadata.version("pulumi") == versions.PULUMI


def test_the_plugin_is_the_one_of_the_sdk():
    assert importlib.metadata.version("pulumi-azure-native") == versions.AZURE_NATIVE


def test_the_go_minimum_is_the_one_of_the_go_module():
    assert re.findall(r"^go (\S+)$", MODULE, re.MULTILINE) == [versions.GO_MINIMUM]
