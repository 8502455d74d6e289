"""Marketplace images, by their publisher: which operating system they are of, and which Update Manager does not patch.

Publishers with images of both systems, such as MicrosoftSQLServer, say nothing and are not here. Sources: the image
lists in the built-in policies "Configure periodic checking for missing system updates on azure virtual machines" and
"Schedule recurring updates using Azure Update Manager"; Microsoft Learn, "Unsupported workloads for Azure Update
Manager".
"""

from collections.abc import Mapping

from patching.machines import OperatingSystem

_LINUX = (
    "almalinux",
    "canonical",
    "credativ",
    "debian",
    "kali-linux",
    "kinvolk",
    "microsoftcblmariner",
    "openlogic",
    "oracle",
    "redhat",
    "resf",
    "suse",
)
_WINDOWS = ("microsoftwindowsdesktop", "microsoftwindowsserver", "microsoftwindowsserverhpcpack")
_SYSTEMS: Mapping[str, OperatingSystem] = {
    **dict.fromkeys(_LINUX, OperatingSystem.LINUX),
    **dict.fromkeys(_WINDOWS, OperatingSystem.WINDOWS),
}

EXAMPLE_PUBLISHERS = {OperatingSystem.LINUX: "Canonical", OperatingSystem.WINDOWS: "MicrosoftWindowsServer"}


def system_of(publisher: str) -> OperatingSystem | None:
    """The operating system of every image of a publisher; None where that is not known, or not one."""
    return _SYSTEMS.get(publisher.lower())


def is_windows_client(publisher: str) -> bool:
    """Whether a publisher's images are Windows client, which Update Manager patches on no schedule."""
    return publisher.lower() == "microsoftwindowsdesktop"
