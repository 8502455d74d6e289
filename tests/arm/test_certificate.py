"""The HTTPS endpoint's certificate, judged by a validator that is not ours."""

import ipaddress
import os
import ssl
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.arm import certificate as module
from sandbox.arm.certificate import LIFETIME, RENEWED_BEFORE_END, certificate
from tests.conftest import REPOSITORY

NOW = time.time()
BEGIN = b"-----BEGIN CERTIFICATE-----"
LOCALHOST = x509.DNSName("localhost")
NAMES = [LOCALHOST, *(x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1"))]


def is_trusted(found, name=LOCALHOST, now=NOW):
    """Whether a client that trusts the authority, and nothing else, believes the server to be `name`."""
    authorities = x509.load_pem_x509_certificates(found.authority.read_bytes())
    server, *chain = x509.load_pem_x509_certificates(found.server.read_bytes())
    moment = datetime.fromtimestamp(now, UTC)
    verifier = PolicyBuilder().store(Store(authorities)).time(moment).build_server_verifier(name)
    try:
        verifier.verify(server, chain)
    except VerificationError:
        return False
    return load_pem_private_key(found.server.read_bytes(), None).public_key() == server.public_key()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_for_every_name_of_loopback(tmp_path, name):
    assert is_trusted(certificate(tmp_path, NOW), name)


@pytest.mark.parametrize("name", ["management.azure.com", "login.microsoftonline.com", "example.org"])
def test_it_is_for_nothing_else(tmp_path, name):
    assert not is_trusted(certificate(tmp_path, NOW), x509.DNSName(name))


def test_openssl_takes_it_at_its_strictest(tmp_path):
    found = certificate(tmp_path, NOW)
    context = ssl.create_default_context(cafile=str(found.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(found.server)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    client.do_handshake()
    assert client.getpeercert()["subject"] == ((("commonName", "Local Azure"),),)


def test_only_its_owner_can_read_the_key(tmp_path):
    found = certificate(tmp_path, NOW)
    assert stat.S_IMODE(found.server.stat().st_mode) == 0o600
    assert b"PRIVATE" not in found.authority.read_bytes()
    (authority,) = x509.load_pem_x509_certificates(found.authority.read_bytes())
    for file in tmp_path.iterdir():
        if b"PRIVATE" in file.read_bytes():
            assert load_pem_private_key(file.read_bytes(), None).public_key() != authority.public_key()


def test_nobody_else_could_read_the_key_while_it_was_written(tmp_path, monkeypatch):
    modes = []

    def chmod(path, mode):
        modes.append(stat.S_IMODE(path.stat().st_mode))

    monkeypatch.setattr(Path, "chmod", chmod)
    before = os.umask(0)
    try:
        certificate(tmp_path, NOW)
    finally:
        os.umask(before)
    assert modes == [0o600, 0o600]


@pytest.mark.parametrize("days", [0, 400, (LIFETIME - RENEWED_BEFORE_END).days - 1])
def test_it_stays_as_long_as_it_lasts(tmp_path, days):
    found = certificate(tmp_path, NOW)
    before = found.server.read_bytes(), found.authority.read_bytes()
    certificate(tmp_path, NOW + days * 86400)
    assert (found.server.read_bytes(), found.authority.read_bytes()) == before


@pytest.mark.parametrize("days", [(LIFETIME - RENEWED_BEFORE_END).days + 1, LIFETIME.days + 100])
def test_it_is_renewed_before_it_ends(tmp_path, days):
    before = certificate(tmp_path, NOW).server.read_bytes()
    later = NOW + days * 86400
    renewed = certificate(tmp_path, later)
    assert renewed.server.read_bytes() != before
    assert is_trusted(renewed, now=later)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(kept=st.integers(0, 1600), after=st.binary(max_size=5))
def test_one_that_cannot_be_read_is_replaced(tmp_path_factory, kept, after):
    folder = tmp_path_factory.mktemp("tls")
    found = certificate(folder, NOW)
    found.server.write_bytes(found.server.read_bytes()[:kept] + after)
    assert is_trusted(certificate(folder, NOW))


def test_one_with_the_key_of_another_is_replaced(tmp_path):
    found, other = certificate(tmp_path / "one", NOW), certificate(tmp_path / "other", NOW)
    key, _, _ = other.server.read_bytes().partition(BEGIN)
    _, _, certificates = found.server.read_bytes().partition(BEGIN)
    found.server.write_bytes(key + BEGIN + certificates)
    assert not is_trusted(found)
    assert is_trusted(certificate(tmp_path / "one", NOW))


@pytest.mark.parametrize("content", [None, b"", b"another's"])
def test_the_authority_is_written_again_where_it_was_changed(tmp_path, content):
    found = certificate(tmp_path, NOW)
    before = found.authority.read_bytes()
    found.authority.unlink() if content is None else found.authority.write_bytes(content)
    certificate(tmp_path, NOW)
    assert found.authority.read_bytes() == before


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_kill_in_the_middle_leaves_nothing_that_does_not_fit(tmp_path, monkeypatch, writes):
    """Killed before, between or after the two files, on a folder whose certificate has to be renewed."""
    later = NOW + LIFETIME.total_seconds()
    certificate(tmp_path, NOW)
    left = [module.write_atomically] * writes

    def dies(*arguments, **options):
        if not left:
            raise KeyboardInterrupt
        left.pop()(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_atomically", dies)
        try:
            certificate(tmp_path, later)
        except KeyboardInterrupt:
            assert writes < 2
    assert is_trusted(certificate(tmp_path, later), now=later)


def test_two_at_once_get_the_same(tmp_path):
    program = """
import sys, time, pathlib
from sandbox.arm.certificate import certificate
sys.stdin.read()
print(hash(certificate(pathlib.Path(sys.argv[1]), time.time()).server.read_bytes()))
"""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "tls")],
            cwd=REPOSITORY,
            env={"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in started:
        process.stdin.close()
    answers = {process.stdout.read() for process in started}
    assert [process.wait() for process in started] == [0] * 4
    assert len(answers) == 1
    assert is_trusted(certificate(tmp_path / "tls", time.time()), now=time.time())
