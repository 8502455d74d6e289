"""A schedule's settings as the arguments of `MaintenanceSchedule`: the same words in Python's spelling."""

from typing import TypedDict

from patching.schedule import Schedule, local_text, window_text
from patching.settings.model import LinuxUpdates, Updates, WindowsUpdates

from .maintenance_schedule import LinuxUpdatesArgs, UpdatesArgs, WindowsUpdatesArgs


class RecurrenceArguments(TypedDict, total=False):
    """The arguments that say when a schedule runs."""

    start: str
    time_zone: str
    duration: str
    recur_every: str
    expires: str


def recurrence_arguments(schedule: Schedule) -> RecurrenceArguments:
    """When a schedule runs."""
    arguments = RecurrenceArguments(
        start=local_text(schedule.start),
        time_zone=schedule.time_zone,
        duration=window_text(schedule.duration),
        recur_every=str(schedule.recurrence),
    )
    if schedule.expires is not None:
        arguments["expires"] = local_text(schedule.expires)
    return arguments


def updates_arguments(updates: Updates) -> UpdatesArgs:
    """What a schedule installs."""
    arguments = UpdatesArgs(reboot=updates.reboot.value)
    if updates.windows is not None:
        arguments["windows"] = _windows(updates.windows)
    if updates.linux is not None:
        arguments["linux"] = _linux(updates.linux)
    return arguments


def _windows(updates: WindowsUpdates) -> WindowsUpdatesArgs:
    return WindowsUpdatesArgs(
        classifications=list(updates.classifications),
        kb_numbers_to_include=list(updates.kb_numbers_to_include),
        kb_numbers_to_exclude=list(updates.kb_numbers_to_exclude),
        exclude_kbs_requiring_reboot=updates.exclude_kbs_requiring_reboot,
    )


def _linux(updates: LinuxUpdates) -> LinuxUpdatesArgs:
    return LinuxUpdatesArgs(
        classifications=list(updates.classifications),
        package_name_masks_to_include=list(updates.package_name_masks_to_include),
        package_name_masks_to_exclude=list(updates.package_name_masks_to_exclude),
    )
