"""Rules on virtual machines: patch settings that Azure refuses, or with which no schedule patches the machine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any, cast

from patching.arm_ids import virtual_machine_id
from patching.inventory import InventoryMachine, patch_settings, read_inventory
from patching.inventory_file import Page
from patching.machines import (
    PATCH_MODES,
    AssessmentMode,
    OperatingSystem,
    Outcome,
    PatchMode,
    PatchSettings,
    not_ready,
    outcome,
    refused_by_azure,
    unassessed,
)
from policies.rules.rule import UNKNOWN, Path, Plain, Resource, Rule, a_map, at

MACHINE = "compute:VirtualMachine"
_MODES = "https://learn.microsoft.com/azure/virtual-machines/automatic-vm-guest-patching"
_PREREQUISITES = "https://learn.microsoft.com/azure/update-manager/prerequsite-for-schedule-patching"
_ASSESSMENT = "https://learn.microsoft.com/azure/update-manager/assessment-options"

CONFIGURATIONS = {OperatingSystem.LINUX: "linuxConfiguration", OperatingSystem.WINDOWS: "windowsConfiguration"}
_NOBODY = "00000000-0000-0000-0000-000000000000"
_BOTH = (True, False)
_KEPT = 4096
"""For how many machines what is worked out is kept: several rules ask for the same."""
_BYPASS = ("automaticByPlatformSettings", "bypassPlatformSafetyChecksOnUserSchedule")


@lru_cache(maxsize=_KEPT)
def as_inventory_has_it(machine: Resource) -> InventoryMachine:
    """A machine as an inventory would have it: what it is, and whether Update Manager supports it."""
    return _in_inventory(machine.props)


def _in_inventory(props: Plain) -> InventoryMachine:
    row = {"id": virtual_machine_id(_NOBODY, "group", "machine"), "properties": dict(props), "tags": props.get("tags")}
    row["location"] = props.get("location")
    return read_inventory([Page("program", [row])]).machines[0]


@lru_cache(maxsize=_KEPT)
def possible_settings(machine: Resource) -> Sequence[PatchSettings]:
    """What a machine's inputs may say about patching, with Azure's defaults.

    One for each way that what is not known yet may turn out: what holds of all of them is certain. None where the
    machine is of a kind that no schedule patches, or where nothing is known of it.
    """
    return _possible_settings(machine.props)


def _possible_settings(props: Plain) -> Sequence[PatchSettings]:
    machine = _in_inventory(props)
    os, given = machine.machine.os, props.get("osProfile")
    if os is None or machine.state.unsupported or not isinstance(given, dict):
        return []
    profile = cast("Plain", given)
    if any(profile.get(name) is UNKNOWN for name in CONFIGURATIONS.values()):
        return []
    configuration = a_map(profile.get(CONFIGURATIONS[os]))
    known = patch_settings(os, cast("Mapping[object, object]", configuration))
    unknown = dict(_unknown(os, configuration))
    return [replace(known, **dict(zip(unknown, values, strict=True))) for values in product(*unknown.values())]


def _unknown(os: OperatingSystem, configuration: Plain) -> Iterator[tuple[str, Iterable[object]]]:
    """The settings that are not known, each with what it may turn out to be."""
    windows = os is OperatingSystem.WINDOWS
    values: dict[str, tuple[Path, Iterable[object]]] = {
        "patch_mode": (("patchSettings", "patchMode"), PATCH_MODES[os]),
        "bypass": (("patchSettings", *_BYPASS), _BOTH),
        "assessment_mode": (("patchSettings", "assessmentMode"), AssessmentMode),
        "agent": (("provisionVMAgent",), _BOTH),
    }
    if windows:
        values["automatic_updates"] = (("enableAutomaticUpdates",), _BOTH)
        values["hotpatching"] = (("patchSettings", "enableHotpatching"), _BOTH)
    for name, (path, options) in values.items():
        if at(configuration, *path) is UNKNOWN:
            yield name, options


def certain(reasons: Iterable[Iterable[str]]) -> list[str]:
    """The reasons that hold whatever the unknown values turn out to be, in order."""
    first, *others = [list(one) for one in reasons] or [[]]
    return [reason for reason in first if all(reason in other for other in others)]


def refusal(machine: Resource) -> str | None:
    """Why Azure certainly refuses a machine's patch settings, and how to mend them; None where it may take them."""
    for os, name in CONFIGURATIONS.items():
        mode = at(machine.props, "osProfile", name, "patchSettings", "patchMode")
        modes = [one.value for one in PATCH_MODES[os]]
        if isinstance(mode, str) and mode.lower() not in map(str.lower, modes):
            return f"patchMode is {mode}, and Azure has no such mode for {os}: write one of {', '.join(modes)}."
    reasons = certain(map(refused_by_azure, possible_settings(machine)))
    return f"Azure refuses these patch settings: {'; '.join(reasons)}. {_REFUSALS_MENDED}" if reasons else None


def _accepted(resource: Resource, _: Plain) -> list[str]:
    message = refusal(resource)
    return [message] if message else []


_REFUSALS_MENDED = (
    "For a schedule of your own, set patchMode to AutomaticByPlatform with "
    "bypassPlatformSafetyChecksOnUserSchedule true and hotpatching off; otherwise leave the flag out."
)
_READY = (
    "Set patchSettings.patchMode to AutomaticByPlatform and "
    "automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule to true, with the VM agent."
)


def by_platform_only(settings: PatchSettings) -> bool:
    """Whether the platform patches the machine with hotpatches, which nobody wants of a machine that has a schedule."""
    return settings.patch_mode is PatchMode.AUTOMATIC_BY_PLATFORM and bool(settings.hotpatching) and not settings.bypass


def unready(machine: Resource) -> list[str]:
    """What certainly keeps a schedule from patching the machine."""
    settings = possible_settings(machine)
    reasons = certain(map(not_ready, settings))
    if settings and at(machine.props, "osProfile", "allowExtensionOperations") is False:
        reasons.append("osProfile.allowExtensionOperations is false, so that no patch extension can be installed")
    return reasons


def _schedulable(resource: Resource, _: Plain) -> list[str]:
    settings = possible_settings(resource)
    if any(map(by_platform_only, settings)) or refusal(resource):
        return []
    reasons = unready(resource)
    if not reasons:
        return []
    outcomes = {outcome(one.patch_mode, bypass=one.bypass, scheduled=False) for one in settings}
    if outcomes == {Outcome.PLATFORM}:
        now = "The platform patches this machine when it sees fit, and no schedule can"
        return [f"{now}: {'; '.join(reasons)}. {_READY} (Where the platform is meant to, that is right as it is.)"]
    return [f"No schedule can patch this machine: {'; '.join(reasons)}. {_READY}"]


def _mend_bypass(props: Plain) -> Mapping[Path, Any]:
    settings = _possible_settings(props)
    mendable = (
        one.patch_mode is PatchMode.AUTOMATIC_BY_PLATFORM and one.agent and not one.hotpatching and not one.bypass
        for one in settings
    )
    if not settings or not all(mendable):
        return {}
    return {("osProfile", CONFIGURATIONS[settings[0].os], "patchSettings", *_BYPASS): True}


def _assessed(resource: Resource, _: Plain) -> list[str]:
    settings = possible_settings(resource)
    if not settings or not all(map(unassessed, settings)):
        return []
    missing = "Nobody looks for missing updates on this machine between runs"
    return [f"{missing}: set patchSettings.assessmentMode to AutomaticByPlatform."]


def _mend_assessment(props: Plain) -> Mapping[Path, Any]:
    settings = _possible_settings(props)
    if not settings or not all(unassessed(one) and one.agent for one in settings):
        return {}
    path = ("osProfile", CONFIGURATIONS[settings[0].os], "patchSettings", "assessmentMode")
    return {path: AssessmentMode.AUTOMATIC_BY_PLATFORM.value}


RULES = (
    Rule(
        name="patch-settings-accepted",
        description="Azure accepts a machine's patch settings.",
        severity="critical",
        url=_MODES,
        refused=True,
        kinds=(MACHINE,),
        judge=_accepted,
    ),
    Rule(
        name="machine-schedulable",
        description="A schedule can patch a machine: patch mode AutomaticByPlatform with the bypass flag.",
        severity="medium",
        url=_PREREQUISITES,
        kinds=(MACHINE,),
        judge=_schedulable,
        mend=_mend_bypass,
    ),
    Rule(
        name="machine-assessed",
        description="Azure looks for a machine's missing updates every day.",
        severity="medium",
        url=_ASSESSMENT,
        kinds=(MACHINE,),
        judge=_assessed,
        mend=_mend_assessment,
    ),
)
