"""The key that signs ID tokens, and the tokens themselves."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from local.paths import write_private

ALGORITHM = "RS256"
_KEY_BITS = 2048


class Signer:
    """Signs with the installation's own key, made at the first start."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            made = RSAKey.generate_key(_KEY_BITS)
            write_private(path, made.as_pem(private=True).decode())
        pem = path.read_bytes()
        self._key = RSAKey.import_key(pem)
        self._key_id = self._key.thumbprint()

    def public_keys(self) -> dict[str, Any]:
        """The JSON Web Key Set that relying parties check signatures with."""
        public = dict(self._key.as_dict(private=False))
        return {"keys": [{**public, "use": "sig", "alg": ALGORITHM, "kid": self._key_id}]}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": ALGORITHM, "kid": self._key_id}, claims, self._key)


def at_hash(access_token: str) -> str:
    """Binds an ID token to its access token (OpenID Connect Core, 3.1.3.6)."""
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
