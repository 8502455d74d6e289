"""Our evaluation of the built-in definitions, against the published rules themselves, read by a small interpreter.

The rules are Microsoft's and are not part of this project: AZURE_FACTS names a directory that holds them in
`data/policies/*.json` (as in Azure/azure-policy); without it, and without the usual place beside the checkout, skipped.
"""

import fnmatch
import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.arm.ids import parse
from sandbox.arm.policy.assignments import read_assignment
from sandbox.arm.policy.definitions import (
    ASSESSMENT,
    AUDIT_ASSESSMENT,
    DEFINITIONS,
    EFFECT_NAMES,
    PREREQUISITE,
    REQUIRED,
)
from sandbox.arm.policy.images import FAMILIES
from sandbox.arm.policy.machines import Machine
from sandbox.arm.policy.rules import COMPLIANT, NON_COMPLIANT, compliance, picks

REPOSITORY = Path(__file__).resolve().parents[3]
PUBLISHED = Path(os.environ.get("AZURE_FACTS", REPOSITORY.parent / "shared" / "azure")) / "data" / "policies"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
CONFIGURATION = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/mc"
)
ABSENT = None

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published policy rules are not at {PUBLISHED}")


@functools.cache
def published() -> dict[str, dict[str, Any]]:
    # Azure Government has a definition of the same name and another version.
    paths = [path for path in PUBLISHED.glob("*.json") if not path.name.startswith("AzureGovernment")]
    files = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return {one["name"]: one["properties"] for one in files if one["name"] in DEFINITIONS}


class Rule:
    """Reads one published rule on one machine: conditions, and the template functions that these rules use."""

    def __init__(self, rule: dict[str, Any], parameters: dict[str, Any], machine: Machine, api_version: str) -> None:
        self.rule = rule
        self.parameters = {name.lower(): value for name, value in parameters.items()}
        self.machine = machine
        self.api_version = api_version
        self.current: dict[str, Any] = {}

    def holds(self, condition: dict[str, Any]) -> bool:
        if "allOf" in condition:
            return all(self.holds(one) for one in condition["allOf"])
        if "anyOf" in condition:
            return any(self.holds(one) for one in condition["anyOf"])
        if "not" in condition:
            return not self.holds(condition["not"])
        (operator,) = set(condition) - {"field", "value", "count"}
        wanted = self.value(condition[operator])
        if "count" in condition:
            found = self.counted(condition["count"])
        elif "field" in condition:
            found = self.field(self.value(condition["field"]))
        else:
            found = self.value(condition["value"])
        return bool(getattr(self, f"_{operator}")(found, wanted))

    def counted(self, count: dict[str, Any]) -> int:
        total = 0
        for item in self.value(count["value"]):
            self.current[count["name"]] = item
            total += self.holds(count["where"])
        return total

    @staticmethod
    def _equals(found, wanted):
        return text(found) == text(wanted) if found is not ABSENT and wanted is not ABSENT else found is wanted

    def _notEquals(self, found, wanted):  # noqa: N802
        return not self._equals(found, wanted)

    @staticmethod
    def _in(found, wanted):
        return found is not ABSENT and text(found) in [text(one) for one in wanted]

    def _notIn(self, found, wanted):  # noqa: N802
        return not self._in(found, wanted)

    @staticmethod
    def _like(found, wanted):
        return found is not ABSENT and fnmatch.fnmatchcase(text(found), text(wanted))

    def _notLike(self, found, wanted):  # noqa: N802
        return not self._like(found, wanted)

    @staticmethod
    def _contains(found, wanted):
        return found is not ABSENT and text(wanted) in text(found)

    @staticmethod
    def _exists(found, wanted):
        return (found is not ABSENT) == (text(wanted) == "true")

    @staticmethod
    def _greaterOrEquals(found, wanted):  # noqa: N802
        return found >= wanted

    @staticmethod
    def _greater(found, wanted):
        return found > wanted

    def field(self, name: str) -> Any:
        machine, properties = self.machine, self.machine.properties
        image = properties.get("storageProfile", {}).get("imageReference", {})
        plain = {
            "type": machine.id.type,
            "name": machine.id.name,
            "id": machine.id.text,
            "location": machine.location.replace(" ", "").lower(),
            "tags": dict(machine.tags),
            "microsoft.compute/imagepublisher": image.get("publisher"),
            "microsoft.compute/imageoffer": image.get("offer"),
            "microsoft.compute/imagesku": image.get("sku"),
            "microsoft.compute/imageid": image.get("id"),
        }
        if name.lower() in plain:
            return plain[name.lower()]
        prefix = f"{machine.id.type}/".lower()
        if not name.lower().startswith(prefix):
            return ABSENT
        value: Any = properties
        for part in name[len(prefix) :].split("."):
            value = value.get(part) if isinstance(value, dict) else ABSENT
        return value

    def value(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("["):
            result, rest = self.expression(value[1:-1])
            assert not rest.strip(), value
            return result
        return value

    def expression(self, source: str) -> tuple[Any, str]:
        source = source.lstrip()
        if source.startswith("'"):
            end = source.index("'", 1)
            return source[1:end], source[end + 1 :]
        number = re.match(r"\d+", source)
        if number:
            return int(number.group()), source[number.end() :]
        name = re.match(r"\w+", source)
        assert name, source
        arguments, rest = self.arguments(source[name.end() :])
        result = self.call(name.group().lower(), arguments)
        while member := re.match(r"\.(\w+)", rest):
            result, rest = result[member.group(1)], rest[member.end() :]
        return result, rest

    def arguments(self, source: str) -> tuple[list[Any], str]:
        assert source[0] == "(", source
        rest, found = source[1:].lstrip(), []
        while not rest.startswith(")"):
            value, rest = self.expression(rest)
            found.append(value)
            rest = rest.lstrip().removeprefix(",").lstrip()
        return found, rest[1:]

    def call(self, name: str, arguments: list[Any]) -> Any:
        first, *others = [*arguments, ABSENT]
        calls = {
            "parameters": lambda: self.parameters[first.lower()],
            "field": lambda: self.field(first),
            "current": lambda: self.current[first],
            "requestcontext": lambda: {"apiVersion": self.api_version},
            "resourcegroup": lambda: {"name": self.machine.id.resource_group},
            "empty": lambda: not first,
            "length": lambda: len(first),
            "tolower": lambda: str(first or "").lower(),
            "if": lambda: others[0] if first else others[1],
            "equals": lambda: first == others[0],
            "greaterorequals": lambda: first >= others[0],
            "createobject": lambda: dict(zip(arguments[::2], arguments[1::2], strict=True)),
            "intersection": lambda: {
                key: value for key, value in first.items() if key in others[0] and others[0][key] == value
            },
        }
        return calls[name]()


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower()


OS_NAMES = st.sampled_from(["Linux", "Windows"])
TAGS = st.dictionaries(st.sampled_from(["patch-ring", "Patch-Ring", "team"]), st.sampled_from(["test", "Test", "prod"]))
LOCATIONS = st.sampled_from(["westeurope", "West Europe", "northeurope", "NorthEurope"])


def concrete(pattern: str) -> str:
    return pattern.replace("*", "x1")


def images() -> st.SearchStrategy[dict[str, str]]:
    known = st.sampled_from(FAMILIES).flatmap(
        lambda family: st.fixed_dictionaries(
            {
                "publisher": st.sampled_from([family.publisher, family.publisher.upper()]),
                "offer": st.sampled_from([concrete(one) for one in (*family.offers, *family.except_offers)]),
                "sku": st.sampled_from(
                    [*(concrete(one) for one in (*family.skus, *family.except_skus)), "no-such-sku"]
                ),
            }
        )
    )
    skus = ["2022-datacenter-azure-edition", "2022-Datacenter-Azure-Edition-Core", "22_04-lts"]
    strange = st.fixed_dictionaries(
        {
            "publisher": st.sampled_from(["contoso", "microsoftwindowsserver", "Canonical"]),
            "offer": st.sampled_from(["anything", "windowsserver", "0001-com-ubuntu-server-jammy"]),
            "sku": st.sampled_from(skus),
        }
    )
    own = st.sampled_from(["galleries/g/images/i/versions/1.0.0", "images/i", "disks/d"]).map(
        lambda rest: {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/{rest}"}
    )
    return known | strange | own | st.just({})


def settings_of_an_os() -> st.SearchStrategy[dict[str, Any]]:
    modes = st.fixed_dictionaries(
        {},
        optional={
            "patchMode": st.sampled_from(["ImageDefault", "AutomaticByOS", "AutomaticByPlatform"]),
            "assessmentMode": st.sampled_from(["ImageDefault", "AutomaticByPlatform", "automaticbyplatform"]),
            "enableHotpatching": st.booleans(),
            "automaticByPlatformSettings": st.fixed_dictionaries(
                {}, optional={"bypassPlatformSafetyChecksOnUserSchedule": st.booleans()}
            ),
        },
    )
    return st.fixed_dictionaries({}, optional={"patchSettings": modes})


PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "computerName": st.just("m"),
        "linuxConfiguration": settings_of_an_os(),
        "windowsConfiguration": settings_of_an_os(),
    },
)
DISKS = st.fixed_dictionaries(
    {}, optional={"osType": OS_NAMES, "createOption": st.sampled_from(["Attach", "FromImage"])}
)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    group = draw(st.sampled_from(["rg-legacy", "RG-Legacy", "rg-other"]))
    arc = draw(st.booleans())
    kind = "Microsoft.HybridCompute/machines" if arc else "Microsoft.Compute/virtualMachines"
    properties: dict[str, Any] = {}
    if arc:
        properties["osName"] = draw(st.sampled_from(["linux", "windows", "Linux"]))
    else:
        properties["storageProfile"] = {"imageReference": draw(images()), "osDisk": draw(DISKS)}
    if draw(st.integers(0, 4)):
        properties["osProfile"] = draw(PROFILES)
    machine_id = parse(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{kind}/m")
    return Machine(machine_id, draw(LOCATIONS), draw(TAGS), properties)


PAIRS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from(["patch-ring", "team"]), "value": st.sampled_from(["test", "Test"])}),
    max_size=2,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "assessmentMode": st.sampled_from(["ImageDefault", "AutomaticByPlatform"]),
    "osType": OS_NAMES,
    "locations": st.lists(st.sampled_from(["westeurope", "northeurope"]), max_size=2),
    "tagOperator": st.sampled_from(["All", "Any"]),
    "resourceGroups": st.lists(st.sampled_from(["rg-legacy", "RG-OTHER"]), max_size=2),
    "operatingSystemTypes": st.lists(OS_NAMES, max_size=2),
    "maintenanceConfigurationResourceId": st.just(CONFIGURATION),
}


@st.composite
def assigned(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    definition = DEFINITIONS[draw(st.sampled_from(sorted(DEFINITIONS)))]
    values: dict[str, Any] = {}
    for name, parameter in definition.parameters.items():
        if name == "effect" or (parameter.default is not REQUIRED and not draw(st.booleans())):
            continue
        pairs = TAGS if parameter.kind == "Object" else PAIRS
        values[name] = draw(pairs if name == "tagValues" else VALUES[name])
    return definition.name, values


def part_of(name: str, values: dict[str, Any]):
    document = {
        "properties": {
            "policyDefinitionId": DEFINITIONS[name].id,
            "parameters": {key: {"value": value} for key, value in values.items()},
        }
    }
    scope = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/a"
    return read_assignment(parse(scope), document).parts[0]


def with_defaults(name: str, values: dict[str, Any]) -> dict[str, Any]:
    parameters = published()[name]["parameters"]
    return {key: values.get(key, one.get("defaultValue")) for key, one in parameters.items()}


@settings(max_examples=1500, deadline=None)
@given(assigned(), machines(), st.sampled_from(["2021-03-01", "2022-03-10", "2023-07-01", "2024-03-01"]))
def test_a_rule_picks_what_the_published_rule_picks(assigned, machine, api_version):
    name, values = assigned
    oracle = Rule(published()[name], with_defaults(name, values), machine, api_version)
    assert picks(part_of(name, values), machine, api_version) == oracle.holds(published()[name]["policyRule"]["if"])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: f"{one.publisher}-{one.offers[0]}-{one.skus[0]}")
def test_each_image_family_is_known_and_excepted_as_published(family):
    for offer in map(concrete, (*family.offers, *family.except_offers)):
        for sku in map(concrete, (*family.skus, *family.except_skus)):
            image = {"publisher": family.publisher, "offer": offer, "sku": sku}
            disk = {"imageReference": image, "osDisk": {"osType": family.branch.title()}}
            machine_id = parse(
                f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m"
            )
            machine = Machine(machine_id, "westeurope", {}, {"storageProfile": disk})
            for name, values in (
                (ASSESSMENT, {"osType": family.branch.title()}),
                (PREREQUISITE, {}),
                (AUDIT_ASSESSMENT, {}),
            ):
                oracle = Rule(published()[name], with_defaults(name, values), machine, "2024-03-01")
                wanted = oracle.holds(published()[name]["policyRule"]["if"])
                assert picks(part_of(name, values), machine, "2024-03-01") == wanted, (name, image)


@settings(max_examples=600, deadline=None)
@given(assigned(), machines(), st.booleans())
def test_a_machine_is_compliant_where_the_published_existence_condition_holds(assigned, machine, attached):
    name, values = assigned
    rule = published()[name]["policyRule"]
    details = rule["then"].get("details", {})
    oracle = Rule(published()[name], with_defaults(name, values), machine, "9999-12-31")
    state = compliance(part_of(name, values), machine, lambda _: [CONFIGURATION.lower()] if attached else [])
    if "existenceCondition" not in details:
        assert (state == NON_COMPLIANT) == oracle.holds(rule["if"])
    elif not oracle.holds(rule["if"]):
        assert state is None
    elif details["type"] == "Microsoft.Compute/virtualMachines":
        assert (state == COMPLIANT) == oracle.holds(details["existenceCondition"])
    else:
        assert (state == COMPLIANT) == (
            attached and details["type"] == "Microsoft.Maintenance/configurationAssignments"
        )


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_parameters_effects_roles_and_versions_are_the_published_ones(name):
    ours, theirs = DEFINITIONS[name], published()[name]
    assert [one.lower() for one in theirs["versions"]] == list(ours.versions)
    assert theirs["displayName"] == ours.title
    shown = {key: one.as_json() for key, one in ours.parameters.items()}
    for key, parameter in theirs["parameters"].items():
        mine = shown.pop(key)
        assert mine["type"].lower() == parameter["type"].lower()
        assert mine.get("defaultValue") == parameter.get("defaultValue")
        assert set(mine.get("allowedValues", [])) == set(parameter.get("allowedValues", []))
    assert not shown
    then = theirs["policyRule"]["then"]
    if not then["effect"].startswith("["):
        assert then["effect"].lower() == ours.effect
        assert ours.effect in EFFECT_NAMES
    roles = then.get("details", {}).get("roleDefinitionIds", [])
    assert [one.rsplit("/", 1)[-1] for one in roles] == list(ours.roles)
