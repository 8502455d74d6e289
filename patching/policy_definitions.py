"""The built-in policy definitions this project assigns, and what each assignment of them carries.

Source: the definitions' own JSON, as published by Azure Policy (github.com/Azure/azure-policy, built-in policies, Azure
Update Manager).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from patching.arm_ids import MachineKind
from patching.machines import AssessmentMode, OperatingSystem
from patching.scopes import TagOperator

CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
CONNECTED_MACHINE_ADMINISTRATOR = (
    "/providers/Microsoft.Authorization/roleDefinitions/cd570a14-e51a-42ad-bac8-bafd67325302"
)


class PolicyKind(StrEnum):
    """What a policy of the stack file is for."""

    PERIODIC_ASSESSMENT = "periodicAssessment"
    SCHEDULING_PREREQUISITE = "schedulingPrerequisite"
    RECURRING_UPDATES = "recurringUpdates"
    AUDIT_ASSESSMENT = "auditAssessment"
    AUDIT_MISSING_UPDATES = "auditMissingUpdates"

    @property
    def is_audit(self) -> bool:
        """Whether it only reports: no identity, no role, no remediation, and no filter."""
        return self in (PolicyKind.AUDIT_ASSESSMENT, PolicyKind.AUDIT_MISSING_UPDATES)


class Effect(StrEnum):
    """What a definition does to a machine that does not comply."""

    MODIFY = "modify"
    DEPLOY = "deployIfNotExists"
    AUDIT = "audit"
    AUDIT_IF_NOT_EXISTS = "auditIfNotExists"


@dataclass(frozen=True, slots=True)
class PolicyDefinition:
    """A built-in definition.

    `version` is the one whose JSON was read, `roles` what its assignment's identity needs to remediate.
    """

    name: str
    display_name: str
    version: str
    effect: Effect
    roles: tuple[str, ...]
    machines: tuple[MachineKind, ...]
    """The machines it looks at."""
    one_assignment_per_os: bool

    @property
    def id(self) -> str:
        """The definition's ARM id."""
        return f"/providers/Microsoft.Authorization/policyDefinitions/{self.name}"


_BOTH = (MachineKind.AZURE, MachineKind.ARC)

_DEFINITIONS: Mapping[PolicyKind, tuple[PolicyDefinition, ...]] = {
    PolicyKind.PERIODIC_ASSESSMENT: (
        PolicyDefinition(
            name="59efceea-0c96-497e-a4a1-4eb2290dac15",
            display_name="Configure periodic checking for missing system updates on azure virtual machines",
            version="4.10.0",
            effect=Effect.MODIFY,
            roles=(CONTRIBUTOR,),
            machines=(MachineKind.AZURE,),
            one_assignment_per_os=True,
        ),
        PolicyDefinition(
            name="bfea026e-043f-4ff4-9d1b-bf301ca7ff46",
            display_name="Configure periodic checking for missing system updates on azure Arc-enabled servers",
            version="2.3.0",
            effect=Effect.MODIFY,
            roles=(CONNECTED_MACHINE_ADMINISTRATOR,),
            machines=(MachineKind.ARC,),
            one_assignment_per_os=True,
        ),
    ),
    PolicyKind.SCHEDULING_PREREQUISITE: (
        PolicyDefinition(
            name="9905ca54-1471-49c6-8291-7582c04cd4d4",
            display_name="Set prerequisite for Scheduling recurring updates on Azure virtual machines.",
            version="1.3.0",
            effect=Effect.DEPLOY,
            roles=(CONTRIBUTOR,),
            machines=(MachineKind.AZURE,),
            one_assignment_per_os=False,
        ),
    ),
    PolicyKind.RECURRING_UPDATES: (
        PolicyDefinition(
            name="ba0df93e-e4ac-479a-aac2-134bbae39a1a",
            display_name="Schedule recurring updates using Azure Update Manager",
            version="3.14.0",
            effect=Effect.DEPLOY,
            roles=(CONTRIBUTOR,),
            machines=_BOTH,
            one_assignment_per_os=False,
        ),
    ),
    PolicyKind.AUDIT_ASSESSMENT: (
        PolicyDefinition(
            name="bd876905-5b84-4f73-ab2d-2e7a7c4568d9",
            display_name="Machines should be configured to periodically check for missing system updates",
            version="3.9.0",
            effect=Effect.AUDIT,
            roles=(),
            machines=_BOTH,
            one_assignment_per_os=False,
        ),
    ),
    PolicyKind.AUDIT_MISSING_UPDATES: (
        PolicyDefinition(
            name="f85bf3e0-d513-442e-89c3-1784ad63382b",
            display_name="System updates should be installed on your machines (powered by Update Center)",
            version="1.0.1",
            effect=Effect.AUDIT_IF_NOT_EXISTS,
            roles=(),
            machines=_BOTH,
            one_assignment_per_os=False,
        ),
    ),
}


def definitions_of(kind: PolicyKind) -> tuple[PolicyDefinition, ...]:
    """The definitions of a kind: one for each sort of machine where there are two."""
    return _DEFINITIONS[kind]


def machines_of(kind: PolicyKind) -> tuple[MachineKind, ...]:
    """The machines a kind reaches, over all its definitions."""
    return tuple(machine for definition in _DEFINITIONS[kind] for machine in definition.machines)


def wrong_major_version(kind: PolicyKind, machines: Sequence[MachineKind], version: str) -> PolicyDefinition | None:
    """A definition for these machines whose major version is another than that of `version`, or None.

    The parameters of another major version are not known here.
    """
    major = version.partition(".")[0]
    used = (one for one in _DEFINITIONS[kind] if set(one.machines) & set(machines))
    return next((one for one in used if one.version.partition(".")[0] != major), None)


def machines_can_be_chosen(kind: PolicyKind) -> bool:
    """Whether Azure and Arc machines have definitions of their own, so that one of them can be left out."""
    return len(_DEFINITIONS[kind]) > 1


@dataclass(frozen=True, slots=True)
class PlannedAssignment:
    """One policy assignment to make.

    `suffix` tells it from the others of its entry (`linux`, `windows-arc`), and is empty for an only one.
    `parameters` are plain values in the definition's own shape, without the `{"value": …}` around each.
    """

    suffix: str
    definition: PolicyDefinition
    parameters: Mapping[str, object]


def plan_assignments(
    kind: PolicyKind,
    *,
    operating_systems: Sequence[OperatingSystem],
    machines: Sequence[MachineKind],
    mode: AssessmentMode = AssessmentMode.AUTOMATIC_BY_PLATFORM,
    configuration_id: str | None = None,
    locations: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    tag_operator: TagOperator = TagOperator.ANY,
) -> tuple[PlannedAssignment, ...]:
    """The assignments one policy of the stack file becomes, in a fixed order.

    `configuration_id` is the maintenance configuration's ARM id, for recurring updates and nothing else.
    """
    filters: dict[str, object] = {"locations": list(locations), "tagOperator": tag_operator.value}
    tag_map = dict(tags or {})
    if kind is PolicyKind.PERIODIC_ASSESSMENT:
        return tuple(
            PlannedAssignment(
                suffix=os.lower() if machine is MachineKind.AZURE else f"{os.lower()}-{machine}",
                definition=definition,
                parameters={
                    "assessmentMode": mode.value,
                    "osType": os.value,
                    **filters,
                    "tagValues": tag_map,
                },
            )
            for definition in _DEFINITIONS[kind]
            for machine in definition.machines
            if machine in machines
            for os in operating_systems
        )
    (definition,) = _DEFINITIONS[kind]
    if kind.is_audit:
        return (PlannedAssignment("", definition, {}),)
    parameters: dict[str, object] = {
        "operatingSystemTypes": [os.value for os in operating_systems],
        **filters,
        "tagValues": [{"key": key, "value": value} for key, value in tag_map.items()],
    }
    if configuration_id is not None:
        parameters["maintenanceConfigurationResourceId"] = configuration_id
    return (PlannedAssignment("", definition, parameters),)
