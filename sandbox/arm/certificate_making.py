"""Makes an authority and a certificate under it. A module of its own because its library is slow to load."""

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
"""What the certificate is for. Azure's own names are not among them: to trust the authority must not endanger them."""

_CLOCKS_MAY_DIFFER = timedelta(days=1)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def new_certificate(start: datetime, lifetime: timedelta) -> str:
    """Return a private key, the certificate for it, and the certificate of the authority that signed it, as PEM."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name(f"Local Azure, made {start:%Y-%m-%d %H:%M:%S}")
    dated = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .not_valid_before(start - _CLOCKS_MAY_DIFFER)
        .not_valid_after(start + lifetime)
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = _authority(dated.subject_name(issuer), authority_key, identifier)
    server = _server(dated.subject_name(_name("Local Azure")), key, authority_key, identifier)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    parts = (private, *(one.public_bytes(serialization.Encoding.PEM) for one in (server, authority)))
    return b"".join(parts).decode("ascii")


def _authority(
    dated: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, identifier: x509.SubjectKeyIdentifier
) -> x509.Certificate:
    return (
        dated.serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    dated: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.SubjectKeyIdentifier,
) -> x509.Certificate:
    names = [x509.DNSName(one) for one in NAMES]
    addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in ADDRESSES]
    return (
        dated.serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(*used: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{one: one in used for one in _USAGES})
