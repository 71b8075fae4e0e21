"""The authority of an installation: constrained, private, renewed in time."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import stat
import threading
from pathlib import Path
from socket import socketpair

import pytest
from cryptography import x509

from local.certificates import CERTIFICATE_DAYS, Certificates, how_to_trust

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    made = Certificates(tmp_path / "tls")
    assert made.renew()
    return made


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "believed"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("example.org", False)],
)
def test_a_program_that_trusts_the_authority_believes_these_names(
    certificates: Certificates, name: str, believed: bool
) -> None:
    assert shakes_hands(certificates, name) is believed


def shakes_hands(certificates: Certificates, name: str) -> bool:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificates.certificate, certificates.key)
    client = ssl.create_default_context(cafile=certificates.authority)
    # Python 3.13 asks for all that RFC 5280 does; so do we, with every Python.
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=name).close()
    except ssl.SSLCertVerificationError:
        return False
    finally:
        ours.close()
        thread.join(10)
    return True


def test_the_authority_can_speak_for_the_loopback_interface_only(
    certificates: Certificates,
) -> None:
    found = loaded(certificates.authority).extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    assert found.value.permitted_subtrees == [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_network("127.0.0.1/32")),
        x509.IPAddress(ipaddress.ip_network("::1/128")),
    ]


def test_only_the_owner_reads_what_is_made(certificates: Certificates) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in certificates.folder.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(certificates.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("days", "new_certificate", "new_authority"),
    [
        (0, False, False),
        (CERTIFICATE_DAYS - 61, False, False),
        (CERTIFICATE_DAYS - 59, True, False),
        (3000, True, False),
        # the authority itself would end before what it signs
        (3650 - CERTIFICATE_DAYS + 1, True, True),
    ],
)
def test_what_runs_out_is_renewed(
    certificates: Certificates, days: int, new_certificate: bool, new_authority: bool
) -> None:
    before = (loaded(certificates.certificate), loaded(certificates.authority))
    assert certificates.renew(NOW + datetime.timedelta(days=days)) is new_authority
    after = (loaded(certificates.certificate), loaded(certificates.authority))
    changed = tuple(old != new for old, new in zip(before, after, strict=True))
    assert changed == (new_certificate, new_authority)


def test_the_words_name_the_file_and_the_address(certificates: Certificates) -> None:
    words = how_to_trust(certificates, "https://localhost:8033")
    assert str(certificates.authority) in words
    assert "https://localhost:8033" in words
