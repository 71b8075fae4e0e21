"""The certificate authority of one data folder, for `https://localhost`.

Its key never leaves the folder (mode 600), and its certificate is constrained to the names of the
loopback interface: a browser that trusts it believes it about nothing else, whoever has the key.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.paths import write_private

NAMES = ("localhost",)
NETWORKS = ("127.0.0.1/32", "::1/128")
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397
"""Browsers refuse certificates that are valid for much longer."""
RENEW_DAYS = 60
"""A certificate with fewer days left is replaced at the next start."""


@dataclass(frozen=True)
class Certificates:
    """The files of a data folder that TLS needs; all PEM."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What browsers and programs are told to trust."""
        return self.folder / "authority.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "localhost.pem"

    @property
    def key(self) -> Path:
        return self.folder / "localhost-key.pem"

    @property
    def together(self) -> Path:
        """Certificate and key in one file, as HAProxy wants them."""
        return self.folder / "localhost-both.pem"

    @property
    def _authority_key(self) -> Path:
        return self.folder / "authority-key.pem"

    def renew(self, now: datetime.datetime | None = None) -> bool:
        """Make what is missing or runs out soon; whether browsers must be told of an authority.

        An authority is replaced only when its own time is over.
        """
        now = now or datetime.datetime.now(datetime.UTC)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        new_authority = _days_left(self.authority, now) < CERTIFICATE_DAYS
        if new_authority:
            self._make_authority(now)
        if new_authority or _days_left(self.certificate, now) < RENEW_DAYS:
            self._make_certificate(now)
        return new_authority

    def _make_authority(self, now: datetime.datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        # The serial number in the name tells the authorities of several data folders apart.
        serial = x509.random_serial_number()
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "GAS on this machine"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"GAS local authority {serial:x}"[:40]),
            ]
        )
        allowed = [
            *map(x509.DNSName, NAMES),
            *(x509.IPAddress(ipaddress.ip_network(network)) for network in NETWORKS),
        ]
        made = (
            _builder(name, name, key.public_key(), now, AUTHORITY_DAYS, serial)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.NameConstraints(allowed, None), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(self._authority_key, _pem(key))
        write_private(self.authority, made.public_bytes(serialization.Encoding.PEM).decode())

    def _make_certificate(self, now: datetime.datetime) -> None:
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        signer = serialization.load_pem_private_key(self._authority_key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
        names = [
            *map(x509.DNSName, NAMES),
            *(x509.IPAddress(ipaddress.ip_network(n).network_address) for n in NETWORKS),
        ]
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        made = (
            _builder(subject, authority.subject, key.public_key(), now, CERTIFICATE_DAYS)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(signer, hashes.SHA256())
        )
        text = made.public_bytes(serialization.Encoding.PEM).decode()
        # The certificate last: its time of change is what servers reload at.
        write_private(self.key, _pem(key))
        write_private(self.together, text + _pem(key))
        write_private(self.certificate, text)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    days: int,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial or x509.random_serial_number())
        # An hour earlier: clocks of other machines and of restored snapshots may be behind.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _days_left(path: Path, now: datetime.datetime) -> float:
    """Days until a certificate ends; below zero if there is none."""
    if not path.exists():
        return -1.0
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return (ends - now).total_seconds() / 86400


def how_to_trust(certificates: Certificates, url: str) -> str:
    """Words for a person whose browser does not know the authority yet."""
    file = certificates.authority
    return f"""\
The authority of this installation, for the loopback interface and nothing else:
    {file}
Trust it once:
    Chromium, Chrome on Linux   certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n gas-local -i '{file}'
                                (Debian: apt install libnss3-tools), or Settings, Privacy and
                                security, Security, Manage certificates, Import
    Firefox                     Settings, Privacy & Security, Certificates, View Certificates,
                                Authorities, Import
    macOS                       security add-trusted-cert -k ~/Library/Keychains/login.keychain-db \
'{file}'
    the gas command, Python     export SSL_CERT_FILE='{file}'
    curl                        curl --cacert '{file}' {url}
No longer: certutil -d sql:$HOME/.pki/nssdb -D -n gas-local, or the same place in the browser."""
