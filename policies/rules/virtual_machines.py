"""Rules on virtual machines: patch settings that Azure refuses, or with which no schedule patches the machine."""

from collections.abc import Mapping
from typing import Any, cast

from patching.machines import (
    AssessmentMode,
    OperatingSystem,
    PatchMode,
    PatchSettings,
    not_ready,
    refused_by_azure,
    unassessed,
)
from policies.rules.rule import UNKNOWN, Rule

_TYPE = "azure-native:compute:VirtualMachine"
_MODES = "https://learn.microsoft.com/azure/virtual-machines/automatic-vm-guest-patching"
_PREREQUISITES = "https://learn.microsoft.com/azure/update-manager/prerequsite-for-schedule-patching"
_ASSESSMENT = "https://learn.microsoft.com/azure/update-manager/assessment-options"

_CONFIGURATION = {OperatingSystem.LINUX: "linuxConfiguration", OperatingSystem.WINDOWS: "windowsConfiguration"}


def _accepted(props: Mapping[str, Any]) -> list[str]:
    settings = _patch_settings(props)
    return (
        [f"Azure refuses these patch settings: {reason}." for reason in refused_by_azure(settings)] if settings else []
    )


def _schedulable(props: Mapping[str, Any]) -> list[str]:
    settings = _patch_settings(props)
    return [f"No schedule can patch this machine: {reason}." for reason in not_ready(settings)] if settings else []


def _assessed(props: Mapping[str, Any]) -> list[str]:
    settings = _patch_settings(props)
    if settings is None or not unassessed(settings):
        return []
    missing = "Nobody looks for missing updates on this machine between runs"
    return [f"{missing}: set patchSettings.assessmentMode to AutomaticByPlatform."]


def _patch_settings(props: Mapping[str, Any]) -> PatchSettings | None:
    """Return what a machine's inputs say about patching, with Azure's defaults; None where that is not known."""
    profile: Mapping[str, Any] = props.get("osProfile") or {}
    for os, key in _CONFIGURATION.items():
        if profile is UNKNOWN or key not in profile or _has_unknown(profile[key]):
            continue
        configuration: Mapping[str, Any] = profile[key] or {}
        patching: Mapping[str, Any] = configuration.get("patchSettings") or {}
        platform: Mapping[str, Any] = patching.get("automaticByPlatformSettings") or {}
        windows = os is OperatingSystem.WINDOWS
        default = PatchMode.AUTOMATIC_BY_OS if windows else PatchMode.IMAGE_DEFAULT
        try:
            return PatchSettings(
                os=os,
                patch_mode=PatchMode(patching.get("patchMode", default)),
                bypass=platform.get("bypassPlatformSafetyChecksOnUserSchedule") is True,
                assessment_mode=AssessmentMode(patching.get("assessmentMode", AssessmentMode.IMAGE_DEFAULT)),
                agent=configuration.get("provisionVMAgent") is not False,
                automatic_updates=configuration.get("enableAutomaticUpdates") if windows else None,
                hotpatching=patching.get("enableHotpatching") is True if windows else None,
            )
        except ValueError:
            return None
    return None


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(inner) for inner in cast("Mapping[str, Any]", value).values())
    return value is UNKNOWN


RULES = (
    Rule("patch-settings-accepted", "Azure accepts a machine's patch settings.", _TYPE, "critical", _MODES, _accepted),
    Rule(
        "machine-schedulable",
        "A machine has patch mode AutomaticByPlatform with the bypass flag, so that a schedule can patch it.",
        _TYPE,
        "medium",
        _PREREQUISITES,
        _schedulable,
    ),
    Rule(
        "machine-assessed",
        "Azure looks for a machine's missing updates every day.",
        _TYPE,
        "medium",
        _ASSESSMENT,
        _assessed,
    ),
)
