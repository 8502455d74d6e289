"""Which pending updates an installPatches selects, written from the published rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.simulation.catalogue import Update
from sandbox.arm.simulation.selection import select


def update(name, classification, kb="", reboot="NeverReboots", version="1.0"):
    return Update(name, name, version, kb, classification, reboot, 1, 0.0)


WINDOWS = [
    update("lcu", "Security", "5001", "AlwaysRequiresReboot"),
    update("net", "UpdateRollup", "5002", "CanRequestReboot"),
    update("definitions", "Definition", "2267602"),
    update("oob", "Critical", "5003", "AlwaysRequiresReboot"),
]
LINUX = [
    update("openssl", "Critical"),
    update("linux-image-azure", "Security"),
    update("postgresql-14", "Security", version="14.9"),
    update("tzdata", "Other"),
]


@pytest.mark.parametrize(
    ("block", "selected", "excluded"),
    [
        ({"classificationsToInclude": ["Security"]}, {"lcu"}, set()),
        # An included number adds to the classifications.
        ({"classificationsToInclude": ["Security"], "kbNumbersToInclude": ["2267602"]}, {"lcu", "definitions"}, set()),
        ({"kbNumbersToInclude": ["KB5002"]}, {"net"}, set()),
        # An exclusion wins over both.
        ({"classificationsToInclude": ["Security", "Critical"], "kbNumbersToExclude": ["5001"]}, {"oob"}, {"lcu"}),
        ({"kbNumbersToInclude": ["5001"], "kbNumbersToExclude": ["kb5001"]}, set(), {"lcu"}),
        # What is not known never to reboot requires one.
        (
            {"classificationsToInclude": ["Security", "UpdateRollup", "Definition"], "excludeKbsRequiringReboot": True},
            {"definitions"},
            {"lcu", "net"},
        ),
        ({}, set(), set()),
    ],
)
def test_on_windows(block, selected, excluded):
    found = select(WINDOWS, "Windows", block)
    assert {one.name for one in found.selected} == selected
    assert {one.name for one in found.excluded} == excluded


@pytest.mark.parametrize(
    ("block", "selected", "excluded"),
    [
        (
            {"classificationsToInclude": ["Critical", "Security"]},
            {"openssl", "linux-image-azure", "postgresql-14"},
            set(),
        ),
        ({"packageNameMasksToInclude": ["tz*"]}, {"tzdata"}, set()),
        ({"packageNameMasksToInclude": ["postgresql-14=14.9"]}, {"postgresql-14"}, set()),
        ({"packageNameMasksToInclude": ["postgresql-14=14.8"]}, set(), set()),
        (
            {"classificationsToInclude": ["Security"], "packageNameMasksToExclude": ["linux-*"]},
            {"postgresql-14"},
            {"linux-image-azure"},
        ),
        # The version of an exclusion is ignored: more is excluded than was meant.
        (
            {"classificationsToInclude": ["Security"], "packageNameMasksToExclude": ["postgresql*=99"]},
            {"linux-image-azure"},
            {"postgresql-14"},
        ),
        # A mask with two versions is invalid and is ignored.
        ({"classificationsToInclude": ["Critical"], "packageNameMasksToExclude": ["openssl=1=2"]}, {"openssl"}, set()),
        ({"packageNameMasksToInclude": ["tzdata=1.0=2"]}, set(), set()),
    ],
)
def test_on_linux(block, selected, excluded):
    found = select(LINUX, "Linux", block)
    assert {one.name for one in found.selected} == selected
    assert {one.name for one in found.excluded} == excluded


masks = st.lists(st.sampled_from(["openssl", "*", "linux-*", "tz?ata", "postgresql-14=14.9", "a=b=c", "="]), max_size=3)
classes = st.lists(st.sampled_from(["Critical", "Security", "Other"]), max_size=3)


@given(classes, masks, masks)
def test_each_update_has_one_fate_and_more_exclusions_never_install_more(included, adding, excluding):
    block = {"classificationsToInclude": included, "packageNameMasksToInclude": adding}
    without = select(LINUX, "Linux", block)
    found = select(LINUX, "Linux", {**block, "packageNameMasksToExclude": excluding})
    assert sorted(one.name for part in vars(found).values() for one in part) == sorted(one.name for one in LINUX)
    assert set(found.selected) <= set(without.selected)
    assert found.not_selected == without.not_selected
    assert without.excluded == []
