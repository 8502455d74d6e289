"""The page on patch modes says what the table in the core says."""

from patching.machines import PatchMode, outcome
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "patch-modes.md").read_text(encoding="utf-8")
FLAGS = {"true": True, "false": False}


def rows():
    """The page's table: patch mode, flag, with a schedule, without one."""
    lines = (line for line in PAGE.splitlines() if line.startswith("|"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[1] in FLAGS]


def test_every_mode_is_there():
    assert {row[0] for row in rows()} == set(PatchMode)


def test_each_row_says_what_happens():
    for mode, flag, scheduled, unscheduled in rows():
        bypass = FLAGS[flag]
        assert outcome(PatchMode(mode), bypass=bypass, scheduled=True) == scheduled
        assert outcome(PatchMode(mode), bypass=bypass, scheduled=False) == unscheduled
