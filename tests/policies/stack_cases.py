"""Cases of each rule on a stack: what passes, what fails, what is missing, and what a preview does not know."""

from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from tests.policies.judging import SUBSCRIPTION, resource
from tests.policies.resource_cases import ASSESSMENT, BYPASS, PLATFORM, PREREQUISITE, READY, RECURRING, WINDOW, machine

OTHER = "22222222-2222-4222-8222-222222222222"
CONTRIBUTOR = "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/B24988AC-6180-42a0-ab88-20f7382dd24c"
OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
SUNDAY = {"recurEvery": "Week Sunday", "startDateTime": "2027-01-03 04:00", "timeZone": "UTC"}
AT_RING = {"tagSettings": {"tags": {"ring": ["a"]}}}


def configuration(name="weekly", **changes):
    props = {"resourceName": name, "resourceGroupName": "rg", **WINDOW, **SUNDAY, **changes}
    return resource("maintenance:MaintenanceConfiguration", name, props)


def id_of(name, subscription=SUBSCRIPTION):
    group = f"/Subscriptions/{subscription}/resourcegroups/RG"
    return f"{group}/providers/microsoft.maintenance/MaintenanceConfigurations/{name}"


def on_machine(to="weekly", name="arc", provider="Microsoft.HybridCompute", kind="machines", **changes):
    depends = changes.pop("depends", None)
    props = {
        "providerName": provider,
        "resourceType": kind,
        "resourceName": name,
        "resourceGroupName": "rg",
        "configurationAssignmentName": f"{to}-{name}",
        "maintenanceConfigurationId": id_of(to),
    }
    return resource("maintenance:ConfigurationAssignment", f"{to}-{name}", props | changes, depends=depends)


def on_vm(to="weekly", name="vm", **changes):
    return on_machine(to, name, "microsoft.compute", "VirtualMachines", **changes)


def on_subscription(to="weekly", subscription=SUBSCRIPTION, name="scope", **changes):
    props = {"maintenanceConfigurationId": id_of(to), "filter": AT_RING, "configurationAssignmentName": name} | changes
    kind = "maintenance:ConfigurationAssignmentsForSubscription"
    return resource(kind, f"{to}-{name}", props, subscription=subscription)


def on_group(to="weekly", name="scope", **changes):
    kind = "maintenance:ConfigurationAssignmentsForResourceGroup"
    props = {"maintenanceConfigurationId": id_of(to), "filter": AT_RING, "configurationAssignmentName": name}
    return resource(kind, f"{to}-{name}", {"resourceGroupName": "rg", **props, **changes})


def vm(props=READY, name="vm", **changes):
    return resource("compute:VirtualMachine", name, {"vmName": name, "resourceGroupName": "rg", **props, **changes})


def policy(definition=ASSESSMENT, name="policy", **changes):
    props = {
        "policyAssignmentName": name,
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "policyDefinitionId": definition,
        "identity": {"type": "SystemAssigned"},
    }
    return resource("authorization:PolicyAssignment", name, props | changes)


def remediation(behind, **changes):
    props = {"policyAssignmentId": UNKNOWN_STRING_VALUE} | changes
    return resource("policyinsights:RemediationAtSubscription", "r", props, depends={"policyAssignmentId": behind})


def role(behind, definition=CONTRIBUTOR, scope=f"/subscriptions/{SUBSCRIPTION}", **changes):
    props = {"principalId": UNKNOWN_STRING_VALUE, "roleDefinitionId": definition, "scope": scope} | changes
    depends = {"principalId": behind} if behind else {}
    return resource("authorization:RoleAssignment", "role", props, depends=depends)


PAIR = [configuration("a"), configuration("b"), on_machine("a"), on_machine("b")]
FREEZE = {"freezes": {"sale": {"from": "2027-01-10 00:00", "to": "2027-01-11 00:00", "timeZone": "UTC"}}}
ORDER = {"rings": ["a", ["b", "c-*"]], "soakDays": 2}
MINE = policy()
TO_ELSEWHERE = {"maintenanceConfigurationResourceId": {"value": id_of("elsewhere")}}
IN_GROUP = {"scope": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/"}
ONCE = {"expirationDateTime": "2027-01-09 00:00"}

# Of each rule: the settings, then stacks in which it is silent, and stacks in which it speaks once, with a word of it.
CASES = {
    "target-patchable": (
        {},
        [
            [configuration(), on_machine(), on_vm(), vm()],
            [configuration(maintenanceScope="Host"), on_machine(kind="hosts")],
            [configuration(), on_machine(name=UNKNOWN_STRING_VALUE)],
            [on_machine(kind="clusters")],
        ],
        [
            ([configuration(), on_machine(provider="Microsoft.Compute", kind="virtualMachineScaleSets")], "scale sets"),
            ([configuration(), on_machine(provider="Microsoft.ContainerService", kind="x")], "AKS"),
            ([configuration(), on_machine(kind="clusters", name=UNKNOWN_STRING_VALUE)], "HybridCompute/clusters"),
            ([configuration(), on_vm(), vm(licenseType="Windows_Client")], "Windows client"),
        ],
    ),
    "scheduled-machine-ready": (
        {},
        [
            [configuration(), on_vm(), vm()],
            [configuration(), vm(machine())],
            [configuration(), on_vm(), vm(machine(patchMode=UNKNOWN_STRING_VALUE, **BYPASS))],
            [configuration(maintenanceScope="Host"), on_vm(), vm(machine())],
            [configuration(), on_vm(), vm(machine(patchMode="Manual"))],
            [configuration(), on_vm(), vm(machine(**PLATFORM, **BYPASS, configuration={"provisionVMAgent": False}))],
            [configuration(), on_vm()],
        ],
        [
            ([configuration(), on_vm(), vm(machine(**PLATFORM))], "bypass"),
            (
                [
                    (own := vm(machine(), resourceGroupName=UNKNOWN_STRING_VALUE)),
                    (to := configuration(resourceGroupName=UNKNOWN_STRING_VALUE)),
                    on_vm(
                        resourceGroupName=UNKNOWN_STRING_VALUE,
                        resourceName=UNKNOWN_STRING_VALUE,
                        maintenanceConfigurationId=UNKNOWN_STRING_VALUE,
                        depends={"resourceName": own, "maintenanceConfigurationId": to},
                    ),
                ],
                "ImageDefault",
            ),
        ],
    ),
    "machine-patched": (
        {},
        [
            [configuration(), on_vm(), vm()],
            [vm(machine(**PLATFORM))],
            [vm(machine())],
            [configuration(), on_subscription(), vm(tags={"Ring": "a"})],
            [configuration(), on_subscription(filter=UNKNOWN_OBJECT_VALUE), vm()],
            [configuration(), on_subscription(), vm(tags=UNKNOWN_OBJECT_VALUE)],
            [configuration(), on_vm(maintenanceConfigurationId=UNKNOWN_STRING_VALUE), vm()],
            [configuration(), on_vm(name=UNKNOWN_STRING_VALUE), vm()],
            [configuration(), on_subscription(), vm(vmName="")],
            [configuration(), on_subscription(), vm(resourceGroupName="a/b")],
            [configuration(), on_subscription(filter=AT_RING | {"osTypes": ["linux"]}), vm(tags={"ring": "a"})],
            [configuration(), on_subscription(filter={"locations": ["x"]}), vm(location=UNKNOWN_STRING_VALUE)],
            # A schedule of another stack.
            [vm(), on_vm(to="elsewhere")],
            [vm(tags={"ring": "a"}), on_subscription(to="elsewhere")],
            [vm(), policy(RECURRING, parameters=TO_ELSEWHERE)],
            [vm(), policy(RECURRING, parameters=UNKNOWN_OBJECT_VALUE)],
        ],
        [
            ([vm()], "Nothing patches"),
            ([vm(), on_vm(to="elsewhere", name="another")], "Nothing patches"),
            ([vm(), on_subscription(to="elsewhere")], "Nothing patches"),
            ([configuration(), on_subscription(), vm(tags={"ring": "A"})], "Nothing patches"),
            ([configuration(), on_subscription(subscription=OTHER), vm(tags={"ring": "a"})], "Nothing patches"),
        ],
    ),
    "rings-have-targets": (
        {"rings": ["week*"]},
        [
            [configuration(), on_machine()],
            [configuration(), on_subscription(maintenanceConfigurationId=UNKNOWN_STRING_VALUE)],
            [
                configuration(),
                policy(RECURRING, parameters={"maintenanceConfigurationResourceId": {"value": id_of("WEEKLY")}}),
            ],
            [configuration(), on_machine(), configuration("image", maintenanceScope="OSImage")],
            [configuration(), on_machine(), configuration("once", **ONCE), on_machine("once")],
        ],
        [
            ([configuration()], "has no targets"),
            ([configuration(), on_machine(to="elsewhere")], "has no targets"),
            ([configuration(), on_machine(), configuration("daily"), on_machine("daily")], "in no ring"),
            ([configuration("daily", maintenanceScope="Host")], "has no schedule"),
        ],
    ),
    "scope-prepared": (
        {"preparedSubscriptions": [OTHER.upper()]},
        [
            [configuration(), on_subscription(), policy(PREREQUISITE)],
            [configuration(), on_subscription(), policy(PREREQUISITE, scope=UNKNOWN_STRING_VALUE)],
            [
                configuration(),
                on_subscription(),
                policy(RECURRING, scope="/providers/Microsoft.Management/managementGroups/m"),
            ],
            [configuration(), on_subscription(subscription=OTHER)],
            [configuration(), on_subscription(subscription=UNKNOWN_STRING_VALUE)],
            [configuration(), on_subscription(filter={"resourceTypes": ["microsoft.hybridcompute/machines"]})],
            [configuration(), on_subscription(filter=UNKNOWN_OBJECT_VALUE)],
            [configuration(maintenanceScope="Host"), on_subscription()],
            [configuration(), on_subscription(), policy(UNKNOWN_STRING_VALUE)],
            [configuration(), on_group(), policy(PREREQUISITE)],
            [configuration(), on_group(), policy(PREREQUISITE, **IN_GROUP)],
            [configuration(), on_group(resourceGroupName=UNKNOWN_STRING_VALUE)],
            [
                configuration(),
                on_subscription(filter={"resourceGroups": ["rg"]}),
                policy(PREREQUISITE, **IN_GROUP),
            ],
        ],
        [
            ([configuration(), on_subscription(), policy(ASSESSMENT)], SUBSCRIPTION),
            ([configuration(), on_subscription(), policy(PREREQUISITE, **IN_GROUP)], SUBSCRIPTION),
            (
                [
                    configuration(),
                    on_subscription(filter={"resourceGroups": ["rg", "another"]}),
                    policy(PREREQUISITE, **IN_GROUP),
                ],
                SUBSCRIPTION,
            ),
            ([configuration(), on_group(resourceGroupName="another"), policy(PREREQUISITE, **IN_GROUP)], SUBSCRIPTION),
            (
                [
                    configuration(),
                    on_subscription(),
                    policy(PREREQUISITE, parameters={"effect": {"value": "Disabled"}}),
                ],
                SUBSCRIPTION,
            ),
            ([configuration(), on_subscription(), on_subscription(name="two")], SUBSCRIPTION),
            ([configuration(), on_subscription(), policy(PREREQUISITE, scope=f"/subscriptions/{OTHER}")], SUBSCRIPTION),
        ],
    ),
    "windows-apart": (
        {},
        [
            [configuration("a"), configuration("b", startDateTime="2027-01-03 07:00"), *PAIR[2:]],
            [*PAIR[:3], on_machine("b", "another")],
            [configuration("a"), configuration("b", duration=UNKNOWN_STRING_VALUE), *PAIR[2:]],
            [configuration("a"), configuration("b", recurEvery=None), *PAIR[2:]],
            [*PAIR[:3], on_machine("b", UNKNOWN_STRING_VALUE)],
            [*PAIR[:3], on_subscription("b", filter={})],
            [*PAIR[:2], on_subscription("a"), on_subscription("b", filter={"tagSettings": {"tags": {"ring": ["b"]}}})],
            [*PAIR[:2], on_subscription("a"), on_subscription("b", filter=UNKNOWN_OBJECT_VALUE)],
            [*PAIR[:2], on_subscription("a"), on_subscription("b", subscription=OTHER)],
            [*PAIR[:2], on_vm("a"), on_subscription("b"), vm(tags={"ring": "z"})],
        ],
        [
            (PAIR, "start together"),
            ([PAIR[0], configuration("b", startDateTime="2027-01-03 05:00"), *PAIR[2:]], "05:00 to 08:00"),
            ([*PAIR[:2], on_subscription("a"), on_subscription("b")], "may be in both"),
            ([*PAIR[:2], on_vm("a"), on_subscription("b"), vm(tags={"ring": "a"})], "may be in both"),
        ],
    ),
    "service-limits-kept": (
        {},
        [
            PAIR,
            [*PAIR[:3], on_machine("b", configurationAssignmentName=UNKNOWN_STRING_VALUE)],
            [configuration(resourceName=UNKNOWN_STRING_VALUE), configuration("b", resourceName=UNKNOWN_STRING_VALUE)],
            [configuration(), *(on_subscription(name=f"s{n}", subscription=OTHER) for n in range(200))],
        ],
        [
            ([*PAIR[:3], on_machine("b", configurationAssignmentName="A-ARC")], "has this one"),
            ([configuration("a"), configuration("other", resourceName="A")], "a name of its own in rg"),
            ([configuration(), *(on_subscription(name=f"s{n}") for n in range(201))], "200 dynamic scopes"),
        ],
    ),
    "rings-in-order": (
        ORDER,
        [
            [configuration("a"), configuration("b", startDateTime="2027-01-05 04:00", recurEvery="Week Tuesday")],
            [configuration("a"), configuration("b", startDateTime=UNKNOWN_STRING_VALUE)],
            [configuration("a", timeZone=None), configuration("b")],
            [configuration("other"), configuration("b")],
            [configuration("a"), configuration("b", **ONCE)],
            [configuration("a", **ONCE), configuration("b")],
        ],
        [
            ([configuration("a"), configuration("b")], "within the 2 days before"),
            (
                [configuration("a"), configuration("c-1", startDateTime="2027-01-04 04:00", recurEvery="Week Monday")],
                "soakDays",
            ),
            (
                [configuration("a", startDateTime="2027-02-07 04:00"), configuration("b")],
                "a run of a before the first run",
            ),
        ],
    ),
    "no-run-in-a-freeze": (
        FREEZE,
        [
            [configuration(recurEvery="2Weeks Sunday")],
            [configuration(startDateTime=UNKNOWN_STRING_VALUE)],
            [configuration(startDateTime=None)],
            [configuration(expirationDateTime="2027-01-09 00:00")],
            [configuration(maintenanceScope="Host")],
        ],
        [
            ([configuration()], "2027-01-10 04:00"),
            ([configuration(recurEvery="6Hours", startDateTime="2027-01-09 22:00")], "It is not the only one"),
        ],
    ),
    "machines-at-once": (
        {"most": 1, "schedules": ["a", "b"]},
        [
            PAIR,
            [*PAIR[:3], on_machine("b", UNKNOWN_STRING_VALUE)],
            [configuration("a", duration=UNKNOWN_STRING_VALUE), on_machine("a", "1"), on_machine("a", "2")],
            [configuration("c"), on_machine("c", "1"), on_machine("c", "2")],
            [
                configuration("a"),
                configuration("b", startDateTime="2027-01-03 08:00"),
                on_machine("a", "1"),
                on_machine("b", "2"),
            ],
        ],
        [
            ([configuration("a"), on_machine("a", "1"), on_machine("a", "2")], "2 machines"),
            ([*PAIR[:3], on_machine("b", "another")], "together with b"),
            ([configuration("a"), on_machine("a"), on_subscription("a"), vm(tags={"ring": "a"})], "2 machines"),
        ],
    ),
    "remediation-has-role": (
        {},
        [
            [MINE, remediation(MINE), role(MINE)],
            [MINE, remediation(MINE), role(MINE, UNKNOWN_STRING_VALUE)],
            [MINE, remediation(MINE), role(None)],
            [MINE, remediation(MINE), role(MINE, OWNER)],
            [remediation(MINE)],
            [(used := policy(identity={"type": "UserAssigned"})), remediation(used)],
            [(unsaid := policy(identity=UNKNOWN_OBJECT_VALUE)), remediation(unsaid)],
        ],
        [
            ([MINE, remediation(MINE)], "b24988ac"),
            (
                [MINE, remediation(MINE), role(MINE, "/x/roleDefinitions/9980e02c-c2be-4d73-94e8-173b1dc7cf3c")],
                "Contributor",
            ),
            (
                [
                    MINE,
                    remediation(
                        MINE,
                        policyAssignmentId=f"/Subscriptions/{SUBSCRIPTION}/providers/microsoft.authorization/PolicyAssignments/POLICY",
                    ),
                ],
                "b24988ac",
            ),
        ],
    ),
    "role-not-broader": (
        {},
        [
            [MINE, role(MINE)],
            [MINE, role(MINE, UNKNOWN_STRING_VALUE)],
            [MINE, role(MINE, scope=UNKNOWN_STRING_VALUE)],
            [role(MINE, OWNER)],
            [(custom := policy("/x/policyDefinitions/custom")), role(custom, OWNER)],
        ],
        [
            ([MINE, role(MINE, OWNER)], "Owner"),
            ([MINE, role(MINE, scope="/providers/Microsoft.Management/managementGroups/all")], "wider"),
        ],
    ),
}
