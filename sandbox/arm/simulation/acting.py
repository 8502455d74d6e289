"""What is done to one machine: it is assessed, or updates are installed on it."""

import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import mapping_at
from sandbox.arm.simulation.installing import FAILED, install
from sandbox.arm.simulation.machines import own_reboot_setting, system_of
from sandbox.arm.simulation.pending import after_installing, condition, pending, with_condition
from sandbox.arm.simulation.records import Assessment, Installed, kept, patches, result_resource
from sandbox.arm.simulation.selection import BLOCKS, select
from sandbox.arm.store import Resource

_EXCEEDED = "The maintenance window was exceeded before all updates were installed."
_REBOOT_SPELLINGS = {"NeverReboot": "Never", "AlwaysReboot": "Always"}


def assess(azure: Azure, machine: Resource, moment: float, started_by: str) -> Assessment:
    """Find what a machine lacks, and keep it as its last assessment."""
    activity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{machine.id.key} assessed {moment}"))
    found = Assessment(
        activity,
        system_of(machine),
        moment,
        started_by,
        condition(machine).reboot_pending,
        patches(pending(machine, moment)),
    )
    azure.store.keep(replace(machine, private={**machine.private, **kept(found)}))
    return found


def patch(
    azure: Azure,
    machine: Resource,
    wanted: dict[str, Any],
    *,
    moment: float,
    minutes: int,
    started_by: str,
    run: str = "",
) -> Installed:
    """Install on a machine what an installPatches wants, in a window of so many minutes from a moment on.

    `run` is the id of the schedule's run that does it. Returns the record, which is kept.
    """
    system, before = system_of(machine), condition(machine)
    chosen = select(pending(machine, moment), system, mapping_at(wanted, BLOCKS[system]))
    reboot = own_reboot_setting(machine) or str(wanted.get("rebootSetting") or "IfRequired")
    reboot = _REBOOT_SPELLINGS.get(reboot, reboot)
    done = install(system, chosen.selected, minutes, reboot, reboot_pending=before.reboot_pending)
    ended = moment + done.minutes * 60 if run else moment  # on demand, it is done before its operation ends
    record = Installed(
        str(uuid.uuid5(uuid.NAMESPACE_URL, f"{machine.id.key} patched {moment} {run}")),
        system,
        moment,
        ended,
        started_by,
        done.status,
        done.exceeded,
        done.reboot_status,
        [
            *patches(done.installed, "Installed"),
            *patches(done.left, "Pending"),
            *patches(chosen.excluded, "Excluded"),
            *patches(chosen.not_selected, "NotSelected"),
        ],
        run,
        _EXCEEDED if done.status == FAILED else "",
    )
    after = after_installing(before, done.installed, reboot_pending=done.reboot_pending)
    changed = with_condition(machine, replace(after, busy_until=ended) if run else after)
    azure.store.keep(replace(changed, private={**changed.private, **kept(record)}))
    azure.store.put(result_resource(machine.id, record), moment)
    return record
