"""Sealing small secrets before they go into the database (AES-256-GCM, RFC 5116)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Sealer:
    """Seals with a key derived from a longer-lived secret (HKDF, RFC 5869) for one purpose."""

    def __init__(self, secret: str, *, purpose: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, text: str, *, bound_to: str) -> bytes:
        """`text` sealed; it opens only beside `bound_to`, so that no row fits into another."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> str | None:
        """What was sealed; None if it was sealed by another key, for another row, or changed."""
        try:
            nonce, content = sealed[:_NONCE], sealed[_NONCE:]
            return self._cipher.decrypt(nonce, content, bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            return None
