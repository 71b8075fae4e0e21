"""A certificate of the container's own, where nobody gave it one.

A load balancer in front does not ask who signed it, and nobody else comes; what matters is that
nothing travels in the clear. It is made anew at every start.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAYS = 3650


def make_certificate(folder: Path, name: str, now: datetime | None = None) -> dict[str, str]:
    """Write key and certificate for `name` into `folder`; the settings that lead to them."""
    folder.mkdir(mode=0o700, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    begins = (now or datetime.now(UTC)) - timedelta(minutes=5)  # clocks differ a little
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(folder / "key.pem", secret)
    _write(folder / "certificate.pem", certificate.public_bytes(serialization.Encoding.PEM))
    return {
        "GAS_TLS_CERT": str(folder / "certificate.pem"),
        "GAS_TLS_KEY": str(folder / "key.pem"),
    }


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
