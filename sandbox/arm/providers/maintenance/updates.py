"""What a configuration installs: the rules of installPatches, by operating system.

Sources: the published REST specification; "Troubleshoot maintenance configurations" (classifications are validated);
schuberg-ep's module (a block that selects nothing is refused).
"""

from typing import Any, cast

from sandbox.arm.bodies import Shape, list_at
from sandbox.arm.providers.maintenance.refusals import refused

INSTALL_PATCHES: Shape = {
    "rebootSetting": str,
    "windowsParameters": {
        "classificationsToInclude": [str],
        "kbNumbersToInclude": [str],
        "kbNumbersToExclude": [str],
        "excludeKbsRequiringReboot": bool,
    },
    "linuxParameters": {
        "classificationsToInclude": [str],
        "packageNameMasksToInclude": [str],
        "packageNameMasksToExclude": [str],
    },
}
REBOOT_SETTINGS = frozenset({"IfRequired", "Never", "Always", "NeverReboot", "AlwaysReboot"})
_CLASSIFICATIONS = {
    "windowsParameters": frozenset(
        {"Critical", "Security", "UpdateRollup", "FeaturePack", "ServicePack", "Definition", "Tools", "Updates"}
    ),
    "linuxParameters": frozenset({"Critical", "Security", "Other"}),
}
_INCLUDED = {"windowsParameters": "kbNumbersToInclude", "linuxParameters": "packageNameMasksToInclude"}


def check_install_patches(patches: dict[str, Any]) -> None:
    """Check what is to be installed.

    Raises ArmError (400 BadRequest).
    """
    reboot = patches.get("rebootSetting")
    if reboot is not None and reboot not in REBOOT_SETTINGS:
        raise refused(f"The rebootSetting '{reboot}' is not valid. Allowed are IfRequired, Never and Always.")
    for block, allowed in _CLASSIFICATIONS.items():
        if block in patches:
            _check_block(block, cast("dict[str, Any]", patches[block]), allowed)


def _check_block(name: str, block: dict[str, Any], allowed: frozenset[str]) -> None:
    classifications = list_at(block, "classificationsToInclude")
    for one in classifications:
        if one not in allowed:
            raise refused(
                f"The classification '{one}' of {name} is not valid. Allowed are {', '.join(sorted(allowed))}."
            )
    if not classifications and not block.get(_INCLUDED[name]):
        raise refused(
            f"The {name} of installPatches select nothing: they need classificationsToInclude or {_INCLUDED[name]}."
        )
