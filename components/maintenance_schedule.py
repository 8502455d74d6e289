"""`MaintenanceSchedule`: a maintenance configuration for guest patching, checked before any call.

It attaches nothing: `MachineAssignments` and `DynamicScope` do that, and `AzurePolicy` with `recurringUpdates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
from pulumi_azure_native import maintenance

from patching.checks.updates import check_updates
from patching.checks.window import check_window
from patching.schedule import local_text, window_text
from patching.settings.entries import ScheduleEntry, UpdatesEntry
from patching.settings.validation import read_entry

from .declaring import checked, component_type, raise_faults, when_known


class WindowsUpdatesArgs(TypedDict):
    """What Windows machines install."""

    classifications: NotRequired[list[pulumi.Input[str]]]
    """Any of `Critical`, `Security`, `UpdateRollup`, `FeaturePack`, `ServicePack`, `Definition`, `Tools`, `Updates`."""
    kb_numbers_to_include: NotRequired[list[pulumi.Input[str]]]
    """KB numbers to install in addition, with or without a leading KB."""
    kb_numbers_to_exclude: NotRequired[list[pulumi.Input[str]]]
    """KB numbers never to install."""
    exclude_kbs_requiring_reboot: NotRequired[pulumi.Input[bool]]
    """True leaves out every update that needs a restart."""


class LinuxUpdatesArgs(TypedDict):
    """What Linux machines install."""

    classifications: NotRequired[list[pulumi.Input[str]]]
    """Any of `Critical`, `Security`, `Other`."""
    package_name_masks_to_include: NotRequired[list[pulumi.Input[str]]]
    """Packages to install in addition, with wildcards."""
    package_name_masks_to_exclude: NotRequired[list[pulumi.Input[str]]]
    """Packages never to install, with wildcards and without versions."""


class UpdatesArgs(TypedDict):
    """What is installed in the window; a system that is left out is not patched by the schedule."""

    reboot: NotRequired[pulumi.Input[str]]
    """`IfRequired`, the default, `Never` or `Always`."""
    windows: NotRequired[WindowsUpdatesArgs]
    """What Windows machines install."""
    linux: NotRequired[LinuxUpdatesArgs]
    """What Linux machines install."""


class MaintenanceScheduleArgs(TypedDict):
    """What `MaintenanceSchedule` takes. Times are wall-clock times in `time_zone`."""

    resource_group_name: pulumi.Input[str]
    """The resource group the configuration is made in."""
    start: pulumi.Input[str]
    """`YYYY-MM-DD HH:mm`: the first run is the first recurrence on or after it."""
    time_zone: pulumi.Input[str]
    """A Windows time-zone id, such as `W. Europe Standard Time`."""
    duration: pulumi.Input[str]
    """How long the window is open, `HH:mm` from 01:30 to 03:55."""
    recur_every: pulumi.Input[str]
    """A recurrence in Azure's grammar, such as `Month Second Tuesday Offset4`, or `Month PatchTuesday Offset 4`."""
    expires: NotRequired[pulumi.Input[str]]
    """`YYYY-MM-DD HH:mm`: no run starts at or after it."""
    updates: UpdatesArgs
    """What is installed."""
    location: NotRequired[pulumi.Input[str]]
    """Where the configuration is kept; the resource group's location without it. Machines may be anywhere."""
    configuration_name: NotRequired[pulumi.Input[str]]
    """The configuration's name in Azure; the component's name without it."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """The configuration's tags."""
    protect: NotRequired[bool]
    """Pulumi's protection against deletion, which would detach every machine; true without it."""
    adopt_resource_id: NotRequired[str]
    """The ARM id of a configuration that is there already, to be imported instead of created."""


class MaintenanceSchedule(pulumi.ComponentResource):
    """A maintenance configuration with scope InGuestPatch: Azure Update Manager patches machines on its schedule."""

    name: pulumi.Output[str]
    """The maintenance configuration's name."""
    resource_id: pulumi.Output[str]
    """The maintenance configuration's ARM id."""
    recur_every: pulumi.Output[str]
    """The recurrence as it is sent, in canonical form."""
    summary: pulumi.Output[str]
    """The schedule in words, as the portal's schedule summary has it."""

    def __init__(self, name: str, args: MaintenanceScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the maintenance configuration.

        Raises:
            pulumi.RunError: something plain is wrong; the message has all faults.
        """
        super().__init__(component_type(MaintenanceSchedule), name, None, opts)
        where = f'MaintenanceSchedule "{name}"'
        named = {"configuration_name": name, **args}
        values = checked(where, ScheduleEntry, named, _FIELDS)
        sent = when_known({field: values.get(field) for field in _SCHEDULE}, lambda known: _sent(where, known))
        # What is adopted has the service's own words for it, and importing it changes nothing.
        without_end = _WITHOUT_END if "adopt_resource_id" in args else None
        configuration = maintenance.MaintenanceConfiguration(
            f"{name}-configuration",
            pulumi.ResourceOptions(
                parent=self,
                protect=args.get("protect", True),
                import_=args.get("adopt_resource_id"),
                # The service refuses a second one of the same name elsewhere, so the old one goes first.
                replace_on_changes=["location"],
                delete_before_replace=True,
            ),
            resource_name_=values["configuration_name"],
            resource_group_name=values["resource_group_name"],
            location=values.get("location"),
            maintenance_scope=maintenance.MaintenanceScope.IN_GUEST_PATCH,
            visibility=maintenance.Visibility.CUSTOM,
            extension_properties={"InGuestPatchMode": "User"},
            start_date_time=when_known(sent, lambda window: window.start),
            expiration_date_time=when_known(sent, lambda window: window.expires or without_end),
            duration=when_known(sent, lambda window: window.duration),
            time_zone=when_known(sent, lambda window: window.time_zone),
            recur_every=when_known(sent, lambda window: window.recur_every),
            install_patches=when_known(sent, lambda window: window.install_patches),
            tags=args.get("tags"),
        )
        self.name = configuration.name
        self.resource_id = configuration.id
        self.recur_every = pulumi.Output.from_input(when_known(sent, lambda window: window.recur_every))
        self.summary = pulumi.Output.from_input(when_known(sent, lambda window: window.summary))
        self.register_outputs(
            {
                "name": self.name,
                "resourceId": self.resource_id,
                "recurEvery": self.recur_every,
                "summary": self.summary,
            }
        )


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the service is sent, as it answers it."""

    start: str
    expires: str | None
    duration: str
    time_zone: str
    recur_every: str
    install_patches: maintenance.InputPatchConfigurationArgs
    summary: str


_WITHOUT_END = "9999-12-31 23:59:59"
_SCHEDULE = ("start", "time_zone", "duration", "recur_every", "expires", "updates")
_FIELDS = {field: field for field in _SCHEDULE} | {
    "configuration_name": "name",
    "location": "location",
    "resource_group_name": "resource_group",
}


def _sent(where: str, values: Mapping[str, object]) -> _Sent:
    given = {field: value for field, value in values.items() if value is not None}
    reading = read_entry(ScheduleEntry, given, "", by_name=True)
    entry = reading.entry
    if entry is None or reading.faults:
        raise_faults(where, reading.faults)
    schedule = entry.window
    judged = check_window("", schedule, entry.recur_every.patch_tuesday)
    if faults := (*judged.faults, *check_updates("updates", entry.updates)):
        raise_faults(where, faults)
    return _Sent(
        start=local_text(schedule.start),
        expires=None if schedule.expires is None else local_text(schedule.expires),
        duration=window_text(schedule.duration),
        time_zone=schedule.time_zone,
        recur_every=str(schedule.recurrence),
        install_patches=_install_patches(entry.updates),
        summary=schedule.summary(),
    )


def _install_patches(updates: UpdatesEntry) -> maintenance.InputPatchConfigurationArgs:
    """What is installed. What is not set is left out, and so is an empty list, which means the same."""
    windows, linux = updates.windows, updates.linux
    return maintenance.InputPatchConfigurationArgs(
        reboot_setting=updates.reboot.as_answered,
        windows_parameters=windows
        and maintenance.InputWindowsParametersArgs(
            classifications_to_include=list(windows.classifications) or None,
            kb_numbers_to_include=list(windows.kb_numbers_to_include) or None,
            kb_numbers_to_exclude=list(windows.kb_numbers_to_exclude) or None,
            exclude_kbs_requiring_reboot=windows.exclude_kbs_requiring_reboot or None,
        ),
        linux_parameters=linux
        and maintenance.InputLinuxParametersArgs(
            classifications_to_include=list(linux.classifications) or None,
            package_name_masks_to_include=list(linux.package_name_masks_to_include) or None,
            package_name_masks_to_exclude=list(linux.package_name_masks_to_exclude) or None,
        ),
    )
