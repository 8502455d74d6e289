"""Policy that ends in machines as they should be: every kind, every scope, and whoever grants the roles."""

import itertools
import uuid

import pytest

from tests.arm.policy.clouds import arc_machine, virtual_machine
from tests.contract.world import config, edit, schedule, settled, touched

SYSTEMS = ("Linux", "Windows")
AUTOMATIC = "AutomaticByPlatform"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def subsets(*values):
    return [list(chosen) for size in (1, 2) for chosen in itertools.combinations(values, size)]


def estate(scope, group, location="westeurope", **tags):
    """A machine of every kind in a group: named by its kind and system."""
    where = f"{scope}/resourceGroups/{group}"
    for system in SYSTEMS:
        yield virtual_machine(f"azure-{system}".lower(), system, where, location, tags)
        yield arc_machine(f"arc-{system}".lower(), system, where, location) | {"tags": tags}


def assessed(here, group):
    """The machines of a group that are assessed."""
    azure = here.clients.compute.virtual_machines.list(group)
    arc = here.clients.hybrid.machines.list_by_resource_group(group)
    found = set()
    for machine in (*azure, *arc):
        profile = machine.os_profile
        for one in (profile.linux_configuration, profile.windows_configuration):
            settings = one and (one.patch_settings if hasattr(one, "patch_settings") else one)
            if settings and settings.assessment_mode == AUTOMATIC:
                found.add(machine.name)
    return found


def ready(here, group):
    """The Azure machines of a group that can be scheduled."""
    found = set()
    for machine in here.clients.compute.virtual_machines.list(group):
        settings = here.patch_settings(group, machine.name)
        platform = settings.automatic_by_platform_settings
        if settings.patch_mode == AUTOMATIC and platform and platform.bypass_platform_safety_checks_on_user_schedule:
            found.add(machine.name)
    return found


def scheduled(here, group):
    """The machines of a group that have an assignment."""
    ids = [here.machine_id(group, f"azure-{system}".lower()) for system in SYSTEMS]
    ids += [here.arc_id(group, f"arc-{system}".lower()) for system in SYSTEMS]
    return {one.rsplit("/", 1)[-1] for one in ids if here.assignments_on(one)}


def test_every_kind_reaches_the_machines_it_says_and_no_others(pulumi_stack, subscription, seeded):
    here = subscription()
    policies, expected = {}, {}
    for number, (systems, kinds) in enumerate(itertools.product(subsets(*SYSTEMS), subsets("azure", "arc"))):
        named = {f"{kind}-{system}".lower() for kind in kinds for system in systems}
        policies[f"assess-{number}"] = {"kind": "periodicAssessment", "operatingSystems": systems, "machines": kinds}
        expected[f"assess-{number}"] = (assessed, named)
    for number, systems in enumerate(subsets(*SYSTEMS)):
        azure = {f"azure-{system}".lower() for system in systems}
        policies[f"ready-{number}"] = {"kind": "schedulingPrerequisite", "operatingSystems": systems}
        expected[f"ready-{number}"] = (ready, azure)
        policies[f"update-{number}"] = {"kind": "recurringUpdates", "operatingSystems": systems, "schedule": "all"}
        expected[f"update-{number}"] = (scheduled, azure | {f"arc-{system}".lower() for system in systems})
    for key, policy in policies.items():
        policy["scope"] = f"{here.scope.upper()}/resourcegroups/RG-{key}".replace("SUBSCRIPTIONS", "subscriptions")
        seeded(*estate(here.scope, f"rg-{key}"))
    empty = here.everything()
    stack = pulumi_stack(
        config(
            here,
            schedules={
                "all": schedule(
                    updates={"linux": {"classifications": ["Critical"]}, "windows": {"classifications": ["Critical"]}}
                )
            },
            azurePolicies=policies,
        )
    )
    settled(stack)
    assert {key: look(here, f"rg-{key}") for key, (look, _) in expected.items()} == {
        key: machines for key, (_, machines) in expected.items()
    }
    assert here.non_compliant() == set()
    outputs = stack.outputs()
    assert outputs["warnings"] == [one for one in outputs["warnings"] if one.startswith("schedules.")]
    states = {one["state"] for policy in outputs["remediations"].values() for one in policy.values()}
    assert states == {"Succeeded"}
    stack.destroy()
    left = here.everything() - empty
    assert {one for one in left if "/configurationassignments/" not in one} == set(), "what policy made stays"


def test_filters_exclusions_and_management_groups(pulumi_stack, subscription, seeded):
    team = f"mg-{uuid.uuid4().hex[:6]}"
    main, second = subscription(team, "mg-root"), subscription(team, "mg-root")
    seeded(
        *estate(main.scope, "rg-one", ring="one", app="Shop"),
        *estate(main.scope, "rg-two", "northeurope", ring="one"),
        *estate(main.scope, "rg-out", ring="one", app="Shop"),
        *estate(second.scope, "rg-far"),
    )
    empty = main.everything() | second.everything()
    group = f"/providers/Microsoft.Management/managementGroups/{team}"
    one = "Your machine doesn't have periodic assessment enabled."
    stack = pulumi_stack(
        config(
            main,
            azurePolicies={
                "assess": {
                    "kind": "periodicAssessment",
                    "scope": group,
                    "machines": ["arc"],
                    "nonComplianceMessage": one,
                    "enforcementMode": "DoNotEnforce",
                    "remediation": {"parallelDeployments": 30, "resourceCount": 3, "failureThreshold": 0.5},
                },
                "by-tags": {
                    "kind": "schedulingPrerequisite",
                    "scope": main.scope,
                    "notScopes": [f"{main.scope}/resourceGroups/rg-out"],
                    "tags": {"ring": "one", "app": "Shop"},
                    "tagOperator": "All",
                    "operatingSystems": ["Linux"],
                },
                "by-place": {
                    "kind": "periodicAssessment",
                    "scope": "main",
                    "machines": ["azure"],
                    "locations": ["northeurope"],
                    "mode": "AutomaticByPlatform",
                    "location": "swedencentral",
                    "remediation": {"locations": ["northeurope"], "discovery": "ReEvaluateCompliance"},
                },
                "left": {
                    "kind": "periodicAssessment",
                    "scope": "main",
                    "machines": ["azure"],
                    "remediate": False,
                    "enforcementMode": "DoNotEnforce",
                },
                "watch": {"kind": "auditAssessment", "scope": group},
                "missing": {"kind": "auditMissingUpdates", "scope": "main", "nonComplianceMessage": "Install them."},
            },
        )
    )
    settled(stack)
    assert ready(main, "rg-one") == {"azure-linux"}
    assert ready(main, "rg-two") == ready(main, "rg-out") == ready(second, "rg-far") == set()
    assert assessed(main, "rg-two") >= {"azure-linux", "azure-windows"}
    assert not assessed(main, "rg-one") & {"azure-linux", "azure-windows"}
    arc = [
        assessed(where, name) & {"arc-linux", "arc-windows"}
        for where, name in ((main, "rg-one"), (main, "rg-two"), (main, "rg-out"), (second, "rg-far"))
    ]
    assert sum(len(found) for found in arc) == 6, "three of each system: resourceCount"
    made = main.policy_assignments()
    place = next(found for name, found in made.items() if name.startswith("by-place-linux"))
    assert (place.location, place.enforcement_mode) == ("swedencentral", "Default")
    reported = main.clients.policy.policy_assignments.list_for_management_group(team, filter="atScope()")
    names = {found.name: found for found in reported}
    assert all(len(name) <= 24 for name in names)
    assert {found.enforcement_mode for name, found in names.items() if name.startswith("assess")} == {"DoNotEnforce"}
    assert {found.non_compliance_messages[0].message for name, found in names.items() if name.startswith("a")} == {one}
    assert {name.split("-")[0] for name in names} == {"assess", "watch"}
    outputs = stack.outputs()["azurePolicies"]
    assert outputs["left"]["remediationIds"] == {}
    assert outputs["watch"]["principalIds"] == {}
    stack.destroy()
    assert main.everything() | second.everything() == empty
    assert list(main.clients.policy.policy_assignments.list_for_management_group(team, filter="atExactScope()")) == []


def grant(here, role):
    """Grant a role as the output says to, with Microsoft's client."""
    return here.clients.authorization.role_assignments.create(
        role["scope"],
        str(uuid.uuid4()),
        {
            "properties": {
                "roleDefinitionId": role["roleDefinitionId"],
                "principalId": role["principalId"],
                "principalType": "ServicePrincipal",
            }
        },
    )


def test_somebody_else_grants_the_roles(pulumi_stack, subscription, seeded):
    here = subscription()
    seeded(*estate(here.scope, "rg-one"))
    policy = {
        "kind": "periodicAssessment",
        "scope": "main",
        "machines": ["azure"],
        "operatingSystems": ["Linux"],
        "assignRoles": False,
    }
    stack = pulumi_stack(config(here, azurePolicies={"assess": policy}))
    settled(stack)
    assert here.role_assignments() == []
    output = stack.outputs()["azurePolicies"]["assess"]
    assert output["remediationIds"] == {}
    (role,) = output["rolesToGrant"]
    assert (role["scope"], role["roleDefinitionId"].rsplit("/", 1)[-1]) == (here.scope, CONTRIBUTOR)
    assert role["principalId"] in role["command"]

    granted = grant(here, role)
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(rolesGranted=True))
    assert {name for _, name in touched(stack.up())} == {"assess-linux"}
    assert assessed(here, "rg-one") == {"azure-linux"}
    assert stack.up("--refresh").changes == {}

    # Another role than the one asked for, and something to mend again: the task fails, and says so.
    here.clients.authorization.role_assignments.delete_by_id(granted.id)
    grant(here, role | {"roleDefinitionId": role["roleDefinitionId"].replace(CONTRIBUTOR, READER)})
    seeded(*estate(here.scope, "rg-two"))
    first = set(here.remediations())
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(remediation={"attempt": 2}))
    failed = stack.up()
    told = [line for line in failed.diagnostics if "Raise remediation.attempt to 3," in line]
    assert any("AuthorizationFailed" in line and "the role is missing" in line for line in told), failed.diagnostics
    assert not any("Traceback" in line for line in failed.diagnostics)
    outputs = stack.outputs()
    assert outputs["remediations"]["assess"]["linux"]["failed"] == 1
    assert any(one.startswith("azurePolicies.assess: ") for one in outputs["warnings"])
    assert len(set(here.remediations()) - first) == 1
    assert assessed(here, "rg-two") == set()

    grant(here, role)
    edit(stack, lambda own: own["azurePolicies"]["assess"].update(remediation={"attempt": 3}))
    mended = stack.up()
    assert mended.diagnostics == []
    assert assessed(here, "rg-two") == {"azure-linux"}
    assert stack.outputs()["warnings"] == []
    for one in here.role_assignments():
        here.clients.authorization.role_assignments.delete_by_id(one.id)
    stack.destroy()
    assert here.policy_assignments() == {}


@pytest.mark.parametrize("waits", [True, False])
def test_existing_machines_are_attached_once_policy_has_made_them_ready(waits, pulumi_stack, subscription, seeded):
    """Without the prerequisite the service refuses, and the user is told which machine and why."""
    here = subscription()
    seeded(*estate(here.scope, "rg-one"))
    machines = [here.machine_id("rg-one", "azure-linux"), here.arc_id("rg-one", "arc-linux")]
    policies = {"ready": {"kind": "schedulingPrerequisite", "scope": "main", "operatingSystems": ["Linux"]}}
    stack = pulumi_stack(
        config(here, schedules={"nightly": schedule(machines=machines)}, azurePolicies=policies if waits else {})
    )
    if waits:
        settled(stack)
        assert scheduled(here, "rg-one") == {"azure-linux", "arc-linux"}
    else:
        refused = stack.up(check=False)
        assert refused.exit_code != 0
        assert any("azure-linux" in line for line in refused.diagnostics), refused.diagnostics
        edit(stack, lambda own: own.update(azurePolicies=policies))
        settled(stack)
        assert scheduled(here, "rg-one") == {"azure-linux", "arc-linux"}
    stack.destroy()
