"""The arguments of `AzurePolicy`: what they mean, what is wrong with them, and the assignments they ask for."""

from typing import NotRequired, TypedDict, cast

import pulumi

from patching.arm_ids import ArmIdError, MachineKind, ScopeId, is_within, parse_resource_id, parse_scope_id
from patching.faults import NOTHING, Fault, found
from patching.machines import AssessmentMode, OperatingSystem
from patching.policy_definitions import (
    PlannedAssignment,
    PolicyKind,
    machines_of,
    plan_assignments,
    wrong_major_version,
)
from patching.scopes import TagOperator
from patching.settings.azure_policies import version_fault
from patching.settings.entries import AzurePolicyEntry
from patching.settings.policy_words import is_definition_version

from .configuration_ids import configuration_id_faults
from .declaring import checked, raise_faults
from .remediation import RemediationArgs

_SCOPE_EXAMPLE = "/subscriptions/11111111-1111-4111-8111-111111111111"


class AzurePolicyArgs(TypedDict):
    """What `AzurePolicy` takes."""

    kind: str
    """`periodicAssessment`, `schedulingPrerequisite`, `recurringUpdates`, `auditAssessment` or
    `auditMissingUpdates`."""
    scope: pulumi.Input[str]
    """The ARM id of the subscription, resource group or management group it is assigned at."""
    location: NotRequired[pulumi.Input[str]]
    """Where the assignment's identity is kept; needed unless the kind only audits. It cannot be changed in place."""
    identity: NotRequired[pulumi.Input[str]]
    """The ARM id of a user-assigned identity as which the policy acts; without it each assignment has its own. It needs
    the same roles, and all assignments of the component share it."""
    definition_version: NotRequired[str]
    """The version of the definition to be used, such as `4.*.*` or `4.10.*`; the newest of the major version without
    it. Another major version than the one known here is refused, because its parameters are not known."""
    operating_systems: NotRequired[list[str]]
    """`Linux`, `Windows`, or both, the default. One assignment each where the definition takes one system."""
    machines: NotRequired[list[str]]
    """`azure`, `arc`, or both, the default, where there is a definition for each."""
    mode: NotRequired[str]
    """With periodicAssessment: `AutomaticByPlatform`, the default, or `ImageDefault`."""
    maintenance_configuration_id: NotRequired[pulumi.Input[str]]
    """With recurringUpdates: the ARM id of the maintenance configuration machines are attached to."""
    configuration_within_scope: NotRequired[bool]
    """Whether the configuration lies within `scope`. If it does not, the identity is granted its role there too,
    because it has to read the configuration. Only needed where one of the ids is an output: without it, such a
    configuration counts as being elsewhere."""
    locations: NotRequired[list[str]]
    """Only machines in these locations."""
    tags: NotRequired[dict[str, str]]
    """Only machines with these tags; one value a tag."""
    tag_operator: NotRequired[str]
    """`Any`, the default: one of the tags is enough. `All`: each tag has to match."""
    not_scopes: NotRequired[list[pulumi.Input[str]]]
    """ARM ids below the scope that are left out."""
    non_compliance_message: NotRequired[pulumi.Input[str]]
    """What Azure says about a machine that does not comply."""
    enforcement_mode: NotRequired[str]
    """`Default`, or `DoNotEnforce`: new and changed machines are only reported. Remediation works in both."""
    assign_roles: NotRequired[bool]
    """False: somebody else grants the roles, `roles_to_grant` says which, and nothing is remediated; true without
    it."""
    roles_granted: NotRequired[bool]
    """With `assign_roles` false: the roles are granted by now, so remediation can start."""
    remediate: NotRequired[bool]
    """False: machines that are there already stay as they are; true without it."""
    remediation: NotRequired[RemediationArgs]
    """How the remediation tasks work."""
    protect: NotRequired[bool]
    """Pulumi's protection against deletion, on the policy assignments; true without it."""


def checked_arguments(name: str, args: AzurePolicyArgs) -> AzurePolicyArgs:
    """The arguments of the policy `name`, outputs with their check attached.

    Raises:
        pulumi.RunError: something plain is wrong; the message has all faults.
    """
    judged = checked(f'AzurePolicy "{name}"', AzurePolicyEntry, args, _FIELDS, _faults(args))
    return cast("AzurePolicyArgs", judged)


def planned(args: AzurePolicyArgs, configuration_id: str | None) -> tuple[PlannedAssignment, ...]:
    """The assignments the arguments ask for; `configuration_id` is the maintenance configuration's, if known."""
    return plan_assignments(
        PolicyKind(args["kind"]),
        operating_systems=[OperatingSystem(os) for os in args.get("operating_systems", list(OperatingSystem))],
        machines=[MachineKind(kind) for kind in args.get("machines", list(MachineKind))],
        mode=AssessmentMode(args.get("mode", AssessmentMode.AUTOMATIC_BY_PLATFORM)),
        configuration_id=configuration_id,
        locations=args.get("locations", []),
        tags=args.get("tags", {}),
        tag_operator=TagOperator(args.get("tag_operator", TagOperator.ANY)),
    )


def parsed_scope(name: str, text: str) -> ScopeId:
    """The scope of the policy `name`, taken apart.

    Raises:
        pulumi.RunError: it is no scope.
    """
    try:
        return parse_scope_id(text)
    except ArmIdError as error:
        raise_faults(f'AzurePolicy "{name}"', [_wrong_scope(text, error)])


def configuration_elsewhere(args: AzurePolicyArgs) -> pulumi.Input[str] | None:
    """The id of the maintenance configuration, where the role at the policy's scope does not reach it.

    Source: the definition marks its parameter `assignPermissions`, by which the portal grants the role there too.
    """
    configuration, scope = args.get("maintenance_configuration_id"), args["scope"]
    within = args.get("configuration_within_scope")
    if configuration is None or within:
        return None
    if within is None and isinstance(configuration, str) and isinstance(scope, str):
        parsed = parse_resource_id(configuration)
        if is_within(parse_scope_id(scope), parsed.subscription_id, parsed.resource_group):
            return None
    return configuration


_FIELDS = {
    field: field
    for field in (
        "kind",
        "scope",
        "location",
        "identity",
        "definition_version",
        "operating_systems",
        "machines",
        "mode",
        "locations",
        "tags",
        "tag_operator",
        "not_scopes",
        "non_compliance_message",
        "enforcement_mode",
        "assign_roles",
        "roles_granted",
        "remediate",
        "remediation",
    )
}


def _faults(args: AzurePolicyArgs) -> list[Fault]:
    faults: list[Fault] = []
    scope = args["scope"]
    if isinstance(scope, str):
        try:
            parse_scope_id(scope)
        except ArmIdError as error:
            faults.append(_wrong_scope(scope, error))
    if args["kind"] not in list(PolicyKind):
        return faults
    kind = PolicyKind(args["kind"])
    faults.extend(_configuration_faults(args, kind))
    faults.extend(_version_faults(args, kind))
    if not kind.is_audit and args.get("location") is None:
        faults.append(_missing("location", "where the assignment's identity is kept, such as westeurope"))
    return faults


def _configuration_faults(args: AzurePolicyArgs, kind: PolicyKind) -> list[Fault]:
    updates = kind is PolicyKind.RECURRING_UPDATES
    configuration = args.get("maintenance_configuration_id")
    field = "maintenance_configuration_id"
    if updates and configuration is None:
        return [_missing(field, "the ARM id of a maintenance configuration")]
    if not updates and configuration is not None:
        return [Fault(field, found(configuration), f"nothing, because {kind} takes no configuration", "", "remove it")]
    return configuration_id_faults(field, configuration)


def _version_faults(args: AzurePolicyArgs, kind: PolicyKind) -> list[Fault]:
    version, machines = args.get("definition_version"), args.get("machines", list(machines_of(kind)))
    if version is None or not is_definition_version(version) or not set(machines) <= set(MachineKind):
        return []
    other = wrong_major_version(kind, [MachineKind(machine) for machine in machines], version)
    return [version_fault("definition_version", version, kind, other)] if other else []


def _missing(field: str, expected: str) -> Fault:
    return Fault(field, NOTHING, expected, "", f"set {field}")


def _wrong_scope(text: str, error: ArmIdError) -> Fault:
    return Fault(
        "scope",
        found(text),
        "the ARM id of a subscription, resource group or management group",
        _SCOPE_EXAMPLE,
        f"write such an id: {error}",
    )
