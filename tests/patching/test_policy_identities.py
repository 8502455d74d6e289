"""Policies that act as one user-assigned identity, and versions of definitions."""

import pytest

MAIN = "/subscriptions/11111111-1111-4111-8111-111111111111"
IDENTITY = f"{MAIN}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patching"
READY = {"kind": "schedulingPrerequisite", "scope": "main", "identity": IDENTITY}


def faults_of(stack, **policies):
    return [fault.split(":")[0] for fault in stack.set(azurePolicies=policies).faults()]


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        ({}, True),
        ({"identity": IDENTITY.upper().replace("/SUBSCRIPTIONS", "/subscriptions")}, True),
        ({"scope": MAIN}, True),
        ({"kind": "periodicAssessment", "machines": ["azure"]}, True),
        ({"kind": "periodicAssessment", "machines": ["arc"]}, False),
        ({"identity": f"{IDENTITY}-2"}, False),
        ({"identity": None}, False),
        ({"scope": "spoke"}, False),
        ({"scope": f"{MAIN}/resourceGroups/rg-web"}, False),
        ({"assignRoles": False, "rolesGranted": True}, False),
    ],
)
def test_one_identity_is_granted_one_role_at_one_scope_once(stack, other, clash):
    second = {key: value for key, value in (READY | other).items() if value is not None}
    assert faults_of(stack, one=READY, two=second) == (["azurePolicies.two.assignRoles"] if clash else [])


@pytest.mark.parametrize(("groups", "clash"), [(("rg-one", "rg-two"), True), (("rg-one", "rg-patching-test"), False)])
def test_the_schedule_is_such_a_scope_too(stack, groups, clash):
    """It lies in rg-patching-test, so that a policy there reaches it by the role at its own scope."""
    policies = {
        group: READY | {"kind": "recurringUpdates", "schedule": "linux", "scope": f"{MAIN}/resourceGroups/{group}"}
        for group in groups
    }
    stack.schedule()
    assert faults_of(stack, **policies) == ([f"azurePolicies.{groups[1]}.assignRoles"] if clash else [])


@pytest.mark.parametrize(
    ("version", "machines"), [("4.*.*", ["azure"]), ("4.10.*", ["azure"]), ("4.10.0", ["azure"]), ("2.*.*", ["arc"])]
)
def test_a_version_of_the_known_major_one_is_right(stack, version, machines):
    stack.policy(kind="periodicAssessment", scope="main", machines=machines, definitionVersion=version)
    assert stack.settings().azure_policies["policy"].definition_version == version
