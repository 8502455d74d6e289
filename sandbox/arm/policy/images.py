"""The marketplace images that the built-in policies of Azure Update Manager name, as far as modelled.

The policies decide by publisher, offer and SKU. The main families are here; what the policies name beyond them, mostly
third-party appliances, is not modelled: a machine with such an image is taken as one the policies do not know.
Source: the policy rules of the built-in definitions, as published in Azure/azure-policy.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.arm.policy.machines import LINUX, WINDOWS, Machine
from sandbox.arm.words import words

_ANY = ("*",)


@dataclass(frozen=True)
class ImageFamily:
    """Images of one publisher that the policies know: patterns in lower case, `*` for anything.

    `branch` is the OS under whose branch the periodic-assessment policy names the family; the other policies have one
    list for both.
    """

    branch: str
    publisher: str
    offers: tuple[str, ...] = _ANY
    skus: tuple[str, ...] = _ANY
    except_offers: tuple[str, ...] = ()
    except_skus: tuple[str, ...] = ()

    def holds(self, machine: Machine) -> bool:
        """Tell whether the machine was made from one of these images."""
        return (
            machine.publisher == self.publisher
            and _matches(machine.offer, self.offers)
            and _matches(machine.sku, self.skus)
            and not _matches(machine.offer, self.except_offers)
            and not _matches(machine.sku, self.except_skus)
        )


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _linux(publisher: str, offers: str = "*", skus: str = "*", no_offers: str = "", no_skus: str = "") -> ImageFamily:
    return _family(LINUX, publisher, offers, skus, no_offers, no_skus)


def _windows(publisher: str, offers: str = "*", skus: str = "*", no_offers: str = "", no_skus: str = "") -> ImageFamily:
    return _family(WINDOWS, publisher, offers, skus, no_offers, no_skus)


def _family(branch: str, publisher: str, *patterns: str) -> ImageFamily:
    return ImageFamily(branch, publisher, *(tuple(text.split()) for text in patterns))


FAMILIES = (
    _linux("canonical"),
    _linux("microsoftcblmariner", "cbl-mariner", "cbl-mariner-1 1-gen2 cbl-mariner-2 cbl-mariner-2-gen2"),
    _linux(
        "oracle",
        "oracle-linux",
        "8 8-ci 81 81-ci 81-gen2 ol82 ol8_2-gen2 ol82-gen2 ol83-lvm ol83-lvm-gen2 ol84-lvm ol84-lvm-gen2 7* ol7* ol8* "
        "ol9*",
    ),
    _linux("oracle", "oracle-database", "oracle_db_21"),
    _linux("oracle", "oracle-database-*", "18.*"),
    _linux("microsoft-dsvm", "ubuntu-hpc", "1804 2004-preview-ndv5 2004 2204-preview-ndv5 2204"),
    _linux("microsoft-dsvm", "ubuntu-1804", "1804-gen2"),
    _linux("microsoft-dsvm", "ubuntu-2004", "2004 2004-gen2"),
    _linux("microsoft-dsvm", "aml-workstation", "ubuntu"),
    _linux("redhat", "rhel", "7* 8* 9*", no_skus="74-gen2"),
    _linux("redhat", "rhel-raw", "7* 8* 9*"),
    _linux("redhat", "rhel-arm64", "9_1-arm64"),
    _linux("redhat", "rhel-byos", "rhel-raw76 rhel-lvm92 rhel-lvm-92-gen2 rhel-lvm7* rhel-lvm8*"),
    _linux("redhat", "rhel-sap-ha", "9_0 90sapha-gen2 9_2 92sapha-gen2 7* 8*", no_skus="7.5"),
    _linux("redhat", "rhel-sap-apps", "9_0 90sapha-gen2 9_2 92sapha-gen2 7* 8*"),
    _linux("redhat", "rhel-sap-*", "9_0"),
    _linux("redhat", "rhel-sap", "7*", no_skus="7.4 7.5 7.7"),
    _linux("openlogic", no_offers="centos-hpc"),
    _linux("suse", "opensuse-leap-15-* sles-12-sp5* sles-sap-12-sp5* sles-sap-15-*", "gen*"),
    _linux(
        "suse",
        "sle-hpc-15-sp4 sle-hpc-15-sp4-byos sle-hpc-15-sp5 sle-hpc-15-sp5-byos sles-15-sp1-sapcal sles-15-sp3-sapcal "
        "sles-15-sp4 sles-15-sp4-basic sles-15-sp4-byos sles-15-sp4-chost-byos sles-15-sp4-hardened-byos "
        "sles-15-sp5 sles-15-sp5-basic sles-15-sp5-byos sles-15-sp5-chost-byos sles-15-sp5-hardened-byos "
        "sles-15-sp5-sapcal",
        "gen*",
    ),
    _linux("suse", "sles", "12-sp3 12-sp4-gen2 15"),
    _linux("suse", "sles-15-sp1-basic sles-15-sp4-sapcal", "gen1"),
    _linux("suse", "sles-15-sp2-basic sles-15-sp3-basic", "gen1 gen2"),
    _linux("suse", "sles-15-sp2-hpc sles-15-sp3", "gen2"),
    _linux("suse", "sles-byos", "12-sp4 12-sp4-gen2"),
    _linux("suse", "sles-sap", "12-sp3 12-sp4 12-sp4-gen2 15 gen2-15"),
    _linux("suse", "sles-sap-byos", "12-sp4 12-sp4-gen2 gen2-12-sp4 15"),
    _linux("suse", "sles-sapcal", "12-sp3"),
    _linux("suse", "sles-standard", "12-sp4-gen2"),
    _linux("debian", "debian-10 debian-10-daily", "10 10-gen2 10-backports 10-backports-gen2"),
    _linux("debian", "debian-11 debian-11-daily", "11 11-gen2 11-backports 11-backports-gen2"),
    _linux("debian", "debian-12 debian-12-daily", "12 12-arm64 12-gen2"),
    _linux("debian", "debian-12-daily", "12-backports 12-backports-arm64 12-backports-gen2"),
    _linux("credativ", "debian", "8 9 9-backports"),
    _linux("almalinux", "almalinux-x86_64", "8_7-gen2 8-gen* 9-gen*"),
    _linux("almalinux", "almalinux", "8-gen* 9-gen*"),
    _linux("almalinux", "almalinux-hpc", "8_6-hpc 8_6-hpc-gen2 8-hpc-gen* 8_5-hpc* 8_7-hpc-gen* 8_10-hpc-gen*"),
    _linux("resf", "rockylinux-x86_64", "8-base 8-lvm 9-base 9-lvm"),
    _linux("erockyenterprisesoftwarefoundationinc1653071250513", "rockylinux", "free rockylinux-9"),
    _linux("kali-linux", "kali", "kali-2024-3"),
    _linux("cncf-upstream", "capi", "ubuntu-1804-gen1 ubuntu-2004-gen1 ubuntu-2204-gen1"),
    # Named only in the Linux branch of the periodic-assessment policy, which therefore does not see SQL on Windows.
    _linux("microsoftsqlserver", no_offers="sql2019-sles* sql2019-rhel7 sql2017-rhel7"),
    _windows(
        "microsoftwindowsserver",
        "windowsserver windows-cvm windowsserverdotnet windowsserver-gen2preview windowsserversemiannual "
        "windowsserverupgrade",
    ),
    _windows("microsoftwindowsserver", "windowsserver-hub", "2012-r2-datacenter-hub 2016-datacenter-hub"),
    _windows("microsoftdynamicsax", "dynamics"),
    _windows("microsoftazuresiterecovery", "process-server", "windows-2012-r2-datacenter"),
    _windows("microsoftbiztalkserver", "biztalk-server"),
    _windows("microsoftpowerbi"),
    _windows("microsoftsharepoint", "microsoftsharepointserver"),
    _windows("microsoftwindowsserverhpcpack", "windowsserverhpcpack"),
    _windows("microsoftvisualstudio", "visualstudio*", "*-ws2012r2 *-ws2016 *-ws2019 *-ws2022"),
    _windows("microsoft-dsvm", "dsvm-win-2019 dsvm-win-2022 dsvm-windows"),
    _windows("microsoft-ads", "windows-data-science-vm"),
)

# By these the scheduling policies tell the OS of a machine, whatever its disk states.
_LINUX_OFFERS = words(
    """
    sles-standard sles-sapcal sles-sap-byos sles-sap sles-byos sles-15-sp4-sapcal sles-15-sp4-basic sles-15-sp4
    sles-15-sp3-sapcal sles-15-sp2-hpc sles-15-sp2-basic sles-15-sp1-sapcal sles sle-hpc-15-sp4 sles-12-sp5 sles-15-sp2
    centos-hpc centos-ci centos-lvm centos rhel-sap-ha rhel-sap-apps rhel-raw rhel aml-workstation aks
    oracle-database-19-3 oracle-database oracle-linux cbl-mariner 0001-com-ubuntu-server-jammy
    0001-com-ubuntu-pro-jammy 0001-com-ubuntu-pro-focal 0001-com-ubuntu-server-focal 0001-com-ubuntu-pro-bionic
    ubuntuserver
    """
)
_WINDOWS_OFFERS = words(
    """
    windowsserver microsoftserveroperatingsystems-previews windowsserverhotpatch-previews sql2016sp1-ws2016
    sql2016sp2-ws201 sql2017-ws2016 sql2019-ws2019 dynamics process-server
    """
)
_WINDOWS_PUBLISHERS = words(
    """
    microsoftwindowsserver microsoftsqlserver microsoftdynamicsax microsoftazuresiterecovery microsoftbiztalkserver
    microsoftpowerbi microsoftsharepoint microsoftwindowsserverhpcpack microsoftvisualstudio
    """
)


def has_known_image(machine: Machine, branch: str | None = None) -> bool:
    """Tell whether a VM's image is one that the policies name (in the branch of one OS, where it is given)."""
    return any(family.holds(machine) for family in FAMILIES if branch in (None, family.branch))


def has_own_image(machine: Machine) -> bool:
    """Tell whether a VM is one the policies take without a list: a gallery or custom image, or a specialised disk.

    With a computer name it must come from an image of one's own; without one (a specialised disk) an attached disk
    will do. The rules want api-version 2023-07-01 for the latter; compliance is evaluated with the newest one.
    """
    own = any(word in machine.image_id for word in ("microsoft.compute/galleries", "microsoft.compute/images"))
    if machine.has("osProfile", "computerName"):
        return own
    return own or machine.text("storageProfile", "osDisk", "createOption").lower() == "attach"


def os_by_offer(machine: Machine) -> str:
    """Return the OS that the scheduling policies tell by the image's offer; '' where they cannot."""
    if machine.offer in _LINUX_OFFERS:
        return LINUX
    return WINDOWS if machine.offer in _WINDOWS_OFFERS else ""


def os_to_configure(machine: Machine) -> str:
    """Return the OS whose configuration a scheduling policy writes: what the disk states, else by the publisher."""
    if machine.os_type:
        return machine.os_type
    if machine.publisher == "microsoftsqlserver":
        return WINDOWS if "ws" in machine.offer else LINUX
    return WINDOWS if machine.publisher in _WINDOWS_PUBLISHERS else LINUX
