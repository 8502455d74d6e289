"""The built-in policy definitions of Azure Update Manager, and the initiative that holds some of them.

What each is for is said in our own words; identifiers, parameters, effects, roles and versions are the service's.
Source: the built-in definitions published in Azure/azure-policy, release 3.2026.0417.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFINITIONS_ROOT = "/providers/Microsoft.Authorization/policyDefinitions/"
SETS_ROOT = "/providers/Microsoft.Authorization/policySetDefinitions/"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ARC_RESOURCE_ADMINISTRATOR = "cd570a14-e51a-42ad-bac8-bafd67325302"

ASSESSMENT = "59efceea-0c96-497e-a4a1-4eb2290dac15"
ARC_ASSESSMENT = "bfea026e-043f-4ff4-9d1b-bf301ca7ff46"
RECURRING_UPDATES = "ba0df93e-e4ac-479a-aac2-134bbae39a1a"
PREREQUISITE = "9905ca54-1471-49c6-8291-7582c04cd4d4"
AUDIT_ASSESSMENT = "bd876905-5b84-4f73-ab2d-2e7a7c4568d9"
AUDIT_UPDATES = "f85bf3e0-d513-442e-89c3-1784ad63382b"
AUDIT_HOTPATCH = "6d02d2f7-e38b-4bdc-96f3-adc0a8726abc"

MODIFY = "modify"
DEPLOY_IF_NOT_EXISTS = "deployifnotexists"
AUDIT = "audit"
AUDIT_IF_NOT_EXISTS = "auditifnotexists"
DENY = "deny"
DISABLED = "disabled"
REMEDIABLE = frozenset({MODIFY, DEPLOY_IF_NOT_EXISTS})
EFFECT_NAMES = {
    MODIFY: "Modify",
    DEPLOY_IF_NOT_EXISTS: "DeployIfNotExists",
    AUDIT: "Audit",
    AUDIT_IF_NOT_EXISTS: "AuditIfNotExists",
    DENY: "Deny",
    DISABLED: "Disabled",
}

REQUIRED: Any = object()
"""Stands in a parameter's default for: there is none, an assignment must give a value."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: `kind` is String, Array or Object; `allowed` None is any value of that kind."""

    kind: str
    default: Any
    what: str
    allowed: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        """Return the parameter as a definition's GET shows it."""
        shown: dict[str, Any] = {"type": self.kind, "metadata": {"description": self.what, **self.metadata}}
        if self.allowed is not None:
            shown["allowedValues"] = list(self.allowed)
        return shown if self.default is REQUIRED else {**shown, "defaultValue": self.default}


@dataclass(frozen=True)
class Definition:
    """One built-in definition. `effect` is fixed, or None where a parameter of that name decides it.

    `versions` are the published ones, the newest first; the local Azure evaluates all of them as the newest.
    """

    name: str
    title: str
    what: str
    category: str
    versions: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    effect: str | None = None
    roles: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The definition's ARM id."""
        return DEFINITIONS_ROOT + self.name


@dataclass(frozen=True)
class Member:
    """One definition in an initiative: its reference id and the parameter values that the initiative gives it."""

    reference: str
    definition: str
    version: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class DefinitionSet:
    """One built-in initiative: its own parameters, and the members that the local Azure models."""

    name: str
    title: str
    what: str
    category: str
    versions: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    members: tuple[Member, ...]

    @property
    def id(self) -> str:
        """The initiative's ARM id."""
        return SETS_ROOT + self.name


def _effect(default: str, *others: str) -> Parameter:
    return Parameter(
        "String", default, "What the policy does with a machine that it finds wanting.", (default, *others)
    )


_OS_NAMES = ("Windows", "Linux")
_LOCATIONS = Parameter(
    "Array", [], "Machines in these regions only; none means all.", metadata={"strongType": "location"}
)
_TAG_OPERATOR = Parameter("String", "Any", "Whether one of the tags is enough, or all must match.", ("All", "Any"))
_ASSESSMENT_PARAMETERS = {
    "assessmentMode": Parameter(
        "String", "AutomaticByPlatform", "The assessment mode to set.", ("ImageDefault", "AutomaticByPlatform")
    ),
    "osType": Parameter("String", "Windows", "The operating system of the machines.", _OS_NAMES),
    "locations": _LOCATIONS,
    "tagValues": Parameter("Object", {}, "Machines with these tags only, as name and value; none means all."),
    "tagOperator": _TAG_OPERATOR,
}
_SCHEDULING_PARAMETERS = {
    "resourceGroups": Parameter("Array", [], "Machines in resource groups of these names only; none means all."),
    "operatingSystemTypes": Parameter("Array", list(_OS_NAMES), "The operating systems of the machines.", _OS_NAMES),
    "locations": _LOCATIONS,
    "tagValues": Parameter(
        "Array", [], 'Machines with these tags only, as {"key": …, "value": …} objects; none means all.'
    ),
    "tagOperator": _TAG_OPERATOR,
    "effect": _effect("DeployIfNotExists", "Disabled"),
}

DEFINITIONS = {
    one.name: one
    for one in (
        Definition(
            ASSESSMENT,
            "Configure periodic checking for missing system updates on azure virtual machines",
            "Sets the assessment mode of Azure VMs of one operating system, so that they are assessed once a day.",
            "Azure Update Manager",
            ("4.10.0", "4.9.0", "4.8.0", "4.7.0", "4.6.0", "4.5.0", "4.4.1"),
            _ASSESSMENT_PARAMETERS,
            MODIFY,
            (CONTRIBUTOR,),
        ),
        Definition(
            ARC_ASSESSMENT,
            "Configure periodic checking for missing system updates on azure Arc-enabled servers",
            "Sets the assessment mode of Arc-enabled servers of one operating system.",
            "Azure Update Manager",
            ("2.3.0", "2.2.1"),
            _ASSESSMENT_PARAMETERS,
            MODIFY,
            (ARC_RESOURCE_ADMINISTRATOR,),
        ),
        Definition(
            RECURRING_UPDATES,
            "Schedule recurring updates using Azure Update Manager",
            "Attaches machines to a maintenance configuration, and makes Azure VMs ready for it.",
            "Azure Update Manager",
            ("3.14.0", "3.13.0", "3.12.0", "3.11.0", "3.10.0", "3.9.1"),
            {
                "maintenanceConfigurationResourceId": Parameter(
                    "String",
                    REQUIRED,
                    "The ARM id of the maintenance configuration to attach machines to.",
                    metadata={"assignPermissions": True},
                ),
                **_SCHEDULING_PARAMETERS,
            },
            roles=(CONTRIBUTOR,),
        ),
        Definition(
            PREREQUISITE,
            "Set prerequisite for Scheduling recurring updates on Azure virtual machines.",
            "Sets the patch mode and the bypass flag that scheduled patching of Azure VMs needs.",
            "Azure Update Manager",
            ("1.3.0", "1.2.0", "1.1.0-preview", "1.0.0-preview"),
            _SCHEDULING_PARAMETERS,
            roles=(CONTRIBUTOR,),
        ),
        Definition(
            AUDIT_ASSESSMENT,
            "Machines should be configured to periodically check for missing system updates",
            "Reports machines whose assessment mode is not AutomaticByPlatform.",
            "Azure Update Manager",
            ("3.9.0", "3.8.0", "3.7.0", "3.6.0", "3.5.0", "3.4.1"),
            {"effect": _effect("Audit", "Deny", "Disabled")},
        ),
        Definition(
            AUDIT_UPDATES,
            "System updates should be installed on your machines (powered by Update Center)",
            "Reports machines without a healthy assessment of missing updates in Defender for Cloud.",
            "Security Center",
            ("1.0.1", "1.0.0-preview"),
            {"effect": _effect("AuditIfNotExists", "Disabled")},
        ),
        Definition(
            AUDIT_HOTPATCH,
            "Hotpatch should be enabled for Windows Server Azure Edition VMs",
            "Reports Windows Server 2022 Azure Edition VMs without hotpatch.",
            "Automanage",
            ("1.0.0",),
            {"effect": _effect("Audit", "Deny", "Disabled")},
        ),
    )
}

_RULE_ID = Parameter("String", REQUIRED, "The ARM id of a data collection rule.")
ESSENTIAL_MANAGEMENT = DefinitionSet(
    "2dde6d38-95d9-46cd-bb7c-18dabd06b923",
    "[Preview]: Enable Essential Machine Management",
    "Brings machines under management; of its members the local Azure models those of Azure Update Manager.",
    "EssentialManagement",
    ("1.0.0-preview",),
    {
        "dataCollectionRuleIdForChangeTracking": _RULE_ID,
        "dataCollectionRuleIdForAzureMonitor": _RULE_ID,
        "deployIfNotExistsPoliciesEffect": _effect("DeployIfNotExists", "Disabled"),
    },
    tuple(
        Member(f"AzureUpdateManager{kind}-{os_type}", definition, version, {"osType": os_type})
        for kind, definition, version in (("Vm", ASSESSMENT, "4.*.*"), ("Arc", ARC_ASSESSMENT, "2.*.*"))
        for os_type in _OS_NAMES
    ),
)
DEFINITION_SETS = {ESSENTIAL_MANAGEMENT.name: ESSENTIAL_MANAGEMENT}


def find_definition(definition_id: str) -> Definition | DefinitionSet | None:
    """Return the built-in definition or initiative of an ARM id in any case, or None."""
    text = definition_id.lower()
    if text.startswith(SETS_ROOT.lower()):
        return DEFINITION_SETS.get(text.removeprefix(SETS_ROOT.lower()))
    return (
        DEFINITIONS.get(text.removeprefix(DEFINITIONS_ROOT.lower()))
        if text.startswith(DEFINITIONS_ROOT.lower())
        else None
    )
