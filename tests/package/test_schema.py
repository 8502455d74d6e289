"""The package's schema: what readers in other languages get, kept in the repository and held against the code."""

import copy
import inspect
import json
import re
import subprocess

import pulumi
import pytest

import components
from components.package.__main__ import PAGE, SCHEMA, made_files
from components.package.changes import breaking_changes
from components.package.host import exported_components
from components.package.provider import PackageProvider
from tests.conftest import REPOSITORY

AGAIN = "make both files anew: python -m components.package"
ROOT = REPOSITORY / "components"
SNAKE_CASE = re.compile(r"\b[a-z]+(_[a-z]+)+\b")


@pytest.fixture(scope="module")
def made():
    return PackageProvider(exported_components()).package_schema


def described(schema):
    """Everything that has a description, by its place."""
    for token, component in schema["resources"].items():
        yield token, component
        for kind in ("inputProperties", "properties"):
            yield from ((f"{token}.{name}", one) for name, one in component[kind].items())
    for token, type_ in schema["types"].items():
        yield token, type_
        yield from ((f"{token}.{name}", one) for name, one in type_["properties"].items())


def test_the_schema_is_kept_as_the_code_makes_it(made):
    kept = json.loads(SCHEMA.read_text(encoding="utf-8"))
    breaking = "\n".join(f"  {change}" for change in breaking_changes(kept, made))
    told = f"BREAKING for programs that use the package already:\n{breaking}\n" if breaking else ""
    advice = "It takes a new minor version while the major one is 0, and a word in the changelog.\n" if breaking else ""
    assert kept == made, f"the components have changed, and components/schema.json has not.\n{told}{advice}{AGAIN}"


def test_the_files_are_as_the_command_writes_them():
    for file, text in made_files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.relative_to(REPOSITORY)} is stale: {AGAIN}"
    assert set(made_files()) == {SCHEMA, PAGE}


def test_the_engine_is_told_this_schema(local_azure, made):
    command = ["pulumi", "package", "get-schema", str(ROOT)]
    shown = subprocess.run(command, env=local_azure.environment, capture_output=True, text=True, check=True)
    told = json.loads(shown.stdout)
    assert told.pop("config") == {}
    assert told == made


def test_it_says_what_it_is(made):
    assert made["name"] == "azure-patching"
    assert re.fullmatch(r"\d+\.\d+\.\d+", made["version"])
    assert "Azure Update Manager" in made["description"]
    assert {"category/infrastructure", "kind/component"} <= set(made["keywords"])
    assert {"nodejs", "python", "go", "csharp", "java"} == set(made["language"])


def test_every_component_is_offered(made):
    exported = {
        name
        for name, value in vars(components).items()
        if inspect.isclass(value) and issubclass(value, pulumi.ComponentResource)
    }
    assert {token.rpartition(":")[2] for token in made["resources"]} == exported
    assert exported >= {"AzurePolicy", "DynamicScope", "MachineAssignments", "MaintenanceSchedule"}


def test_everything_is_described_in_words_of_any_language(made):
    for place, one in described(made):
        description = one.get("description")
        assert description, f"{place} has no docstring"
        assert description == description.strip(), place
        assert description.endswith((".", ":", "`")), f"{place}: a sentence ends with a full stop"
        assert "\n    " not in description, f"{place} is indented"
        assert not SNAKE_CASE.search(description), f"{place} names something as Python does: {description}"


def test_names_are_those_of_other_languages(made):
    for token, component in made["resources"].items():
        for name in (*component["inputProperties"], *component["properties"]):
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", name), f"{token}.{name}"
    for token in made["types"]:
        # SDKs add it themselves: UpdatesArgs would be UpdatesArgsArgs to them.
        assert not token.endswith("Args"), token


def test_no_object_inside_of_a_map_or_a_list_is_plain(made):
    """Pulumi's generator for Go would refer to a type that it does not make, and the SDK would not compile."""

    def inside(definition):
        element = definition.get("items") or definition.get("additionalProperties")
        return [element, *inside(element)] if element else []

    elements = [element for _, one in described(made) for element in inside(one)]
    assert any("$ref" in element for element in elements)
    assert not [element for element in elements if "$ref" in element and element.get("plain")]


def test_what_is_secret_is_said_to_be(made):
    for place, one in described(made):
        if re.search(r"(password|secret|token)$", place, re.IGNORECASE):
            assert one.get("secret") is True, place


def test_every_component_has_a_name_and_ids(made):
    for token, component in made["resources"].items():
        assert "name" in component["properties"], token
        assert {"resourceId", "resourceIds"} & set(component["properties"]), token


def test_consumers_need_no_other_package(made):
    assert "dependencies" not in made
    assert not re.search(r'"\$ref": "/', json.dumps(made))


def test_what_is_required(made):
    assert set(made["resources"]["azure-patching:index:MaintenanceSchedule"]["requiredInputs"]) == {
        "resourceGroupName",
        "start",
        "timeZone",
        "duration",
        "recurEvery",
        "updates",
    }


def test_every_output_is_registered(made):
    for cls in exported_components():
        registered = inspect.getsource(cls).split("register_outputs(")[1]
        for name in made["resources"][f"azure-patching:index:{cls.__name__}"]["properties"]:
            assert f'"{name}"' in registered, f"{cls.__name__}.{name}"


def test_no_module_postpones_annotations():
    """The analyzer reads annotations as objects; postponed ones are text to it."""
    for path in ROOT.rglob("*.py"):
        assert "from __future__ import annotations" not in path.read_text(encoding="utf-8"), path.name


def small():
    return {
        "resources": {
            "p:index:C": {
                "inputProperties": {
                    "size": {"type": "string", "description": "How large."},
                    "how": {"$ref": "#/types/p:index:How"},
                    "many": {"type": "array", "items": {"type": "string"}},
                },
                "requiredInputs": ["size"],
                "properties": {"id": {"type": "string"}, "result": {"$ref": "#/types/p:index:Result"}},
                "required": ["id", "result"],
            }
        },
        "types": {
            "p:index:How": {"properties": {"fast": {"type": "boolean"}}},
            "p:index:Result": {"properties": {"state": {"type": "string"}}, "required": ["state"]},
        },
    }


def component(schema):
    return schema["resources"]["p:index:C"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one["resources"].clear(), ["C: the component is gone"]),
        (lambda one: component(one)["inputProperties"].pop("many"), ["C.many: it is gone"]),
        (lambda one: component(one)["properties"].pop("id"), ["C.id: it is gone"]),
        (lambda one: component(one)["requiredInputs"].append("how"), ["C.how: it is required now"]),
        (lambda one: component(one)["required"].remove("id"), ["C.id: it may be missing now"]),
        (
            lambda one: component(one)["inputProperties"]["many"].update(items={"type": "integer"}),
            ["C.many: it was list of string, and is list of integer"],
        ),
        (
            lambda one: component(one)["inputProperties"]["size"].update(plain=True),
            ["C.size: it can no longer be an output"],
        ),
        (
            lambda one: one["types"]["p:index:How"].update(required=["fast"]),
            ["How.fast: it is required now"],
        ),
        (lambda one: one["types"]["p:index:Result"].pop("required"), ["Result.state: it may be missing now"]),
        (lambda one: one["types"].pop("p:index:How"), ["How: the type is gone"]),
        (lambda one: component(one)["inputProperties"].update(more={"type": "string"}), []),
        (lambda one: component(one)["inputProperties"]["size"].update(description="How big."), []),
        (lambda one: component(one)["properties"].update(more={"type": "string"}), []),
        (lambda one: component(one)["requiredInputs"].clear(), []),
        (lambda one: one["types"]["p:index:Result"]["properties"].update(more={"type": "string"}), []),
        (lambda one: one["types"]["p:index:How"].update(required=[]), []),
    ],
)
def test_what_breaks_programs_is_told_and_nothing_else(change, told):
    old, new = small(), copy.deepcopy(small())
    change(new)
    assert breaking_changes(old, new) == told
