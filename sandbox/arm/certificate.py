"""The certificate of the HTTPS endpoint: made at first use, renewed before it ends.

`server.pem` holds the private key, the certificate and the authority that signed it in one file: all of them are there,
or none. `ca.pem` is the authority alone, for clients to trust. The authority's own key is forgotten once it has signed,
so that nothing else can ever be signed in its name: whoever trusts `ca.pem` trusts this one certificate.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.locks import FileLock
from sandbox.state import write_atomically

LIFETIME = timedelta(days=730)
"""Under the 825 days that Apple's systems accept of a certificate under a user's own authority."""
RENEWED_BEFORE_END = timedelta(days=30)

_KEY_MODE = 0o600
_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Certificate:
    """Where the parts are: `server` for the server (its key included), `authority` for its clients."""

    server: Path
    authority: Path


def certificate(folder: Path, now: float) -> Certificate:
    """Return the certificate in a folder, made or renewed where that is due.

    `now` is the time of the machine in seconds since the epoch, by which clients judge it, and not the local Azure's.
    Two processes may ask at once. Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = Certificate(folder / "server.pem", folder / "ca.pem")
    with FileLock(folder / "lock"):
        if not _is_good(found, now):
            from sandbox.arm.certificate_making import new_certificate  # noqa: PLC0415 - slow to load, seldom needed

            made = new_certificate(datetime.fromtimestamp(now, UTC), LIFETIME)
            write_atomically(found.server, made, mode=_KEY_MODE)
        authority = _authority_in(found.server)
        if not found.authority.is_file() or found.authority.read_bytes() != authority.encode():
            write_atomically(found.authority, authority)
    return found


def _is_good(found: Certificate, now: float) -> bool:
    """Tell whether the key belongs to the certificate, and both last."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(found.server)
        context.load_verify_locations(cadata=_authority_in(found.server))
        # The authority and what it signed end together.
        ends = ssl.cert_time_to_seconds(str(context.get_ca_certs()[0]["notAfter"]))
    except (OSError, ValueError, LookupError):
        return False
    return ends - now > RENEWED_BEFORE_END.total_seconds()


def _authority_in(server: Path) -> str:
    """Return the last certificate of a PEM file."""
    _, begin, rest = server.read_text(encoding="ascii").rpartition(_BEGIN)
    return begin + rest
