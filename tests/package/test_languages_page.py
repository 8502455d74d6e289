"""docs/languages.md: its programs name what the schema has, and all that it requires."""

import re

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.docs.pages import blocks

PAGE = REPOSITORY / "docs" / "languages.md"
BLOCKS = {one.language: one.text for one in blocks(PAGE.read_text(encoding="utf-8"), PAGE.name)}
USED = ("MaintenanceSchedule", "DynamicScope")
ARGUMENT = {
    "typescript": re.compile(r"\b(\w+):(?= )"),
    "go": re.compile(r"\b([A-Z]\w+):(?=\s)"),
    "csharp": re.compile(r"\b([A-Z]\w+) = "),
    "java": re.compile(r"\.(\w+)\("),
    "python": re.compile(r'"(\w+)":'),
}
NOT_ARGUMENTS = {
    "typescript": {"location", "patching"},
    "go": {"Location"},
    "csharp": {"Location"},
    "java": {"run", "builder", "location", "build", "name", "of", "resourceId", "export", "summary"},
    "python": {"patching"},
}


def camel(name):
    first, *rest = name.split("_")
    return first[0].lower() + first[1:] + "".join(word.capitalize() for word in rest)


def expected(schema):
    """The names of all arguments the page's program gives: those that its YAML has."""
    named = set()
    for resource in yaml.safe_load(BLOCKS["yaml"])["resources"].values():
        if resource["type"].startswith("azure-patching:"):
            named |= set(resource["properties"])
    return named | {"linux", "classifications"}


def problems(value, definition, schema, path):
    """What a YAML value has that its definition has not, or lacks."""
    if "$ref" in definition:
        type_ = schema["types"][definition["$ref"].removeprefix("#/types/")]
        return object_problems(value, type_["properties"], type_.get("required", ()), schema, path)
    if definition.get("items"):
        if not isinstance(value, list):
            return [f"{path} is no list"]
        return [told for one in value for told in problems(one, definition["items"], schema, path)]
    if definition.get("additionalProperties"):
        if not isinstance(value, dict):
            return [f"{path} is no map"]
        inner = definition["additionalProperties"]
        return [told for key, one in value.items() for told in problems(one, inner, schema, f"{path}.{key}")]
    return [] if isinstance(value, str) else [f"{path} is no text"]


def object_problems(values, properties, required, schema, path):
    told = [f"{path} lacks {name}" for name in required if name not in values]
    for name, value in values.items():
        if name not in properties:
            told.append(f"{path} has no {name}")
        else:
            told += problems(value, properties[name], schema, f"{path}.{name}")
    return told


def test_the_yaml_is_as_the_schema_has_it(schema):
    program = yaml.safe_load(BLOCKS["yaml"])
    ours = {key: one for key, one in program["resources"].items() if one["type"].startswith("azure-patching:")}
    assert {one["type"].partition(":")[2] for one in ours.values()} == set(USED)
    for key, one in ours.items():
        component = schema["resources"][one["type"].replace(":", ":index:")]
        required, properties = component["requiredInputs"], component["inputProperties"]
        assert object_problems(one["properties"], properties, required, schema, key) == []
    for name, output in re.findall(r"\$\{([\w-]+)\.(\w+)\}", BLOCKS["yaml"]):
        if name in ours:
            token = ours[name]["type"].replace(":", ":index:")
            assert output in schema["resources"][token]["properties"], output


@pytest.mark.parametrize("language", ARGUMENT)
def test_each_program_gives_the_same_arguments(language, schema):
    found = {name for name in ARGUMENT[language].findall(BLOCKS[language]) if name not in NOT_ARGUMENTS[language]}
    assert {camel(name) for name in found} == expected(schema)
    for component in USED:
        assert re.search(rf"\b(New)?{component}\(", BLOCKS[language]), component


def test_every_component_is_named(schema):
    text = PAGE.read_text(encoding="utf-8")
    for token in schema["resources"]:
        assert f"`{token.rpartition(':')[2]}`" in text, token


def test_the_version_that_is_shown_is_this_one(schema):
    shown = set(re.findall(r"@v(\d+\.\d+\.\d+)", PAGE.read_text(encoding="utf-8")))
    assert shown == {schema["version"]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start": 5}, "n.start is no text"),
        ({"begin": "x"}, "n has no begin"),
        ({"updates": {"linus": {}}}, "n.updates has no linus"),
        ({"updates": {"linux": {"classifications": "Critical"}}}, "n.updates.linux.classifications is no list"),
    ],
)
def test_the_check_of_the_yaml_sees_what_is_wrong(change, told, schema):
    component = schema["resources"]["azure-patching:index:MaintenanceSchedule"]
    given = dict.fromkeys(component["requiredInputs"], "x") | {"updates": {}} | change
    assert object_problems(given, component["inputProperties"], component["requiredInputs"], schema, "n") == [told]
