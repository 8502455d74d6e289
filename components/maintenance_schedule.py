"""`MaintenanceSchedule`: a maintenance configuration for guest patching, checked before any call.

It attaches nothing: `MachineAssignments` and `DynamicScope` do that, and `AzurePolicy` with `recurringUpdates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_azure_native import maintenance

from patching.arm_ids import parse_resource_id
from patching.checks.updates import check_updates
from patching.checks.window import check_window
from patching.own_words import configuration_as_there
from patching.schedule import local_text, window_text
from patching.settings.entries import ScheduleEntry, UpdatesEntry
from patching.settings.validation import read_entry

from .adopting import Inputs, in_own_words
from .configuration_ids import configuration_id_faults
from .declaring import checked, component_options, component_type, raise_faults, when_known
from .held_names import wait_for_held_name


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
        super().__init__(component_type(MaintenanceSchedule), name, None, component_options(opts))
        where = f'MaintenanceSchedule "{name}"'
        named = {"configuration_name": name, **args}
        adopted = configuration_id_faults("adopt_resource_id", args.get("adopt_resource_id"))
        values = checked(where, ScheduleEntry, named, _FIELDS, adopted)
        sent = when_known({field: values.get(field) for field in _SCHEDULE}, lambda known: _sent(where, known))
        inputs = self._inputs(args, values, sent)
        configuration = maintenance.MaintenanceConfiguration(
            f"{name}-configuration",
            pulumi.ResourceOptions(
                parent=self,
                protect=args.get("protect", True),
                import_=args.get("adopt_resource_id"),
                # The service refuses a second one of the same name elsewhere, so the old one goes first.
                replace_on_changes=["location"],
                delete_before_replace=True,
                hooks=wait_for_held_name(f"{name}-configuration"),
                # Decides nothing, and is never set here; Microsoft's own tools set it, so that importing would show it.
                ignore_changes=["namespace"],
            ),
            resource_name_=values["configuration_name"],
            resource_group_name=values["resource_group_name"],
            location=inputs["location"],
            maintenance_scope=inputs["maintenanceScope"],
            visibility=inputs["visibility"],
            extension_properties=inputs["extensionProperties"],
            start_date_time=inputs["startDateTime"],
            expiration_date_time=inputs["expirationDateTime"],
            duration=inputs["duration"],
            time_zone=inputs["timeZone"],
            recur_every=inputs["recurEvery"],
            install_patches=inputs["installPatches"],
            tags=inputs["tags"],
        )
        self.name = configuration.name
        self.resource_id = configuration.id
        self.recur_every = pulumi.Output.from_input(when_known(sent, lambda window: window.inputs["recurEvery"]))
        self.summary = pulumi.Output.from_input(when_known(sent, lambda window: window.summary))
        self.register_outputs(
            {
                "name": self.name,
                "resourceId": self.resource_id,
                "recurEvery": self.recur_every,
                "summary": self.summary,
            }
        )

    def _inputs(self, args: MaintenanceScheduleArgs, values: Mapping[str, Any], sent: pulumi.Input["_Sent"]) -> Inputs:
        """The configuration's arguments, by azure-native's names; what is adopted has Azure's own words for them."""
        inputs: Inputs = {
            "location": values.get("location"),
            "tags": args.get("tags") or None,
            "maintenanceScope": maintenance.MaintenanceScope.IN_GUEST_PATCH.value,
            "visibility": maintenance.Visibility.CUSTOM.value,
            "extensionProperties": {"InGuestPatchMode": "User"},
            **{name: when_known(sent, lambda known, name=name: known.inputs.get(name)) for name in _SENT},
        }
        adopted = args.get("adopt_resource_id")
        if adopted is None:
            return inputs
        found = parse_resource_id(adopted)
        arguments = {"resourceGroupName": found.resource_group, "resourceName": found.name}
        getter = "azure-native:maintenance:getMaintenanceConfiguration"
        return in_own_words(inputs, configuration_as_there, getter, arguments, self)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the service is sent of a schedule, as it answers it, by azure-native's names; and the schedule in words."""

    inputs: Mapping[str, Any]
    summary: str


_SENT = ("startDateTime", "expirationDateTime", "duration", "timeZone", "recurEvery", "installPatches")
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
    if reading.faults:
        raise_faults(where, reading.faults)
    schedule = entry.window
    judged = check_window("", schedule, entry.recur_every.patch_tuesday)
    if faults := (*judged.faults, *check_updates("updates", entry.updates)):
        raise_faults(where, faults)
    return _Sent(
        inputs={
            "startDateTime": local_text(schedule.start),
            "expirationDateTime": None if schedule.expires is None else local_text(schedule.expires),
            "duration": window_text(schedule.duration),
            "timeZone": schedule.time_zone,
            "recurEvery": str(schedule.recurrence),
            "installPatches": _install_patches(entry.updates),
        },
        summary=schedule.summary(),
    )


def _install_patches(updates: UpdatesEntry) -> dict[str, Any]:
    """What is installed. What is not set is left out, and so is an empty list, which means the same."""
    windows, linux = updates.windows, updates.linux
    return _set(
        rebootSetting=updates.reboot.as_answered,
        windowsParameters=windows
        and _set(
            classificationsToInclude=list(windows.classifications),
            kbNumbersToInclude=list(windows.kb_numbers_to_include),
            kbNumbersToExclude=list(windows.kb_numbers_to_exclude),
            excludeKbsRequiringReboot=windows.exclude_kbs_requiring_reboot,
        ),
        linuxParameters=linux
        and _set(
            classificationsToInclude=list(linux.classifications),
            packageNameMasksToInclude=list(linux.package_name_masks_to_include),
            packageNameMasksToExclude=list(linux.package_name_masks_to_exclude),
        ),
    )


def _set(**properties: Any) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value}
