"""Which machines each built-in definition applies to, and which of them are compliant.

Each rule says what the published rule of the definition says, in our own code (source: Azure/azure-policy). Compliance
is worked out when it is asked for; the delay of Azure's evaluation cycle is not modelled.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.ids import ARC_MACHINE, MACHINE_TYPES, VIRTUAL_MACHINE
from sandbox.arm.policy import definitions
from sandbox.arm.policy.assignments import Part
from sandbox.arm.policy.images import has_known_image, has_own_image, os_by_offer
from sandbox.arm.policy.machines import (
    LINUX,
    WINDOWS,
    Machine,
    is_text,
    value_at,
)
from sandbox.arm.regions import normalised

COMPLIANT = "Compliant"
NON_COMPLIANT = "NonCompliant"
NEWEST = "9999-12-31"
"""Stands for the newest api-version, with which existing resources are evaluated."""

_SPECIALISED_SINCE = "2023-07-01"
_ARC_SINCE = "2022-03-10"
_AUTOMATIC = "AutomaticByPlatform"
_HOTPATCH_SKUS = frozenset(
    f"2022-datacenter-azure-edition{suffix}" for suffix in ("", "-core", "-core-smalldisk", "-smalldisk")
)

Schedules = Callable[[Machine], Iterable[str]]
"""Gives the ids of the maintenance configurations that assignments on a machine itself attach it to."""


@dataclass(frozen=True)
class _Rule:
    """`wants` is the whole `if` of a rule, `exists` the existence condition of one about what is missing."""

    wants: Callable[[Mapping[str, Any], Machine, str], bool]
    exists: Callable[[Mapping[str, Any], Machine, Iterable[str]], bool] | None = None
    types: tuple[str, ...] = MACHINE_TYPES


def compliance(part: Part, machine: Machine, schedules: Schedules) -> str | None:
    """Return a machine's compliance state under one assigned definition, or None where it is not applicable.

    A definition that deploys or audits what is missing is applicable where its whole condition holds; any other where
    the machine's type fits, and what its condition does not pick is compliant.
    Source: learn.microsoft.com/azure/governance/policy/concepts/policy-applicability.
    """
    rule = _RULES[part.definition.name]
    if part.effect == definitions.DISABLED or not _fits(rule, machine):
        return None
    wanted = rule.wants(part.values, machine, NEWEST)
    if rule.exists is None:
        return NON_COMPLIANT if wanted else COMPLIANT
    if not wanted:
        return None
    return COMPLIANT if rule.exists(part.values, machine, schedules(machine)) else NON_COMPLIANT


def picks(part: Part, machine: Machine, api_version: str) -> bool:
    """Tell whether a definition's condition holds for a machine as it is being written, with that api-version."""
    rule = _RULES[part.definition.name]
    return (
        part.effect != definitions.DISABLED and _fits(rule, machine) and rule.wants(part.values, machine, api_version)
    )


def _fits(rule: _Rule, machine: Machine) -> bool:
    return any(machine.id.is_type(one) for one in rule.types)


def _assessment(values: Mapping[str, Any], machine: Machine, api_version: str) -> bool:
    os_type = str(values["osType"]).lower()
    return (
        _is_of(os_type, machine)
        and (has_known_image(machine, os_type) or _own_image(machine, api_version))
        and not is_text(machine.patch_setting(os_type, "assessmentMode"), str(values["assessmentMode"]))
        and _in_locations(values, machine)
        and _has_tags(values["tagValues"], values["tagOperator"], machine)
    )


def _is_of(os_type: str, machine: Machine) -> bool:
    return machine.has("osProfile", f"{os_type}Configuration") or machine.os_type.startswith(os_type)


def _own_image(machine: Machine, api_version: str) -> bool:
    known_since = "" if machine.has("osProfile", "computerName") else _SPECIALISED_SINCE
    return has_own_image(machine) and api_version >= known_since


def _arc_assessment(values: Mapping[str, Any], machine: Machine, api_version: str) -> bool:
    os_type = str(values["osType"]).lower()
    return (
        api_version >= _ARC_SINCE
        and machine.os_type == os_type
        and not is_text(machine.patch_setting(os_type, "assessmentMode"), str(values["assessmentMode"]))
        and _in_locations(values, machine)
        and _has_tags(values["tagValues"], values["tagOperator"], machine)
    )


def _scheduling(values: Mapping[str, Any], machine: Machine, api_version: str) -> bool:
    groups = {str(one).lower() for one in values["resourceGroups"]}
    return (
        _of_operating_systems(values["operatingSystemTypes"], machine)
        and (machine.is_arc or has_known_image(machine) or _own_disk(machine, api_version))
        and _in_locations(values, machine)
        and (not groups or (machine.id.resource_group or "").lower() in groups)
        and _has_tags(_pairs(values["tagValues"]), values["tagOperator"], machine)
    )


def _own_disk(machine: Machine, api_version: str) -> bool:
    return bool(machine.os_type) and _own_image(machine, api_version)


def _of_operating_systems(wanted: Iterable[Any], machine: Machine) -> bool:
    names = {str(one).lower() for one in wanted}
    return not names or machine.os_type in names or (not machine.is_arc and os_by_offer(machine) in names)


def _audit_assessment(_values: Mapping[str, Any], machine: Machine, api_version: str) -> bool:
    os_type = WINDOWS if machine.os_type == WINDOWS else LINUX
    known = machine.is_arc or has_known_image(machine) or _own_image(machine, api_version)
    return known and not is_text(machine.patch_setting(os_type, "assessmentMode"), _AUTOMATIC)


def _audit_hotpatch(_values: Mapping[str, Any], machine: Machine, _api_version: str) -> bool:
    return machine.sku in _HOTPATCH_SKUS and machine.patch_setting(WINDOWS, "enableHotpatching") is not True


def is_ready(machine: Machine) -> bool:
    """Tell whether either OS's configuration of a VM has both settings that scheduled patching needs."""
    return any(
        is_text(machine.patch_setting(os_type, "patchMode"), _AUTOMATIC)
        and machine.patch_setting(os_type, "automaticByPlatformSettings", "bypassPlatformSafetyChecksOnUserSchedule")
        is True
        for os_type in (WINDOWS, LINUX)
    )


def _prerequisite_exists(_values: Mapping[str, Any], machine: Machine, _schedules: Iterable[str]) -> bool:
    return is_ready(machine)


def _schedule_exists(values: Mapping[str, Any], _machine: Machine, schedules: Iterable[str]) -> bool:
    """Look at the configuration's id and at nothing else: a machine whose patch mode drifted stays compliant.

    Source: Azure/azure-policy issue 1209.
    """
    return any(is_text(values["maintenanceConfigurationResourceId"], one) for one in schedules)


def _no_assessment_exists(_values: Mapping[str, Any], _machine: Machine, _schedules: Iterable[str]) -> bool:
    """Find no machine healthy: the assessments of Microsoft.Security are not modelled."""
    return False


def _always(_values: Mapping[str, Any], _machine: Machine, _api_version: str) -> bool:
    return True


def _in_locations(values: Mapping[str, Any], machine: Machine) -> bool:
    wanted = {normalised(str(one)) for one in values["locations"]}
    return not wanted or normalised(machine.location) in wanted


def _pairs(tag_values: Iterable[Any]) -> list[tuple[Any, Any]]:
    return [(value_at(one, "key"), value_at(one, "value")) for one in tag_values]


def _has_tags(wanted: Mapping[str, Any] | list[tuple[Any, Any]], operator: str, machine: Machine) -> bool:
    """Match name and value exactly, in their case; nothing wanted is everything."""
    pairs = list(wanted.items()) if isinstance(wanted, Mapping) else wanted
    if not pairs:
        return True
    found = [name in machine.tags and machine.tags[name] == value for name, value in pairs]
    return all(found) if operator == "All" else any(found)


_RULES = {
    definitions.ASSESSMENT: _Rule(_assessment, types=(VIRTUAL_MACHINE,)),
    definitions.ARC_ASSESSMENT: _Rule(_arc_assessment, types=(ARC_MACHINE,)),
    definitions.RECURRING_UPDATES: _Rule(_scheduling, _schedule_exists),
    definitions.PREREQUISITE: _Rule(_scheduling, _prerequisite_exists, types=(VIRTUAL_MACHINE,)),
    definitions.AUDIT_ASSESSMENT: _Rule(_audit_assessment),
    definitions.AUDIT_UPDATES: _Rule(_always, _no_assessment_exists),
    definitions.AUDIT_HOTPATCH: _Rule(_audit_hotpatch, types=(VIRTUAL_MACHINE,)),
}
