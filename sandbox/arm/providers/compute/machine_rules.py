"""The rules of Microsoft.Compute on a virtual machine: what has to be there, what goes together, what is fixed.

Sources: the REST reference of virtual machines (OSProfile, LinuxConfiguration, WindowsConfiguration, PatchSettings) and
"Automatic Guest Patching for Azure Virtual Machines" for the patch settings.
"""

import base64
import binascii
import re
from typing import Any

from sandbox.arm.bodies import at, list_at, mapping_at
from sandbox.arm.errors import ArmError
from sandbox.arm.providers.compute.machine_body import CONFIGURATIONS, configuration, is_specialised, operating_system
from sandbox.arm.providers.compute.refusals import (
    invalid_parameter,
    missing_parameter,
    not_allowed_parameter,
    property_change_not_allowed,
)

_BY_PLATFORM = "AutomaticByPlatform"
_USER_NAMES = """
    administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console david
    guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5
"""
_USER_NAMES_REFUSED = frozenset(_USER_NAMES.split())
_PASSWORDS_REFUSED = frozenset(
    {
        "abc@123",
        "P@$$w0rd",
        "P@ssw0rd",
        "P@ssword123",
        "Pa$$word",
        "pass@word1",
        "Password!",
        "Password1",
        "Password22",
        "iloveyou!",
    }
)
_PASSWORD_LENGTHS = {"Windows": (8, 123), "Linux": (6, 72)}
_USER_NAME_LENGTHS = {"Windows": 20, "Linux": 64}
_PASSWORD_KINDS = tuple(re.compile(kind) for kind in (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]"))
_KINDS_NEEDED = 3
_NOT_IN_COMPUTER_NAMES = re.compile(r"[`~!@#$%^&*()=+_\[\]{}\\|;:'\",<>/?\s]")
_LONGEST_WINDOWS_NAME = 15
_LONGEST_LINUX_NAME = 64
_KEY_TYPES = ("ssh-rsa", "ssh-ed25519")
_FIXED = (
    ("osProfile", "adminUsername"),
    ("osProfile", "computerName"),
    ("osProfile", "windowsConfiguration", "enableAutomaticUpdates"),
    ("osProfile", "windowsConfiguration", "provisionVMAgent"),
    ("osProfile", "windowsConfiguration", "timeZone"),
    ("osProfile", "linuxConfiguration", "provisionVMAgent"),
    ("osProfile", "linuxConfiguration", "disablePasswordAuthentication"),
    ("osProfile", "linuxConfiguration", "ssh"),
    ("storageProfile", "osDisk", "name"),
    ("storageProfile", "osDisk", "createOption"),
    ("storageProfile", "osDisk", "osType"),
    ("storageProfile", "imageReference", "publisher"),
    ("storageProfile", "imageReference", "offer"),
    ("storageProfile", "imageReference", "sku"),
    ("storageProfile", "imageReference", "version"),
    ("storageProfile", "imageReference", "id"),
)


def check_new(given: dict[str, Any], properties: dict[str, Any]) -> None:
    """Check the body of a machine that is to be made: as it was sent, and with the defaults filled in.

    Raises ArmError (400 InvalidParameter).
    """
    for profile in ("storageProfile", "networkProfile"):
        if profile not in given:
            raise missing_parameter(profile)
    network: dict[str, Any] = given["networkProfile"]
    if not network.get("networkInterfaces") and not network.get("networkInterfaceConfigurations"):
        raise missing_parameter("networkProfile.networkInterfaces")
    _check_image(given["storageProfile"], "osProfile" in given)
    if "osProfile" in given:
        _check_os_profile(given["osProfile"], properties)


def _check_image(storage: dict[str, Any], has_profile: bool) -> None:
    """An image from the marketplace is named whole; a disk that is attached brings its own users."""
    disk: dict[str, Any] = mapping_at(storage, "osDisk")
    image: dict[str, Any] | None = storage.get("imageReference")
    if str(disk.get("createOption", "FromImage")).lower() == "attach":
        if has_profile:
            raise not_allowed_parameter("osProfile")
        if "osType" not in disk:
            raise missing_parameter("storageProfile.osDisk.osType")
        return
    if image is None:
        raise missing_parameter("storageProfile.imageReference")
    if "id" in image:
        return
    for key in ("publisher", "offer", "sku", "version"):
        if not image.get(key):
            raise missing_parameter(f"imageReference.{key}")
    if not has_profile:
        raise missing_parameter("osProfile")


def _check_os_profile(given: dict[str, Any], properties: dict[str, Any]) -> None:
    system = operating_system(properties)
    _check_computer_name(properties["osProfile"]["computerName"], system)
    _check_user_name(given.get("adminUsername"), system)
    password = given.get("adminPassword")
    if password is not None:
        _check_password(password, system)
    elif system == "Windows":
        raise missing_parameter("adminPassword")
    if system == "Linux":
        linux: dict[str, Any] = mapping_at(given, "linuxConfiguration")
        _check_keys(linux, given["adminUsername"])
        keys = at(linux, "ssh", "publicKeys")
        if not keys and (password is None or linux.get("disablePasswordAuthentication")):
            raise invalid_parameter(
                "linuxConfiguration",
                "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
            )


def _check_computer_name(name: str, system: str) -> None:
    windows = system == "Windows"
    longest = _LONGEST_WINDOWS_NAME if windows else _LONGEST_LINUX_NAME
    wrong = _NOT_IN_COMPUTER_NAMES.search(name) or (windows and (name.isdigit() or "." in name))
    if not name or len(name) > longest or wrong:
        also = ", be entirely numeric," if windows else ""
        raise invalid_parameter(
            "computerName",
            f"{system} computer name cannot be more than {longest} characters long{also} or contain the following "
            "characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
        )


def _check_user_name(name: str | None, system: str) -> None:
    if not name:
        raise missing_parameter("adminUsername")
    longest = _USER_NAME_LENGTHS[system]
    if name.lower() in _USER_NAMES_REFUSED or len(name) > longest or (system == "Windows" and name.endswith(".")):
        raise invalid_parameter("adminUsername", "The Admin Username specified is not allowed.")


def _check_password(password: str, system: str) -> None:
    shortest, longest = _PASSWORD_LENGTHS[system]
    kinds = sum(bool(kind.search(password)) for kind in _PASSWORD_KINDS)
    control = any(ord(character) < ord(" ") for character in password)
    if not shortest <= len(password) <= longest or kinds < _KINDS_NEEDED or control:
        raise invalid_parameter(
            "adminPassword",
            f"The supplied password must be between {shortest}-{longest} characters long and must satisfy at least 3 "
            "of password complexity requirements from the following:\r\n1) Contains an uppercase character\r\n"
            "2) Contains a lowercase character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n"
            "5) Control characters are not allowed",
        )
    if password in _PASSWORDS_REFUSED:
        raise invalid_parameter("adminPassword", "The supplied password is not allowed.")


def _check_keys(linux: dict[str, Any], user: str) -> None:
    for key in list_at(linux, "ssh", "publicKeys"):
        if not _is_public_key(key.get("keyData") or ""):
            raise invalid_parameter(
                "linuxConfiguration.ssh.publicKeys.keyData",
                "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.",
            )
        path = f"/home/{user}/.ssh/authorized_keys"
        if key.get("path", path) != path:
            raise invalid_parameter(
                "linuxConfiguration.ssh.publicKeys.path",
                "Destination path for SSH public keys is currently limited to its default value "
                f"{path} due to a known issue in Linux provisioning agent.",
            )


def _is_public_key(text: str) -> bool:
    """Tell whether a text is an OpenSSH public key of a type that Azure takes: `type base64 [comment]`."""
    parts = text.split(None, 2)
    if len(parts) < 2 or parts[0] not in _KEY_TYPES:  # noqa: PLR2004
        return False
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (ValueError, binascii.Error):
        return False
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length] == parts[0].encode() and len(blob) > 4 + length


def check_patch_settings(properties: dict[str, Any]) -> None:
    """Check that patch mode, agent, updates, hotpatching and the bypass flag go together.

    Raises ArmError (400 InvalidParameter).
    """
    if "osProfile" not in properties:
        return
    system = operating_system(properties)
    made = configuration(properties)
    settings: dict[str, Any] = made["patchSettings"]
    where = f"{CONFIGURATIONS[system]}.patchSettings"
    mode = settings["patchMode"]
    for key in ("patchMode", "assessmentMode"):
        if settings[key] == _BY_PLATFORM and not made["provisionVMAgent"]:
            raise _invalid(where, key, _BY_PLATFORM, "the property 'provisionVMAgent' must be set to true")
    if system == "Windows":
        _check_windows_mode(made, settings, where)
    inner: dict[str, Any] = mapping_at(settings, "automaticByPlatformSettings")
    if inner and mode != _BY_PLATFORM:
        raise invalid_parameter(
            f"{where}.automaticByPlatformSettings",
            "The property 'automaticByPlatformSettings' is allowed only for patchMode 'AutomaticByPlatform'; it is "
            f"'{mode}'.",
        )
    if settings.get("enableHotpatching") and inner.get("bypassPlatformSafetyChecksOnUserSchedule"):
        raise invalid_parameter(
            f"{where}.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule",
            "Hotpatch updates require platform safety checks. The property "
            "'bypassPlatformSafetyChecksOnUserSchedule' must not be set to true where 'enableHotpatching' is true.",
        )


def _check_windows_mode(made: dict[str, Any], settings: dict[str, Any], where: str) -> None:
    mode, automatic = settings["patchMode"], made["enableAutomaticUpdates"]
    if automatic == (mode == "Manual"):
        needed = "false" if automatic else "true"
        raise _invalid(where, "patchMode", mode, f"the property 'enableAutomaticUpdates' must be set to {needed}")
    if settings["enableHotpatching"] and not (mode == _BY_PLATFORM and made["provisionVMAgent"]):
        raise invalid_parameter(
            f"{where}.enableHotpatching",
            f"For 'enableHotpatching', the property 'patchMode' must be set to '{_BY_PLATFORM}' and 'provisionVMAgent' "
            "to true.",
        )


def _invalid(where: str, key: str, value: str, needed: str) -> ArmError:
    return invalid_parameter(f"{where}.{key}", f"The {key} '{value}' is invalid. For {key} '{value}', {needed}.")


def check_unchanged(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Check that a write leaves alone what is fixed when a machine is made.

    Raises ArmError (409 PropertyChangeNotAllowed).
    """
    for path in _FIXED:
        was, becomes = at(before, *path), at(after, *path)
        if was is not None and not _same(was, becomes):
            raise property_change_not_allowed(".".join(path))
    if is_specialised(before) and set(mapping_at(after, "osProfile")) - set(CONFIGURATIONS.values()):
        raise property_change_not_allowed("osProfile")


def _same(was: Any, becomes: Any) -> bool:
    if isinstance(was, str) and isinstance(becomes, str):
        return was.lower() == becomes.lower()
    return was == becomes
