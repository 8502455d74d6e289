"""The page on policies says what the definitions, the local Azure and the components say."""

import re

import pytest

from components.policy_children import _OF_THE_PROGRAM
from components.remediation import RemediationArgs
from patching.policy_definitions import PolicyKind, definitions_of
from patching.settings.entries import AzurePolicyEntry, RemediationEntry
from sandbox.arm.policy.images import FAMILIES
from sandbox.arm.policy.roles import ROLES
from sandbox.arm.providers.policy_insights import remediations
from tests.conftest import REPOSITORY

FILE = REPOSITORY / "docs" / "policies.md"
PAGE = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
STACK_FILE = (REPOSITORY / "docs" / "stack-file.md").read_text(encoding="utf-8")


def rows(*, columns):
    lines = (line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("|---"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns]


def definitions():
    """One row of the table for each definition, as the core and the roles of the local Azure have it."""
    for kind in PolicyKind:
        for one in definitions_of(kind):
            titles = ", ".join(ROLES[role.rpartition("/")[2]].title for role in one.roles) or "none"
            yield [f"`{kind}`", one.name, one.version, one.effect.value, titles, ", ".join(one.machines)]


def images():
    """One row for each publisher of the local Azure's image families."""
    offers: dict[str, list[str]] = {}
    for family in FAMILIES:
        known = offers.setdefault(family.publisher, [])
        known.extend(offer for offer in family.offers if offer not in known)
    return [
        f"| {publisher} | {'any' if '*' in found else ', '.join(f'`{one}`' for one in found)} |"
        for publisher, found in offers.items()
    ]


def test_each_definition_has_a_row_with_its_version_effect_and_role():
    assert [row for row in rows(columns=6) if row[0] != "kind"] == list(definitions())


def test_each_definition_says_what_it_changes_and_what_it_does_not_see():
    said = [row for row in rows(columns=3) if row[0].startswith("`") and row[0] != "kind"]
    assert [re.findall(r"`(\w+)`", row[0])[0] for row in said] == [row[0].strip("`") for row in definitions()]
    assert all(all(row) for row in said)


def test_audits_change_nothing():
    changed = {re.findall(r"`(\w+)`", row[0])[0]: row[1] for row in rows(columns=3) if row[0].startswith("`")}
    assert {kind for kind, text in changed.items() if text == "nothing"} == {k.value for k in PolicyKind if k.is_audit}


def test_each_image_the_local_azure_knows_is_named():
    assert "\n".join(images()) in PAGE


@pytest.mark.parametrize("model", [AzurePolicyEntry, RemediationEntry])
def test_each_key_is_in_the_stack_file_s_page(model):
    section = STACK_FILE.split("## azurePolicies")[1].split("\n## ")[0]
    missing = [one.alias for one in model.model_fields.values() if not re.search(rf"\b{one.alias}\b", section)]
    assert missing == []


def test_each_key_is_in_the_table_of_what_it_changes():
    """Whose change does what; the rest says which machines, or who grants."""
    table = PAGE.split("## What replaces")[1].split("\n## ")[0]
    elsewhere = {
        "kind",
        "scope",
        "operatingSystems",
        "machines",
        "assignRoles",
        "rolesGranted",
        "remediate",
        "remediation",
    }
    keys = {one.alias for one in AzurePolicyEntry.model_fields.values()} - elsewhere
    assert {key for key in keys if f"`{key}`" not in table} == set()


def test_what_a_task_is_named_by_is_said():
    named = PAGE.split("Its name changes when")[1].split("- Creating")[0]
    settings = set(RemediationArgs.__annotations__) - set(_OF_THE_PROGRAM)
    camel = {re.sub(r"_(\w)", lambda found: found[1].upper(), one) for one in settings}
    assert {one for one in camel if f"`{one}`" not in named} == set()


def test_tasks_are_kept_as_long_as_is_said():
    (days,) = re.findall(r"Azure deletes tasks (\d+) days", PAGE)
    assert int(days) * 86400 == remediations._KEPT
