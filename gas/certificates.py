"""The certificate of an erasure: what was deleted, signed with Ed25519 (RFC 8032).

It holds no personal data: object keys and ids of archives stand in it as SHA-256 hashes, the
person as a hash that only who knows both ids can make. What is signed is `certificate` as JSON
with sorted keys, no blanks, in UTF-8 (`canonical`); docs/account-erasure.md says how to check it
with `openssl` alone.

    python -m gas.certificates CERTIFICATE.json KEYS.json
"""

import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "Ed25519"
_PURPOSE = b"gas erasure certificates"


@dataclass(frozen=True)
class PublicKey:
    """A key that certificates are checked with."""

    key: str
    """32 bytes in base64."""
    pem: str
    """The same as OpenSSL reads it."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and the hexadecimal digest of the 32 bytes."""
        return f"SHA256:{hashlib.sha256(base64.b64decode(self.key)).hexdigest()}"

    def to_json(self) -> str:
        """The document that is published."""
        return json.dumps(
            {
                "algorithm": ALGORITHM,
                "fingerprint": self.fingerprint,
                "key": self.key,
                "pem": self.pem,
            },
            indent=2,
        )


class CertificateSigner:
    """Signs certificates with a key derived from a secret text (HKDF, RFC 5869)."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> PublicKey:
        """What others need to check the signatures."""
        public = self._key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey(base64.b64encode(public.public_bytes_raw()).decode(), pem.decode())

    def sign(self, certificate: Mapping[str, Any]) -> str:
        """The signed document, as it is kept and mailed."""
        signature = self._key.sign(canonical(certificate))
        document = {
            "certificate": certificate,
            "signature": {
                "algorithm": ALGORITHM,
                "key": self.public_key.fingerprint,
                "value": base64.b64encode(signature).decode(),
            },
        }
        return json.dumps(document, indent=2, sort_keys=True) + "\n"


def canonical(certificate: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    text = json.dumps(certificate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def subject_hash(erasure_id: str, user_id: str) -> str:
    """How a certificate names the person: nobody finds the person from it by trying."""
    return sha256(f"{erasure_id}:{user_id}")


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def holds(document: Mapping[str, Any], public_key: str) -> bool:
    """Whether a signed document is by this key (32 bytes in base64), and unchanged."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        value = base64.b64decode(document["signature"]["value"], validate=True)
        key.verify(value, canonical(document["certificate"]))
    except (InvalidSignature, binascii.Error, KeyError, TypeError, ValueError):
        return False
    return True


def main(arguments: list[str]) -> int:
    """Check a certificate against the published keys; 0: it is good."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m gas.certificates CERTIFICATE.json KEYS.json\n")
        return 2
    document, published = (json.loads(Path(name).read_text("utf-8")) for name in arguments)
    for key in published["keys"]:
        if holds(document, key["key"]):
            sys.stdout.write(f"The certificate is good; signed by {key['fingerprint']}.\n")
            return 0
    sys.stdout.write("The certificate is NOT signed by any of these keys, or was changed.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
