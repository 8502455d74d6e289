"""The page on the policy pack has the tables of rules and of settings that the code makes, its README that of rules.

`python -m tests.docs.test_policy_pack_page` writes them again.
"""

import json
import re

import jsonschema
import pytest

from policies.pack import level
from policies.rules import RULES
from policies.rules.rule import Rule
from tests.conftest import REPOSITORY

FILE = REPOSITORY / "docs" / "policy-pack.md"
README = REPOSITORY / "policies" / "README.md"
PARTS = [(FILE, "rules"), (FILE, "settings"), (README, "rules")]


def made(name):
    """The lines that the code makes for a part of the page."""
    if name == "rules":
        yield "| rule | what it holds | of | level | severity | mends |"
        yield "|---|---|---|---|---|---|"
        for rule in RULES:
            on_one = isinstance(rule, Rule)
            kinds = sorted({kind.partition(":")[2].split("Assignment", 1)[0] for kind in rule.kinds}) if on_one else []
            names = {"Configuration": "assignment", "Policy": "policy assignment"}
            of = ", ".join(names.get(kind, kind) for kind in kinds) or "the stack"
            mends = "yes" if on_one and rule.mend else ""
            shown = level(rule).name.lower()
            yield f"| [`{rule.name}`]({rule.url}) | {rule.description} | {of} | {shown} | {rule.severity} | {mends} |"
    else:
        yield "| rule | setting | what it is | default |"
        yield "|---|---|---|---|"
        for rule in RULES:
            for setting, schema in rule.settings.items():
                default = f"`{json.dumps(schema['default'])}`" if "default" in schema else "none: nothing is judged"
                yield f"| `{rule.name}` | `{setting}` | {schema['description']} | {default} |"


def part(page, name):
    return re.search(rf"(<!-- {name}: .*? -->\n)(.*?)(<!-- end of {name} -->)", page, re.DOTALL)


@pytest.mark.parametrize(("file", "name"), PARTS)
def test_the_pages_have_what_the_code_makes(file, name):
    found = part(file.read_text(encoding="utf-8"), name)
    assert found[2].splitlines() == ["", *made(name), ""]


def test_the_example_is_a_configuration_that_the_rules_take():
    (example,) = re.findall(r"```json\n(.*?)```", FILE.read_text(encoding="utf-8"), re.DOTALL)
    settings = {rule.name: rule.settings for rule in RULES}
    for name, given in json.loads(example).items():
        values = given if isinstance(given, dict) else {"enforcementLevel": given}
        assert values.pop("enforcementLevel", "advisory") in {"disabled", "advisory", "mandatory", "remediate"}
        if name != "all":
            assert name in settings
            schema = {"properties": settings[name], "additionalProperties": False}
            jsonschema.validate(values, schema)


def test_every_setting_has_a_default_that_its_schema_takes():
    for rule in RULES:
        for schema in rule.settings.values():
            jsonschema.validate(schema.get("default", 1), schema)


if __name__ == "__main__":
    for page, which in PARTS:
        text = page.read_text(encoding="utf-8")
        found = part(text, which)
        text = text.replace(found[0], found[1] + "\n".join(["", *made(which), "", ""]) + found[3])
        page.write_text(text, encoding="utf-8")
