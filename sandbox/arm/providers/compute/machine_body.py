"""The body of a virtual machine: its shape, what the service fills in, and what it never gives back."""

import hashlib
import secrets
import uuid
from typing import Any

from sandbox.arm.bodies import Shape, at, check, mapping_at, without_nulls
from sandbox.arm.ids import ResourceId
from sandbox.arm.images import os_of_image
from sandbox.arm.providers.compute.refusals import not_allowed_parameter, unreadable

_PATCH_MODES = {
    "Windows": frozenset({"Manual", "AutomaticByOS", "AutomaticByPlatform"}),
    "Linux": frozenset({"ImageDefault", "AutomaticByPlatform"}),
}
_ASSESSMENT_MODES = frozenset({"ImageDefault", "AutomaticByPlatform"})
_REBOOT_SETTINGS = frozenset({"Unknown", "IfRequired", "Never", "Always"})
_BY_PLATFORM: Shape = {"rebootSetting": _REBOOT_SETTINGS, "bypassPlatformSafetyChecksOnUserSchedule": bool}
_CREATE_OPTIONS = frozenset({"FromImage", "Attach", "Empty", "Copy", "Restore"})
_WINDOWS: Shape = {
    "provisionVMAgent": bool,
    "enableAutomaticUpdates": bool,
    "timeZone": str,
    "patchSettings": {
        "patchMode": _PATCH_MODES["Windows"],
        "assessmentMode": _ASSESSMENT_MODES,
        "enableHotpatching": bool,
        "automaticByPlatformSettings": _BY_PLATFORM,
    },
}
_LINUX: Shape = {
    "provisionVMAgent": bool,
    "disablePasswordAuthentication": bool,
    "enableVMAgentPlatformUpdates": bool,
    "ssh": {"publicKeys": [{"path": str, "keyData": str}]},
    "patchSettings": {
        "patchMode": _PATCH_MODES["Linux"],
        "assessmentMode": _ASSESSMENT_MODES,
        "automaticByPlatformSettings": _BY_PLATFORM,
    },
}
SHAPE: Shape = {
    "provisioningState": str,
    "vmId": str,
    "timeCreated": str,
    "hardwareProfile": {"vmSize": str},
    "storageProfile": {
        "imageReference": {"id": str, "publisher": str, "offer": str, "sku": str, "version": str},
        "osDisk": {
            "name": str,
            "osType": frozenset({"Windows", "Linux"}),
            "createOption": _CREATE_OPTIONS,
            "diskSizeGB": int,
            "managedDisk": {"id": str, "storageAccountType": str},
        },
        "dataDisks": [{}],
    },
    "osProfile": {
        "computerName": str,
        "adminUsername": str,
        "adminPassword": str,
        "customData": str,
        "allowExtensionOperations": bool,
        "windowsConfiguration": _WINDOWS,
        "linuxConfiguration": _LINUX,
        "secrets": [{}],
    },
    "networkProfile": {
        "networkApiVersion": str,
        "networkInterfaces": [{"id": str, "properties": {"primary": bool, "deleteOption": str}}],
        "networkInterfaceConfigurations": [{}],
    },
    "diagnosticsProfile": {"bootDiagnostics": {"enabled": bool}},
    "securityProfile": {},
    "licenseType": str,
    "userData": str,
    "priority": str,
}
_READ_ONLY = ("provisioningState", "vmId", "timeCreated", "instanceView", "extended")
_SECRETS = ("adminPassword", "customData")
_OWN_SPELLING = {
    one.lower(): one
    for one in (
        *_PATCH_MODES["Windows"],
        *_PATCH_MODES["Linux"],
        *_ASSESSMENT_MODES,
        *_REBOOT_SETTINGS,
        *_CREATE_OPTIONS,
    )
}
CONFIGURATIONS = {"Windows": "windowsConfiguration", "Linux": "linuxConfiguration"}


def read(properties: object) -> dict[str, Any]:
    """Return the properties of a request, checked for their shape, without nulls and what the service alone sets.

    Raises ArmError (400 BadRequest or InvalidParameter).
    """
    check(properties, SHAPE, refuse=unreadable)
    given: dict[str, Any] = without_nulls(properties or {})
    return {key: value for key, value in given.items() if key not in _READ_ONLY}


def operating_system(properties: dict[str, Any]) -> str:
    """Return "Windows" or "Linux": by the disk, then by the image, then by the configuration that was sent."""
    storage = mapping_at(properties, "storageProfile")
    given = at(storage, "osDisk", "osType")
    if given:
        return str(given).capitalize()
    image = mapping_at(storage, "imageReference")
    known = os_of_image(str(image.get("publisher") or ""), str(image.get("offer") or ""))
    if known:
        return known
    return "Windows" if "windowsConfiguration" in mapping_at(properties, "osProfile") else "Linux"


def configuration(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the Windows or Linux configuration of a machine; empty where it has no osProfile."""
    profile = mapping_at(properties, "osProfile")
    return mapping_at(profile, CONFIGURATIONS[operating_system(properties)])


def is_specialised(properties: dict[str, Any]) -> bool:
    """Tell whether a machine came from a specialised disk: it has no users, and takes patch settings only."""
    return "computerName" not in mapping_at(properties, "osProfile")


def filled(machine: ResourceId, given: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any]:
    """Return the properties as the service keeps them: what was sent, with its defaults, over what was there.

    A profile that a request leaves out stays as it was. Raises ArmError (400) for a configuration of the other
    operating system.
    """
    before = found or {}
    kept = {
        key: before[key]
        for key in ("hardwareProfile", "storageProfile", "osProfile", "networkProfile")
        if key in before
    }
    properties = {**kept, **given}
    properties["hardwareProfile"] = {"vmSize": "Standard_D1_v2", **mapping_at(properties, "hardwareProfile")}
    if "storageProfile" in properties:
        properties["storageProfile"] = _storage(machine, properties, before)
    if "osProfile" in properties:
        properties["osProfile"] = _os_profile(machine, properties, found)
    return properties


def _storage(machine: ResourceId, properties: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    given = properties["storageProfile"]
    earlier: dict[str, Any] = mapping_at(before, "storageProfile")
    disk: dict[str, Any] = {
        "caching": "ReadWrite",
        "createOption": "FromImage",
        "deleteOption": "Detach",
        "name": f"{machine.name}_OsDisk_1_{uuid.uuid4().hex}",
        **mapping_at(earlier, "osDisk"),
        **mapping_at(given, "osDisk"),
        "osType": operating_system(properties),
    }
    disk["createOption"] = _spelt(disk["createOption"])
    group = f"/subscriptions/{machine.subscription}/resourceGroups/{machine.resource_group}"
    disk["managedDisk"] = {
        "storageAccountType": "Premium_LRS",
        "id": f"{group}/providers/Microsoft.Compute/disks/{disk['name']}",
        **mapping_at(disk, "managedDisk"),
    }
    storage: dict[str, Any] = {
        "dataDisks": [],
        **{key: earlier[key] for key in ("imageReference",) if key in earlier},
        **given,
    }
    return {**storage, "osDisk": disk}


def _os_profile(machine: ResourceId, properties: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any]:
    given: dict[str, Any] = properties["osProfile"]
    system = operating_system(properties)
    for other in CONFIGURATIONS.values():
        if other in given and other != CONFIGURATIONS[system]:
            raise not_allowed_parameter(other)
    before = mapping_at(found, "osProfile")
    made: dict[str, Any] = {
        "computerName": machine.name,
        "secrets": [],
        "allowExtensionOperations": True,
        "requireGuestProvisionSignal": True,
    }
    profile: dict[str, Any] = {
        **({} if found is not None and is_specialised(found) else made),
        **before,
        **{key: value for key, value in given.items() if key not in _SECRETS},
    }
    key = CONFIGURATIONS[system]
    earlier: dict[str, Any] = mapping_at(before, key)
    sent: dict[str, Any] = mapping_at(given, key)
    profile[key] = _windows(sent, earlier) if system == "Windows" else _linux(sent, earlier)
    return profile


def _windows(sent: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    made = {"provisionVMAgent": True, "enableAutomaticUpdates": True, **earlier, **sent}
    mode = "AutomaticByOS" if made["enableAutomaticUpdates"] else "Manual"
    defaults = {"patchMode": mode, "assessmentMode": "ImageDefault", "enableHotpatching": False}
    return {**made, "patchSettings": _patch_settings(defaults, made)}


def _linux(sent: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    made = {"disablePasswordAuthentication": False, "provisionVMAgent": True, **earlier, **sent}
    return {
        **made,
        "patchSettings": _patch_settings({"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}, made),
    }


def _patch_settings(defaults: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    settings = {**defaults, **mapping_at(made, "patchSettings")}
    by_platform: dict[str, Any] | None = settings.get("automaticByPlatformSettings")
    if by_platform is not None:
        settings["automaticByPlatformSettings"] = {key: _spelt(value) for key, value in by_platform.items()}
    return {key: _spelt(value) for key, value in settings.items()}


def _spelt(value: Any) -> Any:
    return _OWN_SPELLING.get(value.lower(), value) if isinstance(value, str) else value


def fingerprints(given: dict[str, Any], earlier: dict[str, str]) -> dict[str, str]:
    """Return salted hashes of the secrets of a request, so that a change to one can be told without keeping it."""
    profile: dict[str, Any] = mapping_at(given, "osProfile")
    kept = dict(earlier)
    for name in _SECRETS:
        if name in profile and name not in kept:
            salt = secrets.token_hex(8)
            kept[name] = f"{salt}:{_hash(salt, profile[name])}"
    return kept


def changed_secret(given: dict[str, Any], earlier: dict[str, str]) -> str | None:
    """Return the name of a secret that a request sends otherwise than when the machine was made, or None."""
    profile: dict[str, Any] = mapping_at(given, "osProfile")
    names = (name for name in _SECRETS if name in profile and not is_same_secret(profile[name], earlier.get(name)))
    return next(names, None)


def is_same_secret(value: str, kept: str | None) -> bool:
    """Tell whether a secret is the one that a fingerprint was made of; where there is none, it cannot be told: yes."""
    if kept is None:
        return True
    salt, _, digest = kept.partition(":")
    return _hash(salt, value) == digest


def _hash(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()
