"""The page on watching and the one on the stack file say what the queries, rules and keys are."""

import re

import pytest
import yaml

from patching.queries import queries_for
from patching.settings import read_settings
from patching.settings.monitoring import (
    AlertRuleEntry,
    AlertRulesEntry,
    AlertsEntry,
    MonitoringEntry,
    WorkbookEntry,
)
from patching.settings.monitoring_model import DEFAULT_RULES, Frequency
from patching.stack_file import read_stack_file
from tests.conftest import REPOSITORY
from tests.docs.pages import page_blocks

PAGE = (REPOSITORY / "docs" / "watching.md").read_text(encoding="utf-8")
STACK_FILE = (REPOSITORY / "docs" / "stack-file.md").read_text(encoding="utf-8")


def rows(*, columns):
    lines = (line for line in PAGE.splitlines() if line.startswith("| `"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns]


def test_each_query_has_a_row():
    settings = read_stack_file(REPOSITORY / "Pulumi.dev.yaml").settings
    assert {row[0].strip("`") for row in rows(columns=2)} == set(queries_for(settings))


def test_each_rule_has_a_row_with_its_defaults():
    found = [row[:3] for row in rows(columns=4)]
    assert found == [[f"`{kind}`", str(one.severity), f"`{one.frequency}`"] for kind, one in DEFAULT_RULES.items()]


@pytest.mark.parametrize("model", [MonitoringEntry, AlertsEntry, AlertRulesEntry, AlertRuleEntry, WorkbookEntry])
def test_each_key_is_in_the_stack_file_s_page(model):
    section = STACK_FILE.split("## monitoring")[1].split("\n## ")[0]
    missing = [one.alias for one in model.model_fields.values() if not re.search(rf"\b{one.alias}\b", section)]
    assert missing == []


def test_frequencies_are_those_that_are_taken():
    section = STACK_FILE.split("## monitoring")[1]
    (row,) = re.findall(r"rules.<rule>.frequency` \|(.*)\|", section)
    hours = {"PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"}
    assert set(re.findall(r"`(\w+)`", row)) | hours == {one.value for one in Frequency}


def test_the_example_is_right():
    (example,) = [one.text for one in page_blocks() if one.page == "docs/watching.md" and one.language == "yaml"]
    config = yaml.safe_load((REPOSITORY / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    reading = read_settings(config | yaml.safe_load(example), project="azure-patching", stack="dev")
    assert reading.faults == ()
    assert reading.settings.monitoring.alerts.rules["failedRuns"].severity == 0
