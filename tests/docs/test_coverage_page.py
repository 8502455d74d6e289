"""The page on coverage has the query, the columns and the limits that the code has."""

import json
import re

import click

from patching.commands.coverage import coverage
from patching.inventory_file import QUERY, SUBSCRIPTIONS_QUERY
from patching.limits import Environment, schedule_limits
from patching.report import coverage as report
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "coverage.md").read_text(encoding="utf-8")


def test_the_queries_are_those_that_are_asked():
    assert f'az graph query -q "{QUERY}" --first 1000 -o json' in PAGE
    assert SUBSCRIPTIONS_QUERY.removesuffix(" | order by id") in PAGE.replace("\\|", "|")


def test_every_column_of_numbers_is_explained():
    explained = set(re.findall(r"^\| ([A-Z][a-z ]+) \|", PAGE, re.MULTILINE)) - {"Resource Graph", "Azure CLI"}
    assert explained == report._NUMBERS


def test_every_format_is_named():
    (form,) = [one for one in coverage.params if one.name == "form"]
    assert isinstance(form.type, click.Choice)
    for name in form.type.choices:
        assert re.search(rf"`(--format )?{name}`", PAGE)


def test_the_example_is_of_the_contract_s_form():
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert list(json.loads(example)) == ["machines", "summary", "faults", "warnings"]


def test_the_limits_are_the_service_s():
    limits = schedule_limits(Environment.PUBLIC)
    shown = f"{limits.machines_per_dynamic_scope:,} a dynamic scope, {limits.machines_per_schedule:,} a schedule"
    assert shown in PAGE
