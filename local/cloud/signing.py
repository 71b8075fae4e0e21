"""Signs the notifications of topics as SNS does, with a certificate of this data folder.

The signed text is that of "Verifying the signatures of Amazon SNS messages" in the SNS Developer
Guide; SignatureVersion 2 is RSA (PKCS #1 v1.5) over its SHA-256.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from local.paths import write_private

CERTIFICATE_PATH = "/_gas/sns-signing-certificate.pem"
LIFETIME = timedelta(days=3650)
NOTIFICATION_FIELDS = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION_FIELDS = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip


def text_to_sign(message: Mapping[str, Any]) -> bytes:
    """Names and values of the fields that belong to the type of a message, a line each."""
    fields = NOTIFICATION_FIELDS if message["Type"] == "Notification" else CONFIRMATION_FIELDS
    lines = [f"{name}\n{message[name]}\n" for name in fields if message.get(name) is not None]
    return "".join(lines).encode()


class Signer:
    """The key and certificate of one data folder, made at its first start."""

    def __init__(self, folder: Path) -> None:
        key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
        if not certificate_file.exists():
            _make(key_file, certificate_file)
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self.certificate = certificate_file.read_bytes()

    def sign(self, message: Mapping[str, Any], certificate_url: str) -> dict[str, Any]:
        """The message with its signature."""
        signature = self._key.sign(text_to_sign(message), padding.PKCS1v15(), hashes.SHA256())
        return {
            **message,
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": certificate_url,
        }


def _make(key_file: Path, certificate_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.embedded-cloud.localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(key_file, private.decode())
    write_private(certificate_file, certificate.public_bytes(serialization.Encoding.PEM).decode())
