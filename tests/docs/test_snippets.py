"""What the pages show of files is right: stack files pass the checks, JSON is JSON, Python runs as far as it can."""

from __future__ import annotations

import ast
import copy
import json
import os

import pytest
import yaml

from patching.stack_file import read_stack_file
from tests.conftest import REPOSITORY
from tests.docs.pages import page_blocks

BLOCKS = page_blocks()
OURS = ("azure-patching:", "azure-native:")
MINIMAL = {
    "azure-native:location": "westeurope",
    "azure-native:subscriptionId": "11111111-1111-4111-8111-111111111111",
    "azure-patching:resourceGroup": "rg-patching",
}
PARTS = ("dev", "test", "prod")
SECRETS = {"azure-patching:webhookUrls": {"start-runbook": {"secure": "v1:AAAA:AAAA"}}}
"""What a page has its reader set beside the file."""


def of(language):
    return [block for block in BLOCKS if block.language == language]


def configuration(block):
    """What a block sets in a stack file; None where it is none."""
    content = yaml.safe_load(block.text)
    if not isinstance(content, dict):
        return None
    content = content.get("config", content)
    return content if isinstance(content, dict) and any(str(key).startswith(OURS) for key in content) else None


def stack(name):
    return yaml.safe_load((REPOSITORY / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))["config"]


def grafted(base, part):
    if not (isinstance(base, dict) and isinstance(part, dict)):
        return part
    return {**base, **{key: grafted(base.get(key), value) for key, value in part.items()}}


def faults(config, folder):
    file = folder / "Pulumi.page.yaml"
    file.write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
    return [str(fault) for fault in read_stack_file(file).faults]


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_a_part_of_a_stack_file_passes_the_checks(block, tmp_path):
    config = configuration(block)
    if config is None:
        pytest.skip("it is YAML, and no part of a stack file")
    if block.file:
        name = block.file.removeprefix("Pulumi.").removesuffix(".yaml")
        assert f"--stack {name}" in "".join(one.text for one in of("console") if one.page == block.page)
        pytest.skip("the page's own commands read it")
    bases = [MINIMAL, *map(stack, PARTS)]
    bases += [base | SECRETS for base in bases]
    found = [faults(grafted(copy.deepcopy(base), config), tmp_path) for base in bases]
    assert [] in found, found[0]


def test_the_stacks_that_parts_are_grafted_on_are_right(tmp_path):
    for base in (MINIMAL, *map(stack, PARTS)):
        assert faults(base, tmp_path) == []


@pytest.mark.parametrize("block", [*of("json"), *of("yaml")], ids=str)
def test_json_and_yaml_can_be_read(block):
    assert (json.loads if block.language == "json" else list)(
        block.text if block.language == "json" else yaml.safe_load_all(block.text)
    )


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_can_be_compiled(block):
    ast.parse(block.text)


def test_the_client_of_the_page_on_the_local_azure_lists_what_is_there(local_azure, monkeypatch):
    from azure.identity import ClientSecretCredential
    from azure.mgmt.maintenance import MaintenanceManagementClient

    (block,) = [block for block in of("python") if block.page == "docs/local-azure.md"]
    for name in ("AZURE_SANDBOX_HTTPS_URL", "AZURE_SANDBOX_CA_BUNDLE"):
        monkeypatch.setenv(name, local_azure.environment[name])
    names = {
        "os": os,
        "ClientSecretCredential": ClientSecretCredential,
        "MaintenanceManagementClient": MaintenanceManagementClient,
        "client_id": "00000000-0000-4000-8000-00000000abcd",
        "subscription_id": "11111111-1111-4111-8111-111111111111",
    }
    exec(block.text, names)  # noqa: S102 - the page's own words
    assert isinstance(list(names["client"].maintenance_configurations.list()), list)
