"""What the simulation asks of a machine, whichever of the two kinds it is."""

import re

from sandbox.arm.bodies import at, mapping_at
from sandbox.arm.ids import VIRTUAL_MACHINE
from sandbox.arm.providers.compute.machine_body import CONFIGURATIONS, operating_system
from sandbox.arm.store import Resource

_WINDOWS_RELEASE = re.compile(r"20(?:12|16|19|22|25)")
_DECIDED = frozenset({"IfRequired", "Never", "Always"})
_RUNNING = "PowerState/running"


def system_of(machine: Resource) -> str:
    """Return "Windows" or "Linux"."""
    if machine.id.is_type(VIRTUAL_MACHINE):
        return operating_system(machine.properties)
    named = str(machine.properties.get("osType") or machine.properties.get("osName") or "")
    return "Windows" if named.lower().startswith("windows") else "Linux"


def windows_release(machine: Resource) -> str:
    """Return the year of a machine's Windows Server, 2022 where nothing tells."""
    image = mapping_at(machine.properties, "storageProfile", "imageReference")
    told = (image.get("sku"), image.get("offer"), machine.properties.get("osSku"), machine.properties.get("osName"))
    found = _WINDOWS_RELEASE.search(" ".join(str(one) for one in told))
    return found[0] if found else "2022"


def is_on(machine: Resource) -> bool:
    """Tell whether a virtual machine runs, or an Arc machine's agent is connected."""
    if machine.id.is_type(VIRTUAL_MACHINE):
        return str(machine.private.get("powerState") or _RUNNING) == _RUNNING
    return str(machine.properties.get("status") or "Connected").lower() == "connected"


def is_assessed_daily(machine: Resource) -> bool:
    """Tell whether periodic assessment is on."""
    return _patch_setting(machine, "assessmentMode") == "AutomaticByPlatform"


def own_reboot_setting(machine: Resource) -> str | None:
    """Return the reboot setting of the machine itself, which comes before a configuration's; None for none."""
    setting = _patch_setting(machine, "automaticByPlatformSettings", "rebootSetting")
    return str(setting) if setting in _DECIDED else None


def _patch_setting(machine: Resource, *path: str) -> object:
    return at(machine.properties, "osProfile", CONFIGURATIONS[system_of(machine)], "patchSettings", *path)
