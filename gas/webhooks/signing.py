"""Signatures by the Standard Webhooks specification (github.com/standard-webhooks), version 1.0.

Signed is `ID.TIMESTAMP.BODY` with HMAC-SHA-256 under the bytes that the secret holds in base64.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
_SECRET_BYTES = 32
"""The specification wants 24 to 64."""


def new_secret() -> str:
    """A fresh random secret, as its owner is shown it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(
    webhook_id: str, body: bytes, *, keys: Sequence[str], now: int
) -> Mapping[str, str]:
    """The three headers of a message that is sent at `now`, with a signature by each secret."""
    signed = f"{webhook_id}.{now}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
