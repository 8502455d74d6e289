"""The ids by which what a killed run left is found again: of everything declared here, and as the plugin has them."""

import ast
import importlib
from pathlib import Path

import pulumi
import pytest

import components
from patching.resource_ids import ID_TEMPLATES, is_in_the_providers_subscription
from sandbox.plugin.table import RESOURCE_TYPES

NAMESPACE = "azure-native:"


def declared():
    """The types of every resource of azure-native that the source of a component makes."""
    for source in Path(components.__file__).parent.rglob("*.py"):
        tree = ast.parse(source.read_text())
        taken = {
            one.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "pulumi_azure_native"
            for one in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id in taken:
                    module = importlib.import_module(f"pulumi_azure_native.{owner.id}")
                    made = getattr(module, node.func.attr)
                    if isinstance(made, type) and issubclass(made, pulumi.CustomResource):
                        yield made.pulumi_type


def test_everything_that_is_declared_can_be_found_again():
    found = set(declared())
    assert {"azure-native:maintenance:MaintenanceConfiguration", "azure-native:eventgrid:SystemTopic"} <= found
    assert found - ID_TEMPLATES.keys() == set()


@pytest.mark.parametrize("token", ID_TEMPLATES)
def test_ids_are_where_the_plugin_puts_them(token):
    assert ID_TEMPLATES[token] == RESOURCE_TYPES[token.removeprefix(NAMESPACE)].path


def test_what_names_its_scope_is_in_no_provider_s_subscription():
    apart = {token.rpartition(":")[2] for token in ID_TEMPLATES if not is_in_the_providers_subscription(token)}
    assert apart == {"PolicyAssignment", "RoleAssignment", "RemediationAtResource"}
    assert not is_in_the_providers_subscription("azure-native:storage:StorageAccount")
