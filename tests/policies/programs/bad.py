"""Each rule of the pack has one reason to speak here."""

import pulumi
import pulumi_azure_native as azure_native

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
BUILT_IN = "/providers/Microsoft.Authorization/policyDefinitions/"

provider = azure_native.Provider("main", subscription_id=SUBSCRIPTION)
options = pulumi.ResourceOptions(provider=provider)
group = azure_native.resources.ResourceGroup("group", resource_group_name="rg-bad", location="westeurope", opts=options)


def configuration(name, **changes):
    return azure_native.maintenance.MaintenanceConfiguration(
        name,
        **{
            "resource_group_name": group.name,
            "resource_name_": name,
            "location": "westeurope",
            "maintenance_scope": azure_native.maintenance.MaintenanceScope.IN_GUEST_PATCH,
            "start_date_time": "2027-01-03 04:00",
            "duration": "03:00",
            "time_zone": "UTC",
            "recur_every": "Week Sunday",
            "extension_properties": {"InGuestPatchMode": "User"},
            "install_patches": {"linux_parameters": {"classifications_to_include": ["Critical", "Security"]}},
            "tags": {"owner": "somebody"},
        }
        | changes,
        opts=options,
    )


def assigned(name, to, machine, **changes):
    return azure_native.maintenance.ConfigurationAssignment(
        name,
        **{
            "resource_group_name": "rg-outside",
            "provider_name": "Microsoft.HybridCompute",
            "resource_type": "machines",
            "resource_name_": machine,
            "configuration_assignment_name": name,
            "maintenance_configuration_id": to.id,
            "location": "westeurope",
        }
        | changes,
        opts=options,
    )


def machine(name, os, **configuration):
    publisher, offer, sku = {
        "linux": ("Canonical", "ubuntu-24_04-lts", "server"),
        "windows": ("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-hotpatch"),
    }[os]
    return azure_native.compute.VirtualMachine(
        name,
        resource_group_name=group.name,
        vm_name=name,
        location="westeurope",
        os_profile={
            "computer_name": name,
            "admin_username": "somebody",
            f"{os}_configuration": {"provision_vm_agent": True, **configuration},
        },
        storage_profile={"image_reference": {"publisher": publisher, "offer": offer, "sku": sku, "version": "latest"}},
        tags={"owner": "somebody"},
        opts=options,
    )


def patching(**changes):
    return {
        "patch_mode": "AutomaticByPlatform",
        "assessment_mode": "AutomaticByPlatform",
        "automatic_by_platform_settings": {"bypass_platform_safety_checks_on_user_schedule": True},
    } | changes


def policy(name, definition, **changes):
    return azure_native.authorization.PolicyAssignment(
        name,
        **{
            "policy_assignment_name": name,
            "scope": f"/subscriptions/{SUBSCRIPTION}",
            "policy_definition_id": BUILT_IN + definition,
            "identity": {"type": azure_native.authorization.ResourceIdentityType.SYSTEM_ASSIGNED},
            "location": "westeurope",
            "non_compliance_messages": [{"message": "Ask the platform team."}],
        }
        | changes,
        opts=options,
    )


ASSESSMENT = "59efceea-0c96-497e-a4a1-4eb2290dac15"
ARC_ASSESSMENT = "bfea026e-043f-4ff4-9d1b-bf301ca7ff46"

for one in (
    configuration("too-short", duration="01:00"),  # maintenance-window-accepted
    configuration("no-mode", extension_properties={}),  # guest-patch-mode-set
    configuration("installs-nothing", install_patches={"linux_parameters": {}}),  # schedule-installs-something
    configuration("no-run-at-start", start_date_time="2027-01-04 04:00"),  # schedule-runs-as-written
    configuration("spelling", recur_every="1Week sunday"),  # recurrence-canonical
    configuration("unprotected", tags={"owner": "somebody", "Environment": "Prod"}),  # configuration-protected
    configuration("ownerless", tags={}),  # required-tags
    # window-allowed and no-run-in-a-freeze
    configuration("saturday", start_date_time="2027-01-02 04:00", recur_every="Week Saturday"),
    configuration("clock", start_date_time="2027-01-03 04:07"),  # start-fixed
):
    assigned(f"on-{one._name}", one, f"arc-{one._name}")

configuration("no-targets")  # rings-have-targets

# windows-apart, rings-in-order, and by the one name of both service-limits-kept
assigned("pair-a", configuration("pair-a"), "arc-pair")
assigned("pair-b", configuration("pair-b"), "arc-pair", configuration_assignment_name="PAIR-A")

crowd = configuration("crowd")  # machines-at-once
assigned("crowd-1", crowd, "arc-crowd-1")
assigned("crowd-2", crowd, "arc-crowd-2")

assigned(  # target-patchable
    "on-scale-set",
    configuration("scale-set"),
    "scale-set",
    provider_name="Microsoft.Compute",
    resource_type="virtualMachineScaleSets",
)

azure_native.maintenance.ConfigurationAssignmentsForSubscription(  # dynamic-scope-accepted
    "ubuntu",
    configuration_assignment_name="ubuntu",
    maintenance_configuration_id=configuration("ubuntu").id,
    location="global",
    filter={"os_types": ["Ubuntu"]},
    opts=options,
)
azure_native.maintenance.ConfigurationAssignmentsForSubscription(  # scope-prepared
    "unprepared",
    configuration_assignment_name="unprepared",
    maintenance_configuration_id=configuration("unprepared").id,
    location="global",
    filter={"tag_settings": {"tags": {"patch-ring": ["test"]}, "filter_operator": "Any"}},
    opts=options,
)

machine("hot", "windows", enable_automatic_updates=True, patch_settings=patching(enable_hotpatching=True))
half = machine("half", "linux", patch_settings=patching(automatic_by_platform_settings={}))  # machine-schedulable
unassessed = machine("unassessed", "linux", patch_settings=patching(assessment_mode="ImageDefault"))
machine("forgotten", "linux", patch_settings=patching())  # machine-patched
for one in (half, unassessed):  # of these two, half is scheduled-machine-ready
    assigned(
        f"on-{one._name}",
        configuration(f"for-{one._name}"),
        one.name,
        resource_group_name=group.name,
        provider_name="Microsoft.Compute",
        resource_type="virtualMachines",
    )

policy("no-identity", ASSESSMENT, identity=None)  # policy-identity-accepted
policy("pairs", ASSESSMENT, parameters={"tagValues": {"value": [{"key": "env", "value": "prod"}]}})
policy("mute", ASSESSMENT, non_compliance_messages=[])  # policy-message-set

azure_native.policyinsights.RemediationAtSubscription(  # remediation-has-role
    "powerless",
    remediation_name="powerless",
    policy_assignment_id=policy("powerless", ASSESSMENT).id,
    opts=options,
)
azure_native.authorization.RoleAssignment(  # role-not-broader
    "owner",
    role_assignment_name="6f1c2a52-5c9e-4f0b-9b0e-7a0d5a1c9e35",
    scope=f"/subscriptions/{SUBSCRIPTION}",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    principal_id=policy("mighty", ARC_ASSESSMENT).identity.principal_id,
    principal_type="ServicePrincipal",
    opts=options,
)
