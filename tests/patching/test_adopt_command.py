"""`adopt` on the command line: what it reads, writes and says."""

import json

import pytest
from click.testing import CliRunner

from patching.__main__ import main
from patching.inventory_file import Page
from patching.limits import Environment
from patching.takeover import adopt
from tests.patching.portal_rows import CONFIGURATION, SPOKE, assigned, changed


def run(*arguments):
    return CliRunner().invoke(main, ["adopt", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def inventory(tmp_path):
    def write(document, name="inventory.json"):
        file = tmp_path / name
        file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return file

    return write


def test_the_command_writes_a_file_that_check_finds_nothing_wrong_with(inventory, tmp_path):
    scopes = inventory({"value": [assigned(f"/subscriptions/{SPOKE}", found={"osTypes": ["Linux"]})]}, "scopes.json")
    output = tmp_path / "Pulumi.adopted.yaml"
    host = changed("maintenanceScope", "Host", id=f"{CONFIGURATION['id']}2")
    ended = run("--inventory", inventory({"data": [CONFIGURATION, host]}), "--inventory", scopes, "--output", output)
    assert ended.exit_code == 0, ended.output
    assert ended.stdout == ""
    assert ended.stderr.startswith("warning: left out: /subscriptions/")
    checked = CliRunner().invoke(main, ["check", "--file", str(output)])
    assert (checked.exit_code, checked.stdout) == (0, "Pulumi.adopted.yaml: no faults, no warnings\n")
    assert run("--inventory", inventory([CONFIGURATION])).stdout == adopt([CONFIGURATION]).text


def test_the_command_says_faults_and_ends_with_1(inventory):
    ended = run("--inventory", inventory([changed("maintenanceWindow.duration", "04:00")]))
    assert ended.exit_code == 1
    assert "# FAULT: schedules.weekly.duration" in ended.stdout
    assert ended.stderr.startswith("schedules.weekly.duration: got")


@pytest.mark.parametrize("document", ["", "{}", "no json", "[1"])
def test_the_command_refuses_what_is_no_inventory(inventory, document):
    ended = run("--inventory", inventory(document))
    assert ended.exit_code == 1
    assert "inventory.json: got" in ended.output
    assert "config:" not in ended.output


def test_azure_itself_is_asked_for_all_that_the_login_may_read(monkeypatch):
    asked = []

    def answer(queries, subscriptions, environment, findings):
        asked.append((subscriptions, environment))
        return [Page("azure", [CONFIGURATION]) for query in queries if "maintenanceconfigurations" in query]

    monkeypatch.setattr("patching.azure_inventory.ask_resource_graph", answer)
    ended = run("--inventory", "azure", "--environment", "china")
    assert ended.exit_code == 0, ended.output
    assert asked == [(None, Environment.CHINA)]
    assert "azure-native:environment: china" in ended.stdout
