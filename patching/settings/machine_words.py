"""The words of a machine that a stack creates: its size, its administrator, and how its health is asked for."""

import base64
import binascii
import re

from patching.settings.values import Refused, text

_KEY_TYPES = ("ssh-rsa", "ssh-ed25519")


def ssh_public_key(value: object) -> str:
    """An SSH public key of a type that Azure takes."""
    written = text(value)
    expected = "an SSH public key: ssh-ed25519 or ssh-rsa, then its text"
    if "PRIVATE KEY" in written:
        raise Refused(
            expected,
            "this is a private key: remove it from the file, make a new pair, and write the public half",
            "ssh-ed25519 AAAA…",
        )
    parts = written.split()
    if len(parts) < 2 or parts[0] not in _KEY_TYPES:  # noqa: PLR2004 (type and text)
        raise Refused(expected, "write the line of a .pub file", "ssh-ed25519 AAAA…")
    try:
        decoded = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if parts[0].encode() not in decoded[:32]:
        raise Refused(expected, "copy the whole line of the .pub file; this one is cut or changed", "ssh-ed25519 AAAA…")
    return written


_RESERVED_USERS = frozenset(
    [
        "1",
        "123",
        "a",
        "actuser",
        "adm",
        "admin",
        "admin1",
        "admin2",
        "administrator",
        "aspnet",
        "backup",
        "console",
        "david",
        "guest",
        "john",
        "owner",
        "root",
        "server",
        "sql",
        "support",
        "support_388945a0",
        "sys",
        "test",
        "test1",
        "test2",
        "test3",
        "user",
        "user1",
        "user2",
        "user3",
        "user4",
        "user5",
    ]
)


def admin_username(value: object) -> str:
    """A machine's administrator.

    Azure reserves some names: Microsoft Learn, "virtual machines, osProfile.adminUsername".
    """
    written = text(value)
    if written.lower() in _RESERVED_USERS:
        raise Refused("a user name that Azure does not reserve", "take another name", "azureuser")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,19}", written, re.ASCII):
        raise Refused(
            "a user name of at most 20 letters, digits, - and _, starting with a letter",
            "correct the name",
            "azureuser",
        )
    return written


def machine_size(value: object) -> str:
    """A size of Azure VMs."""
    written = text(value)
    if not re.fullmatch(r"(Standard|Basic)_[A-Za-z0-9_-]+", written, re.ASCII):
        raise Refused("a VM size", "write it as `az vm list-sizes` lists it", "Standard_B2s")
    return written


def url_path(value: object) -> str:
    """The path of a URL."""
    written = text(value)
    if not written.startswith("/") or " " in written:
        raise Refused(
            "a path that starts with a slash",
            f"write /{written.lstrip('/')}" if " " not in written else "remove the spaces",
            "/healthz",
        )
    return written
