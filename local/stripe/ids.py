"""Identifiers in Stripe's form: a prefix that tells the kind, then random letters and digits."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """A new identifier, for example ``cus_`` and 14 characters."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))
