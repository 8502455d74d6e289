"""Other languages: what Pulumi's own analyzer makes of the components."""

import ast
import inspect
from pathlib import Path

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.component import ComponentProvider

import components

ROOT = Path(components.__file__).parent
CLASSES = [
    value
    for value in vars(components).values()
    if inspect.isclass(value) and issubclass(value, pulumi.ComponentResource)
]


@pytest.fixture(scope="module")
def analyzed():
    return Analyzer("azure-patching").analyze(CLASSES)


def test_every_component_is_analyzed(analyzed):
    assert set(analyzed["component_definitions"]) == {
        "AzurePolicy",
        "DynamicScope",
        "MachineAssignments",
        "MaintenanceSchedule",
        "ScheduledVirtualMachine",
    }


def test_the_plugin_offers_every_component():
    tree = ast.parse((ROOT / "__main__.py").read_text(encoding="utf-8"))
    offered = next(node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "components")
    assert {ast.unparse(element) for element in offered.elts} == {cls.__name__ for cls in CLASSES}


def test_every_argument_and_output_is_described(analyzed):
    described = [*analyzed["component_definitions"].values(), *analyzed["type_definitions"].values()]
    for definition in described:
        properties = getattr(definition, "properties", {}) or {
            **getattr(definition, "inputs", {}),
            **getattr(definition, "outputs", {}),
        }
        assert properties, definition.name
        assert definition.description, definition.name
        for name, found in properties.items():
            assert found.description, f"{definition.name}.{name}"


def test_every_component_has_a_name_and_ids(analyzed):
    for definition in analyzed["component_definitions"].values():
        assert "name" in definition.outputs
        assert {"resourceId", "resourceIds"} & set(definition.outputs)


def test_consumers_need_no_other_package(analyzed):
    assert not analyzed["dependencies"]
    assert not analyzed["external_enum_types"]


def test_every_annotated_output_is_registered(analyzed):
    for cls in CLASSES:
        registered = inspect.getsource(cls).split("register_outputs(")[1]
        for name in analyzed["component_definitions"][cls.__name__].outputs:
            assert f'"{name}"' in registered, f"{cls.__name__}.{name}"


def test_no_module_postpones_annotations():
    """The analyzer reads annotations as objects; postponed ones are text to it."""
    for path in ROOT.glob("*.py"):
        assert "from __future__ import annotations" not in path.read_text(encoding="utf-8"), path.name


def test_the_schema_names_what_is_required():
    provider = ComponentProvider(CLASSES, "azure-patching")
    definition = provider._component_defs["MaintenanceSchedule"]
    required = {name for name, found in definition.inputs.items() if not found.optional}
    assert required == {"resourceGroupName", "start", "timeZone", "duration", "recurEvery", "updates"}
