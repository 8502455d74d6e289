"""Reading `schedules`: each entry by itself, then resolved with the stack's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from patching.arm_ids import maintenance_configuration_id
from patching.checks.emergencies import check_emergency
from patching.checks.events import check_pre_event
from patching.checks.updates import check_updates
from patching.checks.window import check_window
from patching.limits import GROUP_AND_CONFIGURATION_NAME
from patching.schedule import Schedule
from patching.settings.context import Configuration, Context
from patching.settings.dynamic_scopes import read_scopes
from patching.settings.entries import ScheduleEntry, UpdatesEntry
from patching.settings.events import read_events
from patching.settings.machine_targets import read_machines
from patching.settings.model import (
    EMERGENCY_TAG,
    Follows,
    LinuxUpdates,
    ScheduleSettings,
    Subscription,
    Updates,
    VirtualMachineSettings,
    WindowsUpdates,
)
from patching.settings.validation import EntryReading, read_entries
from patching.settings.values import nearest

_WINDOW = ("start", "expires", "time_zone", "duration", "recur_every")


@dataclass(frozen=True, slots=True)
class ScheduleReading:
    """A schedule as far as it is right; `window_is_right` says that its runs are those the user meant."""

    settings: ScheduleSettings
    window_is_right: bool


def read_schedules(
    raw: Mapping[str, object], virtual_machines: Mapping[str, VirtualMachineSettings], context: Context
) -> dict[str, ScheduleReading]:
    """Every schedule of the file that is a map at all."""
    readings: dict[str, ScheduleReading] = {}
    fix = "rename it, and give the Azure name as name"

    def references(key: str) -> Mapping[str, str]:
        other = context.a_schedule(but=key)
        follows = {"follows": f"{{schedule: {other}, days: 7}}" if other else "", "follows.schedule": other}
        return {"subscription": context.a_subscription, "machines": context.a_machine, **follows}

    entries = read_entries(
        ScheduleEntry,
        raw,
        "schedules",
        context.findings,
        example="linux-patch-tuesday",
        fix=fix,
        references=references,
    )
    for key, path, reading in entries:
        subscription = context.subscription(
            reading.entry.subscription if reading.right("subscription") else None, f"{path}.subscription"
        )
        schedule = reading.entry.window
        _check(reading, schedule, key, path, context)
        settings = _resolved(key, reading.entry, schedule, subscription, virtual_machines, context=context)
        _check_names(reading, settings, path, context)
        if reading.right(*_WINDOW):
            context.findings.extend(check_pre_event(path, settings, context.as_of))
        _check_reach(reading, key, path, context)
        readings[key] = ScheduleReading(settings, reading.right(*_WINDOW))
    return readings


def _check(reading: EntryReading[ScheduleEntry], schedule: Schedule, key: str, path: str, context: Context) -> None:
    entry, findings = reading.entry, context.findings
    if reading.right(*_WINDOW):
        # What is judged of a schedule that goes on is not of one that runs once.
        as_of = None if entry.emergency else context.as_of
        judged = check_window(path, schedule, entry.recur_every.patch_tuesday, as_of)
        findings.extend(judged)
        if entry.emergency and not judged.faults:
            findings.extend(check_emergency(path, schedule, entry.emergency, context.as_of))
    if reading.right("updates"):
        findings.faults.extend(check_updates(f"{path}.updates", entry.updates))
    if entry.follows is not None and reading.right("follows") and entry.follows.schedule not in context.schedule_keys:
        written = entry.follows.schedule
        guess = nearest(written, context.schedule_keys)
        fix = f"write {guess}" if guess else f"add the schedule {written}, or remove follows"
        findings.fault(
            f"{path}.follows.schedule", written, "a key of schedules", fix, guess or context.a_schedule(but=key)
        )


def _check_reach(reading: EntryReading[ScheduleEntry], key: str, path: str, context: Context) -> None:
    entry = reading.entry
    reaches = entry.machines or entry.scopes or key in context.schedules_of_policies
    if reading.right("machines", "scopes") and not reaches:
        expected = "machines, scopes, or a policy recurringUpdates that names it: so far it patches nothing"
        example = "{test-ring: {tags: {patch-ring: [test]}}}"
        context.findings.warn(f"{path}.scopes", None, expected, "add machines or scopes, or remove it", example)


def _check_names(reading: EntryReading[ScheduleEntry], settings: ScheduleSettings, path: str, context: Context) -> None:
    if not reading.right("name", "resource_group"):
        return
    together = len(settings.name) + len(settings.resource_group)
    if together > GROUP_AND_CONFIGURATION_NAME:
        expected = (
            f"at most {GROUP_AND_CONFIGURATION_NAME} characters with the resource group's name; these are {together}"
        )
        where = f"{path}.name" if settings.name != settings.key else path
        context.findings.fault(where, settings.name, expected, "give a shorter name", settings.name[:40])
    group = context.resource_group
    if settings.adopt and group.create and settings.resource_group.lower() == group.name.lower():
        expected = "create: false, where a schedule of the group is adopted: the group is there already"
        context.findings.fault("resourceGroup.create", True, expected, "write create: false", "false")  # noqa: FBT003 (the value found)
    if settings.follows and settings.follows.schedule_key == settings.key:
        context.findings.fault(f"{path}.follows.schedule", settings.key, "another schedule", "remove follows")


def _resolved(
    key: str,
    entry: ScheduleEntry,
    schedule: Schedule,
    subscription: Subscription,
    virtual_machines: Mapping[str, VirtualMachineSettings],
    *,
    context: Context,
) -> ScheduleSettings:
    name = entry.name or key
    group = entry.resource_group or context.resource_group.name
    path = f"schedules.{key}"
    configuration = Configuration(name, maintenance_configuration_id(subscription.id, group, name))
    machines = read_machines(entry.machines, f"{path}.machines", configuration, virtual_machines, context)
    return ScheduleSettings(
        key=key,
        name=name,
        subscription_key=subscription.key,
        subscription_id=subscription.id,
        resource_group=group,
        location=entry.location or context.location,
        description=entry.description,
        schedule=schedule,
        updates=_updates(entry.updates),
        machines=tuple(machines),
        scopes=read_scopes(entry.scopes, f"{path}.scopes", configuration, context),
        follows=Follows(entry.follows.schedule, entry.follows.days) if entry.follows else None,
        protect=context.protect if entry.protect is None else entry.protect,
        adopt=entry.adopt,
        tags=context.tags_with({**entry.tags, EMERGENCY_TAG: entry.emergency} if entry.emergency else entry.tags),
        emergency=entry.emergency,
        events=read_events(entry.events, f"{path}.events", configuration, context),
    )


def _updates(entry: UpdatesEntry) -> Updates:
    windows, linux = entry.windows, entry.linux
    return Updates(
        reboot=entry.reboot,
        windows=windows
        and WindowsUpdates(
            classifications=windows.classifications,
            kb_numbers_to_include=windows.kb_numbers_to_include,
            kb_numbers_to_exclude=windows.kb_numbers_to_exclude,
            exclude_kbs_requiring_reboot=windows.exclude_kbs_requiring_reboot,
        ),
        linux=linux
        and LinuxUpdates(
            classifications=linux.classifications,
            package_name_masks_to_include=linux.package_name_masks_to_include,
            package_name_masks_to_exclude=linux.package_name_masks_to_exclude,
        ),
    )
