"""The page of faults shows what the tests of `check` hold."""

import pytest

from tests.docs.faults_page import PAGE, rewritten, rows


def test_the_page_is_made_of_the_examples():
    text = PAGE.read_text(encoding="utf-8")
    assert rewritten(text) == text, "run: python -m tests.docs.faults_page"


@pytest.mark.parametrize("title", rows())
def test_no_kind_of_fault_is_left_out(title):
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert section.count("\n| `") == len(rows()[title]) > 0
