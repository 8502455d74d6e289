"""The tables of quirks and gaps are what a page of the documentation is made from."""

from pathlib import Path

from sandbox.arm import quirks
from sandbox.arm.not_modelled import NOT_MODELLED

SOURCES = [path.read_text() for path in Path(quirks.__file__).parent.rglob("*.py") if path.name != "quirks.py"]


def test_each_quirk_is_switched_somewhere():
    constants = {name: value for name, value in vars(quirks).items() if name.isupper() and isinstance(value, str)}
    assert {one.name for one in quirks.QUIRKS} == set(constants.values())
    for constant in constants:
        assert any(constant in source for source in SOURCES), constant


def test_each_quirk_has_a_source():
    assert all(one.source and one.what.endswith(".") for one in quirks.QUIRKS)
    assert len({one.name for one in quirks.QUIRKS}) == len(quirks.QUIRKS)


def test_each_gap_is_said_once():
    assert len(set(NOT_MODELLED)) == len(NOT_MODELLED)
    assert all(one.what.endswith(".") for one in NOT_MODELLED)
