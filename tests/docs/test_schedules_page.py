"""The page on schedules says what the code does: its tables are run."""

import re
from datetime import datetime, timedelta
from itertools import islice

import pytest

from patching.recurrence import in_words
from patching.recurrence_grammar import parse
from patching.schedule import Schedule, local_text
from patching.zones import UnknownTimeZoneError, windows_ids, zone_of
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "schedules.md").read_text(encoding="utf-8")


def rows(columns):
    """The rows of the tables that have so many columns, without their heads."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")
    ]
    return [row for row in cells if len(row) == columns and "`" in "".join(row)]


def test_both_tables_are_there():
    assert len(rows(3)) == 10
    assert len(rows(4)) == 7


@pytest.mark.parametrize("row", rows(3), ids=lambda row: row[0])
def test_a_recurrence_is_read_as_the_page_says(row):
    written, sent, words = row
    recurrence = parse(written.strip("`"))
    assert (f"`{recurrence}`", in_words(recurrence)) == (sent, words)


@pytest.mark.parametrize("row", rows(4), ids=lambda row: row[1])
def test_a_run_is_noted_as_the_page_says(row):
    _, example, first, note = row
    recurrence, start = re.findall("`([^`]+)`", example)
    schedule = Schedule(parse(recurrence), datetime.fromisoformat(start), "W. Europe Standard Time", timedelta(hours=3))
    expected = first.split(", then ")
    runs = list(islice(schedule.runs(), len(expected)))
    assert [local_text(run.start.replace(tzinfo=None)) for run in runs] == expected
    assert note in runs[-1].notes


def test_the_time_zones_it_names_are_as_it_says():
    old, new = (
        re.findall(r"^- `(.+)` and `(.+)` are faults", PAGE, re.MULTILINE),
        re.findall(r"write `(.+)` and `(.+)`\.", PAGE),
    )
    for superseded, newer in zip(old[0], new[0], strict=True):
        with pytest.raises(UnknownTimeZoneError) as raised:
            zone_of(superseded)
        assert raised.value.nearest == newer
    young = re.search(r"^- (`.+`) are new", PAGE, re.MULTILINE)
    assert young
    assert set(re.findall("`([^`]+)`", young[1])) <= set(windows_ids())
