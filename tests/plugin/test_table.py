"""Holds the table against the pinned SDK, and its layout against Microsoft's own clients."""

import ast
import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from sandbox.plugin import sdk_types
from sandbox.plugin.bodies import body_arguments
from sandbox.plugin.sdk_types import ObjectType, Shape
from sandbox.plugin.table import GETTERS, PROPERTIES, RESOURCE_TYPES, nested_container

rows = pytest.mark.parametrize("row", RESOURCE_TYPES.values(), ids=list(RESOURCE_TYPES))


@rows
def test_api_version_is_the_sdks_default(row):
    module, name = row.token.split(":")
    documentation = inspect.getsource(getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name))
    stated = re.search(r"Uses Azure REST API version ([\d-]+(?:preview)?)\.", documentation)
    assert stated is not None
    assert row.api_version == stated[1]


@rows
def test_every_path_argument_is_an_argument_of_the_sdk(row):
    assert set(row.parameters) <= sdk_types.resource_arguments(row.token).properties.keys()


@rows
def test_the_path_needs_every_argument_that_the_getter_takes_and_no_other(row):
    module, name = row.token.split(":")
    package = importlib.import_module(f"pulumi_azure_native.{module}")
    getter = getattr(package, re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", f"get{name}").lower())
    source = inspect.getsource(getter)
    taken = set(re.findall(r"__args__\['(\w+)'\]", source)) - {"expand", "tenantId", "canFetchContent"}
    assert taken == set(row.parameters)


@rows
def test_what_a_row_says_of_a_property_is_said_of_one_that_exists(row):
    arguments = sdk_types.resource_arguments(row.token).properties.keys()
    outputs = sdk_types.resource_outputs(row.token).properties.keys()
    assert row.replace_on <= arguments
    assert set(row.maintained) <= arguments
    assert set(row.input_containers) <= arguments
    assert set(row.query) <= arguments
    assert set(row.limits) <= set(row.parameters)
    assert set(row.containers) <= arguments | outputs
    if row.requires_location:
        assert "location" in arguments


@rows
def test_all_but_the_name_of_the_path_is_required_by_the_sdk(row):
    arguments = sdk_types.resource_arguments(row.token).properties
    assert [arguments[name].required for name in row.parameters] == [True] * (len(row.parameters) - 1) + [False]


@rows
def test_the_sdk_has_a_getter_whose_result_is_known(row):
    result = sdk_types.getter_result(row.token)
    assert GETTERS[row.getter] is row
    assert {"id", "name"} <= result.properties.keys()


def test_the_lists_of_children_are_those_the_sdk_calls_standalone():
    found: dict[str, set[str]] = {}
    for token in RESOURCE_TYPES:
        module, name = token.split(":")
        package = importlib.import_module(f"pulumi_azure_native.{module}")
        cls = getattr(package, f"{name}InitArgs", None) or getattr(package, f"{name}Args")
        pattern = r":param [^\n]*\] (\w+):[^\n]*\n\s+These are also available as standalone"
        stated = re.findall(pattern, cls.__init__.__doc__ or "")
        if stated:
            found[token] = {re.sub(r"_(\w)", lambda m: m[1].upper(), item) for item in stated}
    assert found == {row.token: set(row.maintained) for row in RESOURCE_TYPES.values() if row.maintained}


def test_naming_follows_azure_native():
    naming = {token: row.naming for token, row in RESOURCE_TYPES.items()}
    assert naming["resources:ResourceGroup"] == "random"
    assert naming["network:VirtualNetwork"] == "random"
    assert naming["network:Subnet"] == "copy"
    assert naming["compute:VirtualMachineExtension"] == "copy"
    assert naming["maintenance:ConfigurationAssignment"] == "random"
    assert naming["policyinsights:RemediationAtManagementGroup"] == "random"
    assert naming["authorization:RoleAssignment"] == "uuid"


# The layout, against the models of Microsoft's clients, which know what is inside `properties`.


def flattened_in_client(module: str) -> dict[str, set[str]]:
    spec = importlib.util.find_spec(f"azure.mgmt.{module}")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "models" / "_models.py").read_text())
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__flattened_items":
                    found[node.name] = {_plain(item) for item in ast.literal_eval(statement.value)}
    return found


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def reachable(token: str) -> dict[str, set[str]]:
    """Every nested object that a resource's arguments or outputs lead to, with all its properties."""
    found: dict[str, set[str]] = {}
    seen: set[type] = set()

    def visit(object_type: ObjectType) -> None:
        found.setdefault(object_type.name, set()).update(object_type.properties)
        for prop in object_type.properties.values():
            follow(prop.shape)

    def follow(shape: Shape | None) -> None:
        if shape is None:
            return
        follow(shape.items)
        if shape.sdk_class is not None and shape.sdk_class not in seen:
            seen.add(shape.sdk_class)
            visit(shape.object_type)

    for known in (sdk_types.resource_outputs(token).properties, body_arguments(RESOURCE_TYPES[token])):
        for prop in known.values():
            follow(prop.shape)
    return found


# Here Microsoft's client has the extension's own type, azure-native the resource's.
OWN_NAME = {("compute:VirtualMachineExtension", "type")}


@pytest.mark.parametrize("module", ["compute", "hybridcompute", "network"])
def test_nested_objects_are_flattened_where_microsofts_client_flattens_them(module):
    client = flattened_in_client(module)
    nested: dict[str, set[str]] = {}
    for token in RESOURCE_TYPES:
        if token.startswith(f"{module}:"):
            nested |= reachable(token)
    compared = 0
    for name, properties in nested.items():
        for prop in properties - {"type"}:
            is_inside = nested_container(module, name, prop) != ()
            assert is_inside == (_plain(prop) in client.get(name, set())), f"{name}.{prop}"
            compared += is_inside
    assert compared > 0


@pytest.mark.parametrize("module", ["compute", "hybridcompute", "network"])
def test_what_is_at_the_top_of_a_resource_is_what_microsofts_client_has_there(module):
    client = flattened_in_client(module)
    for row in RESOURCE_TYPES.values():
        if row.token.startswith(f"{module}:"):
            inside = client[row.token.split(":")[1]]
            for name in sdk_types.resource_outputs(row.token).properties.keys() - {"azureApiVersion"}:
                if (row.token, name) not in OWN_NAME:
                    assert (row.container(name) == PROPERTIES) == (_plain(name) in inside), f"{row.token}.{name}"


def test_each_destination_of_an_event_is_laid_out_as_in_microsofts_client():
    from azure.mgmt.eventgrid import models

    shape = sdk_types.resource_arguments("eventgrid:SystemTopicEventSubscription").properties["destination"].shape
    compared = 0
    for sdk_class in shape.choices:
        name, kind = sdk_types.discriminator(sdk_class)
        described = Shape("object", sdk_class=sdk_class).object_type
        client = getattr(models, described.name, None)
        if client is None:  # newer than the client
            continue
        paths = {one["key"].rpartition(".")[2]: one["key"] for one in client._attribute_map.values()}
        assert nested_container("eventgrid", described.name, name) == ()
        assert shape.of({name: kind}).object_type == described
        for prop in described.properties.keys() & paths.keys():
            inside = nested_container("eventgrid", described.name, prop) != ()
            assert inside == paths[prop].startswith("properties."), f"{described.name}.{prop}"
            compared += inside
    assert compared > 10
    assert shape.of({"endpointType": "Pigeon"}) is shape
    assert shape.of("text") is shape
