"""The one table of a machine's patch settings: what Azure accepts, and what each combination means on patch night.

Sources: Microsoft Learn, "Automatic Guest Patching for Azure Virtual Machines" (what Azure accepts) and "Configure
schedule patching on Azure VMs for business continuity" (what runs). Arc machines need none of this: a schedule reaches
them while they are connected.
"""

from dataclasses import dataclass
from enum import StrEnum


class OperatingSystem(StrEnum):
    """The operating systems Update Manager patches."""

    LINUX = "Linux"
    WINDOWS = "Windows"


class PatchMode(StrEnum):
    """Who installs updates. `ImageDefault` is Linux's, `Manual` and `AutomaticByOS` are Windows's."""

    IMAGE_DEFAULT = "ImageDefault"
    MANUAL = "Manual"
    AUTOMATIC_BY_OS = "AutomaticByOS"
    AUTOMATIC_BY_PLATFORM = "AutomaticByPlatform"


class AssessmentMode(StrEnum):
    """Whether Azure looks for missing updates once a day."""

    IMAGE_DEFAULT = "ImageDefault"
    AUTOMATIC_BY_PLATFORM = "AutomaticByPlatform"


PATCH_MODES = {
    OperatingSystem.LINUX: (PatchMode.IMAGE_DEFAULT, PatchMode.AUTOMATIC_BY_PLATFORM),
    OperatingSystem.WINDOWS: (PatchMode.MANUAL, PatchMode.AUTOMATIC_BY_OS, PatchMode.AUTOMATIC_BY_PLATFORM),
}


@dataclass(frozen=True, slots=True)
class PatchSettings:
    """What an Azure VM's osProfile says about patching.

    `automatic_updates` is Windows's `enableAutomaticUpdates`, and None on Linux, which has no such switch;
    `hotpatching` likewise.
    """

    os: OperatingSystem
    patch_mode: PatchMode
    bypass: bool
    assessment_mode: AssessmentMode
    agent: bool = True
    automatic_updates: bool | None = None
    hotpatching: bool | None = None


SCHEDULED = {
    OperatingSystem.LINUX: PatchSettings(
        os=OperatingSystem.LINUX,
        patch_mode=PatchMode.AUTOMATIC_BY_PLATFORM,
        bypass=True,
        assessment_mode=AssessmentMode.AUTOMATIC_BY_PLATFORM,
    ),
    OperatingSystem.WINDOWS: PatchSettings(
        os=OperatingSystem.WINDOWS,
        patch_mode=PatchMode.AUTOMATIC_BY_PLATFORM,
        bypass=True,
        assessment_mode=AssessmentMode.AUTOMATIC_BY_PLATFORM,
        automatic_updates=True,
        hotpatching=False,
    ),
}
"""What the portal calls "Customer Managed Schedules", with assessment on: how this project makes its machines."""


class Outcome(StrEnum):
    """What happens to an Azure VM on patch night."""

    SCHEDULED = "the schedule runs as defined"
    IDLE = "neither the platform nor a schedule patches it"
    REFUSED = "the schedule is refused: its prerequisites are not met"
    PLATFORM = "the platform patches it when it sees fit"
    UNMANAGED = "Azure does nothing; its own operating system may"


def outcome(patch_mode: PatchMode, *, bypass: bool, scheduled: bool) -> Outcome:
    """What a patch mode and the bypass flag come to, with or without a schedule attached.

    Source: Microsoft Learn, "Configure schedule patching on Azure VMs for business continuity", its table.
    """
    if patch_mode is not PatchMode.AUTOMATIC_BY_PLATFORM:
        return Outcome.REFUSED if scheduled else Outcome.UNMANAGED
    if bypass:
        return Outcome.SCHEDULED if scheduled else Outcome.IDLE
    return Outcome.REFUSED if scheduled else Outcome.PLATFORM


def refused_by_azure(settings: PatchSettings) -> tuple[str, ...]:
    """Why Azure refuses these settings, one reason each; none when it takes them.

    Source: Microsoft Learn, "Automatic Guest Patching for Azure Virtual Machines"; that hotpatching and the bypass flag
    exclude each other is what the service answers, and is documented nowhere.
    """
    by_platform = settings.patch_mode is PatchMode.AUTOMATIC_BY_PLATFORM
    assessed = settings.assessment_mode is AssessmentMode.AUTOMATIC_BY_PLATFORM
    windows = settings.os is OperatingSystem.WINDOWS
    rules = (
        (settings.patch_mode not in PATCH_MODES[settings.os], f"{settings.os} has no patch mode {settings.patch_mode}"),
        (settings.bypass and not by_platform, "the bypass flag is only for patch mode AutomaticByPlatform"),
        (by_platform and not settings.agent, "patch mode AutomaticByPlatform needs the VM agent"),
        (assessed and not settings.agent, "assessment mode AutomaticByPlatform needs the VM agent"),
        (
            windows and by_platform and settings.automatic_updates is False,
            "patch mode AutomaticByPlatform needs enableAutomaticUpdates",
        ),
        (
            windows and settings.patch_mode is PatchMode.MANUAL and settings.automatic_updates is not False,
            "patch mode Manual needs enableAutomaticUpdates to be false",
        ),
        (
            windows and settings.patch_mode is PatchMode.AUTOMATIC_BY_OS and settings.automatic_updates is False,
            "patch mode AutomaticByOS needs enableAutomaticUpdates",
        ),
        (bool(settings.hotpatching) and not windows, "hotpatching is only for Windows"),
        (bool(settings.hotpatching) and not by_platform, "hotpatching needs patch mode AutomaticByPlatform"),
        (bool(settings.hotpatching) and settings.bypass, "hotpatching cannot be combined with the bypass flag"),
    )
    return tuple(reason for broken, reason in rules if broken)


def not_ready(settings: PatchSettings) -> tuple[str, ...]:
    """What keeps a schedule from patching an Azure VM; none when a run would patch it.

    Assessment that is switched off is not among them: such a machine is patched, and `unassessed` tells the rest.
    """
    rules = (
        (not settings.agent, "the VM agent is not provisioned"),
        (bool(settings.hotpatching), "hotpatching is on, which cannot be combined with the bypass flag"),
    )
    return (*missing_prerequisites(settings), *(reason for broken, reason in rules if broken))


def missing_prerequisites(settings: PatchSettings) -> tuple[str, ...]:
    """What an Azure VM lacks of the pair that a schedule needs: what the policy schedulingPrerequisite sets."""
    rules = (
        (
            settings.patch_mode is not PatchMode.AUTOMATIC_BY_PLATFORM,
            f"patch mode is {settings.patch_mode}, not AutomaticByPlatform",
        ),
        (not settings.bypass, "bypassPlatformSafetyChecksOnUserSchedule is not true"),
    )
    return tuple(reason for broken, reason in rules if broken)


def unassessed(settings: PatchSettings) -> bool:
    """Whether nobody looks for missing updates between the runs."""
    return settings.assessment_mode is not AssessmentMode.AUTOMATIC_BY_PLATFORM


class Unsupported(StrEnum):
    """Machines that Update Manager does not patch on a schedule, whatever their settings.

    Source: Microsoft Learn, "Unsupported workloads for Azure Update Manager". Of Databricks: its machines are in a
    group that denies changes to all but Databricks ("Azure Databricks, managed resource group").
    """

    SCALE_SET = "it is an instance of a virtual machine scale set, which no schedule patches"
    AKS = "it is a node of AKS, which upgrades its node images itself"
    DATABRICKS = "it is a node of Azure Databricks, which replaces its nodes itself"
    WINDOWS_CLIENT = "it runs Windows client, which no schedule patches"
