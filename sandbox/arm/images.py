"""Which operating system a marketplace image holds, by publisher and offer: the main families, not the marketplace."""

_WINDOWS_PUBLISHERS = frozenset(
    {
        "microsoftwindowsserver",
        "microsoftwindowsdesktop",
        "microsoftwindowsserverhpcpack",
        "microsoftvisualstudio",
        "microsoftsharepoint",
        "microsoftbiztalkserver",
        "microsoftdynamicsax",
    }
)
_LINUX_PUBLISHERS = frozenset(
    {
        "almalinux",
        "canonical",
        "cognosys",
        "credativ",
        "debian",
        "kinvolk",
        "microsoftcblmariner",
        "openlogic",
        "oracle",
        "redhat",
        "resf",
        "rogue-wave",
        "suse",
    }
)
_MIXED_PUBLISHERS = frozenset({"microsoftsqlserver", "microsoft-dsvm", "microsoft-ads", "microsoftrserver"})
_WINDOWS_OFFERS = ("-ws", "windows", "data-science-vm")


def os_of_image(publisher: str, offer: str) -> str | None:
    """Return "Windows" or "Linux", or None for an image outside the families known here."""
    publisher, offer = publisher.lower(), offer.lower()
    if publisher in _WINDOWS_PUBLISHERS:
        return "Windows"
    if publisher in _LINUX_PUBLISHERS:
        return "Linux"
    if publisher in _MIXED_PUBLISHERS:
        return "Windows" if any(word in offer for word in _WINDOWS_OFFERS) else "Linux"
    return None
