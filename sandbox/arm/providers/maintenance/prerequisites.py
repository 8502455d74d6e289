"""What a virtual machine needs for scheduled patching. Source: "Configure schedule patching on Azure VMs"."""

from sandbox.arm.bodies import at, mapping_at
from sandbox.arm.ids import VIRTUAL_MACHINE
from sandbox.arm.providers.compute.machine_body import configuration
from sandbox.arm.store import Resource


def unmet(machine: Resource) -> str | None:
    """Return what a machine lacks for customer managed schedules, in words; None where nothing, as on Arc machines."""
    if not machine.id.is_type(VIRTUAL_MACHINE):
        return None
    settings = mapping_at(configuration(machine.properties), "patchSettings")
    bypass = at(settings, "automaticByPlatformSettings", "bypassPlatformSafetyChecksOnUserSchedule")
    if settings.get("patchMode") == "AutomaticByPlatform" and bypass is True:
        return None
    return (
        f"The virtual machine '{machine.id.text}' does not meet the prerequisites for scheduled patching: its "
        f"patchMode is '{settings.get('patchMode', 'not set')}' and bypassPlatformSafetyChecksOnUserSchedule is "
        f"'{str(bool(bypass)).lower()}'. Set patchMode to 'AutomaticByPlatform' and "
        "bypassPlatformSafetyChecksOnUserSchedule to 'true' (Customer Managed Schedules)."
    )
