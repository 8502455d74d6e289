"""What policy does to machines as they are written, and what its states say of them."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.arm.azure import Settings
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import parse
from sandbox.arm.policy.assignments import read_assignment
from sandbox.arm.policy.definitions import (
    ARC_ASSESSMENT,
    ASSESSMENT,
    AUDIT_ASSESSMENT,
    AUDIT_HOTPATCH,
    AUDIT_UPDATES,
    DEFINITIONS,
    PREREQUISITE,
    RECURRING_UPDATES,
    REMEDIABLE,
)
from sandbox.arm.policy.effects import changes
from sandbox.arm.policy.machines import MACHINE_TYPES, Machine
from sandbox.arm.policy.queries import read_filter
from sandbox.arm.policy.rules import compliance
from sandbox.arm.policy.scopes import Hierarchy, ManagementGroup
from tests.arm.policy.clouds import (
    GROUP,
    ROWS,
    SCOPE,
    SPOKE,
    SUBSCRIPTION,
    arc_machine,
    specialised_machine,
    virtual_machine,
)

LINUX = virtual_machine("linux01", "Linux")
WINDOWS = virtual_machine("windows01", "Windows")
MESSAGE = "Your machine doesn't have periodic assessment enabled."


def touch(cloud, row, tags=None):
    """Change a machine's tags: an update, which policy sees."""
    return cloud.call("PATCH", row["id"], {"tags": tags or {"touched": "yes"}}, "2024-07-01")


def test_modify_sets_the_mode_of_a_machine_being_written_without_any_role(make_cloud):
    cloud = make_cloud(LINUX, WINDOWS)
    cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    assert touch(cloud, LINUX).status_code == 200
    assert touch(cloud, WINDOWS).status_code == 200
    assert cloud.patch_settings(LINUX, "Linux")["assessmentMode"] == "AutomaticByPlatform"
    assert cloud.patch_settings(WINDOWS, "Windows")["assessmentMode"] == "ImageDefault"


def test_modify_sets_the_mode_of_an_arc_machine_at_creation(make_cloud):
    cloud = make_cloud(LINUX)
    cloud.assign(ARC_ASSESSMENT, parameters={"osType": "Linux"})
    row = arc_machine("new", "Linux")
    body = {"location": "westeurope", "properties": {"osName": "linux"}}
    assert cloud.call("PUT", row["id"], body, "2024-07-10").status_code < 300
    assert cloud.patch_settings(row, "Linux") == {"assessmentMode": "AutomaticByPlatform"}


@pytest.mark.parametrize(
    "properties",
    [{"enforcementMode": "DoNotEnforce"}, {"notScopes": [GROUP.upper()]}, {"notScopes": [LINUX["id"]]}],
    ids=["not-enforced", "group-excluded", "machine-excluded"],
)
def test_modify_leaves_what_is_not_enforced_or_excluded(make_cloud, properties):
    cloud = make_cloud(LINUX)
    assignment = cloud.assign(ASSESSMENT, parameters={"osType": "Linux"}, properties=properties)
    touch(cloud, LINUX)
    assert cloud.patch_settings(LINUX, "Linux")["assessmentMode"] == "ImageDefault"
    cloud.grant(assignment["identity"]["principalId"])
    done = cloud.remediate(assignment, "r")["deploymentStatus"]["successfulDeployments"]
    assert done == (1 if "enforcementMode" in properties else 0)


def test_modify_leaves_a_machine_without_os_profile_and_one_that_two_policies_want_otherwise(make_cloud):
    special = specialised_machine("special")
    cloud = make_cloud(LINUX, special)
    cloud.assign(ASSESSMENT, parameters={"osType": "Linux"})
    assert touch(cloud, special).status_code == 200
    assert "osProfile" not in cloud.machine(special)["properties"]
    cloud.assign(ASSESSMENT, name="other", parameters={"osType": "Linux", "assessmentMode": "ImageDefault"})
    touch(cloud, LINUX)
    # One policy wants what the machine has, and is content; only the other picks it.
    assert cloud.patch_settings(LINUX, "Linux")["assessmentMode"] == "AutomaticByPlatform"


def test_deploy_if_not_exists_follows_a_write_with_the_role_only(make_cloud):
    cloud = make_cloud(LINUX, WINDOWS)
    assignment = cloud.assign(PREREQUISITE)
    touch(cloud, LINUX)
    assert cloud.patch_settings(LINUX, "Linux")["patchMode"] == "ImageDefault"
    cloud.grant(assignment["identity"]["principalId"])
    assert cloud.patch_settings(LINUX, "Linux")["patchMode"] == "ImageDefault"
    touch(cloud, LINUX, {"touched": "again"})
    settings = cloud.patch_settings(LINUX, "Linux")
    assert settings["patchMode"] == "AutomaticByPlatform"
    assert settings["automaticByPlatformSettings"]["bypassPlatformSafetyChecksOnUserSchedule"] is True
    assert cloud.states() == {"linux01": "Compliant", "windows01": "NonCompliant"}


def test_deploy_if_not_exists_waits_until_the_machine_is_provisioned(make_cloud):
    cloud = make_cloud(LINUX, settings=Settings(machine_delay=100, operation_delay=10))
    seconds = 1_800_000_000.0
    cloud.server.azure.now = lambda: seconds
    assignment = cloud.assign(PREREQUISITE)
    cloud.grant(assignment["identity"]["principalId"])
    touch(cloud, LINUX)
    seconds += 50
    assert cloud.machine(LINUX)["properties"]["provisioningState"] == "Updating"
    assert cloud.patch_settings(LINUX, "Linux")["patchMode"] == "ImageDefault"
    seconds += 100
    cloud.machine(LINUX)
    seconds += 1
    assert cloud.patch_settings(LINUX, "Linux")["patchMode"] == "AutomaticByPlatform"


def test_deny_refuses_the_write_with_the_message_for_people(make_cloud):
    cloud = make_cloud(LINUX)
    properties = {"nonComplianceMessages": [{"message": MESSAGE}]}
    cloud.assign(AUDIT_ASSESSMENT, parameters={"effect": "Deny"}, properties=properties)
    answer = touch(cloud, LINUX)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "RequestDisallowedByPolicy")
    assert MESSAGE in answer.json()["error"]["message"]
    assert cloud.machine(LINUX)["tags"] == {}


def test_audits_say_what_they_find(make_cloud):
    hot = virtual_machine("hot", "Windows")
    hot["properties"]["storageProfile"]["imageReference"]["sku"] = "2022-datacenter-azure-edition"
    cloud = make_cloud(LINUX, WINDOWS, hot)
    expected = {
        AUDIT_ASSESSMENT: dict.fromkeys(("linux01", "windows01", "hot"), "NonCompliant"),
        AUDIT_UPDATES: dict.fromkeys(("linux01", "windows01", "hot"), "NonCompliant"),
        AUDIT_HOTPATCH: {"linux01": "Compliant", "windows01": "Compliant", "hot": "NonCompliant"},
    }
    for definition, states in expected.items():
        assert cloud.states(cloud.assign(definition, name=definition[:8])["id"]) == states
    cloud.assign(AUDIT_HOTPATCH, name="off", parameters={"effect": "Disabled"})
    assert cloud.states(f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/off") == {}


def test_an_override_changes_the_effect_and_selectors_narrow_the_machines(make_cloud):
    far = virtual_machine("far", "Linux", location="northeurope")
    cloud = make_cloud(LINUX, far)
    selectors = [{"name": "s", "selectors": [{"kind": "resourceLocation", "in": ["westEurope"]}]}]
    cloud.assign(ASSESSMENT, parameters={"osType": "Linux"}, properties={"resourceSelectors": selectors})
    assert cloud.states() == {"linux01": "NonCompliant"}
    selectors[0]["selectors"] = [{"kind": "resourceLocation", "notIn": ["westeurope"]}]
    cloud.assign(ASSESSMENT, parameters={"osType": "Linux"}, properties={"resourceSelectors": selectors})
    assert cloud.states() == {"far": "NonCompliant"}
    overrides = [{"kind": "policyEffect", "value": "Disabled"}]
    cloud.assign(ASSESSMENT, parameters={"osType": "Linux"}, properties={"overrides": overrides})
    assert cloud.states() == {}


def test_states_are_filtered_ordered_cut_and_selected(cloud):
    cloud.assign(AUDIT_ASSESSMENT, name="audit")
    cloud.assign(AUDIT_HOTPATCH, name="hotpatch")
    path = f"{SCOPE}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults"

    def names(**query: str) -> list[str]:
        found = cloud.call("POST", path, None, "2019-10-01", **query).json()["value"]
        return [one["resourceId"].rsplit("/", 1)[-1] for one in found]

    wanted = "policyAssignmentName eq 'AUDIT' and not (resourceType eq 'microsoft.hybridcompute/machines')"
    assert names(**{"$filter": wanted, "$orderby": "resourceId desc"}) == ["windows01", "linux01"]
    assert names(**{"$filter": wanted, "$orderby": "resourceId", "$top": "1"}) == ["linux01"]
    assert names(**{"$filter": "isCompliant eq true and policyAssignmentName eq 'audit'"}) == []
    assert len(names(**{"$filter": f"resourceGroup eq 'RG-LEGACY' or resourceId eq '{LINUX['id']}'"})) == 6
    chosen = cloud.call("POST", path, None, "2019-10-01", **{"$select": "complianceState", "$top": "1"}).json()[
        "value"
    ][0]
    assert {key for key in chosen if not key.startswith("@")} == {"complianceState"}
    for query in (
        {"$filter": "nonsense"},
        {"$apply": "groupby((x))"},
        {"$from": "yesterday"},
        {"$filter": f"{'(' * 3000}isCompliant eq true{')' * 3000}"},
        {"$orderby": "x"},
        {"$top": "many"},
        {"$select": "x"},
    ):
        answer = cloud.call("POST", path, None, "2019-10-01", **query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidQueryOption"), query


def test_a_summary_counts_machines_once_and_names_assignments(cloud):
    cloud.assign(AUDIT_ASSESSMENT, name="audit")
    cloud.assign(AUDIT_HOTPATCH, name="hotpatch")
    summary = cloud.insights.policy_states.summarize_for_resource_group("latest", SUBSCRIPTION, "rg-legacy").value[0]
    assert summary.results.non_compliant_resources == 4
    assert summary.results.non_compliant_policies == 1
    by_name = {
        one.policy_assignment_id.rsplit("/", 1)[-1]: one.results.non_compliant_resources
        for one in summary.policy_assignments
    }
    assert by_name == {"audit": 4, "hotpatch": 0}
    path = f"{SCOPE}/providers/Microsoft.Authorization/policyDefinitions/{AUDIT_ASSESSMENT}"
    assert set(cloud.states(path)) == {"linux01", "windows01", "arc-linux", "arc-windows"}
    triggered = cloud.insights.policy_states.begin_trigger_subscription_evaluation(SUBSCRIPTION, polling_interval=0)
    triggered.wait(10)
    assert triggered.status() == "Succeeded"
    answer = cloud.call(
        "POST", f"{SCOPE}/providers/Microsoft.PolicyInsights/policyStates/old/summarize", None, "2019-10-01"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidPolicyStatesResource")


NAMES = st.sampled_from(["a", "b", "c"])
SUBSCRIPTIONS = st.sampled_from([SUBSCRIPTION, SPOKE])
IDS = st.one_of(
    NAMES.map(lambda name: f"/providers/Microsoft.Management/managementGroups/{name}"),
    SUBSCRIPTIONS.map(lambda one: f"/subscriptions/{one}"),
    st.tuples(SUBSCRIPTIONS, NAMES).map(lambda both: f"/subscriptions/{both[0]}/resourceGroups/{both[1]}"),
    st.tuples(SUBSCRIPTIONS, NAMES, NAMES).map(
        lambda all_: (
            f"/subscriptions/{all_[0]}/resourceGroups/{all_[1]}/providers/Microsoft.Compute/virtualMachines/{all_[2]}"
        )
    ),
)
TREE = Hierarchy(
    {SUBSCRIPTION: ("a", "b"), SPOKE: ("b",)},
    {"a": ManagementGroup("a", "A", ("b",)), "b": ManagementGroup("b", "B", ()), "c": ManagementGroup("c", "C", ())},
)


def parents(resource_id: str) -> list[str]:
    """What lies directly above an id in the tree, written out."""
    above = {SUBSCRIPTION: "a", SPOKE: "b"}
    parts = resource_id.split("/")
    if "virtualMachines" in parts:
        return ["/".join(parts[:5])]
    if "resourceGroups" in parts:
        return ["/".join(parts[:3])]
    if parts[1] == "subscriptions":
        return [f"/providers/Microsoft.Management/managementGroups/{above[parts[2]]}"]
    return ["/providers/Microsoft.Management/managementGroups/b"] if parts[-1] == "a" else [""]


@given(IDS, IDS, st.booleans())
def test_a_scope_covers_itself_and_what_has_it_above(outer, inner, shout):
    chain, reached = [inner], {inner}
    while chain:
        for one in parents(chain.pop()):
            if one and one not in reached:
                reached.add(one)
                chain.append(one)
    assert TREE.covers(outer.upper() if shout else outer, inner) == (outer in reached)


COLUMNS = ("state", "name")
COMPARISONS = st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["eq", "ne"]), st.sampled_from(["x", "Y", "it's"]))
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.tuples(st.just("not"), inner) | st.tuples(inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=6,
)


def written(tree) -> str:
    if tree[0] == "not":
        return f"not ({written(tree[1])})"
    if tree[1] in ("and", "or"):
        return f"({written(tree[0])}) {tree[1]} ({written(tree[2])})"
    return f"{tree[0]} {tree[1]} '{tree[2].replace(chr(39), chr(39) * 2)}'"


def meant(tree, row) -> bool:
    if tree[0] == "not":
        return not meant(tree[1], row)
    if tree[1] == "and":
        return meant(tree[0], row) and meant(tree[2], row)
    if tree[1] == "or":
        return meant(tree[0], row) or meant(tree[2], row)
    return (row[tree[0]].lower() == tree[2].lower()) == (tree[1] == "eq")


@given(FILTERS, st.fixed_dictionaries({key: st.sampled_from(["x", "y", "IT'S"]) for key in COLUMNS}))
def test_a_filter_means_what_it_says(tree, row):
    assert read_filter(written(tree), COLUMNS)(row) == meant(tree, row)


@given(st.text())
def test_any_other_filter_is_refused_by_name(text):
    assume(not re.search(r"(eq|ne)\s", text))
    with pytest.raises(ArmError) as refused:
        read_filter(text, COLUMNS)
    assert (refused.value.status, refused.value.code) == (400, "InvalidQueryOption")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("policyDefinitionId", "parameters", "notScopes", "metadata", "overrides", "resourceSelectors"),
        *("nonComplianceMessages", "definitionVersion", "enforcementMode", "policyAssignmentId", "filters"),
        *("failureThreshold", "resourceCount", "principalId", "roleDefinitionId", "scope"),
    ]
)
BODIES = st.fixed_dictionaries(
    {"properties": st.dictionaries(KEYS, JSON, max_size=5)},
    optional={"identity": JSON, "location": JSON, "tags": JSON},
)
TYPES = (
    ("Microsoft.Authorization/policyAssignments/a", "2025-01-01"),
    ("Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111", "2022-04-01"),
    ("Microsoft.PolicyInsights/remediations/r", "2024-10-01"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/i", "2023-01-31"),
)


PARTS = st.sampled_from(
    [
        *("osProfile", "linuxConfiguration", "windowsConfiguration", "patchSettings", "assessmentMode", "osName"),
        *("storageProfile", "imageReference", "publisher", "osDisk", "osType", "automaticByPlatformSettings"),
    ]
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["Linux", "Windows", "Canonical"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PARTS, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(sorted(DEFINITIONS)),
    st.sampled_from(MACHINE_TYPES),
    st.dictionaries(PARTS, DOCUMENTS, max_size=4),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)
def test_no_machine_document_trips_a_rule_or_an_effect(name, kind, properties, tags):
    parameters = {"maintenanceConfigurationResourceId": {"value": GROUP}} if name == RECURRING_UPDATES else {}
    document = {"properties": {"policyDefinitionId": DEFINITIONS[name].id, "parameters": parameters}}
    (part,) = read_assignment(parse(f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/a"), document).parts
    machine = Machine(parse(f"{GROUP}/providers/{kind}/m"), "westeurope", tags, properties)
    state = compliance(part, machine, lambda _: [])
    assert state in ("Compliant", "NonCompliant", None)
    if state == "NonCompliant" and part.effect in REMEDIABLE:
        assert changes(part, machine)


def test_no_body_ends_in_a_fault_of_ours(make_cloud):
    cloud = make_cloud(*ROWS)
    known = cloud.assign(ASSESSMENT)

    @given(st.sampled_from(TYPES), st.sampled_from(["PUT", "PATCH"]), BODIES, st.booleans())
    def try_body(target, method, body, valid_reference):
        kind, version = target
        if valid_reference:
            body["properties"].setdefault("policyAssignmentId", known["id"])
            body["properties"].setdefault("policyDefinitionId", known["properties"]["policyDefinitionId"])
        answer = cloud.call(method, f"{GROUP}/providers/{kind}", body, version)
        assert answer.status_code < 500, (method, kind, body, answer.text)
        assert cloud.call("GET", f"{SCOPE}/providers/Microsoft.PolicyInsights/remediations").status_code == 200

    try_body()
