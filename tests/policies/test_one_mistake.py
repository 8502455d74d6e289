"""A right program, and the same with one mistake: one message for it, and none for anything else."""

import copy

import pytest

from tests.policies.engine_calls import analyzed, analyzed_together, configure
from tests.policies.judging import SUBSCRIPTION
from tests.policies.resource_cases import BYPASS, PLATFORM, WINDOW, machine

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
BUILT_IN = "/providers/Microsoft.Authorization/policyDefinitions/"
ROLES = "/providers/Microsoft.Authorization/roleDefinitions/"
SETTINGS = {
    "required_tags": ("advisory", {"tags": ["owner"]}),
    "window_allowed": ("advisory", {"windows": [{"days": ["Saturday"], "from": "20:00", "to": "06:00"}]}),
    "rings_in_order": ("advisory", {"rings": ["a", "b"], "soakDays": 3}),
    "rings_have_targets": ("advisory", {"rings": ["a", "b"]}),
    "machines_at_once": ("advisory", {"most": 2, "schedules": ["*"]}),
    "no_run_in_a_freeze": (
        "advisory",
        {"freezes": {"stocktaking": {"from": "2028-01-28 00:00", "to": "2028-02-04 00:00", "timeZone": "UTC"}}},
    ),
}


def configuration(name, start, recurrence):
    props = {"resourceGroupName": "rg", "resourceName": name, "tags": {"owner": "x", "environment": "prod"}}
    window = copy.deepcopy(WINDOW) | {"startDateTime": start, "recurEvery": recurrence}
    return "maintenance:MaintenanceConfiguration", props | window


def vm(name, os):
    automatic = {"enableAutomaticUpdates": True} if os == "windows" else {}
    made = machine(os, {"provisionVMAgent": True, **automatic}, **PLATFORM, **copy.deepcopy(BYPASS))
    return "compute:VirtualMachine", {"resourceGroupName": "rg", "vmName": name, "tags": {"owner": "x"}, **made}


def to(name):
    return {"maintenanceConfigurationId": f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{name}"}


def on_vm(name, configuration="a"):
    props = {"resourceGroupName": "rg", "providerName": "Microsoft.Compute", "resourceType": "virtualMachines"}
    own = {"resourceName": name, "configurationAssignmentName": f"{configuration}-{name}"}
    return "maintenance:ConfigurationAssignment", {**props, **own, **to(configuration)}


def policy(name, definition, parameters):
    return "authorization:PolicyAssignment", {
        "policyAssignmentName": name,
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "policyDefinitionId": BUILT_IN + definition,
        "identity": {"type": "SystemAssigned"},
        "location": "westeurope",
        "nonComplianceMessages": [{"message": "Ask us."}],
        "parameters": {name: {"value": value} for name, value in parameters.items()},
    }


RIGHT = {
    "a": configuration("a", "2027-01-16 22:00", "Month Second Tuesday Offset4"),
    "b": configuration("b", "2027-01-23 22:00", "Month Fourth Saturday"),
    "linux": vm("linux", "linux"),
    "windows": vm("windows", "windows"),
    "on-linux": on_vm("linux"),
    "on-windows": on_vm("windows"),
    "scope": (
        "maintenance:ConfigurationAssignmentsForSubscription",
        {
            "configurationAssignmentName": "b",
            "filter": {"osTypes": ["Linux"], "tagSettings": {"tags": {"ring": ["b"]}, "filterOperator": "All"}},
            **to("b"),
        },
    ),
    "prepare": policy("prepare", "9905ca54-1471-49c6-8291-7582c04cd4d4", {"tagValues": [{"key": "a", "value": "b"}]}),
    "assess": policy("assess", "59efceea-0c96-497e-a4a1-4eb2290dac15", {"osType": "Linux", "tagValues": {"ring": "b"}}),
    "role": (
        "authorization:RoleAssignment",
        {
            "principalId": "known",
            "roleDefinitionId": f"{ROLES}b24988ac-6180-42a0-ab88-20f7382dd24c",
            "scope": f"/subscriptions/{SUBSCRIPTION}",
        },
    ),
    "remediation": (
        "policyinsights:RemediationAtSubscription",
        {
            "policyAssignmentId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/"
            "policyAssignments/prepare"
        },
    ),
}
LINUX = "osProfile.linuxConfiguration"
WINDOWS = "osProfile.windowsConfiguration"
NOT_READY = ["machine-schedulable", "scheduled-machine-ready"]  # at the machine, and at its assignment
# Of each: the resource, the path to a value of it, the value that is wrong (... takes it out), and who speaks.
MISTAKES = [
    ("a", "duration", "4:00", ["maintenance-window-accepted"]),
    ("a", "timeZone", "CET", ["maintenance-window-accepted"]),
    ("a", "recurEvery", "Monthly Second Tuesday", ["maintenance-window-accepted"]),
    ("a", "startDateTime", "2027-01-16T22:00:00Z", ["maintenance-window-accepted"]),
    ("a", "expirationDateTime", "2026-01-01 00:00", ["maintenance-window-accepted"]),
    ("a", "extensionProperties", {}, ["guest-patch-mode-set"]),
    ("a", "installPatches.linuxParameters", {}, ["schedule-installs-something"]),
    (
        "a",
        "installPatches.linuxParameters.classificationsToInclude",
        ["Criticals"],
        ["schedule-installs-something"],
    ),
    ("a", "startDateTime", "2027-01-16 23:50", ["schedule-runs-as-written"]),
    ("a", "startDateTime", "2027-01-15 22:00", ["schedule-runs-as-written"]),
    ("a", "recurEvery", "month second tuesday offset4", ["recurrence-canonical"]),
    ("a", "startDateTime", "2027-01-16 12:00", ["window-allowed"]),
    ("a", "startDateTime", "2027-01-16 22:07", ["start-fixed"]),
    ("linux", "tags", {}, ["required-tags"]),
    ("linux", f"{LINUX}.patchSettings.patchMode", "Manual", ["patch-settings-accepted"]),
    ("linux", f"{LINUX}.patchSettings", {"assessmentMode": "AutomaticByPlatform"}, NOT_READY),
    ("linux", f"{LINUX}.patchSettings.automaticByPlatformSettings", ..., NOT_READY),
    ("linux", f"{LINUX}.patchSettings.assessmentMode", ..., ["machine-assessed"]),
    ("linux", "osProfile.allowExtensionOperations", False, NOT_READY),
    ("linux", "virtualMachineScaleSet", {"id": "flex"}, ["target-patchable"]),
    ("windows", "licenseType", "Windows_Client", ["target-patchable"]),
    ("windows", f"{WINDOWS}.patchSettings.enableHotpatching", True, ["patch-settings-accepted"]),
    ("windows", f"{WINDOWS}.patchSettings.patchMode", "Manual", ["patch-settings-accepted"]),
    ("windows", f"{WINDOWS}.provisionVMAgent", False, ["patch-settings-accepted"]),
    ("windows", f"{WINDOWS}.enableAutomaticUpdates", False, ["patch-settings-accepted"]),
    ("on-linux", "", ..., ["machine-patched"]),
    ("on-linux", "resourceName", "gone", ["machine-patched"]),
    ("scope", "", ..., ["rings-have-targets"]),
    ("scope", "filter.osTypes", ["Ubuntu"], ["dynamic-scope-accepted"]),
    ("scope", "filter.tagSettings.filterOperator", "Or", ["dynamic-scope-accepted"]),
    ("prepare", "scope", f"/subscriptions/{SUBSCRIPTION[:-1]}2", ["scope-prepared"]),
    ("assess", "identity", ..., ["policy-identity-accepted"]),
    ("assess", "location", ..., ["policy-identity-accepted"]),
    ("assess", "parameters.tagValues.value", [{"key": "a", "value": "b"}], ["policy-parameters-accepted"]),
    ("assess", "parameters.osType", "Linux", ["policy-parameters-accepted"]),
    ("assess", "nonComplianceMessages", [], ["policy-message-set"]),
    ("role", "", ..., ["remediation-has-role"]),
    ("role", "roleDefinitionId", f"{ROLES}8e3af657-a8ff-443c-a75c-2fe8c4bcb635", ["role-not-broader"]),
    ("role", "scope", "/providers/Microsoft.Management/managementGroups/all", ["role-not-broader"]),
]


def judged(pack, program):
    """The names of the rules that speak, sorted, each as often as it does."""
    configure(pack, **SETTINGS)
    shown = [(f"azure-native:{kind}", name, props) for name, (kind, props) in program.items()]
    found = [rule for one in shown for rule in analyzed(pack, *one)]
    depends = {"role": {"principalId": ["urn:prepare"]}}
    together = [(*one, depends[one[1]]) if one[1] in depends else one for one in shown]
    return sorted([*found, *(rule for rule, _ in analyzed_together(pack, *together))])


def with_mistake(name, path, value):
    program = copy.deepcopy(RIGHT)
    if not path:
        del program[name]
        return program
    *outer, last = path.split(".")
    here = program[name][1]
    for key in outer:
        here = here[key]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return program


def test_the_right_program_is_blamed_for_nothing(pack):
    assert judged(pack, RIGHT) == []


@pytest.mark.parametrize(("name", "path", "value", "rules"), MISTAKES)
def test_a_mistake_is_said_once(pack, name, path, value, rules):
    assert judged(pack, with_mistake(name, path, value)) == sorted(rules)


OVERLAPPING = configuration("b", "2027-01-16 23:00", "Month Second Tuesday Offset4")


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"b": configuration("b", "2027-01-30 22:00", "Month Last Saturday")}, ["no-run-in-a-freeze"]),
        ({"more": vm("more", "linux"), "on-more": on_vm("more")}, ["machines-at-once"]),
        ({"b": OVERLAPPING}, ["rings-in-order"]),
        ({"b": OVERLAPPING, "on-b": on_vm("linux", "b")}, ["rings-in-order", "windows-apart"]),
        (
            {"c": configuration("c", "2027-01-02 22:00", "Month First Saturday"), "on-c": on_vm("linux", "c")},
            ["rings-have-targets"],
        ),
    ],
)
def test_what_comes_beside_what_is_right_is_said_once(pack, changed, rules):
    assert judged(pack, RIGHT | changed) == rules
